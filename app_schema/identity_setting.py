"""Sets the person and the role of a transaction, in one statement."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import RollbackToSavepointClause

from app_schema.application import Acting
from app_schema.errors import IdentityError

# set_config('role', ..., true) is SET LOCAL ROLE with a bind value, in the same round trip. The CTE is
# MATERIALIZED, so that PostgreSQL reads the former settings before set_config() changes them.
_SET = """
    WITH before AS MATERIALIZED (
      SELECT pg_catalog.current_setting(:setting, true) AS person,
             pg_catalog.current_setting('role') AS role{before})
    SELECT coalesce(person, ''), role,
           pg_catalog.set_config(:setting, :person, true),
           pg_catalog.set_config('role', :role, true){further}
      FROM before
"""
_PLAIN = sa.text(_SET.format(before="", further=""))
_KNOWN = _SET.format(
    before=", pg_catalog.current_setting(:cache, true) AS known",
    further=""",
           pg_catalog.set_config(:cache, coalesce(:known, {known}, ''), true),
           coalesce(known, ''), {inherits}""",
)
# PostgreSQL checks EXECUTE on a function at the start of the statement, before the role is set. So only a
# login that inherits the privileges of the role looks the person up here; for any other login the first query
# does.
_INHERITS = """(
             SELECT pg_catalog.pg_has_role(session_user, r.oid, 'USAGE')
                    AND pg_catalog.to_regprocedure(:function) IS NOT NULL
               FROM pg_catalog.pg_roles AS r WHERE r.rolname = :role)"""
_ASKING = sa.text(_KNOWN.format(known="NULL", inherits=_INHERITS))
_INHERITED: WeakKeyDictionary[sa.Engine, set[str]] = WeakKeyDictionary()
"""The roles whose privileges the login of an engine inherits, in a database with the look-up function."""
_CURRENT: WeakKeyDictionary[sa.Connection, Identity | None] = WeakKeyDictionary()
"""The identity of a connection's transaction; None between transactions."""
_NO_SUCH_ROLE, _NOT_PERMITTED = "22023", "42501"


class Identity(NamedTuple):
    """The values of the settings; no person is the empty string, no role is ``none``.

    `known` is the database's data about the person; None: to be looked up.
    """

    person: str
    role: str
    by: Acting
    known: str | None = None


def set_identity(connection: sa.Connection, identity: Identity) -> Identity:
    """Set person and role for the transaction, whichever savepoint ends; returns the former values."""
    former = _set(connection, identity)
    restore_after_rollback(connection, identity)
    return former


def restore_after_rollback(connection: sa.Connection, identity: Identity) -> None:
    """Has this identity set again when a rollback to a savepoint has reset the settings.

    PostgreSQL resets them to those at the start of the savepoint: to another person's, if the savepoint began
    before the block, or in an inner block that has ended.
    """
    if connection not in _CURRENT:
        sa.event.listen(connection, "after_execute", _executed)
        for end in ("commit", "rollback", "commit_twophase", "rollback_twophase"):
            sa.event.listen(connection, end, _ends)
    _CURRENT[connection] = identity


def _executed(connection: sa.Connection, statement: object, *_: object) -> None:
    if not isinstance(statement, RollbackToSavepointClause):
        return
    if (identity := _CURRENT[connection]) is None:
        return  # the savepoint is of a transaction without an identity
    try:
        _set(connection, identity)
    except BaseException as error:
        connection.invalidate(error)
        raise


def _ends(connection: sa.Connection, *_: object) -> None:
    _CURRENT[connection] = None


def _set(connection: sa.Connection, identity: Identity) -> Identity:
    if getattr(connection.connection.dbapi_connection, "autocommit", False):
        raise IdentityError(
            "The connection is in AUTOCOMMIT, where an identity ends with the statement that sets it: "
            "use an engine with another isolation level."
        )
    by, inherited = identity.by, _INHERITED.setdefault(connection.engine, set())
    values: dict[str, str | None] = {"setting": by.setting, "person": identity.person, "role": identity.role}
    try:
        if by.known is None:
            person, role, *_ = connection.execute(_PLAIN, values).one()
            return Identity(person, role, by)
        values |= {"cache": by.known[0], "known": identity.known}
        if identity.role in inherited:
            statement = _looking_up(by.known[1])
        else:
            statement, values["function"] = _ASKING, by.known[1]
        person, role, *_, known, inherits = connection.execute(statement, values).one()
    except DBAPIError as error:
        inherited.discard(identity.role)  # the login may have lost the role, or the database the function
        if reason := _refusal(connection, identity.role, error):
            raise IdentityError(reason) from error
        raise
    if inherits:
        inherited.add(identity.role)
    return Identity(person, role, by, known)


@cache
def _looking_up(call: str) -> sa.TextClause:
    return sa.text(_KNOWN.format(known=call, inherits="true"))


def _refusal(connection: sa.Connection, role: str, error: DBAPIError) -> str | None:
    if sqlstate(error) == _NO_SUCH_ROLE:
        return f"The role {role} does not exist on this server: run `alembic upgrade head`."
    if sqlstate(error) != _NOT_PERMITTED:
        return None
    login = connection.engine.url.username
    member = connection.dialect.identifier_preparer.quote(login) if login else "the login role"
    return f"The login may not act as {role}, because it is no member: GRANT {role} TO {member};"


def sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)
