"""Both sides of a comparison, and pure queries on them for the comparators."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from app_schema.catalog import diff
from app_schema.catalog.answers import Answers
from app_schema.catalog.cast import UTC, Casts
from app_schema.catalog.dependents import Blocked, dependents, dependents_of_each
from app_schema.catalog.reflect import reflect
from app_schema.catalog.uses import Use, uses
from app_schema.ddl import DDLObject, Key, Operator
from app_schema.ddl.function import PrintedFunction
from app_schema.ddl.layers import Calls, called, calls, is_called, words
from app_schema.ddl.mark import MARK
from app_schema.ddl.sequence import PrintedSequence
from app_schema.errors import ConfigurationError
from app_schema.migrations.compare import keys
from app_schema.migrations.compare.filled import FilledTables, Place
from app_schema.migrations.compare.layer import Layers
from app_schema.migrations.compare.managed import Managed
from app_schema.migrations.compare.rename import Renamed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Column, Connection

    from app_schema.catalog import Difference, Snapshot
    from app_schema.catalog.spelling import Spelling
    from app_schema.catalog.uncompared import Uncompared
    from app_schema.migrations.compare.filters import EnvironmentFilters
    from app_schema.migrations.compare.scratch import Scratch
    from app_schema.migrations.declared import Declared

_FIXED = text("""
WITH RECURSIVE fixed AS (
  (SELECT conrelid AS oid FROM pg_catalog.pg_constraint WHERE contype = 'c' AND conrelid <> 0
   UNION SELECT prrelid FROM pg_catalog.pg_publication_rel)
  UNION SELECT i.inhparent FROM fixed JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = fixed.oid)
