"""`app-schema studio`."""

from __future__ import annotations

from typing import Annotated

import typer

from app_schema.cli.common import Url, application, needs, target


def studio(
    url: Url = None,
    *,
    write: Annotated[bool, typer.Option("--write", help="Allow INSERT, UPDATE and DELETE of rows.")] = False,
    port: Annotated[int, typer.Option(help="The port to listen on; 0: a free one.", min=0, max=65535)] = 0,
    browser: Annotated[bool, typer.Option("--open", help="Open the link in a browser.")] = False,
) -> None:
    """Serve a web page that shows the database, on this machine only, until Ctrl-C.

    The printed link admits one browser, once. Without --write the page is read-only.
    """
    with needs("The studio", "studio"):
        from app_schema.studio.server import serve
    import webbrowser

    from app_schema import database
    from app_schema.target import announce

    def ready(link: str) -> None:
        print(link, flush=True)
        if browser:
            webbrowser.open(link)

    chosen = target(url)
    engine = database.engine(chosen.url)
    with database.connect(engine) as connection:
        announce(connection, chosen, changes=write)
    try:
        serve(engine, application(), port=port, write=write, ready=ready)
    finally:
        engine.dispose()
