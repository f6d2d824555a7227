"""Autogenerate: the declared catalog, the found one, and the directives that lead from one to the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Column, MetaData, text

from app_schema.catalog import Difference, Snapshot, borrowed, diff, snapshot
from app_schema.catalog.answers import Answers
from app_schema.catalog.cast import UTC
from app_schema.catalog.dependents import Blocked, dependents
from app_schema.catalog.reading import empty_path
from app_schema.catalog.reflect import reflect
from app_schema.catalog.scratch import declared_snapshot
from app_schema.catalog.spelling import Spelling
from app_schema.ddl import DDLObject, Key
from app_schema.ddl.made import MARK
from app_schema.ddl.sql import qualified
from app_schema.errors import ConfigurationError, ModelError
from app_schema.migrations.compare import (
    carried,
    column,
    comment,
    constraint,
    dependent,
    enum,
    function,
    grant,
    index,
    object_comment,
    option,
    pair,
    partition,
    refusal,
    role,
    sequence,
    stranger,
    table,
    undeclared,
    view_default,
)
from app_schema.migrations.compare.layer import Layers
from app_schema.migrations.compare.managed import Managed
from app_schema.migrations.compare.printed_column import sets_expression
from app_schema.migrations.compare.rename import Renamed
from app_schema.migrations.declared import DEFAULT_SCHEMA, Declared
from app_schema.migrations.directives import RANKS, Drops, OnTheWayBackOp, Plan, UnwritableOp
from app_schema.migrations.once import TABLE as ONCE_TABLE
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp, ReplaceObjectOp, SetGrantOp

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.autogenerate.api import AutogenContext

_HIDDEN = text("""
SELECT n.nspname, c.relname
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relrowsecurity AND pg_catalog.row_security_active(c.oid)""")
_FIXED = text("""
WITH RECURSIVE fixed AS (
  (SELECT conrelid AS oid FROM pg_catalog.pg_constraint WHERE contype = 'c' AND conrelid <> 0
   UNION SELECT prrelid FROM pg_catalog.pg_publication_rel)
  UNION SELECT i.inhparent FROM fixed JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = fixed.oid)
