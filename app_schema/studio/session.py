"""The session of a request: read-only unless asked otherwise, and as the person whose eyes are borrowed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app_schema.identity import acting_as

VIEW_AS = "app_schema_studio_view_as"
"""The cookie that names the person, by the id of the identity provider."""
TIMEOUT = "10s"
"""How long one statement may take: nobody waits longer for a page, and a forgotten tab burdens no server."""


def sessions(engine: sa.Engine, *, write: bool) -> sessionmaker[Session]:
    """Makes the session of each request."""
    maker = sessionmaker(engine, expire_on_commit=False)
    begin = f"SET LOCAL statement_timeout = '{TIMEOUT}'"
    if not write:
        begin += "; SET TRANSACTION READ ONLY"

    @sa.event.listens_for(maker, "after_begin")
    def limit(session: Session, transaction: Any, connection: sa.Connection) -> None:
        del session, transaction
        connection.exec_driver_sql(begin)

    return maker


class ViewAs:
    """Middleware: where a person is named, the session sees what row-level security shows to that person."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs the request."""
        request = Request(scope)
        person = request.cookies.get(VIEW_AS) if scope["type"] == "http" else None
        if person:
            request.state.view_as = person
            acting_as(request.state.session, person)
        await self.app(scope, receive, send)
