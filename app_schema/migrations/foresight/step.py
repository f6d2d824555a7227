"""The later statements of each statement of a revision, and the states that it therefore accepts."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any, cast

from alembic.ddl.base import AddColumn, AlterColumn, DropColumn
from alembic.migration import MigrationContext
from sqlalchemy.schema import (
    CreateIndex,
    CreateTable,
    DropIndex,
    DropTable,
    ExecutableDDLElement,
)

from app_schema.ddl import DDLStatement, Guarded, converging
from app_schema.ddl.block import as_one
from app_schema.ddl.construct import creation
from app_schema.ddl.sql import literals, qualified
from app_schema.migrations.foresight.ahead import Ahead
from app_schema.migrations.foresight.column import foreseen, is_recreated, refused_if_recreated, target
from app_schema.migrations.foresight.constructs import WHOLE, creates, named, own_statement, renaming, subject
from app_schema.migrations.foresight.exchange import RecordedRenames, unsafe_repeat
from app_schema.migrations.foresight.later import (
    is_absent_later,
    outlived,
    renamed_later,
    table_of,
    unless_done,
)
from app_schema.migrations.foresight.namesake import LaterRename, later_renames_of, unless_renamed
from app_schema.migrations.foresight.noting import is_holder, noted, was_noted
from app_schema.migrations.foresight.rename import is_renamed


class Foresight:
    """No later statements, because no revision runs."""

    refused = False
    """A statement of the revision was refused, because an object of an earlier run exists."""

    def guarded(self, construct: ExecutableDDLElement) -> ExecutableDDLElement:
        """The guarded construct, for which later states also count as equal."""
        return converging(construct)

    def outlived(self, construct: ExecutableDDLElement) -> ExecutableDDLElement | None:  # noqa: ARG002
        """The statement that also accepts later states of its object; None without later statements."""
        return None

    def is_absent_later(self, construct: ExecutableDDLElement) -> bool:  # noqa: ARG002
        """True if a later statement drops or renames the created index, its column or its table."""
        return False


class StepForesight(Foresight):
    """The later statements of the running revision and of later revisions.

    :param number: the step's.
    :param fresh: no earlier run has reached this revision, so no object is as a later statement leaves it.
    :param again: in a script, SQL expression: true in a second run.
    """

    def __init__(
        self, ahead: Ahead, number: int, *, refused: bool = False, fresh: bool = False, again: str = ""
    ) -> None:
        self.ahead = ahead
        self.number = number
        self.refused = refused
        self.fresh = fresh
        self.again = again
        self._sent: list[Any] = []
        self._place = 0
        self._is_known = False
        self._rest: list[Any] = []

    def guarded(self, construct: ExecutableDDLElement) -> ExecutableDDLElement:
        construct = own_statement(construct)
        if isinstance(construct, CreateTable) and construct.element.name == self.ahead.context.version_table:
            return converging(construct)
        self._sent.append(construct)
        if self.fresh and not self._renaming:  # a rename is recorded for later runs
            statement = self._created_anew(construct)
            return noted(construct, statement, self.ahead.run) if self._is_noted(construct) else statement
        statement = self._guarded(construct)
        if self._renaming and isinstance(statement, DDLStatement):
            unsafe = unsafe_repeat(construct, self._later())
            if unsafe is not None and (earlier_run := self._earlier_run(unsafe.holder)):
                statement = unsafe.unless(earlier_run, statement)
        if self._renaming and (later_renames := later_renames_of(construct, self._later())):
            statement = self._unless_renamed(construct, statement, later_renames)
        return noted(construct, statement, self.ahead.run) if self._is_noted(construct) else statement

    def _created_anew(self, construct: ExecutableDDLElement) -> ExecutableDDLElement:
        """The guarded statement; without a comparison if it creates what must be absent in a first run. If
        PostgreSQL refuses it nevertheless, the revision is begun again, and compares."""
        impl = cast("Any", self.ahead.context.impl)
        begins_again = not (impl.autocommits or impl.state.current.partly_committed)
        statements = creation(construct) if begins_again else None
        return converging(construct) if statements is None else Guarded(as_one(statements))

    def _unless_renamed(
        self,
        construct: ExecutableDDLElement,
        statement: ExecutableDDLElement,
        later_renames: list[LaterRename],
    ) -> Guarded:
        later = self._later()
        steps = [self.number] * (len(later) - len(self._beyond))
        steps += [step for step, _ in self.ahead.places_after(self.number)]
        recorded, refusals, table = list[str](), list[str](), table_of(construct)
        for rename in later_renames:
            renames, following = self.ahead.recorded(steps[rename.number]), later[rename.number + 1 :]
            recorded += renames.was_renamed(rename.change)
            earlier_run = (
                () if table is None else self._earlier_run(("table", table[0], None, table[1]), renames)
            )
            refusals += renames.refuse_if_moved_aside(later[rename.number], following, earlier_run)
            unsafe = unsafe_repeat(later[rename.number], following)
            if unsafe is not None and earlier_run and isinstance(statement, DDLStatement):
                statement = unsafe.unless(earlier_run, statement)
        first = self._first(table)
        again = self.again or ("true" if first == "true" else f"NOT {first}")
        return unless_renamed(construct, statement, later_renames, again, recorded, refusals)

    def _is_noted(self, construct: Any) -> bool:
        """True if later statements depend on whether this run has created the table, enum or column."""
        if self.again:
            return False
        if isinstance(construct, AddColumn):
            return self._recreates and (self.fresh or is_recreated(construct, self._beyond))
        return is_holder(construct) and self.ahead.is_changed(self.number)

    def _guarded(self, construct: ExecutableDDLElement) -> ExecutableDDLElement:
        if self.ahead.changes_twice(self.number) or self.refused or self.again:
            self._rest = self._after()
        if (renamed := self._renamed(construct)) is not None:
            return renamed
        if self.refused or self.again:
            outliving = self.outlived(construct)
            return self._of_revision(construct) if outliving is None else outliving
        statement = self._of_revision(construct)
        alters = isinstance(construct, AlterColumn) and self.ahead.alters_later(self.number)
        if alters or is_renamed(construct, self._renaming):
            return unless_done(construct, statement, self._later(), self._first(table_of(construct)))
        return statement

    def _renamed(self, construct: ExecutableDDLElement) -> DDLStatement | None:
        """A recorded rename, or the statement of an object that is renamed later; None otherwise."""
        if not self._renaming:
            return None
        later = self._later()
        before = self._own[: max(self._place - 1, 0)]
        recorded = self.ahead.recorded(self.number).once(construct, later, before, self._earlier_run)
        if recorded is not None:
            return recorded
        key: Any = subject(construct)
        creates_or_renames = renaming(construct) is not None or creates(construct)
        if key is None or key[0] not in WHOLE or not creates_or_renames:
            return None
        statement = self._of_revision(construct)
        if (self.refused or self.again) and (outliving := self.outlived(construct)) is not None:
            statement = outliving
        return renamed_later(construct, statement, later) if isinstance(statement, DDLStatement) else None

    def _earlier_run(self, holder: Hashable, renames: RecordedRenames | None = None) -> tuple[str, ...]:
        """SQL expressions, all true if an earlier run may have reached this statement: the created object
        existed before the run, or a stamp has removed the revision.

        :param renames: the recorded renames of another revision; None: of this revision.
        """
        if self.again:
            return (self.again,)
        if created := self._created(holder):
            return (f"NOT {created}",)
        return (renames or self.ahead.recorded(self.number)).was_unstamped()

    def _created(self, holder: Hashable) -> str:
        """SQL expression: this run has created the table or enum; empty if no statement of the run does."""
        sent = [*self.ahead.before(self.number), *self._own[: self._place]]
        for construct in reversed(sent):
            change = renaming(construct)
            if change is not None and holder == named(change, change.new):
                holder = named(change, change.old)
            elif is_holder(construct) and subject(construct) == holder:
                return was_noted(holder, self.ahead.run)
        return ""

    def outlived(self, construct: ExecutableDDLElement) -> ExecutableDDLElement | None:
        construct = own_statement(construct)
        self._rest = self._after()
        return outlived(
            construct,
            self._of_revision(construct),
            self._rest,
            self._later(),
            self.again,
            recorded=self.ahead.recorded(self.number),
            first=self._first(table_of(construct)),
        )

    def is_absent_later(self, construct: ExecutableDDLElement) -> bool:
        return is_absent_later(construct, self._later())

    def _first(self, table: tuple[str | None, str] | None) -> str:
        """SQL expression: no earlier run has reached this statement, according to the table or the stamp."""
        if self.again:
            return "false"
        schema, name = table or (None, None)
        return self._created(("table", schema, None, name)) or "true"

    def _of_revision(self, construct: ExecutableDDLElement) -> ExecutableDDLElement:
        statement = converging(construct)
        if self._rest:
            statement = foreseen(construct, statement, self._rest, [])
        if self._recreates and not self.again and isinstance(construct, DropColumn | DropTable):
            created = was_noted(subject(construct), self.ahead.run)
            return refused_if_recreated(construct, statement, self._beyond, created)
        return statement

    @property
    def _recreates(self) -> bool:
        return self.ahead.recreates(self.number)

    @cached_property
    def _own(self) -> list[Any]:
        return self.ahead.sent_by(self.number)

    @cached_property
    def _beyond(self) -> list[Any]:
        return self.ahead.after(self.number)

    @cached_property
    def _renaming(self) -> list[Any]:
        return self.ahead.renaming(self.number)

    def _later(self) -> list[Any]:
        """The constructs after the last sent construct, in the revision and in later revisions of the run."""
        return [*self._after(), *self._beyond]

    def _after(self) -> list[Any]:
        """The constructs of the revision after the last sent construct; empty if the revision was not
        read."""
        is_known = False
        for construct in self._sent:
            identity = _known(construct)
            places = range(self._place, len(self._own))
            positions = (n for n in places if identity is not None and _known(self._own[n]) == identity)
            place = next(positions, None)
            is_known = place is not None
            self._place = self._place if place is None else place + 1
        if self._sent:
            self._sent, self._is_known = [], is_known
        return self._own[self._place :] if self._is_known else []


def _known(construct: Any) -> Any:
    if (where := target(construct)) is not None:
        return where
    key = subject(construct)
    # the index of a table that the run itself has created is not built CONCURRENTLY, as it was read
    kind = next((item for item in (CreateIndex, DropIndex) if isinstance(construct, item)), type(construct))
    return None if key is None else (kind, key)


def foreseeing(
    function: Callable[..., Iterable[Any]], collecting: Callable[[Any], Any], arguments: Mapping[str, Any]
) -> Callable[..., Iterator[Any]]:
    """Alembic's function that returns the steps; each step is read before Alembic runs it."""

    def steps(heads: Any, context: MigrationContext) -> Iterator[Any]:
        impl: Any = context.impl
        ahead = Ahead(context, partial(collecting, impl), list(function(heads, context)), arguments)
        for number, step in enumerate(ahead.steps):
            if (forgotten := ahead.forgotten(number)) is not None:
                impl.execute(Guarded(forgotten))
            impl.foresight = StepForesight(ahead, number, again=_again(context, step))
            yield step

    return steps


def _again(context: MigrationContext, step: Any) -> str:
    """SQL expression: the stamped heads differ from the start of the step."""
    table = qualified(context.version_table, context.version_table_schema)
    starts = step.from_revisions
    if not starts:
        return f"EXISTS (SELECT FROM {table})"
    return f"NOT EXISTS (SELECT FROM {table} WHERE version_num = ANY ({literals(starts)}))"
