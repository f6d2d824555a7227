"""Autogenerate: the differences of both sides, and the plan that resolves them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from app_schema.catalog.reading import empty_path
from app_schema.catalog.uncompared import Uncompared
from app_schema.catalog.uncompared_attribute import LOST
from app_schema.ddl import Key
from app_schema.ddl.catalog_query import Kind
from app_schema.ddl.sql import ident, qualified
from app_schema.errors import ModelError
from app_schema.migrations.compare import carried, dependent, former, keys, kinds, stranger, used
from app_schema.migrations.compare.kinds import heir, heir_change
from app_schema.migrations.compare.kinds.partition import follows_parent
from app_schema.migrations.compare.plan import Plan
from app_schema.migrations.compare.planner import Planner
from app_schema.migrations.compare.reading import read
from app_schema.migrations.compare.rename import Rename

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from app_schema.catalog import Difference

State = Literal["different", "absent", "undeclared"]
_KNOWN_BY_USE = {"enum", "sequence"}
"""The kinds whose rename the downgrade always repeats: definitions of other objects contain their names."""


_NAMED = {"index", "trigger"}
"""Parts of tables that have an identity of their own."""


class Comparison:
    """One run of the comparator.

    Options, from the context: ``prune`` drops undeclared objects; ``safe`` (the default) uses statements that
    do not block writers on tables with rows; ``managed_schemas`` (by default those of declared objects);
    ``zone`` of timestamps without time zone, by default UTC; ``scratch`` is the URL of a server; ``cache``
    (the default) reuses the declared side of an earlier run if nothing has changed; ``proved`` (the default)
    executes the creation of new tables in the scratch database; ``executed`` (the default) refuses to change
    objects with unmanaged dependents, which a plan for another database need not.
    """

    def __init__(self, context: AutogenContext) -> None:
        self._opts = context.opts
        self._executed = bool(context.opts.get("executed", True))
        self.sides = read(context)
        self.differences = [
            difference
            for difference in self.sides.differences
            if kinds.of(difference.key.kind).compares(difference)
        ]
        self._following = follows_parent(self.sides, self.differences)

    def uncompared(self) -> list[str]:
        """The objects in managed schemas that no kind compares, and names that nobody declares."""
        chosen = [Uncompared(f"name of {key.label}", key.schema) for key in self.sides.chosen_names]
        return self.sides.managed.uncompared([*self.sides.uncompared, *chosen])

    def counted(self) -> list[Key]:
        """The states of the declared objects."""
        return [
            key for key in self.sides.declared if self.sides.managed(key) and not kinds.of(key.kind).follows
        ]

    def subject(self, key: Key) -> Key:
        """The object whose declaration contains the difference."""
        return kinds.of(key.kind).subject(self.sides, key)

    def state(self, difference: Difference) -> State | None:
        """The state of a difference; None: it follows from another difference, which is reported instead.

        ``alembic check`` and ``app-schema verify`` both use it.
        """
        key, declared, reflected = difference
        if key in self._following:
            return None
        comparator = kinds.of(key.kind)
        if declared is not None and reflected is not None:
            return "different"
        if reflected is None:
            return None if comparator.created_with_other(self.sides, key) else "absent"
        return None if comparator.undeclared_with_owner(self.sides, key) else "undeclared"

    def plan(self) -> Plan:
        """The plan that resolves the differences, with notes on those that no revision can resolve."""
        sides = self.sides
        if declared := former.pending(sides):
            return former.plan(sides, declared)
        if not self.differences:
            renames = [rename.operation(sides.schema(rename.declared)) for rename in self._renames()]
            return Plan(renames=list(renames))
        with empty_path(sides.connection):
            blocked = [change.key for change in dependent.blocked(sides, self.differences)]
            refused = used.refused(sides, self.differences) | heir.refused(sides, self.differences)
            if self._executed:
                refused |= stranger.refused(sides, self.differences, blocked, list(refused))
            differences = [
                difference
                for difference in self.differences
                if not stranger.is_refused(difference.key, refused)
            ]
            planner = Planner(sides, differences, safe=bool(self._opts.get("safe", True)))
            for sentence in refused.values():
                planner.note(sentence)
            self._resolve(planner)
        return planner.plan

    def _resolve(self, planner: Planner) -> None:
        dependent.drop_dependents(self.sides, planner)
        for difference in planner.differences:
            if self.state(difference) is None:
                continue
            try:
                kinds.of(difference.key.kind).resolve(self.sides, planner, difference)
            except ModelError as error:
                planner.note(f"{difference.key.label}: {error}")
        for comparator in kinds.KINDS.values():
            comparator.follow(self.sides, planner)
        heir_change.follow_parents(self.sides, planner)
        former.note_candidates(self.sides, planner)
        self._note_lost(planner)
        self._rename(planner)
        if self._opts.get("proved", True):
            carried.complete(self.sides, planner)

    def _note_lost(self, planner: Planner) -> None:
        """Notes the uncompared attributes of objects that are dropped, also those that are created again."""
        sides = self.sides
        undeclared = planner.changed - sides.declared.keys() if sides.prune else set[Key]()
        dropped = {
            f" {_identity(key)}"
            for key in planner.dropped | undeclared
            if not key.table or key.kind in _NAMED
        }
        for label in self.uncompared():
            if label.startswith(LOST) and label.endswith(tuple(dropped)):
                planner.note(f"{label}: lost when the object is dropped, restore it by hand")

    def _rename(self, planner: Planner) -> None:
        """Plans the renames, and those that the downgrade repeats: renames of objects that it also
        changes."""
        touched = planner.changed | planner.dropped | planner.created
        touched |= {keys.described(key) for key in touched if key.kind == "object_comment"}
        for rename in self._renames():
            operation = rename.operation(self.sides.schema(rename.declared))
            planner.plan.renames.append(operation)
            if rename.declared in touched or rename.declared.kind in _KNOWN_BY_USE:
                planner.plan.renamed_again.append(operation)

    def _renames(self) -> list[Rename]:
        """The renames, except those that PostgreSQL repeats in the tables that inherit a check."""
        renames = self.sides.renamed.renames
        return [rename for rename in renames if not self._repeats_parent(rename, renames)]

    def _repeats_parent(self, rename: Rename, renames: Sequence[Rename]) -> bool:
        if rename.declared.kind != "constraint":
            return False
        table = keys.table(rename.declared)
        return any(
            Rename(*(key._replace(schema=parent.schema, table=parent.name) for key in rename)) in renames
            for parent in heir.common_parents(self.sides, table)
        )


def _identity(key: Key) -> str:
    """The object as pg_identify_object names it."""
    if key.kind == "trigger":
        return f"{ident(key.name)} on {qualified(key.table or '', key.schema)}"
    return Kind.by_key.get(key.kind, Kind).sql_name(key.name, key.schema)
