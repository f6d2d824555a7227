"""All checks in one round trip."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import psycopg
from sqlalchemy import Connection, MetaData
from sqlalchemy.exc import DBAPIError

from app_schema.audit import (
    column,
    constraint,
    function,
    grant,
    index,
    key,
    name,
    open_policy,
    policy,
    role,
    row_security,
    view,
)
from app_schema.audit import sequence as sequences
from app_schema.audit.check import SERVICE_ROLES, Check, Known, sets
from app_schema.audit.finding import SEVERITIES, Finding, Waiver
from app_schema.catalog import read
from app_schema.ddl.sql import literal
from app_schema.errors import ConfigurationError, ServerError
from app_schema.project import Accepted

CHECKS: tuple[Check, ...] = (
    *row_security.CHECKS,
    *open_policy.CHECKS,
    *policy.CHECKS,
    *function.CHECKS,
    *view.CHECKS,
    *grant.CHECKS,
    *role.CHECKS,
    *key.CHECKS,
    *index.CHECKS,
    *constraint.CHECKS,
    *column.CHECKS,
    *sequences.CHECKS,
    *name.CHECKS,
)
UNUSED = "unused_waiver"
_ROLE = "SELECT pg_catalog.quote_ident(current_user)"
_RIGHTS = {
    "schema": "USAGE ON SCHEMA",
    "table": "SELECT ON",
    "view": "SELECT ON",
    "sequence": "SELECT ON SEQUENCE",
    "function": "EXECUTE ON FUNCTION",
}
"""Object of "permission denied" -> the privilege that a query needs."""


def audit(
    connection: Connection,
    metadata: MetaData | None = None,
    *,
    waivers: Sequence[Waiver] = (),
    carried: Sequence[Waiver] = (),
    service_roles: Collection[str] = SERVICE_ROLES,
    accepted: Sequence[Accepted] = (),
    touch: str | None = None,
) -> list[Finding]:
    """The findings in the database of the connection, most severe first. Changes nothing.

    :param metadata: the declared side, in whose schemas objects are checked; without it every schema is
        checked, and the labels of text columns are unknown.
    :param waivers: accepted findings; an unused waiver is a finding.
    :param carried: waivers of the application; an unused waiver of these is no finding.
    :param service_roles: the roles that may see all rows by a policy.
    :param accepted: undeclared objects to keep.
    :param touch: the call that sets ``updated_at``, proposed for a table without such a trigger.
    :raises ConfigurationError: if a waiver names an unknown check, has no reason, or has a condition that
        PostgreSQL cannot parse.
    :raises ServerError: if the role may not read what a condition reads.
    """
    waiver_of = _by_finding([*carried, *waivers])
    findings = list(_findings(connection, Known(metadata, service_roles, accepted, touch)))
    used = {(finding.check, finding.object) for finding in findings}
    applicable = _applicable(connection, [waiver for place, waiver in waiver_of.items() if place in used])
    findings = [
        _waived(finding, waiver_of.get((finding.check, finding.object)), applicable) for finding in findings
    ]
    findings += _unused(waiver for waiver in waivers if (waiver.check, waiver.object) not in used)
    return sorted(findings, key=_severity)


def _severity(finding: Finding) -> tuple[int, str, str, str]:
    return SEVERITIES.index(finding.severity), finding.check, finding.object, finding.message


def _waived(finding: Finding, waiver: Waiver | None, applicable: Collection[Waiver]) -> Finding:
    if waiver is None:
        return finding
    if waiver in applicable:
        return replace(finding, waived=waiver.reason)
    ended = f"{finding.message}; the condition of its waiver is not true: {waiver.condition}"
    return replace(finding, message=ended)


def _applicable(connection: Connection, waivers: Sequence[Waiver]) -> list[Waiver]:
    """The waivers whose condition is true."""
    if not waivers:
        return []
    try:
        answers = read(connection, *(f"SELECT coalesce(({waiver.condition}), false)" for waiver in waivers))
    except (psycopg.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        message = str(cause).partition("\n")[0]
        if isinstance(cause, psycopg.errors.InsufficientPrivilege):
            raise ServerError(_missing_right(connection, message)) from None
        conditions = "; ".join(waiver.condition for waiver in waivers)
        raise ConfigurationError(
            f"a condition of a waiver is no query of one boolean ({message}): {conditions}"
        ) from None
    return [waiver for waiver, ((answer,),) in zip(waivers, answers, strict=True) if answer is True]


def _missing_right(connection: Connection, message: str) -> str:
    # a transaction of the caller is aborted, and answers no query
    is_readable = not connection.in_transaction()
    role = read(connection, _ROLE)[0][0][0] if is_readable else "the role of this connection"
    denied = re.search(r"for (schema|table|view|sequence|function) (\S+)$", message)
    grant = f"GRANT {_RIGHTS[denied[1]]} {denied[2]} TO {role}, or " if denied else ""
    return (
        f"The conditions of the waivers cannot be read by {role} ({message}): "
        f"{grant}audit as the owner of the tables."
    )


def _findings(connection: Connection, known: Known) -> Iterator[Finding]:
    stated = "\nUNION ALL ".join(
        f"SELECT {literal(check.name)} AS name, q.*"
        f"  FROM ({check.query}) AS q (severity, object, message, mend)"
        for check in CHECKS
        if check.judge is None
    )
    facts = list(dict.fromkeys(check.query for check in CHECKS if check.judge is not None))
    touch = "NULL" if known.touch is None else literal(known.touch)
    shared = f"WITH application AS (SELECT {touch}::text AS touch), {sets(known.metadata)}"
    first, *others = read(connection, *(f"{shared}\n{query}" for query in (stated, *facts)))
    yield from (Finding(*row) for row in first)
    rows = dict(zip(facts, others, strict=True))
    for check in CHECKS:
        if check.judge is not None:
            yield from check.judge(check.name, rows[check.query], known)


def _by_finding(waivers: Sequence[Waiver]) -> dict[tuple[str, str], Waiver]:
    names = {check.name for check in CHECKS}
    for waiver in waivers:
        if waiver.check not in names:
            raise ConfigurationError(
                f"a waiver names the unknown check {waiver.check!r}: use {', '.join(sorted(names))}."
            )
        if not waiver.reason.strip():
            raise ConfigurationError(f"the waiver of {waiver.check} for {waiver.object} has no reason.")
    return {(waiver.check, waiver.object): waiver for waiver in waivers}


def _unused(waivers: Iterator[Waiver]) -> Iterator[Finding]:
    for waiver in waivers:
        yield Finding(
            UNUSED,
            "warning",
            waiver.object,
            f"a waiver of {waiver.check} covers nothing: {waiver.reason}",
            "-- remove the waiver from the configuration",
        )
