"""Drift: where the database is not what the models declare, an object at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData

from app_schema.ddl import Key
from app_schema.migrations import setup
from app_schema.migrations.compare.comparison import Comparison
from app_schema.migrations.compare.undeclared import is_child
from app_schema.migrations.environment import OPTIONS

State = Literal["different", "absent", "undeclared"]
_FOLLOWING = {"owner"}


@dataclass(frozen=True)
class Drifted:
    """One object; a side is None where it is not there, and otherwise as PostgreSQL prints it."""

    object: str
    state: State
    declared: str | None
    found: str | None


@dataclass(frozen=True)
class KindCount:
    """The objects of a kind. `created` of the `declared` ones are there, `equal` of these are as declared."""

    kind: str
    declared: int
    created: int
    equal: int
    different: int
    undeclared: int


@dataclass(frozen=True)
class Drift:
    """A comparison of the whole database with what is declared."""

    kinds: list[KindCount]
    objects: list[Drifted]

    @property
    def conforms(self) -> bool:
        """Whether everything that is declared is there and equal; what nobody declared does not matter."""
        return all(one.state == "undeclared" for one in self.objects)


def drift(connection: Connection, metadata: MetaData, scratch: str | None = None) -> Drift:
    """Compares by two snapshots, as `alembic check` does, and reports every object.

    :param scratch: URL of a server for the scratch database, where the role may not create one here.
    :raises ServerError: where there is no place for the scratch database.
    """
    setup()
    options = {**OPTIONS, "target_metadata": metadata, "scratch": scratch}
    context = MigrationContext.configure(connection, opts=options)
    comparison = Comparison(AutogenContext(context, metadata))
    differences = comparison.differences()
    objects: list[Drifted] = []
    states: dict[Key, State] = {}
    for key, declared, found in differences:
        state: State = "absent" if found is None else "different" if declared is not None else "undeclared"
        if state == "undeclared" and (key.kind in _FOLLOWING or is_child(comparison, key)):
            continue
        if state == "absent" and key.kind in _FOLLOWING:
            continue
        states[key] = state
        objects.append(Drifted(key.label, state, declared, found))
    looked_at = [key for key in comparison.wanted if comparison.managed(key) and key.kind not in _FOLLOWING]
    return Drift(_counts(looked_at, states), objects)


def _counts(declared: Iterable[Key], states: dict[Key, State]) -> list[KindCount]:
    wanted = Counter(key.kind for key in declared)
    seen = Counter((key.kind, state) for key, state in states.items())
    return [
        KindCount(
            kind=kind.replace("_", " "),
            declared=wanted[kind],
            created=wanted[kind] - seen[kind, "absent"],
            equal=wanted[kind] - seen[kind, "absent"] - seen[kind, "different"],
            different=seen[kind, "different"],
            undeclared=seen[kind, "undeclared"],
        )
        for kind in sorted(wanted.keys() | {kind for kind, _ in seen})
    ]
