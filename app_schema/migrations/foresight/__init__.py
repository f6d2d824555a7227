"""What comes later in a run: a second run finds an object as the last statement about it has left it.

A revision that changes a column twice is read through before it runs (:mod:`.column`). What later revisions
change is looked at where a statement of an earlier one is refused (:mod:`.later`), and in a script, which
cannot be asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from itertools import accumulate
from secrets import token_hex
from typing import Any

from alembic.ddl.base import AddColumn, DropColumn, RenameTable
from alembic.migration import MigrationContext
from sqlalchemy.schema import CreateTable, DropTable, ExecutableDDLElement

from app_schema.ddl import Create, DDLStatement, Guarded, converging
from app_schema.ddl.enum import EnumType
from app_schema.ddl.sql import literals, qualified
from app_schema.errors import AppSchemaError, DifferentError, StatementError
from app_schema.migrations.foresight import exchange
from app_schema.migrations.foresight.column import (
    foreseen,
    noted_if_made_again,
    refused_if_made_again,
    target,
)
from app_schema.migrations.foresight.constructs import subject
from app_schema.migrations.foresight.exchange import RENAMES, RecordedRenames, hand_over, handed_over
from app_schema.migrations.foresight.later import FORESEEABLE, VIOLATION, outlived, table_of, unless_renamed
from app_schema.migrations.foresight.noting import noted, was_noted
from app_schema.migrations.foresight.reading import Collecting, collected, names
from app_schema.migrations.foresight.rename import is_renamed, under_later_name

_CHANGED_TWICE = (
    {"alter_column"},
    {"create_primary_key"},
    {"create_table_constraint"},
    {"drop_column", "add_column"},
    {"drop_column", "create_table"},
    {"drop_table", "create_table"},
)
"""The names in a revision's code for which it is read through before it runs."""

_CHANGING = ("drop_", "replace_", "alter_", "rename_", "disable_", "batch_alter", "add_enum_value")
"""How the names of operations begin that change what is there."""
_MADE_AGAIN = (("drop_column", "add_column"), ("drop_table", "create_table"))


