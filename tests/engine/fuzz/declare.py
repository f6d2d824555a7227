"""The metadata of a shape."""

from __future__ import annotations

from functools import partial
from typing import Any

import kinds
import others
import sqlalchemy as sa
from kinds import Kind, quoted, raw
from shape import Column, Constraint, Function, Index, Place, Policy, Shape, Table, Trigger, View
from sqlalchemy.dialects import postgresql

from app_schema import ddl

BODIES = (
    "BEGIN RETURN NEW; END",
    "BEGIN IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END",
    "BEGIN\n  -- 100% of :rows $$\n  RETURN NULL;\nEND",
)


class Declared:
    """``metadata``: everything of a shape, declared."""

    def __init__(self, shape: Shape) -> None:
        self.metadata = sa.MetaData()
        self._shape = shape
        self._enums = {
            enum.place: postgresql.ENUM(
                *enum.labels, name=enum.place.name, schema=enum.place.schema, metadata=self.metadata
            )
            for enum in shape.enums
        }
        self._tables = {table.place: table for table in shape.tables}
        named = {place.schema for place in _places(shape)} | others.schemas(shape)
        for schema in sorted(named - {"public"}):
            ddl.attach(self.metadata, ddl.Schema(schema))
        for table in shape.tables:
            self._table(table)
        for function in shape.functions:
            ddl.attach(self.metadata, _function(function))
        for view in shape.views:
            ddl.attach(self.metadata, *self._view(view))
        for other in shape.others:
            others.declare(self.metadata, shape, other)

    def _kind(self, type_: str) -> Kind:
        return kind(self._shape, type_, self._enums)

    def _condition(self, table: Table, column: str, number: int) -> str:
        conditions = self._kind(table.types[column]).conditions
        return conditions[number % len(conditions)].replace("{c}", quoted(column))

    def _table(self, table: Table) -> None:
        items: list[Any] = [self._column(column) for column in table.columns]
        items += [self._constraint(table, constraint) for constraint in table.constraints]
        items += [self._index(table, index) for index in table.indexes]
        items += [_trigger(trigger) for trigger in table.triggers]
        items += [self._policy(table, policy) for policy in table.policies]
        if table.row_security != "off":
            items.append(ddl.RowSecurity(forced=table.row_security == "forced"))
        if table.granted:
            items.append(ddl.Grant("SELECT", columns=table.granted, to="PUBLIC"))
        elif table.granted is not None:
            items.append(ddl.Grant(["SELECT"], to="PUBLIC"))
        sa.Table(table.place.name, self.metadata, *items, schema=table.place.schema, comment=table.comment)

    def _column(self, column: Column) -> sa.Column[Any]:
        found = self._kind(column.type)
        extra: list[Any] = []
        if column.identity:
            extra.append(sa.Identity(always=column.identity == "ALWAYS", start=5, increment=2))
        if column.computed:
            assert found.computed is not None
            extra.append(sa.Computed(found.computed.replace("{c}", quoted(column.computed)), persisted=True))
        default = None
        if column.default is not None:
            default = raw(found.defaults[column.default % len(found.defaults)])
        return sa.Column(
            column.name,
            found.make(),
            *extra,
            nullable=column.nullable,
            server_default=default,
            # an identity of its own is no serial, of which a table can have one
            autoincrement=column.serial or ("auto" if column.identity else False),
            comment=column.comment,
        )

    def _constraint(self, table: Table, one: Constraint) -> Any:
        said: dict[str, Any] = {"name": one.name, "comment": one.comment}
        if one.deferrable:
            said |= {"deferrable": True, "initially": "DEFERRED"}
        if one.kind == "primary":
            return sa.PrimaryKeyConstraint(*one.columns, **said)
        if one.kind == "unique":
            distinct: dict[str, Any] = (
                {"postgresql_nulls_not_distinct": True} if one.nulls_not_distinct else {}
            )
            return sa.UniqueConstraint(*one.columns, **said, **distinct)
        if one.kind == "check":
            return sa.CheckConstraint(raw(self._condition(table, one.columns[0], one.number)), **said)
        if one.kind == "exclude":
            return postgresql.ExcludeConstraint((sa.column(one.columns[0]), "="), using="btree", **said)
        assert one.target is not None
        referred = [f"{one.target.schema}.{one.target.name}.{column}" for column in one.target_columns]
        actions: dict[str, Any] = {"ondelete": one.on_delete, "onupdate": one.on_update}
        return sa.ForeignKeyConstraint(one.columns, referred, **actions, **said)

    def _index(self, table: Table, index: Index) -> sa.Index:
        items = [self._item(table, column, number) for column, number in index.items]
        options: dict[str, Any] = {"postgresql_using": index.method}
        if index.where is not None:
            options["postgresql_where"] = raw(self._condition(table, *index.where))
        if index.include:
            options["postgresql_include"] = list(index.include)
        if index.fillfactor is not None:
            options["postgresql_with"] = {"fillfactor": index.fillfactor}
        return sa.Index(index.name, *items, unique=index.unique, **options)

    def _item(self, table: Table, column: str, number: int) -> Any:
        own = self._kind(table.types[column]).items
        chosen = (column, "{c} DESC", "{c} DESC NULLS LAST", *own)[number % (3 + len(own))]
        return column if chosen == column else raw(chosen.replace("{c}", quoted(column)))

    def _policy(self, table: Table, policy: Policy) -> ddl.Policy:
        expression = "true"
        if policy.reads == "column":
            expression = self._condition(table, policy.column, policy.number)
        elif policy.reads == "function":
            expression = f"{_name(policy.other)}({policy.number}) > 0"
        elif policy.reads == "table":
            other = self._tables[policy.other]
            inner = self._condition(other, policy.column, policy.number)
            expression = f"EXISTS (SELECT 1 FROM {_name(policy.other)} WHERE {inner})"
        return ddl.Policy(
            policy.name,
            as_="RESTRICTIVE" if policy.restrictive else "PERMISSIVE",
            for_=policy.command,
            using=None if policy.command == "INSERT" else expression,
            with_check=expression if policy.command in {"INSERT", "UPDATE"} else None,
        )

    def _view(self, view: View) -> list[ddl.DDLObject]:
        columns = [f"t.{quoted(column)}" for column in view.columns]
        if view.calls:
            called = next(
                function for function in self._shape.functions if function.arguments.endswith("integer")
            )
            columns.append(f"{_name(called.place)}(1) AS called")
        definition = f"SELECT {', '.join(columns)} FROM {_name(view.source)} AS t"
        if view.where is not None:
            definition += f" WHERE {self._condition(self._tables[view.source], *view.where)}"
        if view.grouped:
            primary = self._tables[view.source].primary()
            assert primary is not None
            definition += f" GROUP BY {', '.join(f't.{quoted(column)}' for column in primary.columns)}"
        options = {"security_invoker": True} if view.invoker else {}
        schema, name = view.place
        made: list[ddl.DDLObject] = [ddl.View(name, definition, options=options, schema=schema)]
        if view.granted:
            made.append(ddl.Grant(["SELECT"], table=name, to="PUBLIC", schema=schema))
        return made


