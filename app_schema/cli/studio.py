"""`app-schema studio`."""

from __future__ import annotations

from typing import Annotated

import typer

from app_schema.cli.common import Url, application, needs, target


def studio(
    url: Url = None,
    *,
    write: Annotated[bool, typer.Option("--write", help="Let rows be made, changed and deleted.")] = False,
    port: Annotated[int, typer.Option(help="Where to listen; 0 takes a free port.", min=0, max=65535)] = 0,
    browser: Annotated[bool, typer.Option("--open", help="Open the link in a browser.")] = False,
) -> None:
    """Serve a web page for looking at the database, on this machine alone, until Ctrl-C.

    The link that is printed lets one browser in, once. Nothing can be changed without --write.
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

    found = target(url)
    engine = database.engine(found.url)
    with database.connect(engine) as connection:
        announce(connection, found, changes=write)
    try:
        serve(engine, application(), port=port, write=write, ready=ready)
    finally:
        engine.dispose()