@dataclass
class Foresight:
    """The statements that are still to come: those of the running revision, and those of later ones.

    :param read: gives the constructs of the running revision, and those of the later ones of the run.
    :param renaming: gives the constructs of the revisions that rename something, this one and later ones.
    :param twice: the revision may change a column twice.
    :param refused: a statement of the revision was refused: something is there that an earlier run has made.
    :param again: in a script, SQL expression: true in a second run.
    :param recreates: revisions from here on may drop and make again.
    :param run: tells this run from another one of the session.
    :param before: gives the constructs of the earlier revisions of the run.
    :param recorded: where renames are recorded of which the catalog tells nothing.
    """

    read: Callable[[], tuple[list[Any], list[Any]]] = lambda: ([], [])
    renaming: Callable[[], list[Any]] = list
    twice: bool = False
    refused: bool = False
    again: str = ""
    recreates: bool = False
    run: str = ""
    before: Callable[[], list[Any]] = list
    recorded: RecordedRenames = field(default_factory=RecordedRenames)
    _sent: list[Any] = field(default_factory=list)
    _place: int = 0
    _behind: bool = False
    _rest: list[Any] = field(default_factory=list)

    def guarded(self, construct: ExecutableDDLElement) -> ExecutableDDLElement:
        """The guarded construct; equal is also what it becomes later."""
        self._sent.append(construct)
        statement = self._guarded(construct)
        if not self.renaming():
            return statement
        later = self._later()
        if (handed := hand_over(construct, later)) is not None and isinstance(statement, DDLStatement):
            doubt = self._doubt(handed.holder, handed.oid)
            return handed.unless(doubt, statement) if doubt else statement
        if self.again or not _may_hold(construct):
            return statement
        oid = handed_over(construct, later)
        if oid is None:
            return statement
        return noted(statement, absent=f"{oid} IS NULL", note=self._note(oid))

    def _note(self, oid: str) -> str:
        return f"{self.run} {oid};"

    def _guarded(self, construct: ExecutableDDLElement) -> ExecutableDDLElement:
        if self.twice or self.refused or self.again:
            self._rest = self._after()
        if (renamed := self._renamed(construct)) is not None:
            return renamed
        statement = self._of_revision(construct)
        if self.refused or self.again:
            outliving = self.outlived(construct)
            statement = statement if outliving is None else outliving
        elif is_renamed(construct, self.renaming()):
            statement = unless_renamed(construct, statement, self._later())
        if self.recreates and not self.again and isinstance(construct, AddColumn | CreateTable):
            return noted_if_made_again(construct, statement, self.read()[1], self.run)
        return statement

    def _renamed(self, construct: ExecutableDDLElement) -> DDLStatement | None:
        """A rename that is recorded, or a table that is renamed later; None for any other construct."""
        table = isinstance(construct, CreateTable | RenameTable) and bool(self.renaming())
        if not (table or is_renamed(construct, self.renaming())):
            return None
        later = self._later()
        if isinstance(construct, CreateTable | RenameTable):
            statement = self._of_revision(construct)
            assert isinstance(statement, DDLStatement)
            return under_later_name(construct, statement, later)
        return self.recorded.once(construct, later, self.read()[0][: max(self._place - 1, 0)], self._doubt)

    def _doubt(self, holder: tuple[Any, ...], oid: str) -> str:
        """SQL expression: what the run would create was there before it; empty where the run does not."""
        if self.again:
            return self.again
        made = [*self.before(), *self.read()[0][: self._place]]
        held = any(_may_hold(construct) and subject(construct) == holder for construct in made)
        return f"NOT {was_noted(self._note(oid))}" if held else ""

    def outlived(self, construct: ExecutableDDLElement) -> ExecutableDDLElement | None:
        """The statement that also accepts what later ones make of its object; None where there are none."""
        self._rest = self._after()
        statement = self._of_revision(construct)
        return outlived(
            construct,
            statement,
            self._rest,
            self._later(),
            self.again,
            recorded=self.recorded,
            believed=not self.again and not self._holds(table_of(construct)),
        )

    def _holds(self, table: tuple[str | None, str] | None) -> bool:
        """True if this step or an earlier one of the run creates the table."""
        made = [*self.before(), *self.read()[0]]
        return any(_may_hold(one) and subject(one) == ("table", *(table or ())) for one in made)

    def _of_revision(self, construct: ExecutableDDLElement) -> ExecutableDDLElement:
        statement = converging(construct)
        if self._rest:
            statement = foreseen(construct, statement, self._rest, [])
        if self.recreates and not self.again and isinstance(construct, DropColumn | DropTable):
            return refused_if_made_again(construct, statement, self.read()[1], self.run)
        return statement

    def _later(self) -> list[Any]:
        """The constructs behind what was sent last, in the revision and in later ones of the run."""
        return [*self._after(), *self.read()[1]]

    def _after(self) -> list[Any]:
        """The rest of the revision behind what was sent last; nothing where that was not read."""
        own, behind = self.read()[0], False
        for construct in self._sent:
            known = _known(construct)
            found = (n for n in range(self._place, len(own)) if known is not None and _known(own[n]) == known)
            place = next(found, None)
            behind = place is not None
            self._place = self._place if place is None else place + 1
        if self._sent:
            self._sent, self._behind = [], behind
        return own[self._place :] if self._behind else []


def foreseeable(error: AppSchemaError) -> bool:
    """True if a later statement may stand behind a refusal."""
    state = error.sqlstate if isinstance(error, DifferentError | StatementError) else None
    return state is not None and (state in FORESEEABLE or state.startswith(VIOLATION))


def _changes(uses: set[str]) -> bool:
    """True if code with these names changes what is there."""
    return any(one.startswith(_CHANGING) for one in uses)


def _may_hold(construct: Any) -> bool:
    """True if a construct creates a table or an enum."""
    return isinstance(construct, CreateTable) or (
        isinstance(construct, Create) and isinstance(construct.element, EnumType)
    )