SELECT n.nspname, c.relname
  FROM fixed JOIN pg_catalog.pg_class AS c ON c.oid = fixed.oid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace""")

_ZONE_EXISTS = text("SELECT EXISTS (SELECT FROM pg_catalog.pg_timezone_names AS z WHERE z.name = :zone)")
_CALLING = {"column", "constraint", "index", "domain"}
_WITH_ROW_TYPE = {"table", "view", "materialized_view", "foreign_table"}
_USED = {"composite", "domain", "range", "collation"}
_MAY_HAVE_ROWS = {"column", "constraint", "index"}
"""The kinds whose operations depend on the rows of the table."""


@dataclass(frozen=True, eq=False)
class Sides:
    """The declared and the reflected snapshot, with the same name for each object.

    :param metadata: what the metadata declares, by the keys of the declared snapshot.
    :param borrowed: schema and name of what the metadata uses and does not declare; it is not compared.
    :param uncompared: the objects of the database that no kind compares.
    :param unused_roles: the declared roles that the cluster has and nothing in the database uses.
    :param chosen_names: the constraints that are declared without a name, and have another than PostgreSQL
        chooses.
    :param renamed: the renames with which the revision begins; the reflected side reads as after them.
    """

    context: AutogenContext
    metadata: Declared
    scratch: Scratch
    filters: EnvironmentFilters
    spelling: Spelling
    declared: Snapshot
    reflected: Snapshot
    borrowed: frozenset[tuple[str | None, str]]
    unused_roles: frozenset[Key]
    uncompared: tuple[Uncompared, ...] = ()
    chosen_names: frozenset[Key] = frozenset()
    renamed: Renamed = field(default_factory=Renamed)

    @cached_property
    def connection(self) -> Connection:
        """The connection to the reflected side."""
        assert self.context.connection is not None
        return self.context.connection

    @cached_property
    def migrating_role(self) -> str:
        """The role that owns what it creates."""
        return str(self.connection.scalar(text("SELECT current_user::text")))

    @cached_property
    def prune(self) -> bool:
        """True if undeclared objects are dropped."""
        return bool(self.context.opts.get("prune", False))

    @cached_property
    def managed(self) -> Managed:
        """True if an object is compared."""
        return Managed(self.filters, self.declared, self.reflected, self.renamed, self.borrowed)

    @cached_property
    def differences(self) -> list[Difference]:
        """The differences of the managed objects."""
        different = self.spelling.in_more_than_spelling(diff(self.declared, self.reflected))
        return [difference for difference in different if self.managed(difference.key)]

    @cached_property
    def casts(self) -> Casts:
        """The conversions of the server between types, by the casts that no revision drops or changes."""
        return Casts(self.connection, [key.name for key, *_ in self.differences if key.kind == "cast"])

    @cached_property
    def zone(self) -> str:
        """The zone at which local times become moments, and back.

        :raises ConfigurationError: if the server has no such zone.
        """
        zone = str(self.context.opts.get("zone") or UTC)
        if zone != UTC and not self.connection.scalar(_ZONE_EXISTS, {"zone": zone}):
            raise ConfigurationError(f"zone={zone} is no time zone of the server: write Asia/Tokyo, or UTC.")
        return zone

    @cached_property
    def answers(self) -> Answers:
        """Queries on single reflected objects; the number of queries does not depend on the number of
        objects."""
        return Answers(self.connection, self._likely)

    def _likely(self, kind: str) -> list[Key]:
        keys_ = [difference.key for difference in self.differences if difference.right is not None]
        return [self.renamed.before(key) for key in keys_ if key.kind == kind]

    def uses(self, key: Key) -> list[Use]:
        """The uses of a type or collation that differs."""
        return self._uses[key]

    @cached_property
    def _uses(self) -> dict[Key, list[Use]]:
        before = {
            key: self.renamed.before(key)
            for key, declared, reflected in self.differences
            if key.kind in _USED and declared is not None and reflected is not None
        }
        uses_before = uses(self.connection, list(before.values()))
        return {key: uses_before[old] for key, old in before.items()}

    def may_drop(self, key: Key) -> bool:
        """False for an extension or schema without the mark; also for an object without a schema, such as a
        publication, with objects of unmanaged schemas."""
        if key.kind not in {"extension", "schema"}:
            return key.schema is not None or self.managed.has_all_of(self.reflected[key])
        comment = self.reflected.get(Key("object_comment", None, None, f"{key.kind} {key.name}"), "")
        return comment.endswith(MARK)

    def reflect(self, key: Key, definition: str) -> DDLObject:
        """The object of a key after the renames."""
        # an index or a constraint is built from its definition, which has the declared name already
        former = key if key.kind in {"index", "constraint"} else self.renamed.before(key)
        return self.renamed.of(reflect(self.answers, former, definition, key.table))

    @cached_property
    def _by_table(self) -> dict[Place, list[Key]]:
        by_table: dict[Place, list[Key]] = defaultdict(list)
        for key in self.reflected:
            by_table[key[1:3]].append(key)
        return by_table

    def of_table(self, schema: str | None, table: str | None) -> list[Key]:
        """The reflected objects of a table, view or function, in the order of the snapshot."""
        return self._by_table.get((schema, table), [])

    @cached_property
    def _owned_sequences(self) -> list[dict[Key, Key]]:
        return [_by_owner(side) for side in (self.declared, self.reflected)]

    def owned_sequence(self, side: Snapshot, column: Key) -> Key | None:
        """The sequence that a column owns on one of the sides."""
        return self._owned_sequences[side is self.reflected].get(column)

    @cached_property
    def calls(self) -> dict[str, list[str]]:
        """The name of each function that a column, constraint, index, domain or early operator class calls,
        itself or by an operator, with the calling text."""
        calls: dict[str, list[str]] = defaultdict(list)
        for side in (self.declared, self.reflected):
            for key, definition in side.items():
                for name in called(definition) if key.kind in _CALLING else ():
                    calls[name].append(definition)
            for key in self.early_classes & side.keys():
                for name in called(side[key]):
                    calls[name].append(side[key])
            for key in self.early_operators & side.keys():
                definition = Operator(key.name, side[key]).calls
                for name in called(definition):
                    calls[name].append(definition)
        return calls

    @cached_property
    def early_operators(self) -> set[Key]:
        """The operators that columns, constraints, indexes, domains and early operator classes name."""
        sides = self.declared, self.reflected
        texts = [
            definition
            for side in sides
            for key, definition in side.items()
            if (key.kind in _CALLING and "OPERATOR(" in definition) or key in self.early_classes
        ]
        operators = [key for side in sides for key in side if key.kind == "operator"]
        return {key for key in operators if any(Operator(key.name, "").is_in(text) for text in texts)}

    @cached_property
    def early_classes(self) -> set[Key]:
        """The operator classes and families, which an index uses without a name if they are the default of a
        type; except those of the row type of a relation, which exists first."""
        sides = self.declared, self.reflected
        relations = {key.name for side in sides for key in side if key.kind in _WITH_ROW_TYPE}
        return {
            key
            for side in sides
            for key, definition in side.items()
            if key.kind in {"operator_class", "operator_family"} and not words(definition) & relations
        }

    @cached_property
    def called_by_domains(self) -> set[Key]:
        """The functions and operators that checks of domains call, directly or through another function."""
        sides = self.declared, self.reflected
        domains = [definition for side in sides for key, definition in side.items() if key.kind == "domain"]
        called_keys = {
            key for key in self.early_operators if any(Operator(key.name, "").is_in(d) for d in domains)
        }
        texts = [
            *domains,
            *(Operator(key.name, side[key]).calls for side in sides for key in called_keys & side.keys()),
        ]
        functions = [
            (key, definition) for side in sides for key, definition in side.items() if key.kind == "function"
        ]
        # PostgreSQL prints the schema of each function but its own
        within: Calls = {call for text in texts for call in calls(text) if call[0] is not None}
        while within:
            new = {
                key for key, _ in functions if is_called(key.schema, key.name.partition("(")[0], within)
            } - called_keys
            new -= self._overloads_that_read(new)
            called_keys |= new
            texts = [PrintedFunction.of(definition).body for key, definition in functions if key in new]
            within = {call for text in texts for call in calls(text)}
        return called_keys

    def _overloads_that_read(self, functions: set[Key]) -> set[Key]:
        """The functions that read a table, of whose name another one reads none: a text names no types."""
        tables = {key.name for side in (self.declared, self.reflected) for key in side if key.kind == "table"}
        reading = {
            key
            for key in functions
            if words(PrintedFunction.of(self.declared.get(key) or self.reflected[key]).body) & tables
        }
        others = {(key.schema, key.name.partition("(")[0]) for key in functions - reading}
        return {key for key in reading if (key.schema, key.name.partition("(")[0]) in others}

    @cached_property
    def places(self) -> dict[Key, int]:
        """Each reflected object with its place in the snapshot."""
        return {key: number for number, key in enumerate(self.reflected)}

    def dependents(self, blocked: Iterable[Blocked]) -> list[Key]:
        """The dependents that prevent changes, under their names after the renames."""
        return self._dependents(tuple(blocked))

    @cached_property
    def _dependents(self) -> Callable[[tuple[Blocked, ...]], list[Key]]:
        @cache
        def ask(blocked: tuple[Blocked, ...]) -> list[Key]:
            former = [change._replace(key=self.renamed.before(change.key)) for change in blocked]
            return [self.renamed.after(key) for key in dependents(self.connection, former)]

        return ask

    def dependents_of_each(self, blocked: Iterable[Blocked]) -> dict[Key, list[Key]]:
        """The same for each of the changes alone, in one query."""
        return self._dependents_of_each(tuple(blocked))

    @cached_property
    def _dependents_of_each(self) -> Callable[[tuple[Blocked, ...]], dict[Key, list[Key]]]:
        @cache
        def ask(blocked: tuple[Blocked, ...]) -> dict[Key, list[Key]]:
            former = [change._replace(key=self.renamed.before(change.key)) for change in blocked]
            return {
                self.renamed.after(key): [self.renamed.after(dependent) for dependent in keys]
                for key, keys in dependents_of_each(self.connection, former).items()
            }

        return ask

    def column(self, key: Key) -> Column[Any]:
        """The declared column of a key."""
        declared = self.metadata.tables[key.schema or "", key.table or ""]
        return next(column for column in declared.columns if column.name == key.name)

    def schema(self, key: Key) -> str | None:
        """The schema as revisions should name it: as the declared table does."""
        declared = self.metadata.tables.get((key.schema or "", key.table or key.name))
        return declared.schema if declared is not None else key.schema

    def new(self, key: Key) -> bool:
        """True if the revision creates the object's table."""
        return keys.table(key) not in self.reflected

    def partitioned(self, key: Key) -> bool:
        """True if the object's table has partitions."""
        return "PARTITION BY" in self.reflected.get(keys.table(key), "")

    @cached_property
    def layers(self) -> Layers:
        """Reflected views and functions -> the views and functions that they read."""
        return Layers(self.connection, self.reflected, self.renamed)

    @cached_property
    def fixed_tables(self) -> frozenset[tuple[str, str]]:
        """The tables that have, or whose partitions have, a CHECK or a publication by name."""
        return frozenset((schema, name) for schema, name in self.connection.execute(_FIXED))

    @cached_property
    def _filled_tables(self) -> FilledTables:
        differing = (key for key, *_ in self.differences if key.kind in _MAY_HAVE_ROWS)
        return FilledTables(self.connection, {key[1:3] for key in differing if not self.new(key)})

    def has_rows(self, key: Key) -> bool:
        """True if the object's table exists and has rows."""
        return not self.new(key) and key[1:3] in self._filled_tables


def _by_owner(side: Snapshot) -> dict[Key, Key]:
    """Each column that owns a sequence, and the sequence; of several the first."""
    sequences = reversed([key for key in side if key.kind == "sequence"])
    return {column: key for key in sequences if (column := PrintedSequence.of(side[key]).column) is not None}
