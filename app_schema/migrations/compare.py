"""Autogenerate: the declared catalog, the found one, and the directives that lead from one to the other.

Alembic's own comparators are not used. Both sides are printed by PostgreSQL, so a difference is one, and
what is spelt in
another way is none; the number of queries does not grow with the number of tables.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from alembic.util import PriorityDispatchResult
from sqlalchemy import Column, MetaData, text

from app_schema.catalog import Difference, diff, snapshot
from app_schema.catalog.dependents import dependents
from app_schema.catalog.reflect import reflect
from app_schema.catalog.scratch import declared_snapshot
from app_schema.catalog.spelling import PARSED, same
from app_schema.ddl import DDLObject, Function, Key, View
from app_schema.ddl.made import MARK
from app_schema.ddl.sql import DIALECT, ident, qualified
from app_schema.errors import ModelError
from app_schema.migrations import compare_enum, compare_table
from app_schema.migrations.declared import Declared
from app_schema.migrations.directives import RANKS, CallOp, Drops, Makes, OnTheWayBackOp, Plan, UnwritableOp
from app_schema.migrations.once import TABLE as ONCE_TABLE
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp, ReplaceObjectOp, SetGrantOp

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from alembic.runtime.plugins import Plugin

log = logging.getLogger(__name__)
PLUGIN = "app_schema"
_TABLE_KINDS = {"table", "column", "constraint", "index", "comment", "sequence", "partition"}
_SILENT = {"owner"}
"""What follows from another object: new or gone with it."""


class Comparison:
    """One run of the comparator.

    Options, from the context: ``prune`` drops what nobody declared; ``safe`` (the default) takes ways that
    do not block writers where
    a table has rows; ``managed_schemas`` (by default those in which something is declared); ``scratch`` is
    a server's URL.
    """

    def __init__(self, context: AutogenContext) -> None:
        assert context.connection is not None
        assert context.metadata is not None
        self.context = context
        self.connection = context.connection
        self.prune = bool(context.opts.get("prune", False))
        self.safe = bool(context.opts.get("safe", True))
        metadata = context.metadata
        self.declared = Declared([metadata] if isinstance(metadata, MetaData) else metadata)
        self.plan = Plan()
        self.undeclared: list[str] = []
        self.version_table = context.opts.get("version_table") or "alembic_version"
        self._gone: set[Key] = set()
        self._made: set[Key] = set()

    def run(self) -> None:
        """Compares and fills the plan."""
        ignore = (self.version_table, ONCE_TABLE)
        self.found = snapshot(self.connection, ignore=ignore)
        wanted = declared_snapshot(
            self.connection, self.declared.statements(), self.context.opts.get("scratch")
        )
        self.declared.printed(wanted)
        self.wanted = self.declared.snapshot
        differences = [
            one
            for one in diff(self.wanted, self.found)
            if self._managed(one.key) and not (one.key.kind in PARSED and same(one.left, one.right))
        ]
        if not differences:
            return
        path = self.connection.scalar(text("SELECT current_setting('search_path')"))
        self.connection.execute(text("SELECT set_config('search_path', '', true)"))
        try:
            self._compare(differences)
        finally:
            self.connection.execute(text("SELECT set_config('search_path', :path, true)"), {"path": path})

    def _compare(self, differences: list[Difference]) -> None:
        self.changed = {one.key for one in differences}
        changed_alone = [one for one in differences if one.left is not None and one.right is not None]
        self._take_dependents_away(changed_alone)
        for difference in differences:
            key, wanted, found = difference
            try:
                if found is None:
                    assert wanted is not None
                    self._added(key, wanted)
                elif wanted is None:
                    self._undeclared(key, found)
                else:
                    self._changed(key, wanted, found)
            except ModelError as error:
                self.plan.notes.append(UnwritableOp(f"{label(key)}: {error}"))

    def _managed(self, key: Key) -> bool:
        schemas = self.context.opts.get("managed_schemas") or {table[0] for table in self.declared.tables} | {
            one.schema or "public" if one.kind != "schema" else one.name
            for one in self.declared.objects.values()
        }
        if key.kind == "role":
            return key in self.wanted
        if key.kind in {"object_comment", "comment"} and any(
            (side.get(key) or "").endswith(MARK) for side in (self.wanted, self.found)
        ):
            return False
        space = key.name if key.kind == "schema" else key.schema
        if space is not None and space not in schemas:
            return key.kind != "schema" and key in self.wanted
        table = key.table if key.kind != "table" else key.name
        if table is not None and key.kind in _TABLE_KINDS | {
            "trigger",
            "policy",
            "row_security",
            "grant",
            "column_grant",
        }:
            if not self.context.run_name_filters(table, "table", {"schema_name": key.schema}):
                return False
            declared_table = self.declared.tables.get((key.schema or "", table))
            if declared_table is not None and not self.context.run_object_filters(
                declared_table, table, "table", key not in self.wanted, None
            ):
                return False
        return True

    def has(self, key: Key) -> bool:
        """Whether an object is found."""
        return key in self.found

    def gone(self, key: Key) -> None:
        """Notes that a key is dropped, so that nobody drops it again."""
        self._gone.add(key)

    def column(self, key: Key) -> Column[Any]:
        """The declared column of a key."""
        table = self.declared.tables[key.schema or "", key.table or ""]
        return next(one for one in table.columns if one.name == key.name)

    def referring(self, key: Key) -> list[Key]:
        """The foreign keys that need this key or unique constraint, and are not dropped yet."""
        query = text(
            "SELECT n.nspname, r.relname, f.conname FROM pg_catalog.pg_constraint AS f JOIN "
            "pg_catalog.pg_constraint AS k ON k.conindid = f.conindid"
            " JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace AS m ON "
            "m.oid = c.relnamespace"
            " JOIN pg_catalog.pg_class AS r ON r.oid = f.conrelid JOIN pg_catalog.pg_namespace AS n ON "
            "n.oid = r.relnamespace"
            " WHERE f.contype = 'f' AND k.contype <> 'f' AND m.nspname = :schema AND c.relname = :table AND "
            "k.conname = :name"
        )
        rows = self.connection.execute(query, {"schema": key.schema, "table": key.table, "name": key.name})
        return [
            one
            for one in (Key("constraint", *row) for row in rows)
            if one not in self._gone and one in self.found
        ]

    # What is declared and absent

    def _added(self, key: Key, wanted: str) -> None:
        if (
            key in self._made
            or key.kind in _SILENT
            or (key.kind == "type_grant" and not self._type_is_on_both_sides(key))
        ):
            return
        if key.kind in _TABLE_KINDS:
            compare_table.added(self, key, wanted)
        elif key.kind == "function_grant" and (function := self._granted_function(key)) is not None:
            self._change_function_of_grant(function)
        elif (declared := self.declared.objects.get(key)) is not None:
            self.make(key, declared)
        else:
            raise ModelError("is declared in a way that cannot be written as a revision")

    def _type_is_on_both_sides(self, grant: Key) -> bool:
        types = [Key(kind, grant.schema, None, grant.table or "") for kind in ("enum", "domain", "range")]
        return any(one in self.found and one in self.wanted for one in types)

    def make(self, key: Key, one: DDLObject) -> None:
        """Plans the creation of an object."""
        rank = RANKS[key.kind][1]
        if key.kind == "function" and self._early(key, self.wanted):
            rank = Makes.EARLY_FUNCTION
        self._made.add(key)
        if key.kind == "grant" and self._fresh(key):
            self.plan.make(rank, SetGrantOp(one), order=self.declared.order.get(key))
            return
        self.plan.make(rank, CreateObjectOp(one), order=self.declared.order.get(key))
        if key.kind in {"view", "materialized_view"}:
            self.take_default_grants_away(key)

    def _fresh(self, grant: Key) -> bool:
        """Whether the relation of a grant is made in this revision, so that default privileges have a say."""
        return any(
            (relation := Key(kind, grant.schema, None, grant.table or "")) in self._made
            or (relation in self.wanted and relation not in self.found)
            for kind in ("table", "view", "materialized_view")
        )

    def take_default_grants_away(self, relation: Key) -> None:
        """Revokes what default privileges grant on a new relation and nobody declared."""
        for call in self._default_grants(relation, self.wanted):
            self.plan.make(Makes.GRANT, call)

    def forget_default_grants(self, relation: Key) -> None:
        """The same for a relation that the downgrade makes again."""
        for call in self._default_grants(relation, self.found):
            self.plan.drop(Drops.GRANT, OnTheWayBackOp(call))

    def _default_grants(self, relation: Key, side: Any) -> list[CallOp]:
        schemas = {None, relation.schema}
        calls = []
        for default, privileges in self.found.items():
            if default.kind != "default_grant" or default.table != "TABLES" or default.schema not in schemas:
                continue
            if Key("grant", relation.schema, relation.name, default.name) not in side:
                words = privileges.replace("*", "").split(", ")
                calls.append(
                    CallOp("drop_grant", words, to=default.name, table=relation.name, schema=relation.schema)
                )
        return calls

    def _early(self, key: Key, side: Any) -> bool:
        """Whether a column, constraint or index names the function, so that it must be there before them."""
        call = f"{key.schema}.{key.name.partition('(')[0]}("
        return any(
            call in definition
            for other, definition in side.items()
            if other.kind in {"column", "constraint", "index", "domain"}
        )

    def _survives(self, key: Key) -> bool:
        """Whether something that stays calls the function until it is altered, so that the function goes
        last."""
        call = f"{key.schema}.{key.name.partition('(')[0]}("
        return any(
            call in definition and other in self.wanted
            for other, definition in self.found.items()
            if other.kind != "function"
        )

    def _granted_function(self, key: Key) -> Key | None:
        function = Key("function", key.schema, None, key.table or "")
        declared = self.declared.objects.get(function)
        return function if isinstance(declared, Function) and declared.execute is not None else None

    def _change_function_of_grant(self, key: Key) -> None:
        if self.has(key) and key in self.wanted and key not in self.changed and key not in self._made:
            self._replace(key, self.declared.objects[key], reflect(self.connection, key, self.found[key]))

    # What is there and not declared

    def _undeclared(self, key: Key, found: str) -> None:
        if key.kind in _SILENT or self._child_of_undeclared(key) or (key in self._gone and self.prune):
            return
        if key.kind == "function_grant" and (function := self._granted_function(key)) is not None:
            self._change_function_of_grant(function)
        elif key.kind == "row_security" and (key.schema, key.table) in self.declared.tables and self.prune:
            self.take(key, found)
        elif not self.prune:
            self.undeclared.append(label(key))
        elif key.kind in _TABLE_KINDS:
            compare_table.removed(self, key, found)
        else:
            self.take(key, found)

    def _child_of_undeclared(self, key: Key) -> bool:  # noqa: PLR0911 - a list of cases
        """Whether it belongs to something that is not declared either, which is named itself."""
        relations = [
            Key(kind, key.schema, None, key.table or "")
            for kind in ("table", "view", "materialized_view", "foreign_table", "composite")
        ]
        owner = next((one for one in relations if one in self.found or one in self.wanted), None)
        if key.kind == "sequence" and "OWNED BY" in self.found[key]:
            return not self._owner_is_declared(key)
        if key.kind in {"comment", "column_grant"} and self._of_undeclared_column(key):
            return True
        if key.kind == "type_grant":
            return not self._type_is_on_both_sides(key)
        if key.kind == "function_grant":
            return Key("function", key.schema, None, key.table or "") not in self.wanted
        if owner is None or key.kind in {"schema_grant", "default_grant", "object_comment"}:
            return False
        if owner.kind != "table" and key.kind == "column":
            return True
        if owner.kind == "materialized_view" and key.kind == "index" and self.prune:
            return False
        if owner in self.wanted:
            return False
        if (
            "PARTITION BY" in self.found[owner]
            or Key("partition", key.schema, None, owner.name) in self.found
        ):
            return True  # it cannot be dropped by a revision, so nothing of it is
        return not self.prune or key.kind in {"column", "constraint", "index", "comment"}

    def _owner_is_declared(self, sequence: Key) -> bool:
        """Whether the sequence hangs on a column that is declared without one; an identity's goes with the
        identity."""
        owner = self.found[sequence].rpartition(" OWNED BY ")[2]
        for key, definition in self.found.items():
            if (
                key.kind == "column"
                and owner == f"{qualified(key.table or '', key.schema)}.{ident(key.name)}"
            ):
                return key in self.wanted and " AS IDENTITY" not in definition
        return False

    def _of_undeclared_column(self, key: Key) -> bool:
        return key.kind == "comment" and bool(key.name) and Key("column", *key[1:]) not in self.wanted

    def take(self, key: Key, found: str, *, with_dependents: bool = False) -> None:
        """Plans the drop of an object, with all that its reverse needs."""
        rank = RANKS[key.kind][0] if key.kind in RANKS else None
        if rank is None:
            raise ModelError("cannot be dropped by a revision of ours")
        if key.kind == "function" and not with_dependents and self._survives(key):
            rank = Drops.EARLY_FUNCTION
        self._gone.add(key)
        if key.kind == "index" and Key("materialized_view", key.schema, None, key.table or "") in self.found:
            self.plan.drop(Drops.VIEW, DropObjectOp(reflect(self.connection, key, found)), order=-(2**40))
            return
        if key.kind in {"view", "materialized_view"}:
            self.forget_default_grants(key)
        newest_first = (
            -list(self.found).index(key)
            if key.kind not in {"view", "materialized_view", "function"}
            else -self._age(key)
        )
        self.plan.drop(rank, DropObjectOp(reflect(self.connection, key, found)), order=newest_first)

    def _age(self, key: Key) -> int:
        """The OID: what was made later may depend on what was made before."""
        catalog, name, space = (
            "pg_proc",
            "format('%s(%s)', proname, oidvectortypes(proargtypes))",
            "pronamespace",
        )
        if key.kind != "function":
            catalog, name, space = ("pg_class", "relname", "relnamespace")
        query = text(
            f"SELECT oid::bigint FROM pg_catalog.{catalog} WHERE {name} = :name AND {space} = "
            f"to_regnamespace(quote_ident(:schema))"
        )
        return int(self.connection.execute(query, {"name": key.name, "schema": key.schema}).scalar_one())

    # What is there and different

    def _changed(self, key: Key, wanted: str, found: str) -> None:
        if key in self._gone:  # taken away before something it reads, and made again
            return
        if key.kind in _TABLE_KINDS:
            compare_table.changed(self, key, wanted, found)
        elif key.kind == "enum":
            compare_enum.changed(self, key)
        elif key.kind == "function_grant" and (function := self._granted_function(key)) is not None:
            self._change_function_of_grant(function)
        elif key.kind == "column_grant":
            self.take(key, found)
            self.make(key, self.declared.objects[key])
        elif key.kind == "owner":
            raise ModelError(f"belongs to {found}, and not to {wanted}, who migrates")
        elif key in self.declared.objects:
            self._replace(key, self.declared.objects[key], reflect(self.connection, key, found))
        else:
            raise ModelError(f"found: {found}; expected: {wanted}")

    def _replace(self, key: Key, new: DDLObject, old: DDLObject) -> None:
        self._made.add(key)
        self.plan.make(RANKS[key.kind][1], ReplaceObjectOp(new, old), order=self.declared.order.get(key))

    # What reads something that PostgreSQL will not change under it

    def _take_dependents_away(self, differences: list[Difference]) -> None:
        blocked = [one.key for one in differences if self._blocks(one)]
        if self.prune:
            blocked += [
                key
                for key in self.changed
                if key not in self.wanted and key.kind in {"column", "view", "materialized_view"}
            ]
        for key in dependents(self.connection, blocked):
            if key.kind == "generated":
                compare_table.regenerate(self, Key("column", *key[1:]))
            elif key in self.found and key not in self._gone:
                self._take_and_make_again(key)
        for key in blocked:
            if (
                key.kind in {"view", "materialized_view", "function"}
                and key in self.wanted
                and key not in self._gone
            ):
                self._take_and_make_again(key)

    def _blocks(self, difference: Difference) -> bool:
        key, wanted, found = difference
        assert wanted is not None
        assert found is not None
        if key.kind == "column":
            return compare_table.changes_type(wanted, found)
        if key.kind == "enum":
            return compare_enum.needs_replacing(self, key)
        if key.kind in {"view", "materialized_view"}:
            return key.kind == "materialized_view" or self._columns(self.wanted, key) != self._columns(
                self.found, key
            )
        return (
            key.kind == "function" and wanted.partition(" LANGUAGE ")[0] != found.partition(" LANGUAGE ")[0]
        )

    @staticmethod
    def _columns(side: Any, key: Key) -> dict[str, str]:
        return {
            other.name: text_
            for other, text_ in side.items()
            if other.kind == "column" and other[1:3] == (key.schema, key.name)
        }

    def _take_and_make_again(self, key: Key) -> None:
        found = self.found[key]
        if key.kind in {"index", "constraint"}:
            compare_table.take_and_make_again(self, key)
            return
        old = reflect(self.connection, key, found)
        of_view = [
            one
            for one in self.found
            if one.kind in {"grant", "column_grant"} and one[1:3] == (key.schema, key.name)
        ]
        grants = [one for one in of_view if one not in self._gone] if isinstance(old, View) else []
        for grant in grants:
            self.take(grant, self.found[grant])
        self.take(key, found, with_dependents=True)
        new = self.declared.objects.get(key)
        if new is None and key not in self.wanted and not self.prune:
            new = old
        if new is not None:
            self.make(key, new)
        for grant in grants:
            again = self.declared.objects.get(grant)
            if again is None and not self.prune:
                again = reflect(self.connection, grant, self.found[grant])
            if again is not None and new is not None:
                self.make(grant, again)


def label(key: Key) -> str:
    """An object in words."""
    place = ".".join(part for part in (key.schema, key.table) if part)
    return f"{key.kind.replace('_', ' ')} {key.name}".rstrip() + (f" of {place}" if place else "")


def compare(context: AutogenContext, upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Alembic's hook: fills the upgrade with the directives, and reports what nobody declared."""
    comparison = Comparison(context)
    comparison.run()
    for one in comparison.undeclared:
        log.warning("not declared, and left alone: %s", one)
    context.dialect = DIALECT  # renders one "%" as one; psycopg's would double it in the file
    context.opts.setdefault("undeclared", []).extend(comparison.undeclared)
    upgrade_ops.ops.extend(comparison.plan.operations())
    return PriorityDispatchResult.STOP


def setup(plugin: Plugin) -> None:
    """Registers the comparator."""
    plugin.add_autogenerate_comparator(compare, "autogenerate")
