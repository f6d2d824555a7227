"""The steps of a run, and the constructs of each step."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any

from alembic.migration import MigrationContext

from app_schema.errors import AppSchemaError, DifferentError, StatementError
from app_schema.migrations.foresight import exchange
from app_schema.migrations.foresight.constructs import FORESEEABLE, VIOLATION, own_statement
from app_schema.migrations.foresight.exchange import RENAMES, RecordedRenames
from app_schema.migrations.foresight.reading import Collecting, collected, names
from app_schema.migrations.loading import refuse_uncallable
from app_schema.migrations.needs import Need, need

_CHANGED_TWICE = (
    {"alter_column"},
    {"create_primary_key"},
    {"create_table_constraint"},
    {"create_not_null"},
    {"drop_column", "add_column"},
    {"drop_column", "create_table"},
    {"drop_table", "create_table"},
)
"""The names in a revision's code for which it is read through before it runs."""

_CHANGING = ("drop_", "replace_", "alter_", "rename_", "disable_", "batch_alter", "add_enum_value")
"""Prefixes of the operations that change existing objects."""
_EXISTS = ("42P07", "42701", "42710", "42P16")
"""SQLSTATE: the relation, column or object exists, or the table has a primary key."""
_NEEDING = {"create_extension", "create_role", "create_schema", "CreateSchema"}
"""The names of operations that the server may not be ready for."""
_RECREATIONS = (("drop_column", "add_column"), ("drop_table", "create_table"))


@dataclass
class Ahead:
    """The steps of a run; each step is read at most once, on demand.

    :param context: in which the steps run.
    :param collecting: as of :func:`.reading.collected`.
    """

    context: MigrationContext
    collecting: Collecting
    steps: list[Any]
    arguments: Mapping[str, Any]
    run: str = field(default_factory=lambda: os.urandom(4).hex())
    """Identifies this run among the runs of the session."""
    _read: dict[int, list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for step in self.steps:
            refuse_uncallable(step, self.arguments)

    def forgotten(self, number: int) -> str | None:
        """The statement to send before a step; None: no such statement."""
        step = self.steps[number]
        statement = exchange.forgotten(self.context, step)
        return exchange.unstamping(self.context, step, self._sent) if statement is None else statement

    def may_tell(self, number: int, error: AppSchemaError) -> bool:
        """True if a later statement may explain the refusal of a step.

        A second try of a revision costs as much as the first, so rows that violate a constraint are no reason
        for it unless a later revision drops or changes an object.
        """
        own = self._names[number] if not _is_violation(error) else set[str]()
        return foreseeable(error) and _changes(own | self._later_names[number])

    def changes_twice(self, number: int) -> bool:
        """True if the step may change a column twice."""
        return any(needed <= self._names[number] for needed in _CHANGED_TWICE)

    def recreates(self, number: int) -> bool:
        """True if this step or later ones may drop an object and create it again."""
        later = self._later_names[number]
        return any(
            dropped in self._names[number] | later and created in later for dropped, created in _RECREATIONS
        )

    def alters_later(self, number: int) -> bool:
        """True if later steps may alter columns."""
        return any(name.startswith("alter_column") for name in self._later_names[number])

    def is_changed(self, number: int) -> bool:
        """True if this step or later ones may change existing objects."""
        return _changes(self._names[number] | self._later_names[number])

    def needs(self, number: int) -> Iterator[Need]:
        """The requirements of a step and later ones on server and role, if the names in their code tell."""
        for later in range(number, len(self.steps)):
            if self._names[later] & _NEEDING:
                yield from filter(None, map(need, self.sent_by(later)))

    def recorded(self, number: int) -> RecordedRenames:
        """The records of renames that the catalog does not show."""
        return exchange.of_step(self.context, self.steps[number])

    def sent_by(self, number: int) -> list[Any]:
        """The constructs that a step would send."""
        if number not in self._read:
            self._read[number] = self._sent(self.steps[number].migration_fn)
        return self._read[number]

    def _sent(self, function: Callable[..., None]) -> list[Any]:
        return [
            own_statement(construct) for construct in collected(self.collecting, function, self.arguments)
        ]

    def before(self, number: int) -> list[Any]:
        """The constructs of the earlier steps of the run."""
        return [construct for earlier in range(number) for construct in self.sent_by(earlier)]

    def after(self, number: int) -> list[Any]:
        """The constructs of the later steps of the run."""
        return [construct for _, construct in self.places_after(number)]

    def places_after(self, number: int) -> list[tuple[int, Any]]:
        """The constructs of the later steps of the run, each with the number of its step."""
        later = range(number + 1, len(self.steps))
        return [(step, construct) for step in later for construct in self.sent_by(step)]

    def renaming(self, number: int) -> list[Any]:
        """The constructs of this and later steps that rename an object."""
        steps = [step for step in self._renaming_steps if step >= number]
        return [construct for step in steps for construct in self.sent_by(step)]

    @cached_property
    def _renaming_steps(self) -> list[int]:
        return [number for number, used in enumerate(self._names) if used & RENAMES]

    @cached_property
    def _names(self) -> list[set[str]]:
        """The names in the code of each step."""
        return [names(step.migration_fn) for step in self.steps]

    @cached_property
    def _later_names(self) -> list[set[str]]:
        """For each step the names in the code of all later steps."""
        later_names = list(accumulate(reversed(self._names), set.union, initial=set[str]()))
        return later_names[-2::-1]


def _changes(uses: set[str]) -> bool:
    """True if code with these names changes existing objects."""
    return any(name.startswith(_CHANGING) for name in uses)


def foreseeable(error: AppSchemaError) -> bool:
    """True if a later statement may be the cause of a refusal."""
    return _state(error) in FORESEEABLE or _is_violation(error)


def already_exists(error: AppSchemaError) -> bool:
    """True if a statement would create an existing object."""
    return _state(error) in _EXISTS


def _is_violation(error: AppSchemaError) -> bool:
    return _state(error).startswith(VIOLATION)


def _state(error: AppSchemaError) -> str:
    return (error.sqlstate if isinstance(error, DifferentError | StatementError) else None) or ""
