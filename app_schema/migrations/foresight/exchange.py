"""Renames whose old name another object gets: the catalog does not show whether such a rename has run.

Two columns that exchange their names look alike before and after. Such a rename is recorded with the keys of
``op.run_once``, in the statement that executes the rename.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from alembic.ddl import base as ops
from alembic.migration import MigrationContext
from alembic.runtime.migration import StampStep
from sqlalchemy.schema import DropTable

from app_schema.ddl import DDLStatement, Guarded, converging
from app_schema.ddl.block import block, refuse
from app_schema.ddl.lookup import creation_schema, regclass
from app_schema.ddl.rename import require_object
from app_schema.ddl.sql import dollar, ident, literal, qualified
from app_schema.ddl.statement import Labelling, Renaming
from app_schema.migrations import once
from app_schema.migrations.foresight.constructs import (
    CAUGHT,
    DROPS,
    WHOLE,
    creates,
    last,
    named,
    relabellings,
    renaming,
    subject,
    verified,
)
from app_schema.migrations.foresight.reading import names

RENAMES = {
    "rename_constraint",
    "rename_index",
    "rename_enum",
    "rename_enum_value",
    "rename_sequence",
    "rename_table",
    "new_column_name",
}
"""The names in a revision's code that rename."""
_HOLDING = ("column", "table", "sequence")
"""The kinds that can be renamed and hold values."""


@dataclass(frozen=True)
class RecordedRenames:
    """The place of the recorded renames of a step.

    :param prefix: the revision and its direction, with which the keys begin; empty: nothing is recorded.
    :param schema: that of the version table.
    """

    prefix: str = ""
    schema: str | None = None

    def once(
        self,
        construct: Any,
        later: list[Any],
        before: list[Any],
        earlier_run: Callable[[Hashable], tuple[str, ...]],
    ) -> Guarded | None:
        """The rename, executed once; None if the catalog shows whether it has run.

        :param later: the constructs after this one, in its revision and in later revisions of the run.
        :param before: the earlier constructs of its revision.
        :param earlier_run: returns, for the table or enum that has the object, SQL expressions, all true if
            an earlier run may have renamed the object.
        """
        passing, change = reused_name(construct, later), renaming(construct)
        recreation = _recreation(construct, later)
        if passing is None and recreation is not None and change is not None:
            passing = f"{_words(change)} and another one created", _oid(change)
        statement = converging(construct) if passing else None
        if not (self.prefix and passing and isinstance(statement, DDLStatement)):
            return None
        label, oid = passing
        key, sql = f"{self.prefix}{len(before) + 1}. {label}", statement.sql()
        conditions = earlier_run(_holder(construct)) if _begins_exchange(construct, before) else ()
        if recreation is not None and change is not None:
            refusal = once.refused(key, conditions, self.schema) if conditions else []
            sql, conditions = (
                _unless_recreated(change, sql, verified(later[recreation], later[recreation + 1 :]), refusal),
                (),
            )
        sql = once.rename_once(key, sql, oid, conditions, self.schema)
        return Guarded(sql, getattr(statement, "change", None))

    def was_renamed(self, change: Renaming) -> list[str]:
        """PL/pgSQL that sets ``renamed`` to true if a rename of the step is recorded."""
        return once.was_renamed(self.prefix, _words(change), _oid(change), self.schema) if self.prefix else []

    def refuse_if_moved_aside(self, rename: Any, later: list[Any], earlier_run: tuple[str, ...]) -> list[str]:
        """PL/pgSQL before a statement about an object that is moved aside later: refuses if the object of the
        name equals the one that is created in its place, and may be that object.

        :param earlier_run: SQL expressions, all true if an earlier run may have reached the rename.
        """
        change, recreation = renaming(rename), _recreation(rename, later)
        if not (self.prefix and earlier_run) or change is None or recreation is None:
            return []
        return [
            "    BEGIN",
            *(
                f"      EXECUTE {dollar(sql)};"
                for sql in verified(later[recreation], later[recreation + 1 :])
            ),
            *once.refused(f"{self.prefix}{_words(change)} and another one created", earlier_run, self.schema),
            f"    EXCEPTION WHEN {CAUGHT} THEN NULL;",
            "    END;",
        ]

    def was_unstamped(self) -> tuple[str, ...]:
        """SQL expressions, all true if a stamp has removed the revision."""
        return once.was_unstamped(self.prefix, self.schema) if self.prefix else ()

    def is_recorded(self, oid: str) -> str:
        """A block that refuses unless a rename of the table or enum is recorded."""
        return once.renamed_once(oid, self.schema)


