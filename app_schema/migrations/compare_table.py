"""Tables, columns, constraints, indexes, comments and sequences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from alembic.operations import MigrateOperation, ops
from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Identity,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    inspect,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from app_schema.catalog.reflect import reflect
from app_schema.ddl import Key
from app_schema.ddl.printed import PrintedType, TableConstraint
from app_schema.ddl.sql import ident, qualified
from app_schema.errors import ModelError
from app_schema.migrations.directives import CallOp, Drops, Makes
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp

if TYPE_CHECKING:
    from app_schema.migrations.compare import Comparison

_COLUMN = re.compile(
    r"(?P<type>.*?)(?: COLLATE "
    r"(?P<collation>(?:\"(?:[^\"]|\"\")*\"|[^\s.])+\.(?:\"(?:[^\"]|\"\")*\"|\S+)))?(?P<not_null> NOT NULL)?"
    r"(?P<identity> GENERATED (?:ALWAYS|BY DEFAULT) AS IDENTITY)?(?: (?P<how>DEFAULT|GENERATED STORED "
    r"AS|GENERATED VIRTUAL AS) (?P<expression>.*))?$",
    re.DOTALL,
)


def parts(definition: str) -> dict[str, str | None]:
    """Type, collation, not_null, identity, how and expression of a column in a snapshot."""
    match = _COLUMN.match(definition)
    assert match is not None
    return match.groupdict()


def changes_type(wanted: str, found: str) -> bool:
    """Whether the type, the collation or the generation expression differs: then dependents stand in the
    way."""
    new, old = parts(wanted), parts(found)
    generated = "GENERATED" in (new["how"] or "") or "GENERATED" in (old["how"] or "")
    return (
        new["type"] != old["type"]
        or new["collation"] != old["collation"]
        or (generated and (new["how"], new["expression"]) != (old["how"], old["expression"]))
    )


def _schema(comparison: Comparison, key: Key) -> str | None:
    """The schema as revisions should name it: as the declared table does."""
    table = comparison.declared.tables.get((key.schema or "", key.table or key.name))
    return table.schema if table is not None else key.schema


def _new(comparison: Comparison, key: Key) -> bool:
    """Whether the object's table is made in this revision."""
    return Key("table", key.schema, None, key.table or "") not in comparison.found


def _has_rows(comparison: Comparison, key: Key) -> bool:
    if not comparison.safe:
        return False
    query = f"SELECT EXISTS (SELECT 1 FROM {qualified(key.table or '', key.schema)})"
    return bool(
        comparison.connection.exec_driver_sql(query, execution_options={"no_parameters": True}).scalar_one()
    )


# Absent


def added(comparison: Comparison, key: Key, wanted: str) -> None:
    """Plans what makes a declared thing that is absent."""
    if key.kind == "table":
        _add_table(comparison, key)
    elif key.kind == "sequence":
        if "OWNED BY" not in wanted:
            comparison.plan.make(Makes.TYPE, CreateObjectOp(reflect(comparison.connection, key, wanted)))
    elif key.kind == "index":
        _add_index(comparison, key)
    elif key.kind == "comment":
        if not _new(comparison, key):
            _comment(comparison, key, wanted, None)
    elif _new(comparison, key):
        return  # comes with its table
    elif key.kind == "column":
        comparison.plan.make(Makes.COLUMN, _add_column(comparison, key))
    elif key.kind == "constraint":
        _add_constraint(comparison, key, wanted)
    else:
        raise ModelError("cannot be written as a revision: write it by hand")


def _add_table(comparison: Comparison, key: Key) -> None:
    table = comparison.declared.tables.get((key.schema or "", key.name))
    if table is None:
        raise ModelError("is no table of the metadata")
    order = comparison.declared.table_order[key.schema or "", key.name]
    later = {
        fk for fk in table.foreign_key_constraints if fk.use_alter or _refers_to_later(comparison, fk, order)
    }
    operation = ops.CreateTableOp.from_table(_without_serial(table))
    if later:
        operation.columns = [item for item in operation.columns if item not in later]
    comparison.plan.make(Makes.TABLE, operation, order=order)
    comparison.take_default_grants_away(key)
    for fk in later:
        comparison.plan.make(Makes.FOREIGN_KEY, ops.CreateForeignKeyOp.from_constraint(fk))


