"""Later changes of an object in a run: it is redefined, renamed or dropped, or an object that it needs is.

A second run from an earlier revision finds the object in the state of the last of these statements. Then the
last statement compares the object, and an earlier statement does nothing.
"""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from typing import Any

from alembic.ddl import base as ops
from alembic.ddl.postgresql import PostgresqlColumnType
from sqlalchemy import PrimaryKeyConstraint
from sqlalchemy.schema import (
    AddConstraint,
    CreateIndex,
    CreateTable,
    DropConstraint,
    DropTable,
    ExecutableDDLElement,
)

from app_schema.ddl import Create, DDLStatement, Guarded, Replace, converging
from app_schema.ddl.block import ABSENT, NOTED, block, refuse
from app_schema.ddl.enum import EnumType
from app_schema.ddl.guard import Guard
from app_schema.ddl.sql import dollar, literals
from app_schema.ddl.statement import Labelling, Renaming
from app_schema.migrations.alter_type import AlterTypes
from app_schema.migrations.foresight.column import foreseen, recreated, target
from app_schema.migrations.foresight.constructs import (
    CAUGHT,
    DROPS,
    GONE,
    VIOLATION,
    Later,
    comparisons,
    constraint_of,
    creates,
    renaming,
    share_name,
    subject,
    verified,
)
from app_schema.migrations.foresight.exchange import RecordedRenames, exchanged
from app_schema.migrations.foresight.rename import execute_both, in_time, moot, renamed_before, under_name_of
from app_schema.migrations.foresight.whole import in_earlier_names, under_later_name


def outlived(
    construct: ExecutableDDLElement,
    statement: ExecutableDDLElement,
    own: Later,
    later: Later,
    again: str,
    *,
    recorded: RecordedRenames,
    first: str = "true",
) -> ExecutableDDLElement | None:
    """The statement with the accepted alternatives; None if no later statement concerns its object.

    :param own: the part of ``later`` that is of the same revision.
    :param again: SQL expression: an earlier run exists. Empty: an earlier run is known to exist.
    :param recorded: the recorded renames.
    :param first: SQL expression: no earlier run has reached the statement. Then rows that violate a
        constraint are refused, as by plain Alembic, even if a later revision drops the constraint.
    """
    if not isinstance(statement, DDLStatement):
        return None
    done = [*moot(construct, later), *changed_before(construct, later, first)]
    if isinstance(construct, ops.DropColumn | DropTable):
        accepting = foreseen(construct, statement, later, []) if again else statement
        done += [] if accepting is statement else _sql(accepting)
        return Guarded(_otherwise(statement.sql(), done, [], (), again)) if done else None
    done += _recreated_owners(construct, statement, later)
    accepted = [
        *_changed(construct, statement, own, later, recorded),
        *_redefined(construct, later),
        *renamed_before(construct),
    ]
    questions = [*comparisons(statement), *accepted]
    accepted += in_earlier_names(questions, later) + in_earlier_names(questions, later, columns=True)
    if (oid := exchanged(construct, later, table_of(construct), _words(statement))) is not None:
        # the state after the exchange counts only if the exchange is recorded: otherwise it would run again
        done, accepted = (
            [execute_both(recorded.is_recorded(oid), sql) for sql in queries] for queries in (done, accepted)
        )
    tolerated = _tolerated(construct, statement, later)
    if not (done or accepted or tolerated):
        return None
    return Guarded(_otherwise(statement.sql(), done, accepted, tolerated, again, first))


def renamed_later(construct: Any, statement: DDLStatement, later: Later) -> Guarded | None:
    """Like :func:`.under_later_name`; the object is compared with all its later definitions."""
    compared, *others = [*verified(construct, later), *_redefined(construct, later), ""]
    others = [sql for sql in others if sql]
    if others:
        compared = _otherwise(compared, [], others, (), "")
    return under_later_name(construct, statement, compared, later)


def changed_before(construct: Any, later: Later, first: str) -> list[str]:
    """Conditions that a column is as a later statement leaves it: a statement without a stated old side would
    change the column back, and the values with it.

    :param first: as in :func:`outlived`. In a first run the column may have that state before its change.
    """
    if (
        not isinstance(construct, ops.ColumnType | PostgresqlColumnType | ops.ColumnDefault)
        or first == "true"
    ):
        return []
    statement = converging(construct)
    foreseen_ = foreseen(construct, statement, [], later)
    if foreseen_ is statement or _sql(foreseen_) == _sql(statement):
        return []
    refuse_first = block(
        ["BEGIN", f"  IF {first} THEN", refuse("a first run", state=ABSENT), "  END IF;", "END"]
    )
    return [execute_both(refuse_first, sql) for sql in comparisons(foreseen_)]


