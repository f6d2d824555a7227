"""The rows of a person: those that the person may read, then those that only the service may read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import sqlalchemy as sa

from app_schema.application import Acting
from app_schema.audit.sharding import private_tables
from app_schema.belongings import Keys, belonging
from app_schema.errors import ServerError
from app_schema.identity import acting_as
from app_schema.mued.person import PEOPLE, events, find


class Line(NamedTuple):
    """A row as JSON, and who may read it by row security."""

    table: str
    seen_by: Literal["person", "service"]
    document: str


def export(connection: sa.Connection, person: str, by: Acting | None = None) -> Iterator[Line]:
    """The rows of a person, of one moment, each once; ends an open transaction of the connection.

    The person's part is read as that person in the person's role, so row security decides what it shows.

    :raises ConfigurationError: if there is no such person.
    :raises IdentityError: if the login may not take the roles of people and of the service.
    :raises ServerError: if the service may not read a table with rows of people, before the first line.
    """
    connection.rollback()
    connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    connection.exec_driver_sql("SET LOCAL row_security = on")
    keys = Keys.read(connection)
    with acting_as(connection, None, role="service_account", by=by):
        _check(connection, keys)
        key = find(connection, person)
        account = connection.exec_driver_sql(
            f"SELECT clerk_id FROM {PEOPLE} WHERE id = %s", (key,)
        ).scalar_one()
    seen = set()
    with acting_as(connection, account, by=by):
        for row in belonging(connection, keys.readable(connection), PEOPLE, (key,), documents=True):
            seen.add((row.table, row.key))
            yield Line(row.table, "person", row.document or "")
    with acting_as(connection, None, role="service_account", by=by):
        for row in belonging(connection, keys, PEOPLE, (key,), documents=True):
            if (row.table, row.key) not in seen:
                yield Line(row.table, "service", row.document or "")
        for _, document in events(connection, key):
            yield Line("public.webhook_events", "service", document)


def _check(connection: sa.Connection, keys: Keys) -> None:
    """Refuses a table whose rows could not be read, or not be named one by one."""
    readable = private_tables(keys.readable(connection), PEOPLE)
    for table in private_tables(keys, PEOPLE):
        keys.primary_of(table)
        if table not in readable:
            raise ServerError(
                f"service_account may not read {table}, whose rows belong to people: "
                f"GRANT SELECT ON {table} TO service_account;"
            )