def _refers_to_later(comparison: Comparison, fk: ForeignKeyConstraint, order: int) -> bool:
    referred = fk.referred_table
    return comparison.declared.table_order[referred.schema or "public", referred.name] > order


def _without_serial(table: Table) -> Table:
    """The table, or where a key takes its values from a sequence of the metadata, a copy that says so.

    A generated revision names no sequence, and without one Alembic would write the key as a SERIAL.
    """
    keys = [column.name for column in table.primary_key if isinstance(column.default, Sequence)]
    if not keys:
        return table
    copy = table.to_metadata(MetaData(naming_convention=table.metadata.naming_convention))
    for name in keys:
        copy.c[name].autoincrement = False
    return copy


def _add_column(comparison: Comparison, key: Key) -> ops.AddColumnOp:
    table = comparison.declared.tables[key.schema or "", key.table or ""]
    column = next(one for one in table.columns if one.name == key.name)
    bare: Column[Any] = Column(
        column.name,
        column.type,
        *_generated(column),
        nullable=column.nullable,
        server_default=_default(column),
        comment=column.comment,
    )
    return ops.AddColumnOp(table.name, bare, schema=table.schema)


def _generated(column: Column[Any]) -> list[Any]:
    return [one._copy() for one in (column.computed, column.identity) if one is not None]  # noqa: SLF001 - SQLAlchemy's copy has no public name


def _default(column: Column[Any]) -> Any:
    if column.computed is not None or column.identity is not None or column.server_default is None:
        return None
    return column.server_default


def _add_index(comparison: Comparison, key: Key) -> None:
    index = comparison.declared.index(key)
    schema = _schema(comparison, key)
    if index is None:
        comparison.plan.make(
            Makes.INDEX, CreateObjectOp(reflect(comparison.connection, key, comparison.wanted[key]))
        )
    elif not _new(comparison, key) and _has_rows(comparison, key):
        comparison.plan.make(Makes.INDEX, ConcurrentIndexOp(ops.CreateIndexOp.from_index(index)))
    else:
        comparison.plan.make(Makes.INDEX, _with_schema(ops.CreateIndexOp.from_index(index), schema))


def _with_schema(operation: Any, schema: str | None) -> Any:
    operation.schema = schema
    return operation


def _add_constraint(comparison: Comparison, key: Key, wanted: str) -> None:
    constraint = comparison.declared.constraint(key)
    rank = Makes.FOREIGN_KEY if wanted.startswith("FOREIGN KEY") else Makes.CONSTRAINT
    if constraint is None:
        printed = TableConstraint(key.name, wanted, table=key.table, schema=_schema(comparison, key))
        comparison.plan.make(rank, CreateObjectOp(printed))
        return
    if isinstance(constraint, (ExcludeConstraint, PrimaryKeyConstraint)):
        # Alembic takes the elements of the one for columns, which an expression is not, and cannot render
        # the other
        comparison.plan.make(
            rank,
            CreateObjectOp(
                TableConstraint(key.name, wanted, table=key.table, schema=_schema(comparison, key))
            ),
        )
        return
    operation = ops.AddConstraintOp.from_constraint(constraint)
    safely = (
        isinstance(constraint, (ForeignKeyConstraint, CheckConstraint))
        and "NOT VALID" not in wanted
        and _has_rows(comparison, key)
    )
    if not safely:
        comparison.plan.make(rank, operation)
        return
    printed = TableConstraint(
        key.name, f"{wanted} NOT VALID", table=key.table, schema=_schema(comparison, key)
    )
    comparison.plan.make(rank, CreateObjectOp(printed), _validate(key, _schema(comparison, key)))


