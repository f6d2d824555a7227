"""`app-schema verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app_schema.cli.common import Json, Scratch, Url, application, connected, finish, problem
from app_schema.cli.folding import fold, free_lines
from app_schema.cli.output import machine, table, talk
from app_schema.count import counted

if TYPE_CHECKING:
    from app_schema.migrations.drift import Drift

COLUMNS = ("kind", ">declared", ">created", ">equal", ">different", ">undeclared")


def verify(
    *,
    scratch: Scratch = None,
    every: Annotated[bool, typer.Option("--all", help="List every object.")] = False,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Compare the whole database with the models, both as PostgreSQL prints them.

    Differences are folded by table to fit the screen; --all and --json list every object.
    Exit code 0: every declared object exists and is equal, and no other object exists; 1: a difference, or
    the version table names a revision without a file or one that another row includes; 2: could not tell.
    """
    from app_schema.adoption.notice import refuse_unadopted
    from app_schema.migrations.drift import drift
    from app_schema.migrations.lineage import Lineage
    from app_schema.overview import of_revision

    app = application()
    lineage = Lineage(app)
    with connected(url) as connection:
        stamped = refuse_unadopted(connection, app)
        compared = drift(connection, app, scratch)
    # also if no object differs: a revision may change rows alone
    behind = list(of_revision(stamped, lineage))
    # equal objects do not make such a version table right
    lost = lineage.unknown(stamped) or lineage.included(stamped)
    if behind:
        problem(behind[0])
    if as_json:
        machine(compared)
    else:
        _show(compared, every=every)
    if not compared.conforms and not behind:
        _advise({drifted.state for drifted in compared.objects})
    finish(well=compared.conforms and not lost)


def _show(compared: Drift, *, every: bool) -> None:
    if compared.conforms or every:
        counts = compared.kinds
    else:
        counts = [kind for kind in compared.kinds if kind.equal < kind.declared or kind.undeclared]
    absent = next((kind.declared for kind in compared.kinds if kind.kind == "table" and not kind.created), 0)
    nothing = absent > 0 and not every  # the counts of the kinds would repeat it
    if nothing:
        print(f"None of the {counted(absent, 'declared table')} exists.")
    else:
        table(COLUMNS, [tuple(vars(kind).values()) for kind in counts])
    for line in fold(compared.objects, None if every else free_lines(0 if nothing else len(counts))):
        talk(line)
    for label in compared.uncompared:
        talk(f"{label}: not compared")


def _advise(states: set[str]) -> None:
    if states - {"undeclared"}:
        talk("Next: alembic revision --autogenerate writes a revision that resolves it.")
    if "undeclared" in states:
        problem(
            "Undeclared: declare it, list it in [tool.app_schema] undeclared of pyproject.toml, or "
            "have alembic -x prune=true revision --autogenerate drop it."
        )
