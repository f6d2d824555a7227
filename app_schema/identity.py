"""The identity of a transaction: a person and a role.

The person is stored in a setting that policies read, such as ``app.current_user_id``; the role is set by
``SET LOCAL ROLE``. PostgreSQL resets both at the end of the transaction, so a connection that returns to a
pool or to another client of a pooler has no identity. The application names the setting and the roles. An
application may name a second setting, for the database's data about the person: the person is then looked up
once a transaction instead of once a query.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction, scoped_session
from sqlalchemy.util import ScopedRegistry

from app_schema import upstream
from app_schema.application import Acting, find
from app_schema.errors import IdentityError
from app_schema.identity_setting import Identity, restore_after_rollback, set_identity, sqlstate

if TYPE_CHECKING:  # the import needs greenlet, which is installed only for asyncio
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_scoped_session

Target = TypeVar("Target", bound=Session | sa.Connection)
AsyncTarget = TypeVar("AsyncTarget", bound="AsyncSession | AsyncConnection")
Scope = TypeVar("Scope", bound=scoped_session[Any])
AsyncScope = TypeVar("AsyncScope", bound="async_scoped_session[Any]")

_ABORTED = "25P02"


@overload
def acting_as(
    target: Target, clerk_id: str | None, *, role: str | None = None, by: Acting | None = None
) -> AbstractContextManager[Target, None]: ...
@overload
def acting_as(
    target: AsyncTarget, clerk_id: str | None, *, role: str | None = None, by: Acting | None = None
) -> AbstractAsyncContextManager[AsyncTarget, None]: ...
@overload
def acting_as(
    target: Scope, clerk_id: str | None, *, role: str | None = None, by: Acting | None = None
) -> AbstractContextManager[Scope, None]: ...
@overload
def acting_as(
    target: AsyncScope, clerk_id: str | None, *, role: str | None = None, by: Acting | None = None
) -> AbstractAsyncContextManager[AsyncScope, None]: ...
def acting_as(target: Any, clerk_id: str | None, *, role: str | None = None, by: Acting | None = None) -> Any:
    """A block in which a session or connection executes every statement as this person, in this role.

    `clerk_id` is the id of the identity provider, as in ``users.clerk_id``; None is nobody, who sees no row.
    The login role must be a member of `role`; None is the role of a person. `by` names the setting and the
    roles; None: those of the configured application.

    * Every transaction of the block begins with a statement that sets both. An open transaction gets them at
      the start of the block, and its former settings at the end.
    * Pending objects of a session belong to the identity that added them, so the session is flushed at the
      start and at the end. At the start, and at the end within an outer block, loaded objects are expired:
      the next identity may not be allowed to see them.
    * An error that leaves the block rolls back the transaction or its innermost savepoint. The caller
      commits.
    * If the settings cannot be set, the connection is invalidated: no statement runs with the login's
      privileges.
    * A scoped session means the session of the current scope. Call `remove()` after the block: the next
      session of the scope has the privileges of the login. The end of the block refuses another session.

    Raises IdentityError for an id that PostgreSQL cannot store, a login that is no member of the role, a
    closed connection, and AUTOCOMMIT, in which the settings end before the first query.
    """
    by = by or _acting()
    identity = Identity(_checked(clerk_id), by.user if role is None else role, by)
    if identity.role not in by.roles:
        raise IdentityError(f"The role {role!r} is none of {', '.join(by.roles)}.")
    if isinstance(getattr(target, "registry", None), ScopedRegistry):
        return _scoped(target, identity)
    if hasattr(target, "run_sync"):
        return _AsyncBlock(target, identity)
    if isinstance(target, (Session, sa.Connection)):
        return _Block(target, identity)
    raise IdentityError(f"acting_as() needs a session or a connection, not {type(target).__name__}.")


@cache
def _acting() -> Acting:
    """The setting and roles of the configured application; cached, because the look-up reads files."""
    app = find()
    if app.acting is None:
        raise IdentityError(f"The application {app.name} has no acting=: declare it with acting=Acting(...).")
    return app.acting


def _checked(clerk_id: object) -> str:
    if clerk_id is None:
        return ""
    if not isinstance(clerk_id, str):
        raise IdentityError(f"The id of a person is a string or None, not {type(clerk_id).__name__}.")
    if not clerk_id:
        raise IdentityError("The id of the person is empty: pass None when nobody is signed in.")
    if "\0" in clerk_id or any("\ud800" <= character <= "\udfff" for character in clerk_id):
        raise IdentityError("The id of the person holds a character that PostgreSQL cannot store.")
    return clerk_id


class _Acting:
    """The identities of the open blocks of one session or connection, the innermost last."""

    def __init__(self) -> None:
        self.identities: list[Identity] = []
        self.before: WeakKeyDictionary[sa.Connection, Identity] = WeakKeyDictionary()

    def listen(self, target: Session | sa.Connection) -> None:
        if isinstance(target, Session):
            sa.event.listen(target, "after_begin", self.after_begin)
        else:
            sa.event.listen(target, "begin", self.begin)
            sa.event.listen(target, "begin_twophase", self.begin_twophase)

    def forget(self, target: Session | sa.Connection) -> None:
        if isinstance(target, Session):
            sa.event.remove(target, "after_begin", self.after_begin)
        else:
            sa.event.remove(target, "begin", self.begin)
            sa.event.remove(target, "begin_twophase", self.begin_twophase)

    def after_begin(self, _: Session, transaction: SessionTransaction, connection: sa.Connection) -> None:
        if transaction.nested:
            return  # a savepoint keeps the settings
        try:
            self.apply(connection)
        except BaseException as error:
            connection.invalidate(error)  # otherwise the session would continue to use the connection
            raise

    def begin(self, connection: sa.Connection) -> None:
        try:
            self.apply(connection)
        except BaseException:
            connection.close()  # otherwise the next statement would begin a transaction without this event
            raise

    def begin_twophase(self, connection: sa.Connection, _: object) -> None:
        connection.close()
        raise IdentityError(
            "A two-phase transaction of a connection cannot act as a person: use Session(twophase=True)."
        )

    def apply(self, connection: sa.Connection) -> None:
        former = set_identity(connection, self.identities[-1])
        # the former settings may be those of this block, if the session's transaction uses an open connection
        is_ours = any(former[:2] == identity[:2] for identity in self.identities)
        if not is_ours or connection not in self.before:
            self.before[connection] = former

    def restore(self, connection: sa.Connection) -> None:
        set_identity(connection, self.outer(connection))

    def outer(self, connection: sa.Connection) -> Identity:
        """The identity of a connection after the block that has been taken from `identities`."""
        return self.identities[-1] if self.identities else self.before[connection]


_ACTING: WeakKeyDictionary[Session | sa.Connection, _Acting] = WeakKeyDictionary()


class _Block(Generic[Target]):
    def __init__(self, target: Target, identity: Identity) -> None:
        self._target = target
        self._identity = identity
        self._restored = False

    def __enter__(self) -> Target:
        target = self._target
        if isinstance(target, sa.Connection) and target.closed:
            raise IdentityError("The connection is closed: nobody can act on it.")
        if isinstance(target, Session):
            target.flush()
            target.expire_all()
        self._former = _innermost(target)
        acting = _ACTING.get(target)
        if acting is None:
            acting = _ACTING[target] = _Acting()
            acting.listen(target)
        acting.identities.append(self._identity)
        try:
            for connection in _in_transaction(target):
                acting.apply(connection)
        except BaseException:
            self._end()
            self._leave(acting, failed=True)
            raise
        return target

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None and isinstance(self._target, Session):
                self._target.flush()
        except BaseException as failure:
            error = failure
            raise
        finally:
            acting = self._end()
            try:
                if error is not None:
                    self._roll_back(acting)
            finally:
                self._leave(acting, failed=error is not None)

    def _end(self) -> _Acting:
        acting = _ACTING[self._target]
        acting.identities.pop()
        if not acting.identities:
            del _ACTING[self._target]
            acting.forget(self._target)
        return acting

    def _roll_back(self, acting: _Acting) -> None:
        """Roll back the transactions and savepoints of the block, and the innermost outside of it."""
        target = self._target
        while (innermost := _innermost(target)) is not None:
            if innermost is self._former and isinstance(target, sa.Connection):
                # SQLAlchemy refuses statements on a connection whose savepoint ended before its block:
                # ROLLBACK TO SAVEPOINT restores the settings
                restore_after_rollback(target, acting.outer(target))
                self._restored = True
            innermost.rollback()
            if innermost is self._former:
                return

    def _leave(self, acting: _Acting, *, failed: bool) -> None:
        target = self._target
        if acting.identities and isinstance(target, Session):
            target.expire_all()
        if self._restored:
            return
        try:
            for connection in list(acting.before):
                if not connection.closed and not connection.invalidated and connection.in_transaction():
                    acting.restore(connection)
        except BaseException as error:
            target.rollback()  # the settings end with their transaction
            aborted = isinstance(error, DBAPIError) and sqlstate(error) == _ABORTED
            if not failed and not aborted:
                raise


def _scoped(scope: Any, identity: Identity) -> Any:
    """The block of the scope's session; the block's value is the scope."""
    session = scope()
    if hasattr(session, "run_sync"):
        return _AsyncScopeBlock(session, identity, scope)
    return _ScopeBlock(session, identity, scope)


class _AsyncBlock(Generic[AsyncTarget]):
    def __init__(self, target: AsyncTarget, identity: Identity) -> None:
        self._target = target
        self._identity = identity

    async def __aenter__(self) -> AsyncTarget:
        if getattr(self._target, "sync_connection", self) is None:
            raise IdentityError("The connection is not open: await it before acting_as().")
        await self._target.run_sync(self._enter)
        return self._target

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._target.run_sync(lambda _: self._block.__exit__(kind, error, trace))

    def _enter(self, target: Session | sa.Connection) -> None:
        self._block = _Block(target, self._identity)
        self._block.__enter__()


class _ScopeBlock(_Block[Any]):
    def __init__(self, session: Session, identity: Identity, scope: Any) -> None:
        super().__init__(session, identity)
        self._scope = scope

    def __enter__(self) -> Any:
        super().__enter__()
        return self._scope

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        _require_same(self._scope, self._target, error)


class _AsyncScopeBlock(_AsyncBlock[Any]):
    def __init__(self, session: AsyncSession, identity: Identity, scope: Any) -> None:
        super().__init__(session, identity)
        self._scope = scope

    async def __aenter__(self) -> Any:
        await super().__aenter__()
        return self._scope

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await super().__aexit__(kind, error, trace)
        _require_same(self._scope, self._target, error)


def _require_same(scope: Any, session: Any, error: BaseException | None) -> None:
    if error is None and scope.registry.has() and scope() is not session:
        raise IdentityError(
            "The scope created another session within acting_as(), which has the privileges of the "
            "login: call remove() after the block."
        )


def _in_transaction(target: Session | sa.Connection) -> list[sa.Connection]:
    if isinstance(target, sa.Connection):
        return [target] if target.in_transaction() else []
    transaction = target.get_transaction()
    held = upstream.connections(transaction) if transaction is not None else ()
    # by session.connection(), which first sends a SAVEPOINT that is still pending: its rollback must also
    # roll back the settings
    return [target.connection(bind_arguments={"bind": connection}) for connection in held]


def _innermost(target: Session | sa.Connection) -> sa.Transaction | SessionTransaction | None:
    return target.get_nested_transaction() or target.get_transaction()
