"""`app-schema verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app_schema.cli.common import Json, Scratch, Url, application, connected, finish, problem
from app_schema.cli.folding import fold, room
from app_schema.cli.output import counted, machine, table, talk

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
        here = refuse_unadopted(connection, app)
        found = drift(connection, app, scratch)
    behind = list(of_revision(here, lineage))  # also if no object differs: a revision may change rows alone
    lost = lineage.unknown(here) or lineage.included(
        here
    )  # equal objects do not make such a version table right
    if behind:
        problem(behind[0])
    if as_json:
        machine(found)
    else:
        _show(found, every=every)
    if not found.conforms and not behind:
        _advise({drifted.state for drifted in found.objects})
    finish(well=found.conforms and not lost)


def _show(found: Drift, *, every: bool) -> None:
    if found.conforms or every:
        counts = found.kinds
    else:
        counts = [kind for kind in found.kinds if kind.equal < kind.declared or kind.undeclared]
    absent = next((kind.declared for kind in found.kinds if kind.kind == "table" and not kind.created), 0)
    nothing = absent > 0 and not every  # the counts of the kinds would repeat it
    if nothing:
        print(f"None of the {counted(absent, 'declared table')} exists.")
    else:
        table(COLUMNS, [tuple(vars(kind).values()) for kind in counts])
    for line in fold(found.objects, None if every else room(0 if nothing else len(counts))):
        talk(line)
    for label in found.uncompared:
        talk(f"{label}: not compared")


def _advise(states: set[str]) -> None:
    if states - {"undeclared"}:
        talk("Next: alembic revision --autogenerate writes a revision that resolves it.")
    if "undeclared" in states:
        problem(
            "Undeclared: declare it, list it in [tool.app_schema] undeclared of pyproject.toml, or "
            "have alembic -x prune=true revision --autogenerate drop it."
        )
