"""Erases a person: deletes all rows that belong to the person, and anonymises rows that document money.

The counted and the changed rows are the same list of primary keys, read under locks: during the transaction
no session changes these rows, or inserts a row that refers to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app_schema import pinned
from app_schema.application import Application
from app_schema.belongings import BelongingRow, Keys, Values, arrays, belonging, name, referring
from app_schema.errors import ConfigurationError, LockedError, ServerError
from app_schema.loss import fingerprint
from app_schema.mued.person import PEOPLE, events, find

# Paid, due or given back. Without an amount, or never paid and never held, a reservation documents no money.
_MONEY = (
    "r.amount > 0 AND (r.status IN ('paid', 'completed')"
    " OR r.payment_status NOT IN ('pending', 'failed', 'cancelled'))"
)
_KEPT_WHERE = "EXISTS (SELECT FROM public.reservations AS r WHERE {} AND " + _MONEY + ")"

KEPT: Mapping[str, str] = {
    "public.reservations": _KEPT_WHERE.format("r.id = t.id"),
    "public.lesson_slots": _KEPT_WHERE.format("r.slot_id = t.id"),
    PEOPLE: _KEPT_WHERE.format("(r.student_id = t.id OR r.mentor_id = t.id)"),
}
"""The kept rows of the person, by table: a condition on the row `t`. The law requires books for years."""

ANONYMOUS: Mapping[str, Mapping[str, str]] = {
    # either party may be named in a text of the other
    "public.reservations": {"notes": "NULL", "cancel_reason": "NULL"},
    "public.lesson_slots": {
        "metadata": "NULL",
        "status": "CASE WHEN t.start_time > now() THEN 'cancelled' ELSE t.status END",
    },
    PEOPLE: {
        "clerk_id": "'erased ' || t.id",
        "email": "'unknown'",
        "name": "NULL",
        "role": "'student'",
        "profile_image_url": "NULL",
        "bio": "NULL",
        "skills": "NULL",
        "stripe_customer_id": "NULL",
    },
    # the id of an event stays, so that the provider can send it again without effect
    "public.webhook_events": {
        "payload": "NULL",
        "error_message": "NULL",
        "status": "'processed'",
        "completed_at": "coalesce(t.completed_at, now())",
    },
}
"""The new values of kept rows: SQL expressions by column."""

DETACHED: Mapping[str, Mapping[str, str]] = {
    "public.provenance": {
        "rights_holder": "CASE WHEN t.acquisition_method = 'user_created' THEN NULL ELSE t.rights_holder END"
    },
}
"""Further new values of rows that only refer to the person."""

HINDRANCES: Sequence[tuple[str, str, str]] = (
    (
        "public.subscriptions",
        "t.stripe_subscription_id IS NOT NULL AND t.status <> 'cancelled'",
        "plan that the payment provider still charges: cancel it there first",
    ),
    (
        "public.reservations",
        """t.amount > 0 AND (t.payment_status = 'processing'
             OR (t.payment_status = 'completed' AND t.status IN ('approved', 'paid')))""",
        "paid lesson that is neither held nor refunded: complete or refund it first",
    ),
)
"""Matters to settle before the person can be erased: table, condition on the row `t`, sentence."""

_NO_RIGHTS, _LOCKED, _DEADLOCK = "42501", "55P03", "40P01"
_WAIT = "5s"
_SHOWN = 5
"""Keys of a table in a sentence."""

Action = Literal["detached", "anonymised", "deleted"]


@dataclass(frozen=True)
class Step:
    """Rows of a table by their primary keys, and the statement that changes them."""

    table: str
    action: Action
    keys: Sequence[Values]
    sets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Erasure:
    """The steps of the erasure, in order. `token` depends on the database and exactly these rows."""

    person: str
    steps: Sequence[Step]
    hindrances: Sequence[str]
    token: str


def prepare(connection: sa.Connection, app: Application, person: str) -> Erasure:
    """Lists and locks all rows that erasing the person changes, in the open transaction; changes nothing.

    :raises ConfigurationError: if there is no such person.
    :raises ServerError: if the role may not see all rows, or another session holds some of them.
    """
    with _sentences():
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_WAIT}'")
        connection.exec_driver_sql("SET LOCAL row_security = off")
        key = find(connection, person)
        keys = Keys.read(connection)
        rows: dict[str, list[BelongingRow]] = {}
        for row in belonging(connection, keys, PEOPLE, (key,), lock=True):
            rows.setdefault(row.table, []).append(row)
        steps = [step for step in _steps(connection, keys, key, rows) if step.keys]
        hindrances = list(_hindrances(connection, keys, rows))
        return Erasure(key, steps, hindrances, fingerprint(connection, app, key, list(map(asdict, steps))))


def erase_person(connection: sa.Connection, erasure: Erasure) -> None:
    """Executes the steps of :func:`prepare` in the same transaction; the caller commits.

    :raises ServerError: if a row is still there, as where a trigger keeps it.
    """
    keys = Keys.read(connection)
    deleted = {step.table: step for step in erasure.steps if step.action == "deleted"}
    with _sentences():
        for step in erasure.steps:
            if step.action != "deleted":
                where, values = keys.matching(step.table, keys.primary_of(step.table)), arrays(step.keys)
                connection.exec_driver_sql(
                    f"UPDATE {name(step.table, quoted=True)} AS t SET {_sets(step.sets)} WHERE {where}",
                    values,
                )
        for circle in keys.children_first(list(deleted)):
            _delete(connection, keys, [deleted[table] for table in circle])


def _delete(connection: sa.Connection, keys: Keys, steps: Sequence[Step]) -> None:
    """Deletes by one statement, at whose end PostgreSQL checks the foreign keys between the tables."""
    rows_of = {
        step.table: f"{name(step.table, quoted=True)} AS t WHERE "
        + keys.matching(step.table, keys.primary_of(step.table))
        for step in steps
    }
    deletions = ", ".join(f"d{place} AS (DELETE FROM {rows})" for place, rows in enumerate(rows_of.values()))
    values = tuple(chain.from_iterable(arrays(step.keys) for step in steps))
    connection.exec_driver_sql(f"WITH {deletions} SELECT", values)
    for step in steps:
        query = f"SELECT count(*) FROM {rows_of[step.table]}"
        if count := connection.exec_driver_sql(query, arrays(step.keys)).scalar():
            raise ServerError(
                f"{count} rows of {step.table} are still there after DELETE: a trigger or rule keeps them."
            )


def remaining(connection: sa.Connection, app: Application, erasure: Erasure) -> Erasure | None:
    """The rows of the person that sessions wrote which waited for the locks; None if there are none.

    A row that stays can be referred to again, and nobody can forbid that for the future.
    """
    try:
        later = prepare(connection, app, erasure.person)
    except ConfigurationError:  # the person's own row is deleted, so nothing refers to it
        return None
    return later if later.steps else None


def _steps(
    connection: sa.Connection, keys: Keys, key: str, rows: Mapping[str, list[BelongingRow]]
) -> Iterator[Step]:
    kept = {
        table: _where(connection, keys, table, [row.key for row in rows[table]], condition)
        for table, condition in KEPT.items()
        if table in rows
    }
    deleted = {
        table: [row for row in some if row.key not in kept.get(table, ())] for table, some in rows.items()
    }
    for reference in keys.references:
        # to the person even if the row stays: anonymous is who nobody else points at
        targets = rows.get(PEOPLE, []) if reference.target == PEOPLE else deleted.get(reference.target, [])
        if reference.sets is None or not targets:
            continue
        values = [tuple(row.values[column] for column in reference.target_columns) for row in targets]
        own_keys = {row.key for row in rows.get(reference.table, ())}
        detached = [
            row.key
            for row in referring(connection, keys, reference, values, lock=True)
            if row.key not in own_keys
        ]
        sets = {**dict.fromkeys(reference.emptied, reference.sets), **DETACHED.get(reference.table, {})}
        yield Step(reference.table, "detached", sorted(detached), sets)
    named = [(event,) for event, _ in events(connection, key, lock=True)]
    for table, some in {**kept, "public.webhook_events": named}.items():
        texts = ANONYMOUS[table]
        differs = " OR ".join(f"t.{name(column)} IS DISTINCT FROM {text}" for column, text in texts.items())
        yield Step(table, "anonymised", sorted(_where(connection, keys, table, some, differs)), texts)
    for table in chain.from_iterable(keys.children_first(list(deleted))):
        yield Step(table, "deleted", sorted(row.key for row in deleted[table]))


def _hindrances(
    connection: sa.Connection, keys: Keys, rows: Mapping[str, list[BelongingRow]]
) -> Iterator[str]:
    for table, condition, sentence in HINDRANCES:
        hindering = _where(connection, keys, table, [row.key for row in rows.get(table, ())], condition)
        if hindering:
            first = ", ".join(sorted(key for (key,) in hindering)[:_SHOWN])
            more = f" and {len(hindering) - _SHOWN:,} more" if len(hindering) > _SHOWN else ""
            yield f"{table} {first}{more}: {sentence}."


def _where(
    connection: sa.Connection, keys: Keys, table: str, values: Iterable[Values], condition: str
) -> set[Values]:
    """Those of the rows with these primary keys for which the condition on `t` holds."""
    values = list(values)
    if not values:
        return set()
    primary = keys.primary_of(table)
    columns = ", ".join(f"t.{name(column)}::text" for column in primary)
    query = (
        f"SELECT {columns} FROM {name(table, quoted=True)} AS t "
        f"WHERE {keys.matching(table, primary)} AND ({condition})"
    )
    return {tuple(row) for row in connection.exec_driver_sql(query, arrays(values))}


def _sets(sets: Mapping[str, str]) -> str:
    return ", ".join(f"{name(column)} = {value}" for column, value in sets.items())


@contextmanager
def _sentences() -> Iterator[None]:
    """The sentence for rows that other sessions lock, or that the role may not see."""
    try:
        yield
    except DBAPIError as error:
        state, why = getattr(error.orig, "sqlstate", None), str(error.orig).partition("\n")[0]
        if state in {_LOCKED, _DEADLOCK}:
            raise LockedError(
                f"Another session is changing rows of this person ({why}; waited {_WAIT}). Nothing was "
                "changed; run again when that session has ended."
            ) from error
        if state == _NO_RIGHTS:
            remedy = pinned.remedy(getattr(error.orig, "diag", None)) or (
                "Log in as the owner of the tables, or as a role with BYPASSRLS and the same privileges."
            )
            raise ServerError(
                f"The login may not see or change all rows of the person: {why}. Nothing was changed. "
                f"{remedy}"
            ) from error
        raise
