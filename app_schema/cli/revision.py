"""`app-schema revision`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated

import typer

from app_schema.cli.common import Url, application, connected

Options = Annotated[
    list[str] | None,
    typer.Option("-x", metavar="NAME=VALUE", help="prune, safe, schemas, zone, scratch, cache."),
]


def revision(  # noqa: PLR0913 - alembic revision has these options too
    *,
    message: Annotated[str, typer.Option("-m", "--message", help="The message of the revision.")],
    prove: Annotated[
        bool, typer.Option("--prove/--no-prove", help="Carry it out on a copy, up twice and down twice.")
    ] = True,
    head: Annotated[
        str, typer.Option(metavar="REV", help="The parent, as shop@head; base: begin a branch.")
    ] = "head",
    splice: Annotated[bool, typer.Option("--splice", help="Allow a parent that is not a head.")] = False,
    branch_label: Annotated[
        str | None, typer.Option(metavar="LABEL", help="The label of the branch that begins here.")
    ] = None,
    version_path: Annotated[
        str | None, typer.Option(metavar="PATH", help="The directory, one of version_locations.")
    ] = None,
    depends_on: Annotated[
        list[str] | None, typer.Option(metavar="REV", help="A revision of another branch to apply before.")
    ] = None,
    rev_id: Annotated[
        str | None, typer.Option(metavar="ID", help="The identifier, instead of one made.")
    ] = None,
    options: Options = None,
    url: Url = None,
) -> None:
    """Write the revision that leads from the database to the models, and prove it.

    The copy has the structure of the database and up to 100 of its rows a table, and stays on its server.
    Exit code 0: written, and proved unless told not to; 1: the proof failed; 2: could not tell. The header
    of the file, which is kept, names the failure.
    """
    from alembic import command

    from app_schema.migrations import config
    from app_schema.migrations.configuration import refuse_unserved
    from app_schema.migrations.lineage import Lineage

    app = application()
    Lineage(app).refuse_ambiguous(head)
    chosen = config(app)
    arguments = [f"prove={str(prove).lower()}", *(options or ())]
    chosen.cmd_opts = SimpleNamespace(x=arguments, quiet=True)  # type: ignore[assignment]  # an argparse namespace
    with connected(url, changes=False) as connection:
        connection.rollback()
        chosen.attributes["connection"] = connection
        chosen.attributes["configure_logger"] = False
        script = command.revision(
            chosen,
            message,
            autogenerate=True,
            head=head,
            splice=splice,
            branch_label=branch_label,
            version_path=version_path,
            depends_on=depends_on or None,  # type: ignore[arg-type]  # Alembic takes a list, too
            rev_id=rev_id,
        )
    paths = [each.path for each in (script if isinstance(script, list) else [script]) if each is not None]
    refuse_unserved(chosen, paths)
    print("\n".join(paths))
