"""`app-schema db`: the embedded server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from app_schema.cli import losing
from app_schema.cli.common import DIFFERENT, Commands, Json
from app_schema.cli.output import machine, talk
from app_schema.count import counted

if TYPE_CHECKING:
    from app_schema.emptying import Content

db = typer.Typer(cls=Commands, no_args_is_help=True, help="Start, stop or empty the embedded server.")


@db.command()
def start(*, as_json: Json = False) -> None:
    """Start the server under .pgdata/ (or APP_SCHEMA_PGDATA), where it does not run, and print its URL."""
    from app_schema import embedded

    _announce()
    url = embedded.start()
    if as_json:
        machine({"url": url})
    else:
        print(url)


@db.command()
def stop(*, as_json: Json = False) -> None:
    """Stop the server; its data are kept."""
    from app_schema import embedded

    _announce()
    stopped = embedded.stop()
    if as_json:
        machine({"stopped": stopped})
    else:
        print("stopped" if stopped else "does not run")


@db.command()
def status(*, as_json: Json = False) -> None:
    """Print the URL of the server. Exit code 0: it runs; 1: it does not."""
    from app_schema import embedded

    server = embedded.status()
    if as_json:
        machine({"url": server.url if server else None})
    elif server:
        print(server.url)
    else:
        print("does not run")
    if server is None:
        raise typer.Exit(DIFFERENT)


@db.command()
def reset(*, confirm: losing.Confirm = None, as_json: Json = False) -> None:
    """Delete everything in the server, and start an empty one; first show what would be lost.

    Refused with a token. The same command with --confirm TOKEN runs if server, tables and counts are
    unchanged: rows are counted while no session can write. Exit code 0: done; 1: refused; 2: could not tell.
    """
    from app_schema import embedded
    from app_schema.emptying import locked_content

    _announce()
    if (embedded.data_directory() / "data").exists():
        with locked_content(embedded.start()) as content:
            if not as_json:
                _show(content)
            if confirm != content.token:
                if confirm is not None:
                    talk("The token does not fit: it belongs to another server, other tables or other rows.")
                rows = counted(sum(table.rows for table in content.tables), "row")
                talk(f"Refused: {rows} would be lost. To lose them, add --confirm {content.token}")
                if as_json:
                    machine(content)
                raise typer.Exit(DIFFERENT)
            embedded.remove()
    url = embedded.start()
    if as_json:
        machine({"url": url})
    else:
        print(url)


def _show(content: Content) -> None:
    talk(f"Every database at host {content.host} would be deleted, as role {content.role}.")
    for table in content.tables:
        talk(f"  {table.database}  {table.table or '(no table)'}: {counted(table.rows, 'row')}")


def _announce() -> None:
    from app_schema import embedded

    talk(f"app_schema: embedded server under {embedded.data_directory()}")