def _validate(key: Key, schema: str | None) -> CallOp:
    return CallOp("validate_constraint", key.name, key.table, schema=schema)


# There and different


def changed(comparison: Comparison, key: Key, wanted: str, found: str) -> None:
    """Plans what makes a found thing the declared one."""
    if key.kind == "column":
        if Key("table", key.schema, None, key.table or "") in comparison.found:
            _change_column(comparison, key, parts(wanted), parts(found))
    elif key.kind == "constraint":
        _change_constraint(comparison, key, wanted, found)
    elif key.kind == "index":
        take_and_make_again(comparison, key)
    elif key.kind == "comment":
        _comment(comparison, key, wanted, found)
    elif (
        key.kind == "sequence"
        and "OWNED BY" in wanted
        and Key("column", key.schema, None, "") not in comparison.changed
    ):
        _change_owned_sequence(comparison, key, wanted, found)
    else:
        raise ModelError(f"found: {found or 'nothing'}; expected: {wanted or 'nothing'}")


def _change_owned_sequence(comparison: Comparison, key: Key, wanted: str, found: str) -> None:
    for column in [one for one in comparison.changed if one.kind == "column" and one.schema == key.schema]:
        if f".{ident(column.table or '')}.{ident(column.name)}" in f".{wanted}" or wanted.endswith(
            f"{ident(column.table or '')}.{ident(column.name)}"
        ):
            return  # follows its column
    raise ModelError(f"found: {found}; expected: {wanted}")


def _change_constraint(comparison: Comparison, key: Key, wanted: str, found: str) -> None:
    schema = _schema(comparison, key)
    if found == f"{wanted} NOT VALID":
        call = _validate(key, schema)
        # PostgreSQL cannot take a validation back: the constraint is made anew
        call.undo = CallOp(
            "replace_table_constraint", key.name, key.table, found, old={"definition": wanted}, schema=schema
        )
        call.undo.undo = call
        comparison.plan.make(Makes.CONSTRAINT, call)
        return
    _take_constraint(comparison, key, found)
    _add_constraint(comparison, key, wanted)


def take_and_make_again(comparison: Comparison, key: Key) -> None:
    """Drops an index or a constraint and makes the declared one, or where none is declared the same again."""
    found, wanted = comparison.found[key], comparison.wanted.get(key)
    if key.kind == "constraint":
        _take_constraint(comparison, key, found)
        if wanted is not None:
            _add_constraint(comparison, key, wanted)
        elif not comparison.prune:
            comparison.plan.make(Makes.CONSTRAINT, CreateObjectOp(reflect(comparison.connection, key, found)))
        return
    comparison.take(key, found)
    if wanted is not None:
        _add_index(comparison, key)
    elif not comparison.prune:
        comparison.plan.make(Makes.INDEX, CreateObjectOp(reflect(comparison.connection, key, found)))


def _take_constraint(comparison: Comparison, key: Key, found: str) -> None:
    comparison.gone(key)
    rank = Drops.FOREIGN_KEY if found.startswith("FOREIGN KEY") else Drops.CONSTRAINT
    schema = _schema(comparison, key)
    if found.startswith(("PRIMARY KEY", "UNIQUE")):
        for other in comparison.referring(key):
            _take_constraint(comparison, other, comparison.found[other])
            if other in comparison.wanted:
                _add_constraint(comparison, other, comparison.wanted[other])
    printed = TableConstraint(key.name, found, table=key.table, schema=schema)
    comparison.plan.drop(rank, DropObjectOp(printed))


def _sql_default(part: dict[str, str | None]) -> Any:
    return None if part["how"] != "DEFAULT" else text((part["expression"] or "").replace(":", "\\:"))


