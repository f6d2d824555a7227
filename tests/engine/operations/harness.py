"""The cases of an operation, run on a real server."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from app_schema.migrations import setup
from app_schema.migrations.impl import guarded

setup()

BASE = (
    "CREATE SCHEMA s; "
    "CREATE TABLE s.parent (id int PRIMARY KEY, code text UNIQUE); "
    "CREATE TABLE s.other (id int PRIMARY KEY); "
    "CREATE TABLE s.t (id int, a int, b text, c timestamptz, parent_id int);"
)
"""The objects with which most cases begin."""

OPTIONS = {"transaction_per_migration": True, "strict": True}
Call = Callable[[Any], object]
"""A function of ``op``."""


@dataclass(frozen=True)
class Case:
    """One operation, from a state in which it has work to do.

    :param before: SQL that brings about that state.
    :param call: the operation.
    :param different: name of a difference -> the SQL that brings it about (instead of the call), and words of
        the refusal.
    :param commits: the operation commits by itself, so the case needs a database of its own.
    """

    before: str
    call: Call
    different: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    commits: bool = False


def operations(connection: sa.Connection, **options: Any) -> Any:
    """Alembic's ``op`` on a connection."""
    return Operations(
        guarded(
            MigrationContext.configure(
                connection, opts={"transaction_per_migration": True, "strict": True, **options}
            )
        )
    )


def in_a_revision(connection: sa.Connection) -> Any:
    """Alembic's ``op`` as a revision has it, in a transaction that Alembic began."""
    op = operations(connection)
    op.get_context()._transaction = connection.begin()
    return op


def script(call: Call) -> str:
    """The SQL that the operation writes with ``--sql``."""
    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},
        opts={"as_sql": True, "output_buffer": buffer, "literal_binds": True},
    )
    call(Operations(guarded(context)))
    return buffer.getvalue()


_CATALOGS = {
    "pg_attrdef": "oid",
    "pg_auth_members": "roleid::text || '.' || member || '.' || grantor",  # it has an oid from 16 on
    "pg_authid": "oid",
    "pg_class": "oid",
    "pg_constraint": "oid",
    "pg_default_acl": "oid",
    "pg_enum": "oid",
    "pg_extension": "oid",
    "pg_index": "indexrelid",
    "pg_namespace": "oid",
    "pg_policy": "oid",
    "pg_proc": "oid",
    "pg_rewrite": "oid",
    "pg_statistic_ext": "oid",
    "pg_sequence": "seqrelid",
    "pg_trigger": "oid",
    "pg_type": "oid",
    "pg_attribute": "attrelid::text || '.' || attnum",
    "pg_db_role_setting": "setdatabase::text || '.' || setrole",
    "pg_description": "objoid::text || '.' || objsubid",
}
"""Catalog -> what tells one row of it from another."""
_OF_THE_CLUSTER = {
    "pg_authid": "rolname ~ '^case_'",
    "pg_auth_members": "roleid::regrole::text ~ '^case_'",
    "pg_db_role_setting": "setdatabase = (SELECT d.oid FROM pg_catalog.pg_database AS d "
    "WHERE d.datname = current_database())",
}
"""Catalogs that tests in other databases write to as well -> the rows that are of these cases."""


def catalog_rows(connection: sa.Connection) -> set[tuple[Any, ...]]:
    """Per catalog the number and a digest of its rows, each with the transaction that wrote it and its place.

    Equal means that nothing was touched. The rows themselves are fifteen thousand.
    """
    query = " UNION ALL ".join(
        f"SELECT '{name}', count(*), sum(hashtextextended(concat_ws(' ', {key}, xmin, ctid), 0))"
        f" FROM pg_catalog.{name} WHERE {_OF_THE_CLUSTER.get(name, 'true')}"
        for name, key in _CATALOGS.items()
    )
    return {tuple(row) for row in connection.execute(sa.text(query))}


def strong_locks(connection: sa.Connection) -> list[tuple[str, str]]:
    """Locks above ACCESS SHARE that this transaction holds on relations that are not PostgreSQL's own."""
    query = sa.text("""
        SELECT c.oid::regclass::text, l.mode
          FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
         WHERE l.pid = pg_backend_pid() AND l.mode <> 'AccessShareLock'
           AND c.relnamespace <> 'pg_catalog'::regnamespace
    """)
    return [(relation, mode) for relation, mode in connection.execute(query)]