def _known(construct: Any) -> Any:
    if (where := target(construct)) is not None:
        return where
    known = subject(construct)
    return None if known is None else (type(construct), known)


@dataclass
class Ahead:
    """The steps of a run, and what each of them would send; read once, where somebody asks.

    :param context: in which the steps run.
    :param collecting: as of :func:`.reading.collected`.
    """

    context: MigrationContext
    collecting: Collecting
    steps: list[Any]
    arguments: Mapping[str, Any]
    _read: dict[int, list[Any]] = field(default_factory=dict)
    _run: str = field(default_factory=lambda: token_hex(4))

    def of(self, number: int, *, refused: bool = False, again: str = "") -> Foresight:
        """The foresight of a step."""
        uses, later = self._names[number], self._later_names[number]
        return Foresight(
            cache(lambda: (self._of(number), self._beyond(number))),
            cache(lambda: self._renaming(number)),
            any(needed <= uses for needed in _CHANGED_TWICE),
            refused,
            again,
            any(dropped in uses | later and made in later for dropped, made in _MADE_AGAIN),
            self._run,
            lambda: [construct for earlier in range(number) for construct in self._of(earlier)],
            exchange.of_step(self.context, self.steps[number]),
        )

    def forgotten(self, number: int) -> str | None:
        """The statement to send before a step; None where there is none."""
        return exchange.forgotten(self.context, self.steps[number], names)

    def may_tell(self, number: int, error: AppSchemaError) -> bool:
        """True if a look ahead may tell why a step was refused.

        To begin a revision again costs as much as its first try, so rows that violate a constraint are no
        reason for it where no later revision drops or changes anything.
        """
        later = _changes(self._later_names[number])
        return foreseeable(error) and (
            later or (isinstance(error, DifferentError) and _changes(self._names[number]))
        )

    @cached_property
    def _names(self) -> list[set[str]]:
        """The names in the code of each step."""
        return [names(step.migration_fn) for step in self.steps]

    @cached_property
    def _later_names(self) -> list[set[str]]:
        """The names in the code of all steps behind each."""
        behind = list(accumulate(reversed(self._names), set.union, initial=set[str]()))
        return behind[-2::-1]

    def _beyond(self, number: int) -> list[Any]:
        return [one for later in range(number + 1, len(self.steps)) for one in self._of(later)]

    def _renaming(self, number: int) -> list[Any]:
        steps = [one for one in self._renaming_steps if one >= number]
        return [one for step in steps for one in self._of(step)]

    @cached_property
    def _renaming_steps(self) -> list[int]:
        return [number for number, used in enumerate(self._names) if used & RENAMES]

    def _of(self, number: int) -> list[Any]:
        if number not in self._read:
            self._read[number] = collected(self.collecting, self.steps[number].migration_fn, self.arguments)
        return self._read[number]


def foreseeing(
    function: Callable[..., Iterable[Any]], collecting: Callable[[Any], Any], arguments: Mapping[str, Any]
) -> Callable[..., Iterator[Any]]:
    """Alembic's function that gives the steps; each of them is read through before Alembic runs it."""

    def steps(heads: Any, context: MigrationContext) -> Iterator[Any]:
        impl: Any = context.impl
        ahead = Ahead(context, partial(collecting, impl), list(function(heads, context)), arguments)
        for number, step in enumerate(ahead.steps):
            if (forgotten := ahead.forgotten(number)) is not None:
                impl.execute(Guarded(forgotten))
            impl.foresight = ahead.of(number, again=_again(context, step))
            yield step

    return steps


def _again(context: MigrationContext, step: Any) -> str:
    """SQL expression: what is stamped is not what the step starts from."""
    table = qualified(context.version_table, context.version_table_schema)
    starts = step.from_revisions
    if not starts:
        return f"EXISTS (SELECT FROM {table})"
    return f"NOT EXISTS (SELECT FROM {table} WHERE version_num = ANY ({literals(starts)}))"