def _change_column(
    comparison: Comparison, key: Key, new: dict[str, str | None], old: dict[str, str | None]
) -> None:
    if any("GENERATED" in (part["how"] or "") for part in (new, old)) and (
        new["how"],
        new["expression"],
        new["type"],
    ) != (old["how"], old["expression"], old["type"]):
        regenerate(comparison, key)
        return
    make = comparison.plan.make
    column = comparison.column(key)
    type_changes = (new["type"], new["collation"]) != (old["type"], old["collation"])
    defaults = (new["how"], new["expression"]) != (old["how"], old["expression"])
    if new["identity"] != old["identity"] and old["identity"]:
        _change_identity(comparison, key, column, new, old)
    if old["how"] and (defaults or type_changes):
        make(
            Makes.ALTERED,
            _alter(comparison, key, {"server_default": None}, {"server_default": _sql_default(old)}),
        )
    if type_changes:
        _change_type(comparison, key, new, old)
    if new["how"] and (defaults or type_changes):
        make(
            Makes.ALTERED,
            _alter(comparison, key, {"server_default": _sql_default(new)}, {"server_default": None}),
        )
    if bool(new["not_null"]) != bool(old["not_null"]):
        _change_nullable(comparison, key, nullable=not new["not_null"])
    if new["identity"] != old["identity"] and not old["identity"]:
        _change_identity(comparison, key, column, new, old)


def _alter(comparison: Comparison, key: Key, new: dict[str, Any], old: dict[str, Any]) -> CallOp:
    schema = _schema(comparison, key)
    call = CallOp("alter_column", key.table, key.name, schema=schema, **new)
    return call.undone_by("alter_column", key.table, key.name, schema=schema, **old)


def _change_type(
    comparison: Comparison, key: Key, new: dict[str, str | None], old: dict[str, str | None]
) -> None:
    new_type, old_type = (
        part["type"] + (f" COLLATE {part['collation']}" if part["collation"] else "")
        for part in (new, old)
        if part["type"]
    )
    cast = f"{ident(key.name)}::{{}}"
    comparison.plan.make(
        Makes.ALTERED,
        _alter(
            comparison,
            key,
            {
                "type_": PrintedType(new_type),
                "existing_type": PrintedType(old_type),
                "postgresql_using": _cast(cast, old["type"], new["type"]),
            },
            {
                "type_": PrintedType(old_type),
                "existing_type": PrintedType(new_type),
                "postgresql_using": _cast(cast, new["type"], old["type"]),
            },
        ),
    )


def _cast(cast: str, source: str | None, target: str | None) -> str:
    # by way of text there is a cast between any two types, as between two enums
    return cast.format(f"text::{target}" if source != target and "." in f"{source}{target}" else target)


def _change_nullable(comparison: Comparison, key: Key, *, nullable: bool) -> None:
    make, schema = comparison.plan.make, _schema(comparison, key)
    if nullable or not _has_rows(comparison, key):
        make(Makes.ALTERED, _alter(comparison, key, {"nullable": nullable}, {"nullable": not nullable}))
        return
    # a validated CHECK spares SET NOT NULL the scan under its ACCESS EXCLUSIVE lock
    name = f"{key.table}_{key.name}_is_set"[-63:]
    check = TableConstraint(
        name, f"CHECK (({ident(key.name)} IS NOT NULL)) NOT VALID", table=key.table, schema=schema
    )
    valid = TableConstraint(name, f"CHECK (({ident(key.name)} IS NOT NULL))", table=key.table, schema=schema)
    make(Makes.ALTERED, CreateObjectOp(check), CallOp("validate_constraint", name, key.table, schema=schema))
    make(Makes.ALTERED, _alter(comparison, key, {"nullable": False}, {"nullable": True}), DropObjectOp(valid))


def _change_identity(
    comparison: Comparison,
    key: Key,
    column: Column[Any],
    new: dict[str, str | None],
    old: dict[str, str | None],
) -> None:
    before = _identity(comparison, key, old["identity"]) if old["identity"] else None
    after = column.identity if new["identity"] else None
    comparison.plan.make(
        Makes.ALTERED,
        _alter(
            comparison,
            key,
            {"server_default": after, "existing_server_default": before},
            {"server_default": before, "existing_server_default": after},
        ),
    )


