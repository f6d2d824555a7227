"""Drift: each object in which database and declaration differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from app_schema.application import Application
from app_schema.ddl import Key
from app_schema.migrations import setup
from app_schema.migrations.compare.comparator import Comparison, State
from app_schema.migrations.compare.kinds.function_grant import executors
from app_schema.migrations.environment import DEFAULTS, joined


@dataclass(frozen=True)
class Drifted:
    """One object. A side is the definition that PostgreSQL prints, None if absent; for an object that differs
    only in its name, the name.
    """

    object: str
    state: State
    declared: str | None
    found: str | None
    kind: str
    table: str | None
    """The table, or the table of which the object is a part; None without one."""


@dataclass(frozen=True)
class KindCount:
    """The numbers of objects of a kind. Of the `declared` ones `created` exist, of these `equal` are
    equal."""

    kind: str
    declared: int
    created: int
    equal: int
    different: int
    undeclared: int


@dataclass(frozen=True)
class Drift:
    """A comparison of the whole database with the declaration."""

    kinds: list[KindCount]
    objects: list[Drifted]
    uncompared: list[str]
    """Objects of the managed schemas of a kind that is not compared; not counted as differences."""

    @property
    def conforms(self) -> bool:
        """Every declared object exists and is equal, and no other object exists."""
        return not self.objects


def drift(connection: Connection, app: Application, scratch: str | None = None) -> Drift:
    """Compares two snapshots, as `alembic check` does, and reports every object.

    :param scratch: URL of a server for the scratch database, if the role may not create one here.
    :raises ServerError: if no scratch database can be created.
    """
    setup()
    metadata = app.metadata
    options = {**DEFAULTS, **joined(app.options), "target_metadata": metadata, "scratch": scratch}
    context = MigrationContext.configure(connection, opts=options)
    comparison = Comparison(AutogenContext(context, metadata))
    sides = comparison.sides
    objects: dict[Key, Drifted] = {}
    for difference in comparison.differences:
        state = comparison.state(difference)
        key = comparison.subject(difference.key)
        if state is None or key in objects:
            continue
        if key != difference.key:  # who may execute a function
            roles = (executors(side, key) for side in (sides.declared, sides.reflected))
            objects[key] = _drifted(key, "different", *roles)
        else:
            objects[key] = _drifted(key, state, *difference[1:])
    for rename in sides.renamed.renames:
        key = rename.declared
        objects.setdefault(key, _drifted(key, "different", key.name, rename.reflected.name))
    states = {key: drifted.state for key, drifted in objects.items()}
    return Drift(_counts(comparison.counted(), states), list(objects.values()), comparison.uncompared())


def _drifted(key: Key, state: State, declared: str | None, reflected: str | None) -> Drifted:
    table = key.name if key.kind == "table" else key.table
    place = None if table is None else ".".join(filter(None, (key.schema, table)))
    return Drifted(key.label, state, declared, reflected, key.kind.replace("_", " "), place)


def _counts(declared: Iterable[Key], states: dict[Key, State]) -> list[KindCount]:
    total = Counter(key.kind for key in declared)
    counts = Counter((key.kind, state) for key, state in states.items())
    return [
        KindCount(
            kind=kind.replace("_", " "),
            declared=total[kind],
            created=total[kind] - counts[kind, "absent"],
            equal=total[kind] - counts[kind, "absent"] - counts[kind, "different"],
            different=counts[kind, "different"],
            undeclared=counts[kind, "undeclared"],
        )
        for kind in sorted(total.keys() | {kind for kind, _ in counts})
    ]
