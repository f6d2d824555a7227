"""The session of a request: read-only unless --write, and as the chosen person."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import anyio.to_thread
import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app_schema import pinned
from app_schema.application import Acting
from app_schema.errors import AppSchemaError
from app_schema.identity import acting_as
from app_schema.migrations.failure import explained

T = TypeVar("T")

VIEW_AS = "app_schema_studio_view_as"
"""The cookie that names the person, by the id of the identity provider."""
AS_LOGIN = ("/migrations", "/view-as")
"""Pages about the database and not about its rows: the login reads for them, whoever the person is."""
_TIMED_OUT = "57014"
TIMEOUT = "10s"
"""statement_timeout: limits the load of a forgotten tab."""

# psycopg parses only the ISO style of timestamps; the zone is that of the database
_PINNED = {name: value for name, value in pinned.PRINTED.items() if name != "TimeZone"}
SETTINGS = "; ".join(
    f"SET LOCAL {name} = '{value}'" for name, value in {**_PINNED, "statement_timeout": TIMEOUT}.items()
)
"""The settings of each transaction."""


def sessions(engine: sa.Engine, *, write: bool) -> sessionmaker[Session]:
    """Makes the session of each request."""
    maker = sessionmaker(engine, expire_on_commit=False)
    begin = SETTINGS if write else f"{SETTINGS}; SET TRANSACTION READ ONLY"

    @sa.event.listens_for(maker, "after_begin")
    def limit(session: Session, transaction: Any, connection: sa.Connection) -> None:
        del session, transaction
        connection.exec_driver_sql(begin)

    return maker


class ViewAs:
    """Middleware: where a person is named, the session sees what row-level security shows to that person."""

    def __init__(self, app: ASGIApp, acting: Acting | None = None) -> None:
        self.app = app
        self.acting = acting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs the request."""
        request = Request(scope)
        person = request.cookies.get(VIEW_AS) if scope["type"] == "http" else None
        if not person or self.acting is None:
            await self.app(scope, receive, send)
            return
        request.state.view_as = person
        if request.url.path.startswith(AS_LOGIN):
            await self.app(scope, receive, send)
            return
        with acting_as(request.state.session, person, by=self.acting):
            await self.app(scope, receive, send)


def as_person(
    connection: sa.Connection, person: str | None, acting: Acting | None
) -> AbstractContextManager[Any]:
    """A block in which a connection sees what the person sees; None: what the login sees."""
    return nullcontext() if person is None or acting is None else acting_as(connection, person, by=acting)


async def read(work: Callable[..., T], *args: Any) -> T:
    """The result of the database.

    :raises HTTPException: with the error as a page.
    """
    try:
        return await anyio.to_thread.run_sync(work, *args)
    except AppSchemaError as error:
        raise HTTPException(400, str(error)) from error
    except (DBAPIError, psycopg.Error) as error:
        raise refused(error) from error


def refused(error: DBAPIError | psycopg.Error) -> HTTPException:
    """A refusal of the database as a page."""
    return HTTPException({_TIMED_OUT: 503, "42501": 403}.get(_state(error), 400), reason(error))


def reason(error: DBAPIError | psycopg.Error) -> str:
    """A refusal of the database in words."""
    if _state(error) == _TIMED_OUT:
        return (
            f"The query took longer than {TIMEOUT}, the limit of this program, and was stopped: ask for "
            "fewer rows, or filter by the first column of an index."
        )
    return str(explained(error))


def _state(error: DBAPIError | psycopg.Error) -> str:
    return getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None) or ""
