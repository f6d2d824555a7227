"""`app-schema adopt --into`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from app_schema.cli.common import application, connected, finish
from app_schema.cli.migration import move
from app_schema.cli.output import machine, talk
from app_schema.count import counted

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app_schema.adoption.copying import CopiedTable
    from app_schema.adoption.look import Look


def copy_into(url: str | None, into: str, scratch: str | None, *, as_json: bool) -> None:
    """Copies the rows into a new database of the lineage; the source is read in one snapshot, read-only."""
    from app_schema import migrations
    from app_schema.adoption import page
    from app_schema.adoption.choices import FILE, read
    from app_schema.adoption.look import look
    from app_schema.adoption.notice import refuse_adopted

    with connected(url) as connection:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        refuse_adopted(connection, application(), changes=True)
        compared = look(connection, application(), read(FILE), scratch)
        adoption = page.page(compared)
        if adoption.broken:
            talk("Nothing was copied: rows violate a rule, as app-schema adopt shows.")
            if as_json:
                machine(page.data(adoption))
            finish(well=False)
        _refuse_unadopted(into)
        move(migrations.upgrade, into, "head")
        tables = _copied(compared, url, into)
    if as_json:
        machine({"tables": tables, "left": adoption.others})
    else:
        rows = sum(table.rows for table in tables)
        print(f"{counted(len(tables), 'table')} with {rows:,} rows: equal in both databases.")
        if adoption.others:
            talk(f"Not copied: {', '.join(adoption.others)}, which the application does not declare.")
    finish(well=True)


def _refuse_unadopted(into: str) -> None:
    from app_schema.adoption.notice import unadopted
    from app_schema.errors import DifferentError
    from app_schema.migrations.lineage import current

    app = application()
    with connected(into) as connection:
        if unadopted(connection, app, current(connection, app)):
            raise DifferentError(
                f"The target of --into has tables of {app.name} but no revision: it is the database to "
                "copy, or another one of the former system. --into needs an empty database, or one in "
                "which the same command was interrupted."
            )


def _copied(compared: Look, url: str | None, into: str) -> list[CopiedTable]:
    from app_schema.adoption.copying import Copying
    from app_schema.loss import reading
    from app_schema.migrations.progress import progress

    app = compared.app
    with reading(compared.connection, app), connected(into, changes=True) as connection:
        copying = Copying(compared, _driver(connection))
        copying.target.autocommit = True
        with progress(len(copying.tables), terminal=sys.stderr.isatty()) as bar:
            tables = copying.run(bar)
        with connected(url) as present, reading(present, app):
            copying.confirm(_driver(present))
        return tables


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