def of_step(context: MigrationContext, step: Any) -> RecordedRenames:
    """The place of the recorded renames of a step of Alembic."""
    revision = getattr(step, "revision", None)
    if revision is None:  # a stamp
        return RecordedRenames()
    direction = "upgrade" if step.is_upgrade else "downgrade"
    return RecordedRenames(_prefix(revision, direction), context.version_table_schema)


def _prefix(revision: Any, direction: str) -> str:
    return f"{revision.revision} {direction}: "


def forgotten(context: MigrationContext, step: Any) -> str | None:
    """The statement that deletes the records of the opposite direction; None if that renames nothing."""
    revision = getattr(step, "revision", None)
    if revision is None:
        return None
    direction = "downgrade" if step.is_upgrade else "upgrade"
    function = getattr(revision.module, direction, None)
    if function is None or not names(function) & RENAMES:
        return None
    return once.forget(_prefix(revision, direction), context.version_table_schema)


def unstamping(context: MigrationContext, step: Any, sent: Callable[[Any], list[Any]]) -> str | None:
    """The statement before a stamp: records the revisions that it removes and that reuse names.

    A database after such a stamp looks like one before a first run, so the revision refuses to run again.

    :param sent: returns the constructs that a function of a revision sends.
    """
    script = context.opts.get("script")
    if script is None or not isinstance(step, StampStep) or step.is_upgrade:
        return None
    lower = step.to_revisions or "base"
    revisions = list(script.iterate_revisions(step.from_revisions, lower))
    if not any(names(revision.module.upgrade) & RENAMES for revision in revisions):
        return None
    later, schema = list[Any](), context.version_table_schema
    statements = list[str]()
    for revision in revisions:
        own = sent(revision.module.upgrade)
        later = [*own, *later]
        tails = [(successor, later[n:]) for n, successor in enumerate(own, 1)]
        if any(
            reused_name(*tail) or unsafe_repeat(*tail) or _recreation(*tail) is not None for tail in tails
        ):
            statements.append(once.record_unstamped(_prefix(revision, "upgrade"), schema))
    return (
        block(["BEGIN", *(f"  EXECUTE {dollar(sql)};" for sql in statements), "END"]) if statements else None
    )


def reused_name(construct: Any, later: list[Any]) -> tuple[str, str] | None:
    """A rename in words and SQL for the OID of its table or enum, if another object gets the old name."""
    change = renaming(construct)
    if change is not None:
        if change.kind == "table":  # see unsafe_repeat()
            return None
        others = [other for construct in later if (other := renaming(construct)) is not None]
        renames = ((named(other, other.old), named(other, other.new)) for other in others)
        receiver = _receiver(named(change, change.old), named(change, change.new), renames)
        return (
            None
            if receiver is None
            else (f"{_words(change)} and {receiver[-1]} to {change.old}", _oid(change))
        )
    label = getattr(construct, "change", None)
    if isinstance(label, Labelling) and label.instead_of is not None:
        pairs = ((other.instead_of, other.label) for other in relabellings(label, later))
        if (receiver := _receiver(label.instead_of, label.label, pairs)) is None:
            return None
        enum = qualified(label.name, label.schema)
        words = f"value {label.instead_of} of {enum} is renamed to {label.label}"
        words += f" and {receiver} to {label.instead_of}"
        return words, f"to_regtype({literal(enum)})::oid"
    return None


def _words(change: Renaming) -> str:
    table = qualified(change.table, change.schema) if change.table else f"schema {change.schema}"
    return f"{change.kind} {change.old} of {table} is renamed to {change.new}"