def metadata(shape: Shape) -> sa.MetaData:
    """Everything of a shape, declared."""
    return Declared(shape).metadata


def kind(shape: Shape, type_: str, made: dict[Place, Any] | None = None) -> Kind:
    """The kind of a column: one of KINDS, or ``enum:`` or ``array:`` and the name of an enum."""
    word, colon, name = type_.partition(":")
    if not colon:
        return kinds.KINDS[type_]
    enum = next(other for other in shape.enums if ".".join(other.place) == name)
    own: Any = (made or {}).get(enum.place)
    array = word == "array"
    make = partial(postgresql.ARRAY, own) if array else lambda: own
    return kinds.of_enum(make, *enum.place, enum.labels, array=array)


def _places(shape: Shape) -> list[Place]:
    objects: list[Any] = [*shape.enums, *shape.tables, *shape.functions, *shape.views]
    return [obj.place for obj in objects]


def _name(place: Place) -> str:
    return ".".join(quoted(part) for part in place)


def _trigger(trigger: Trigger) -> ddl.Trigger:
    of = f" OF {', '.join(quoted(column) for column in trigger.of)}" if trigger.of else ""
    events = [event + of if event == "UPDATE" else event for event in trigger.events]
    when = None
    if trigger.when is not None:
        when = f"OLD.{quoted(trigger.when)} IS DISTINCT FROM NEW.{quoted(trigger.when)}"
    return ddl.Trigger(
        trigger.name,
        **{trigger.timing: events},  # type: ignore[arg-type]  # "before" or "after"
        for_each=trigger.for_each,
        when=when,
        execute=f"{_name(trigger.function)}()",
    )


def _function(function: Function) -> ddl.Function:
    if function.returns == "trigger":
        body, language = BODIES[function.number % len(BODIES)], "plpgsql"
    else:
        body, language = f"SELECT {function.number % 3}::{function.returns}", "sql"
    return ddl.Function(
        function.place.name,
        body,
        arguments=function.arguments,
        returns=function.returns,
        language=language,
        volatility=function.volatility,
        security="DEFINER" if function.definer else "INVOKER",
        settings={"search_path": "''"} if function.pinned else None,
        schema=function.place.schema,
    )