def regenerate(comparison: Comparison, key: Key) -> None:
    """A generated column is dropped and added: PostgreSQL changes no expression, and the values follow from
    the row."""
    if key in comparison.found:
        comparison.gone(key)
        comparison.plan.drop(Drops.COLUMN, _drop_column(comparison, key))
    if key in comparison.wanted:
        comparison.plan.make(Makes.COLUMN, _add_column(comparison, key))


def _comment(comparison: Comparison, key: Key, wanted: str | None, found: str | None) -> None:
    schema = _schema(comparison, key)
    if key.name:
        call = CallOp("alter_column", key.table, key.name, comment=wanted, schema=schema)
        call.undone_by("alter_column", key.table, key.name, comment=found, schema=schema)
    elif wanted is None:
        call = CallOp("drop_table_comment", key.table, schema=schema).undone_by(
            "create_table_comment", key.table, found, schema=schema
        )
    elif found is None:
        call = CallOp("create_table_comment", key.table, wanted, schema=schema).undone_by(
            "drop_table_comment", key.table, schema=schema
        )
    else:
        call = CallOp("create_table_comment", key.table, wanted, schema=schema).undone_by(
            "create_table_comment", key.table, found, schema=schema
        )
    comparison.plan.make(Makes.COMMENT, call)


# There and not declared


def removed(comparison: Comparison, key: Key, found: str) -> None:
    """Plans the drop of what nobody declared; only ever called to prune."""
    if key.kind == "table":
        if "PARTITION BY" in found or Key("partition", key.schema, None, key.name) in comparison.found:
            raise ModelError("a partitioned table is dropped by hand")
        comparison.forget_default_grants(key)
        comparison.plan.drop(
            Drops.TABLE,
            DropWholeTableOp(_reflected_table(comparison, key)),
            order=-_table_age(comparison, key),
        )
        for other in [
            one for one in comparison.found if one.kind == "constraint" and one[1:3] == (key.schema, key.name)
        ]:
            if comparison.found[other].startswith("FOREIGN KEY"):
                _take_constraint(comparison, other, comparison.found[other])
    elif key.kind == "column":
        comparison.plan.drop(Drops.COLUMN, _drop_column(comparison, key))
    elif key.kind == "constraint":
        _take_constraint(comparison, key, found)
    elif key.kind == "comment":
        _comment(comparison, key, None, found)
    elif key.kind in {"index", "sequence"}:
        comparison.take(key, found)
    else:
        raise ModelError("cannot be dropped by a revision of ours")


def _table_age(comparison: Comparison, key: Key) -> int:
    query = text("SELECT to_regclass(:name)::oid::bigint")
    return int(comparison.connection.execute(query, {"name": qualified(key.name, key.schema)}).scalar_one())


def _drop_column(comparison: Comparison, key: Key) -> ops.DropColumnOp:
    column = _reflected_column(comparison, key)
    return ops.DropColumnOp.from_column_and_tablename(_schema(comparison, key), key.table or "", column)


def _reflected_column(comparison: Comparison, key: Key) -> Column[Any]:
    part = parts(comparison.found[key])
    extra: list[Any] = []
    if (serial := _serial(comparison, key, part)) is not None:
        return Column(key.name, PrintedType(serial), nullable=not part["not_null"])
    if part["identity"]:
        extra.append(_identity(comparison, key, part["identity"]))
    elif "GENERATED" in (part["how"] or ""):
        extra.append(
            Computed(
                (part["expression"] or "").replace(":", "\\:"), persisted="STORED" in (part["how"] or "")
            )
        )
    type_ = (part["type"] or "") + (f" COLLATE {part['collation']}" if part["collation"] else "")
    comment = comparison.found.get(Key("comment", key.schema, key.table, key.name))
    return Column(
        key.name,
        PrintedType(type_),
        *extra,
        nullable=not part["not_null"],
        server_default=_sql_default(part),
        comment=comment,
    )


