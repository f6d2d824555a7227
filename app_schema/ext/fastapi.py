"""FastAPI: a session in which the caller of the request acts, and the answers to what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, overload

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from app_schema.application import Acting
from app_schema.identity import acting_as

if TYPE_CHECKING:  # importing it needs greenlet, which only those who use it have
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


def _no_person() -> None:
    return None


@overload
def acting_session(
    sessions: sessionmaker[Session],
    clerk_id: Callable[..., Any] = ...,
    *,
    role: str | None = ...,
    by: Acting | None = ...,
) -> Callable[..., Iterator[Session]]: ...
@overload
def acting_session(
    sessions: async_sessionmaker[AsyncSession],
    clerk_id: Callable[..., Any] = ...,
    *,
    role: str | None = ...,
    by: Acting | None = ...,
) -> Callable[..., AsyncIterator[AsyncSession]]: ...
def acting_session(
    sessions: Any,
    clerk_id: Callable[..., Any] = _no_person,
    *,
    role: str | None = None,
    by: Acting | None = None,
) -> Any:
    """A dependency for ``Annotated[Session, Depends(...)]``; async for an ``async_sessionmaker``.

    `clerk_id` is a dependency of yours that returns the id of the caller from a verified token, or None if no
    person is signed in. The handler commits; uncommitted changes are rolled back.

    The session is closed for good when FastAPI leaves the dependency, whatever happened before. A background
    task that still holds it gets an InvalidRequestError, never a session without an identity.
    """
    caller_of = Depends(clerk_id)
    if issubclass(sessions.class_, Session):

        def session(caller: str | None = caller_of) -> Iterator[Session]:
            with sessions(close_resets_only=False) as session, acting_as(session, caller, role=role, by=by):
                yield session
                session.close()  # before the end of the block, which would restore the settings first

        return session

    async def async_session(caller: str | None = caller_of) -> AsyncIterator[AsyncSession]:
        session: AsyncSession
        async with sessions(close_resets_only=False) as session, acting_as(session, caller, role=role, by=by):
            yield session
            await session.close()

    return async_session


def answer_refusals(app: FastAPI) -> None:
    """Adds the exception handlers of an application whose database decides who may do what.

    422: a value that the request's model, a type, a CHECK or a key refuses. 403: no privilege, or a row that
    row security lets the caller read and not write. Every other error of the database stays a 500.
    """

    @app.exception_handler(RequestValidationError)
    def not_valid(_request: Request, error: RequestValidationError) -> JSONResponse:
        # FastAPI's own handler repeats the input, which UTF-8 or JSON may be unable to express: a 500
        parts = ("type", "loc", "msg")
        detail = [{part: _printable(invalid[part]) for part in parts} for invalid in error.errors()]
        return JSONResponse({"detail": detail}, status_code=422)

    @app.exception_handler(DBAPIError)
    def refused(_request: Request, error: DBAPIError) -> JSONResponse:
        if isinstance(error, DataError | IntegrityError):
            return JSONResponse({"detail": "the value is refused"}, status_code=422)
        if getattr(error.orig, "sqlstate", None) == "42501":
            return JSONResponse({"detail": "not allowed"}, status_code=403)
        raise error

    @app.exception_handler(StaleDataError)  # an UPDATE that matched no row
    def not_writable(_request: Request, _error: StaleDataError) -> JSONResponse:
        return JSONResponse({"detail": "not allowed"}, status_code=403)


def _printable(part: Any) -> Any:
    """Text that UTF-8 can express, also in a location: a key of the request's body may be any text."""
    if isinstance(part, str):
        return part.encode("utf-8", "backslashreplace").decode()
    return [_printable(element) for element in part] if isinstance(part, tuple | list) else part
