"""What a case of an operation is, and how one is run on a real server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from app_schema.migrations import setup

setup()

Call = Callable[[Any], object]
"""A function of ``op``."""


@dataclass(frozen=True)
class Case:
    """One operation, from a state in which it has work to do.

    :param before: SQL that brings about that state.
    :param call: the operation.
    :param different: name of a difference -> the SQL that brings it about (instead of the call), and words of the refusal.
    :param commits: the operation commits by itself, so the case needs a database of its own.
    """

    before: str
    call: Call
    different: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    commits: bool = False


def operations(connection: sa.Connection, **options: Any) -> Any:
    """Alembic's ``op`` on a connection."""
    return Operations(MigrationContext.configure(connection, opts={"transaction_per_migration": True, **options}))


def script(call: Call) -> str:
    """The SQL that the operation writes with ``--sql``."""
    import io

    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},
        opts={"as_sql": True, "output_buffer": buffer, "literal_binds": True},
    )
    call(Operations(context))
    return buffer.getvalue()


_CATALOGS = (
    "pg_attrdef pg_auth_members pg_authid pg_class pg_constraint pg_default_acl pg_enum pg_extension pg_index pg_namespace pg_policy "
    "pg_proc pg_rewrite pg_sequence pg_trigger pg_type"
).split()


def catalog_rows(connection: sa.Connection) -> set[tuple[Any, ...]]:
    """Every row of the catalogs with its OID and the transaction that wrote it: equal means that nothing was touched."""
    keys = {"pg_index": "indexrelid", "pg_sequence": "seqrelid"}
    query = " UNION ALL ".join(
        f"SELECT '{name}', {keys.get(name, 'oid')}::text, xmin::text, ctid::text FROM pg_catalog.{name}" for name in _CATALOGS
    )
    columns = " UNION ALL SELECT 'pg_attribute', attrelid::text || '.' || attnum, xmin::text, ctid::text FROM pg_catalog.pg_attribute"
    comments = " UNION ALL SELECT 'pg_description', objoid::text || '.' || objsubid, xmin::text, ctid::text FROM pg_catalog.pg_description"
    return {tuple(row) for row in connection.execute(sa.text(query + columns + comments))}


def strong_locks(connection: sa.Connection) -> list[tuple[str, str]]:
    """Locks above ACCESS SHARE that this transaction holds on relations that are not PostgreSQL's own."""
    query = sa.text("""
        SELECT c.oid::regclass::text, l.mode FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
         WHERE l.pid = pg_backend_pid() AND l.mode <> 'AccessShareLock' AND c.relnamespace <> 'pg_catalog'::regnamespace
    """)
    return [tuple(row) for row in connection.execute(query)]  # type: ignore[misc]  # two columns
