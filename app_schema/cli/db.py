"""`app-schema db`: the embedded server."""

from __future__ import annotations

from typing import Annotated

import typer

from app_schema.cli.common import DIFFERENT, Commands, Json
from app_schema.cli.output import machine, talk

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
    """Stop the server; its data stay."""
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
def reset(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Really delete every database of the server.")] = False,
    as_json: Json = False,
) -> None:
    """Delete everything in the server, and start it anew with nothing in it.

    Exit code 0: done; 1: refused, because --yes is missing.
    """
    from app_schema import embedded

    if not yes:
        talk(f"Refused: this deletes every database under {embedded.data_directory()}. To do it, add --yes")
        raise typer.Exit(DIFFERENT)
    _announce()
    embedded.remove()
    start(as_json=as_json)


def _announce() -> None:
    from app_schema import embedded

    talk(f"app_schema: embedded server under {embedded.data_directory()}")