SELECT n.nspname, c.relname
  FROM fixed JOIN pg_catalog.pg_class AS c ON c.oid = fixed.oid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace""")
_OF_TABLES: dict[str, ModuleType] = {
    "table": table,
    "column": column,
    "constraint": constraint,
    "index": index,
    "comment": comment,
    "object_comment": object_comment,
    "sequence": sequence,
    "partition": partition,
}
"""The kinds that are no DDLObject: each module has ``added``, ``changed`` and ``removed``."""
_SETS_EXPRESSION = (17,)
"""The first version with ALTER COLUMN ... SET EXPRESSION."""
_HUNG_ON = {"function", "view", "materialized_view", "constraint", "index"}
"""The kinds of objects that are dropped and made again though others hang on them."""
State = Literal["different", "absent", "undeclared"]
FOLLOWING = {"owner"}
"""What follows from another object: new or gone with it."""


class Comparison:
    """One run of the comparator.

    Options, from the context: ``prune`` drops what nobody declared; ``safe`` (the default) takes ways that
    do not block writers where a table has rows; ``managed_schemas`` (by default those in which something is
    declared); ``zone`` is where local times are local, by default UTC; ``scratch`` is a server's URL;
    ``cache`` (the default) takes the declared side from an earlier run where nothing has changed since;
    ``proved`` (the default) carries out in the scratch database what the revision makes of its new tables.

    ``found`` and ``wanted`` are the snapshots of the two sides. ``gone`` and ``made`` are the keys whose drop
    or creation is planned, so that nobody plans it again.
    """

    def __init__(self, context: AutogenContext) -> None:
        assert context.connection is not None
        assert context.metadata is not None
        self.context = context
        self.connection = context.connection
        self.prune = bool(context.opts.get("prune", False))
        self.safe = bool(context.opts.get("safe", True))
        metadata = context.metadata
        self.default_schema = _default_schema(context)
        self.declared = Declared(
            [metadata] if isinstance(metadata, MetaData) else metadata, self.default_schema
        )
        self.managed = Managed(self)
        self.spelling = Spelling(self.connection)
        self.plan = Plan()
        self.renamed = Renamed()
        self.undeclared: list[str] = []
        self.gone: set[Key] = set()
        self.made: set[Key] = set()
        self.borrowed: set[tuple[str | None, str]] = set()
        self._drops: dict[Key, DropObjectOp] = {}
        self._places: dict[Key, int] = {}
        self.changed: set[Key] = set()
        self.pruned_functions: list[Key] | None = None
        """The functions to be dropped, where nothing that stays calls any of them."""
        self._by_table: dict[tuple[str | None, str | None], list[Key]] | None = None
        self.answers = Answers(self.connection, self._likely)

    def differences(self) -> list[Difference]:
        """What is not the same on both sides, of the objects that are looked at."""

        def find() -> None:
            self.found = self._without_bookkeeping(snapshot(self.connection, ignore=()))

        wanted = self._without_bookkeeping(self.in_scratch(self.declared.statements(), find))
        self.declared.printed(wanted)
        self.wanted = self.declared.snapshot
        self.unused = role.of_the_cluster(self)
        pair.pair(self)
        different = self.spelling.in_more_than_spelling(diff(self.wanted, self.found))
        return [one for one in different if self.managed(one.key) and not index.is_part(one)]

    def _without_bookkeeping(self, snapshot: Snapshot) -> Snapshot:
        """Without the tables of the migrations themselves, which a metadata may declare."""
        opts = self.context.opts
        schema = opts.get("version_table_schema") or self.default_schema
        tables = {(schema, opts.get("version_table") or "alembic_version"), (schema, ONCE_TABLE)}
        return {
            key: definition
            for key, definition in snapshot.items()
            if (key.schema, key.table) not in tables
            and not (key.kind in {"table", "owner"} and (key.schema, key.name) in tables)
        }

    def in_scratch(self, statements: list[str], meanwhile: Callable[[], None] = lambda: None) -> Snapshot:
        """The snapshot of a scratch database in which these statements were carried out."""
        return declared_snapshot(
            self.connection,
            statements,
            self.context.opts.get("scratch"),
            cache=self.context.opts.get("cache", True),
            meanwhile=meanwhile,
            search_path=self.default_schema,
            borrow=lambda: self._borrow(statements),
        )

    def _borrow(self, statements: list[str]) -> list[str]:
        """What the found side has, and the declared one uses and does not declare; it is not compared."""
        used = borrowed.used(self.connection, statements, self.declared.objects)
        self.borrowed = {(one.schema, one.name) for one in used}
        return [statement for one in used for statement in one.statements]

    def run(self) -> None:
        """Compares and fills the plan.

        :raises ConfigurationError: where everything undeclared is to be dropped, and nothing says where.
        """
        if self.prune and not self.managed.anywhere:
            raise ConfigurationError(
                "-x prune=true drops what nobody declared in the schemas of the metadata, and the metadata "
                "declares nothing: name the schemas, as with -x schemas=public"
            )
        differences = self.differences()
        for one in self.renamed.renames:
            self.plan.renames.append(one.operation(self.schema(one.declared)))
        if not differences:
            return
        with empty_path(self.connection):
            self._compare(differences)

    def _compare(self, differences: list[Difference]) -> None:
        differences = stranger.spared(self, differences, dependent.blocked(self, differences))
        self.changed = {one.key for one in differences}
        self._places = {key: number for number, key in enumerate(self.found)}
        dependent.drop_dependents(self, differences)
        for difference in differences:
            key, wanted, found = difference
            state = self.state(difference)
            if state is None:
                continue
            try:
                if (function := self.subject(key)) != key:
                    grant.change_function(self, function)
                elif found is None:
                    assert wanted is not None
                    self._added(key, wanted)
                elif wanted is None:
                    self._undeclared(key, found)
                else:
                    self._changed(key, wanted, found)
            except ModelError as error:
                self.plan.notes.append(UnwritableOp(f"{key.label}: {error}"))
        role.bring_along(self, differences)
        object_comment.follow(self)
        touched = self.changed | self.gone | self.made
        touched |= {object_comment.of(key) for key in touched if key.kind == "object_comment"}
        self.plan.renamed_again += [
            operation
            for one, operation in zip(self.renamed.renames, self.plan.renames, strict=True)
            if one.declared in touched or one.declared.kind in {"enum", "sequence"}
        ]
        option.follow(self)
        view_default.follow(self)
        if self.context.opts.get("proved", True):
            carried.complete(self)

    def state(self, difference: Difference) -> State | None:
        """What a difference is called; None where it follows from another one, which is named itself.

        ``alembic check`` and ``app-schema verify`` both go by this.
        """
        key, wanted, found = difference
        if wanted is not None and found is not None:
            return "different"
        if key.kind in FOLLOWING:
            return None
        if found is None:
            comes_along = (key.kind == "type_grant" and not grant.type_is_on_both_sides(self, key)) or (
                key.kind == "function_grant" and grant.comes_with_function(self, key)
            )
            return None if comes_along else "absent"
        return None if undeclared.is_child(self, key) else "undeclared"

    def subject(self, key: Key) -> Key:
        """The object that a difference belongs to: who may execute a function is a part of its declaration,
        if that names the roles."""
        granted = grant.granted_function(self, key) if key.kind == "function_grant" else None
        return key if granted is None else granted

    def _added(self, key: Key, wanted: str) -> None:
        if key in self.made:
            return
        if key.kind in _OF_TABLES:
            _OF_TABLES[key.kind].added(self, key, wanted)
        elif (declared := self.declared.objects.get(key)) is not None:
            self.make(key, declared)
        elif key.kind == "function_grant":
            self.make(key, grant.to_public(key))
        else:
            raise refusal.not_created(key.kind)

    def _undeclared(self, key: Key, found: str) -> None:
        if key in self.gone and self.prune:
            return
        if not self.prune or not self.can_go(key):
            self.undeclared.append(key.label)
        elif key.kind in _OF_TABLES:
            _OF_TABLES[key.kind].removed(self, key, found)
        else:
            self.take(key, found)

    def can_go(self, key: Key) -> bool:
        """False for an extension or schema that is not ours: a revision that drops it leaves it alone."""
        if key.kind not in {"extension", "schema"}:
            return True
        comment = self.found.get(Key("object_comment", None, None, f"{key.kind} {key.name}"), "")
        return comment.endswith(MARK)

    def _changed(self, key: Key, wanted: str, found: str) -> None:
        if key in self.gone:  # taken away before something it reads, and made again
            return
        if key.kind in _OF_TABLES:
            _OF_TABLES[key.kind].changed(self, key, wanted, found)
        elif key.kind == "enum":
            enum.changed(self, key, wanted, found)
        elif key.kind == "column_grant":
            self.take(key, found)
            self.make(key, self.declared.objects[key])
        elif key.kind == "owner":
            raise refusal.owned_by(found, wanted)
        elif key in self.declared.objects:
            self.replace(key, self.declared.objects[key], self.reflect(key, found))
        else:
            raise refusal.different(wanted, found)

    def zone(self) -> str:
        """The zone at which local times become moments, and back.

        :raises ConfigurationError: where the server knows no such zone.
        """
        zone = str(self.context.opts.get("zone") or UTC)
        known = text("SELECT EXISTS (SELECT FROM pg_catalog.pg_timezone_names AS z WHERE z.name = :zone)")
        if zone != UTC and not self.connection.scalar(known, {"zone": zone}):
            raise ConfigurationError(
                f"-x zone={zone} is no time zone of the server; write Asia/Tokyo, or UTC"
            )
        return zone

    def has(self, key: Key) -> bool:
        """Whether an object is found."""
        return key in self.found

    def reflect(self, key: Key, definition: str) -> DDLObject:
        """The object of a key, as it is after the renames."""
        # an index or a constraint is made of its definition alone, which has its declared name by now
        asked = key if key.kind in {"index", "constraint"} else self.renamed.before(key)
        return self.renamed.of(reflect(self.answers, asked, definition))

    def of_table(self, schema: str | None, table: str | None) -> list[Key]:
        """The reflected objects of a table, view or function, in the order of the snapshot."""
        if self._by_table is None:
            self._by_table = defaultdict(list)
            for key in self.found:
                self._by_table[key[1:3]].append(key)
        return self._by_table[schema, table]

    def _likely(self, kind: str) -> list[Key]:
        """The reflected objects of a kind that the plan may ask for: the number of queries stays the same."""
        return [self.renamed.before(one) for one in self.changed if one.kind == kind and one in self.found]

    def dependents(self, blocked: Iterable[Blocked]) -> list[Key]:
        """What stands in the way of changes, under the names that it has after the renames."""
        now = [one._replace(key=self.renamed.before(one.key)) for one in blocked]
        return [self.renamed.after(key) for key in dependents(self.connection, now)]

    def column(self, key: Key) -> Column[Any]:
        """The declared column of a key."""
        declared = self.declared.tables[key.schema or "", key.table or ""]
        return next(one for one in declared.columns if one.name == key.name)

    def schema(self, key: Key) -> str | None:
        """The schema as revisions should name it: as the declared table does."""
        declared = self.declared.tables.get((key.schema or "", key.table or key.name))
        return declared.schema if declared is not None else key.schema

    def new(self, key: Key) -> bool:
        """Whether the object's table is made in this revision."""
        return Key("table", key.schema, None, key.table or "") not in self.found

    def partitioned(self, key: Key) -> bool:
        """Whether the object's table has partitions of its own."""
        return "PARTITION BY" in self.found.get(Key("table", key.schema, None, key.table or ""), "")

    @cached_property
    def _hidden(self) -> frozenset[tuple[str, str]]:
        """The tables whose rows row security may hide from this role: any of them may have rows."""
        return frozenset((schema, name) for schema, name in self.connection.execute(_HIDDEN))

    @cached_property
    def _fixed(self) -> frozenset[tuple[str, str]]:
        """The tables that have, or whose partitions have, a CHECK or a publication by name."""
        return frozenset((schema, name) for schema, name in self.connection.execute(_FIXED))

    @cached_property
    def layers(self) -> Layers:
        """What of the reflected views and functions reads what."""
        return Layers(self.connection, self.found, self.renamed)

    def sets_expression(self, key: Key) -> bool:
        """True if the column gets another generation expression in place, which PostgreSQL 17 can.

        That of a virtual column only where neither the table nor a partition has a CHECK or is in a
        publication by its name.
        """
        wanted, found = self.wanted.get(key), self.found.get(key)
        version = self.connection.dialect.server_version_info or (0,)
        if wanted is None or found is None or version < _SETS_EXPRESSION:
            return False
        return sets_expression(wanted, found) and (" STORED AS " in wanted or self._changes_virtual(key))

    def _changes_virtual(self, key: Key) -> bool:
        place = (key.schema, key.table)
        checked = any(
            one.kind == "constraint" and one[1:3] == place and definition.startswith("CHECK")
            for side in (self.wanted, self.found)
            for one, definition in side.items()
        )
        return not checked and place not in self._fixed

    def has_rows(self, key: Key) -> bool:
        """Whether writers of the object's table would be kept waiting, and that matters."""
        return self.safe and self.holds_rows(key)

    def holds_rows(self, key: Key) -> bool:
        """Whether the object's table is there, with rows in it."""
        if self.new(key):
            return False
        if (key.schema, key.table) in self._hidden:
            return True
        query = f"SELECT EXISTS (SELECT 1 FROM {qualified(key.table or '', key.schema)})"
        return bool(
            self.connection.exec_driver_sql(query, execution_options={"no_parameters": True}).scalar_one()
        )

    def recreate_from(self, key: Key) -> Literal["declared", "found", "gone"]:
        """In which form something that was taken away is made again, if at all."""
        if key in self.changed:
            return "declared" if key in self.wanted else "gone" if self.prune else "found"
        # what is not managed stays as it is, whatever is declared
        return "declared" if self.spelling.same(self.wanted.get(key), self.found[key]) else "found"

    def make(self, key: Key, one: DDLObject) -> None:
        """Plans the creation of an object."""
        rank = RANKS[key.kind][1]
        if key.kind == "function":
            rank = function.created(self, key)
        self.made.add(key)
        anew = {one for one in self.gone if one[:3] == ("column", key.schema, key.table)}
        again = key.kind == "column_grant" and (key in self.gone or anew)
        if again or (key.kind == "grant" and grant.fresh(self, key)):
            self.plan.make(rank, SetGrantOp(one), order=self.declared.order.get(key))
            return
        # what nobody declared may read what is declared, not the other way round
        order = self.declared.order.get(key, index.LAST + len(self.plan.makes))
        self.plan.make(rank, self.creation(key, one), order=order)
        if key.kind in {"view", "materialized_view"}:
            grant.take_default_grants_away(self, key)

    def take(self, key: Key, found: str, *, with_dependents: bool = False) -> None:
        """Plans the drop of an object, with all that its reverse needs."""
        rank = RANKS[key.kind][0] if key.kind in RANKS else None
        if rank is None:
            raise refusal.not_dropped(key.kind)
        if key.kind == "function":
            rank = function.dropped(self, key, with_dependents=with_dependents)
        self.gone.add(key)
        if key.kind == "index" and Key("materialized_view", key.schema, None, key.table or "") in self.found:
            self.plan.drop(Drops.VIEW, DropObjectOp(self.reflect(key, found)), order=-index.LAST)
            return
        if key.kind in {"view", "materialized_view"}:
            grant.forget_default_grants(self, key)
        newest_first = -self._places[key]
        if key.kind in {"view", "materialized_view", "function"}:
            newest_first -= self.layers.depth(key) << 32
        self.plan.drop(rank, self.removal(key, self.reflect(key, found)), order=newest_first)
        for part in index.named_parts(self, key) if key.kind == "index" else ():
            self.plan.drop(rank, OnTheWayBackOp(CreateObjectOp(part)), order=newest_first)

    def removal(self, key: Key, one: DDLObject) -> DropObjectOp:
        """The operation that drops an object."""
        self._drops[key] = DropObjectOp(one)
        return self._drops[key]

    def creation(self, key: Key, one: DDLObject) -> CreateObjectOp:
        """The operation that creates an object; it and the one that drops it before know of each other."""
        dropped = self._drops.get(key) if key.kind in _HUNG_ON else None
        if dropped is not None:
            dropped.made_again = True
        return CreateObjectOp(one, made_again=dropped is not None)

    def replace(self, key: Key, new: DDLObject, old: DDLObject) -> None:
        """Plans that a definition takes the place of another."""
        self.made.add(key)
        rank = function.created(self, key) if key.kind == "function" else RANKS[key.kind][1]
        self.plan.make(rank, ReplaceObjectOp(new, old), order=self.declared.order.get(key))


def _default_schema(context: AutogenContext) -> str:
    """The schema in which the session creates what names none, unless an application says."""
    assert context.connection is not None
    if context.opts.get("search_path"):
        return DEFAULT_SCHEMA
    translated = context.connection.get_execution_options().get("schema_translate_map") or {}
    if set(translated) - {None}:
        names = ", ".join(f"{one} (to {translated[one]})" for one in sorted(filter(None, translated)))
        raise ConfigurationError(
            f"schema_translate_map leads {names} elsewhere, and the database knows its own names alone: "
            "autogenerate would take a table for absent under the one name and undeclared under the other. "
            "For autogenerate and check connect without these names, to a database that has the schemas, or "
            "leave the schema out of the tables and translate None, or set search_path"
        )
    if translated:
        return str(translated[None])
    return context.connection.scalar(text("SELECT current_schema()")) or DEFAULT_SCHEMA
