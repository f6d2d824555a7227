"""`app-schema mcp`."""

from __future__ import annotations

from typing import Annotated

import typer

from app_schema.cli.common import Url, application, chosen, needs


def mcp(
    url: Url = None,
    *,
    write: Annotated[bool, typer.Option("--write", help="Offer upgrade and rollback too.")] = False,
) -> None:
    """Serve the commands to an assistant over stdin and stdout, by the Model Context Protocol.

    The tools read: schema, status, history, plan, verify, audit, connection; query and explain, also as a
    person. With --write they also upgrade and roll back, and lose no rows. No tool may do more than the
    login.
    """
    with needs("The MCP server", "mcp"):
        from app_schema.assistant import Assistant
    reference = chosen()
    arguments = [] if reference is None else ["--app", reference]
    Assistant(application(), url, arguments).server(write=write).run()