def unless_done(
    construct: ExecutableDDLElement, statement: ExecutableDDLElement, later: Later, first: str
) -> ExecutableDDLElement:
    """The statement, unless the object has the name or the state of a later statement; a drop, unless another
    object has the name."""
    done = [*moot(construct, later), *changed_before(construct, later, first)]
    if not done or not isinstance(statement, DDLStatement):
        return statement
    return Guarded(_otherwise(statement.sql(), done, [], (), ""))


def _sql(statement: Any) -> list[str]:
    return [statement.sql()] if isinstance(statement, DDLStatement) else []


def _changed(
    construct: Any, statement: DDLStatement, own: Later, later: Later, recorded: RecordedRenames
) -> list[str]:
    """The statement about a column, if later revisions change the column."""
    beyond = later[len(own) :]
    if isinstance(construct, AlterTypes):  # column by column, because some may be altered already
        lines = []
        for change in construct.changes:
            converged = converging(change)
            outliving = outlived(change, converged, own, later, "", recorded=recorded)
            lines += [
                f"  EXECUTE {dollar(sql)};" for sql in _sql(converged if outliving is None else outliving)
            ]
        return [block(["BEGIN", *lines, "END"])]
    if target(construct) is None:
        return []
    if isinstance(construct, CreateTable):
        construct = _without_dropped(construct, later)
    other = _sql(foreseen(construct, converging(construct), own, beyond))
    return [] if other == _sql(statement) else other


def _otherwise(
    main: str, done: list[str], accepted: list[str], tolerated: tuple[str, ...], again: str, first: str = ""
) -> str:
    """The block: does nothing if one of ``done`` succeeds; else runs the statement; if that is refused, one
    of ``accepted``; if all are refused, ignores a tolerated refusal."""
    first_run = [f"  IF NOT ({again}) THEN", "    EXECUTE main;", "    RETURN;", "  END IF;"]
    return block(
        [
            "DECLARE",
            f"  main CONSTANT text := {dollar(main, 'main')};",
            "  state text;",
            "  message text;",
            "  detail text;",
            "  hint text;",
            "BEGIN",
            *(first_run if again else ()),
            *(line for sql in done for line in _tried(dollar(sql))),
            *_tried(
                "main",
                "state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, "
                "hint = PG_EXCEPTION_HINT",
            ),
            *(line for sql in accepted for line in _tried(dollar(sql))),
            f"  IF state = ANY ({literals(tolerated)}) OR (",
            f"    left(state, 2) = ANY ({literals(tolerated)}) AND NOT ({first or 'true'})) THEN",
            f"    RAISE NOTICE USING ERRCODE = '{NOTED}',",
            "      MESSAGE = message || ': left to a later revision of this run';",
            "    RETURN;",
            "  END IF;",
            "  RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail, HINT = hint;",
            "END",
        ]
    )


def _tried(sql: str, diagnostics: str = "") -> list[str]:
    """Lines that execute a statement, given as an SQL expression, and end the block if it succeeds."""
    return [
        "  BEGIN",
        f"    EXECUTE {sql};",
        "    RETURN;",
        f"  EXCEPTION WHEN {CAUGHT} THEN",
        f"    GET STACKED DIAGNOSTICS {diagnostics};" if diagnostics else "    NULL;",
        "  END;",
    ]


def _without_dropped(construct: CreateTable, later: Later) -> CreateTable:
    """The table without the constraints that later statements drop: these are not compared."""
    table = construct.element
    dropped = {subject(successor) for successor in later if isinstance(successor, DropConstraint)}
    constraints = {
        constraint
        for constraint in table.constraints
        if isinstance(constraint, PrimaryKeyConstraint) or constraint_of(constraint) not in dropped
    }
    if constraints == table.constraints:
        return construct
    reduced: Any = copy.copy(table)
    reduced.constraints = constraints
    reduced.foreign_keys = {key for key in table.foreign_keys if key.constraint in constraints}
    return CreateTable(reduced)


def _redefined(construct: Any, later: Later) -> list[str]:
    """Guards of the objects that later statements create under the name, also after a drop."""
    guards, key = list[str](), subject(construct)
    if key is None:
        return []
    statement = converging(construct)
    element = statement.element if isinstance(statement, Create | Replace) else None
    name = element.name if element is not None else ""
    for number, successor in enumerate(later, 1):
        change = renaming(successor)
        if change is not None and isinstance(element, EnumType) and _is_of(element, name, change):
            name = change.new
        elif isinstance(element, EnumType) and (labelled := _labelled(element, name, successor)):
            element = labelled
            guards += verified(Create(element))
        elif creates(successor) and share_name(subject(successor), key):
            guards += in_time(successor, later[number:])
        elif (name_taken := under_name_of(key, successor, later, number)) is not None:
            guards += in_time(name_taken, later[number:])
    return guards


