"""`app-schema`: one thin command in each file. Its docstring is the help, its signature the arguments.

Data are written to stdout, messages to stderr. Exit code 0: as it should be; 1: a difference; 2: could not
tell.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from app_schema import gc_tuning, streams
from app_schema.cli import (
    adopt,
    audit,
    baseline,
    connect,
    db,
    diagram,
    docs,
    doctor,
    downgrade,
    history,
    lint,
    mcp,
    models,
    plan,
    revision,
    rollback,
    status,
    studio,
    types,
    upgrade,
    verify,
)
from app_schema.cli.common import UNKNOWN, App, Program, Version, choose, explained
from app_schema.cli.output import talk

app = typer.Typer(
    name="app-schema",
    cls=Program,
    help="The schema of a database: migrate it, compare it, fill it, watch over it.",
    epilog="Exit codes: 0 as it should be, 1 a difference, 2 could not tell.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS: tuple[Callable[..., None], ...] = (
    connect.connect,
    doctor.doctor,
    status.status,
    plan.plan,
    upgrade.upgrade,
    downgrade.downgrade,
    rollback.rollback,
    adopt.adopt,
    models.models,
    baseline.baseline,
    revision.revision,
    history.history,
    verify.verify,
    lint.lint,
    audit.audit,
    studio.studio,
    diagram.diagram,
    docs.docs,
    types.types,
    mcp.mcp,
)
_TAKE_NUMBERS = (downgrade.downgrade, rollback.rollback)
"""The commands for which -1 is no option."""
for command in COMMANDS:
    app.command(context_settings={"ignore_unknown_options": command in _TAKE_NUMBERS})(command)
app.add_typer(db.db, name="db")


@app.callback()
def program(app: App = None, *, version: Version = False) -> None:  # noqa: ARG001 - an option that exits  # its help is that of the program
    choose(app)


def main() -> None:
    """The entry point of the program."""
    gc_tuning.freeze()
    streams.replace_closed()
    try:
        app()
    except OSError as error:  # of --help, which is no command
        talk(explained(error) or str(error))
        sys.exit(UNKNOWN)
