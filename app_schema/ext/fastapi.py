"""A FastAPI dependency that yields a session in which the caller of the request is who is asking."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, overload

from fastapi import Depends
from sqlalchemy.orm import Session, sessionmaker

from app_schema.application import Acting
from app_schema.identity import acting_as

if TYPE_CHECKING:  # importing it needs greenlet, which only those who use it have
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


def _nobody() -> None:
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
    clerk_id: Callable[..., Any] = _nobody,
    *,
    role: str | None = None,
    by: Acting | None = None,
) -> Any:
    """A dependency for ``Annotated[Session, Depends(...)]``; async for an ``async_sessionmaker``.

    `clerk_id` is a dependency of yours that gives the id of the caller out of a verified token, or None where
    nobody is signed in. The handler commits; uncommitted changes are rolled back.

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
