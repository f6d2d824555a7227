"""A copy of the structure of a database: the statements of a downgrade that recreates every object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from app_schema.catalog.scratch import CHUNK
from app_schema.ddl.order import Drops
from app_schema.ddl.sql import DIALECT, ident
from app_schema.migrations.compare.carried import statements_of
from app_schema.migrations.compare.comparator import Comparison
from app_schema.migrations.compare.managed import IF_DECLARED
from app_schema.migrations.render import item

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation
    from sqlalchemy import Connection

    from app_schema.catalog import Snapshot

_AFTER_ROWS = Drops.FOREIGN_KEY
"""Objects of lower ranks would refuse or change the loaded rows: they are created after the rows."""


@dataclass
class Structure:
    """The statements that recreate a database, before and after its rows are loaded."""

    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    """The owners and grantees."""
    source: Snapshot = field(default_factory=dict)


def structure(connection: Connection, version: Mapping[str, Any]) -> Structure:
    """The statements that create every object of the database, except roles and the tables of the migrations.

    :param version: the options of the version table.

    Against an empty metadata the comparison plans to drop every object; the inverse plan creates them.
    """
    schemas = _schemas(connection)
    opts: Mapping[str, Any] = {
        "render_item": item,
        "managed_schemas": schemas,
        "prune": True,
        "safe": False,
        "proved": False,
        "executed": False,
        "accepted": [],
        "always": IF_DECLARED,
        **version,
        "target_metadata": MetaData(),
    }
    context = AutogenContext(MigrationContext.configure(connection, opts=dict(opts)), MetaData())
    comparison = Comparison(context)
    plan = comparison.plan()
    context.dialect = DIALECT
    reflected = comparison.sides.reflected
    copy = Structure(source=reflected, roles=[key.name for key in reflected if key.kind == "role"])
    undroppable = [key for key in reflected if not comparison.sides.may_drop(key)]  # no revision drops these
    copy.before += [
        f"CREATE SCHEMA IF NOT EXISTS {ident(key.name)}"
        if key.kind == "schema"
        else f"CREATE EXTENSION IF NOT EXISTS {ident(key.name)} {reflected[key]}"
        for key in sorted(undroppable, key=lambda key: key.kind, reverse=True)
    ]
    drops = sorted(plan.drops, key=lambda drop: drop[:2], reverse=True)
    late = [operation for rank, _, operation in drops if rank >= Drops.EARLY_FUNCTION]
    early = [operation for rank, _, operation in drops if _AFTER_ROWS < rank < Drops.EARLY_FUNCTION]
    judging = [operation for rank, _, operation in drops if rank <= _AFTER_ROWS]
    changes = plan.created()[::-1]
    copy.before += statements_of(context, _reversed([*late, *changes, *early]))
    copy.after = statements_of(context, _reversed(judging))
    return copy


def _schemas(connection: Connection) -> set[str]:
    rows = connection.exec_driver_sql(
        "SELECT n.nspname FROM pg_catalog.pg_namespace AS n "
        "WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    )
    return {name for (name,) in rows}


def _reversed(operations: Sequence[MigrateOperation]) -> Iterator[MigrateOperation]:
    for operation in operations:
        yield operation.reverse()


def send(driver: psycopg.Connection[Any], statements: Sequence[str]) -> None:
    """Executes the statements; the copy lacks the objects of refused statements."""
    for start in range(0, len(statements), CHUNK):
        chunk = statements[start : start + CHUNK]
        try:
            driver.execute(";\n".join(["BEGIN", *chunk, "COMMIT"]).encode())
        except psycopg.Error:
            driver.execute(b"ROLLBACK")
            for statement in chunk:
                with suppress(psycopg.Error):
                    driver.execute(statement.encode())