def _is_of(enum: EnumType, name: str, change: Renaming) -> bool:
    return change[:2] == ("enum", enum.schema) and change.old == name


def _labelled(enum: EnumType, name: str, construct: Any) -> EnumType | None:
    """The enum after a later statement has added or renamed a label.

    :param name: its name at that time.
    """
    change = getattr(construct, "change", None)
    if not isinstance(change, Labelling) or (change.schema, change.name) != (enum.schema, name):
        return None
    labels = list(enum.labels)
    if change.instead_of is not None:
        labels = [change.label if label == change.instead_of else label for label in labels]
    elif change.label not in labels:
        neighbour = change.before or change.after
        place = labels.index(neighbour) + (change.before is None) if neighbour in labels else len(labels)
        labels.insert(place, change.label)
    return replace(enum, labels=tuple(labels))


def table_of(construct: Any) -> tuple[str | None, str] | None:
    """The table of which a construct creates or changes a part."""
    element = getattr(construct, "element", None)
    if isinstance(construct, ops.AlterTable):
        return construct.schema, str(construct.table_name)
    if isinstance(construct, AddConstraint | CreateIndex):
        return element.table.schema, str(element.table.name)  # type: ignore[union-attr]
    if isinstance(construct, Create | Replace) and element is not None and element.table is not None:
        return element.schema, element.table
    return None


def _words(statement: DDLStatement) -> set[str]:
    """The words of the SQL for an absent or different object."""
    guard, change = (getattr(statement, name, None) for name in ("by", "change"))
    if isinstance(change, Labelling):
        return {change.name}
    sent = [*(guard.absent or ()), *(guard.different or ())] if isinstance(guard, Guard) else []
    sent += getattr(statement, "names", ())
    return set(
        re.findall(r"\w+", " ".join(construct for construct in sent if not construct.startswith("DO ")))
    )


def _recreated_owners(construct: Any, statement: DDLStatement, later: Later) -> list[str]:
    """Guards of the table or column that the statement names, if it is dropped and created again later."""
    guards, table, words = list[str](), table_of(construct), _words(statement)
    if table is None or isinstance(construct, ops.DropColumn):
        return []
    for number, successor in enumerate(later):
        if not isinstance(successor, ops.DropColumn | DropTable):
            continue
        name = str(successor.column.name) if isinstance(successor, ops.DropColumn) else None
        if target(successor)[1:3] == table and (name is None or name in words):  # type: ignore[index]
            rest = later[number + 1 :]
            if (again := recreated(successor, rest)) is not None:
                guards += verified(rest[again], rest[again + 1 :])
    return guards


def _tolerated(construct: Any, statement: DDLStatement, later: Later) -> tuple[str, ...]:
    """The tolerated refusals: the object, or an object that it needs, is dropped or renamed later."""
    key, words = subject(construct), _words(statement)
    change = renaming(construct)
    part = (key is None and bool(words)) or (change is not None and change.kind in {"index", "constraint"})
    tolerated: set[str] = set()
    for successor in later:
        if isinstance(successor, DROPS) and key is not None and subject(successor) == key:
            tolerated |= {*GONE, ABSENT, VIOLATION}
        elif (name := _lost_name(successor)) is not None and name in words:
            tolerated |= {*GONE, ABSENT}
        elif part and isinstance(successor, ops.DropColumn | DropTable):
            tolerated |= {*GONE, ABSENT}  # PostgreSQL drops the indexes and constraints with the column
    return tuple(sorted(tolerated))


def is_absent_later(construct: Any, later: Later) -> bool:
    """True if a created index does not have its name in the end, nor its columns and its table theirs."""
    key, exists = subject(construct), True
    words = _words(converging(construct))  # type: ignore[arg-type]  # the guard of an index
    for successor in later:
        if subject(successor) == key:
            exists = creates(successor)
        elif _lost_name(successor) in words:
            return True
    return not exists


def _lost_name(construct: Any) -> str | None:
    """The name that no longer exists after a later statement."""
    change, key = renaming(construct), subject(construct)
    if change is not None:
        return change.old
    return key[-1] if isinstance(construct, DROPS) and isinstance(key, tuple) else None
