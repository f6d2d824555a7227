"""The sample rows as a whole: refuse, or converge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app_schema.errors import DifferentError
from app_schema.mued.models import Plugin, Provenance, QuestionTemplate, User, WebhookEvent
from app_schema.mued.seed import assistant, journal, people
from app_schema.mued.seed.row import Row

_LOCK = sa.text("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('app_schema.mued.seed'))")
# The rows of every other table belong to a person, or are computed.
_FOREIGN = (
    sa.select(sa.literal("users"), sa.func.count()).where(
        ~User.clerk_id.startswith(people.MARK, autoescape=True)
    ),
    sa.select(sa.literal("webhook_events"), sa.func.count()).where(
        ~WebhookEvent.event_id.startswith(people.MARK, autoescape=True)
    ),
    sa.select(sa.literal("plugin_registry"), sa.func.count()).where(Plugin.source.not_in(assistant.PLUGINS)),
    sa.select(sa.literal("provenance"), sa.func.count()).where(Provenance.acquired_by.is_(None)),
    sa.select(sa.literal("question_templates"), sa.func.count()).where(
        ~QuestionTemplate.tags.contains(["seed"])
    ),
)


@dataclass(frozen=True)
class Seeded:
    """The sample rows of a table, and how many of them were inserted."""

    table: str
    rows: int
    made: int


def seed(connection: sa.Connection) -> list[Seeded]:
    """Inserts the missing sample rows and keeps the existing rows unchanged. The caller commits.

    Ids are fixed. Times are relative to the day of the first seed, so that a later seed adds no second week.

    :raises DifferentError: if the database holds rows that are not of the seed.
    """
    connection.execute(_LOCK)
    refuse_foreign(connection)
    day = first_day(connection)
    rows = [*people.rows(day), *journal.rows(day), *assistant.rows(day)]
    tables: dict[Any, list[Row]] = {}
    for row in rows:
        tables.setdefault(row.model.__table__, []).append(row)
    return [
        Seeded(table.fullname, len(some), _insert(connection, table, some)) for table, some in tables.items()
    ]


def refuse_foreign(connection: sa.Connection) -> None:
    """Raises DifferentError if the database holds rows that are not of the seed."""
    counts = {table: count for table, count in connection.execute(sa.union_all(*_FOREIGN)) if count}
    if counts:
        listed = ", ".join(f"{table} ({count})" for table, count in sorted(counts.items()))
        raise DifferentError(
            f"The database holds rows that are not of the seed, in {listed}: seed another database."
        )


def first_day(connection: sa.Connection) -> datetime:
    """Midnight in UTC of the day of the first seed; of today if the sample is absent."""
    first = connection.scalar(sa.select(sa.func.min(User.created_at)).where(User.id == people.person("sora")))
    return (first or datetime.now(UTC)).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _insert(connection: sa.Connection, table: sa.Table, rows: list[Row]) -> int:
    statement = insert(table).values([dict(row.values) for row in rows])
    statement = statement.on_conflict_do_nothing(index_elements=list(table.primary_key))
    return len(connection.execute(statement.returning(*table.primary_key)).all())