def _recreation(construct: Any, later: list[Any]) -> int | None:
    """The number of the statement that creates another object of the old name, if the renamed one is dropped
    in the end: then one object has the name before and after, and both hold values."""
    change = renaming(construct)
    if change is None or change.kind not in _HOLDING:
        return None
    end = last(change, later)
    if not any(
        isinstance(successor, DROPS) and subject(successor) == named(end, end.new) for successor in later
    ):
        return None
    old = named(change, change.old)
    recreations = (
        n
        for n, successor in enumerate(later)
        if creates(successor) and renaming(successor) is None and subject(successor) == old
    )
    return next(recreations, None)


def _unless_recreated(change: Renaming, rename: str, created: list[str], refusal: list[str]) -> str:
    """The rename, unless the object of the old name is already the one that is created later.

    :param created: comparisons with the object that is created later.
    :param refusal: PL/pgSQL that refuses if the renamed object is absent, and the database does not tell
        whether it was another object.
    """
    return block(
        [
            "BEGIN",
            "  BEGIN",
            *(f"    EXECUTE {dollar(sql)};" for sql in created),
            f"  EXCEPTION WHEN {CAUGHT} THEN",
            f"    EXECUTE {dollar(rename)};",
            "    RETURN;",
            "  END;",
            "  BEGIN",
            f"    EXECUTE {dollar(require_object(change.kind, change.new, change.table, change.schema))};",
            f"  EXCEPTION WHEN {CAUGHT} THEN",
            *refusal,
            f"    EXECUTE {dollar(rename)};",
            "  END;",
            "END",
        ]
    )


def _oid(change: Renaming) -> str:
    """SQL expression: the OID of the table; of an index that is renamed without naming it, by the index.

    Only the exchanged names identify an enum or sequence: the OID is that of its schema.
    """
    if change.kind in WHOLE:
        return f"(SELECT {creation_schema(change.schema)})"
    if change.table is not None:
        return f"{regclass(change.table, change.schema)}::oid"
    oids = (
        "(SELECT i.indrelid FROM pg_catalog.pg_index AS i "
        f"WHERE i.indexrelid = {regclass(name, change.schema)})"
        for name in (change.new, change.old)
    )
    return f"coalesce({', '.join(oids)})"


@dataclass(frozen=True)
class UnsafeRepeat:
    """A drop or rename after which another object gets the name: a second run would hit that object.

    :param words: the drop or rename, for an error.
    :param holder: the table that the run creates in the beginning.
    :param loses: query: true if a second execution of the statement loses rows.
    """

    words: str
    holder: tuple[Any, ...]
    loses: str

    def unless(self, earlier_run: tuple[str, ...], statement: DDLStatement) -> Guarded:
        """The statement; refused if an earlier run may have executed it."""
        message = (
            f"{self.words}: the database does not tell whether that is done, and this run did not create "
        )
        message += qualified(self.holder[3], self.holder[1])
        hint = "alembic stamp the last revision that this database has, then upgrade again"
        return Guarded(
            block(
                [
                    "DECLARE",
                    "  lost boolean := false;",
                    "BEGIN",
                    *(f"  IF {condition} THEN" for condition in earlier_run),
                    "    BEGIN",
                    f"      EXECUTE {dollar(self.loses)} INTO lost;",
                    "    EXCEPTION WHEN undefined_column OR undefined_table THEN NULL;",
                    "    END;",
                    "    IF lost THEN",
                    refuse(message, hint, state=once.CANNOT_TELL),
                    "    END IF;",
                    *("  END IF;" for _ in earlier_run),
                    f"  EXECUTE {dollar(statement.sql())};",
                    "END",
                ]
            )
        )


