"""`app-schema`: one thin command a file. Its docstring is the help, its signature the arguments.

Data go to stdout, talk to stderr. Exit code 0: it is as it should be; 1: there is a difference; 2: could not
tell.
"""

from __future__ import annotations

from collections.abc import Callable

import typer

from app_schema import short_lived
from app_schema.cli.audit import audit
from app_schema.cli.common import App, Program, choose
from app_schema.cli.connect import connect
from app_schema.cli.db import db
from app_schema.cli.diagram import diagram
from app_schema.cli.docs import docs
from app_schema.cli.downgrade import downgrade
from app_schema.cli.history import history
from app_schema.cli.lint import lint
from app_schema.cli.plan import plan
from app_schema.cli.rollback import rollback
from app_schema.cli.status import status
from app_schema.cli.studio import studio
from app_schema.cli.upgrade import upgrade
from app_schema.cli.verify import verify

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
    connect,
    status,
    plan,
    upgrade,
    downgrade,
    rollback,
    history,
    verify,
    lint,
    audit,
    studio,
    diagram,
    docs,
)
for command in COMMANDS:
    app.command(context_settings={"ignore_unknown_options": command in {downgrade, rollback}})(command)  # -1
app.add_typer(db, name="db")


@app.callback()
def program(app: App = None) -> None:  # its help is that of the program
    choose(app)


def main() -> None:
    """The entry point of the program."""
    short_lived.freeze()
    app()