_SEQUENCE = re.compile(
    r"AS \w+ START (?P<start>-?\d+) INCREMENT (?P<increment>-?\d+) MINVALUE (?P<minvalue>-?\d+) MAXVALUE "
    r"(?P<maxvalue>-?\d+) CACHE (?P<cache>\d+)(?P<cycle> CYCLE)?"
)


def _identity(comparison: Comparison, key: Key, identity: str) -> Identity:
    """The identity of a found column, with the options of its sequence."""
    owner = f" OWNED BY {qualified(key.table or '', key.schema)}.{ident(key.name)}"
    text_ = next(
        (one for other, one in comparison.found.items() if other.kind == "sequence" and one.endswith(owner)),
        "",
    )
    match = _SEQUENCE.match(text_)
    numbers: dict[str, Any] = (
        {name: int(value) for name, value in match.groupdict().items() if name != "cycle"} if match else {}
    )
    return Identity(always="ALWAYS" in identity, cycle=True if match and match["cycle"] else None, **numbers)


def _serial(comparison: Comparison, key: Key, part: dict[str, str | None]) -> str | None:
    """The pseudo type of a column whose default is the next value of its own sequence."""
    sizes = {"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"}
    owner = f" OWNED BY {qualified(key.table or '', key.schema)}.{ident(key.name)}"
    owned = any(
        one.kind == "sequence" and definition.endswith(owner) for one, definition in comparison.found.items()
    )
    return (
        sizes.get(part["type"] or "")
        if owned and not part["identity"] and (part["expression"] or "").startswith("nextval(")
        else None
    )


def _reflected_table(comparison: Comparison, key: Key) -> list[MigrateOperation]:
    """What makes the table again: the table with its columns, then its constraints and indexes."""
    place = (key.schema, key.name)
    mine = [one for one in comparison.found if one[1:3] == place]
    names = [one["name"] for one in inspect(comparison.connection).get_columns(key.name, schema=key.schema)]
    columns = [_reflected_column(comparison, Key("column", *place, name)) for name in names]
    table = Table(
        key.name,
        MetaData(),
        *columns,
        schema=key.schema,
        comment=comparison.found.get(Key("comment", *place, "")),
    )
    create = ops.CreateTableOp.from_table(table)
    constraints = [
        one
        for one in mine
        if one.kind == "constraint" and not comparison.found[one].startswith("FOREIGN KEY")
    ]
    after = [
        CreateObjectOp(reflect(comparison.connection, one, comparison.found[one])) for one in constraints
    ]
    after += [
        CreateObjectOp(reflect(comparison.connection, one, comparison.found[one]))
        for one in mine
        if one.kind == "index"
    ]
    return [create, *after]


class DropWholeTableOp(ops.DropTableOp):
    """Drops a table; reversed it makes the table, then its constraints and indexes."""

    def __init__(self, made_by: list[MigrateOperation]) -> None:
        create = next(one for one in made_by if isinstance(one, ops.CreateTableOp))
        super().__init__(create.table_name, schema=create.schema)
        self.made_by = made_by

    def reverse(self) -> Any:
        """The directives that bring the table back."""
        return ops.ModifyTableOps(self.table_name, self.made_by, schema=self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``."""
        return ("remove_table", self.schema, self.table_name)


class ConcurrentIndexOp(MigrateOperation):
    """``op.create_index_concurrently``; reversed ``op.drop_index_concurrently``."""

    def __init__(self, create: ops.CreateIndexOp) -> None:
        self.create = create

    def reverse(self) -> CallOp:
        """The drop, which blocks nobody either."""
        return CallOp(
            "drop_index_concurrently",
            self.create.index_name,
            self.create.table_name,
            schema=self.create.schema,
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``."""
        return ("add_index", self.create.index_name, self.create.table_name)