def unsafe_repeat(construct: Any, later: list[Any]) -> UnsafeRepeat | None:
    """The unsafe repeat of a dropped column, or of a dropped or renamed table; None if a repeat is safe."""
    if isinstance(construct, ops.DropColumn):
        return _unsafe_drop_of_column(construct, later)
    if isinstance(construct, DropTable):
        schema, name = construct.element.schema, str(construct.element.name)
        verb, rows = "dropped", f"EXISTS (SELECT FROM {qualified(name, schema)})"
    elif isinstance(construct, ops.RenameTable):
        schema, name, new = construct.schema, str(construct.table_name), str(construct.new_table_name)
        verb, rows = f"renamed to {new}", f"{regclass(new, schema)} IS NULL"
    else:
        return None
    renames = (
        successor
        for successor in later
        if isinstance(successor, ops.RenameTable) and successor.schema == schema
    )
    receiver = next(
        (str(rename.table_name) for rename in renames if str(rename.new_table_name) == name), None
    )
    if receiver is None:
        return None
    exist = (f"{regclass(table, schema)} IS NOT NULL" for table in (name, receiver))
    words = f"table {qualified(name, schema)} is {verb} and {receiver} renamed to {name}"
    loses = f"SELECT {' AND '.join(exist)} AND {rows}"
    return UnsafeRepeat(words, ("table", schema, None, name), loses)


def _unsafe_drop_of_column(drop: ops.DropColumn, later: list[Any]) -> UnsafeRepeat | None:
    table, column, key = qualified(drop.table_name, drop.schema), str(drop.column.name), subject(drop)
    changes = (change for other in later if (change := renaming(other)) is not None)
    receiver = next((change.old for change in changes if named(change, change.new) == key), None)
    if receiver is None:
        return None
    words = f"column {column} of {table} is dropped and {receiver} renamed to {column}"
    # fails, and reports no loss, if no object has the name of the receiver: the receiver has its later name
    loses = f"SELECT EXISTS (SELECT {ident(receiver)} FROM {table} WHERE {ident(column)} IS NOT NULL)"
    return UnsafeRepeat(words, ("table", drop.schema, None, str(drop.table_name)), loses)


def exchanged(
    construct: Any, later: list[Any], table: tuple[str | None, str] | None, words: set[str]
) -> str | None:
    """SQL for the OID of the table or enum that a construct creates, changes or reads, if its columns,
    constraints, indexes or labels exchange their names later.

    :param table: the table of which the construct creates or changes a part.
    :param words: of its SQL.
    """
    for number, other in enumerate(later):
        if (passing := reused_name(other, later[number + 1 :])) is None:
            continue
        change = renaming(other)
        reads = (
            change is not None
            and change.kind == "column"
            and not words.isdisjoint((change.old, change.new))
            and table in {None, (change.schema, change.table)}
        )
        if reads or _concerns(construct, other):
            return passing[1]
    return None


def _holder(rename: Any) -> tuple[Any, ...]:
    """The enum or sequence that a construct renames, or the table or enum of which it renames a part."""
    change = renaming(rename)
    if change is None:
        return "enum", rename.change.schema, None, rename.change.name
    if change.kind in WHOLE:
        return named(change, change.old)
    return "table", change.schema, None, change.table


def _begins_exchange(rename: Any, before: list[Any]) -> bool:
    """True if no construct of the revision has freed the new name: the first rename of an exchange."""
    change = renaming(rename)
    if change is None:
        labels = (getattr(construct, "change", None) for construct in before)
        return not any(
            isinstance(label, Labelling) and label.instead_of == rename.change.label for label in labels
        )
    new = named(change, change.new)
    others = (renaming(construct) for construct in before)
    return not any(other is not None and named(other, other.old) == new for other in others)


def _concerns(construct: Any, rename: Any) -> bool:
    own, change = subject(construct), renaming(rename)
    if own == _holder(rename):
        return True
    return change is not None and own in {named(change, change.old), named(change, change.new)}


def _receiver(old: Any, own: Any, renames: Iterable[tuple[Any, Any]]) -> Any:
    """The former name of the object that gets the old name of a renamed object; None: no object does.

    :param own: the new name of the renamed object.
    :param renames: the later renames of their kind, each from one name to another.
    """
    for before, after in renames:
        if before == own:
            own = after
            if own == old:
                return None  # renamed back
        elif after == old:
            return before
    return None
