"""All checks in one round trip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import Connection, MetaData

from app_schema.audit import (
    column,
    constraint,
    function,
    grant,
    index,
    key,
    name,
    policy,
    role,
    row_security,
    view,
)
from app_schema.audit import sequence as sequences
from app_schema.audit.check import SETS, Check
from app_schema.audit.finding import SEVERITIES, Finding, Waiver
from app_schema.catalog import read
from app_schema.ddl.sql import literal
from app_schema.errors import ConfigurationError

CHECKS: tuple[Check, ...] = (
    *row_security.CHECKS,
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


def audit(
    connection: Connection, metadata: MetaData | None = None, *, waivers: Sequence[Waiver] = ()
) -> list[Finding]:
    """What the checks find in the connection's database, the worst first. Nothing is changed.

    :param metadata: what is declared; without it nothing is known of words that a column of text may hold.
    :param waivers: findings that are accepted; one that covers nothing is a finding itself.
    :raises ConfigurationError: where a waiver names no check of ours or gives no reason.
    """
    reasons = _reasons(waivers)
    found = list(_found(connection, metadata))
    used = {(one.check, one.object) for one in found}
    found = [replace(one, waived=reasons.get((one.check, one.object))) for one in found]
    found += _unused(waiver for waiver in waivers if (waiver.check, waiver.object) not in used)
    return sorted(found, key=lambda one: (SEVERITIES.index(one.severity), one.check, one.object, one.message))


def _found(connection: Connection, metadata: MetaData | None) -> Iterator[Finding]:
    stated = "\nUNION ALL ".join(
        f"SELECT {literal(one.name)} AS name, q.* FROM ({one.query}) AS q (severity, object, message, mend)"
        for one in CHECKS
        if one.judge is None
    )
    facts = list(dict.fromkeys(one.query for one in CHECKS if one.judge is not None))
    first, *others = read(connection, *(f"WITH {SETS}\n{one}" for one in (stated, *facts)))
    yield from (Finding(*row) for row in first)
    rows = dict(zip(facts, others, strict=True))
    for one in CHECKS:
        if one.judge is not None:
            yield from one.judge(one.name, rows[one.query], metadata)


def _reasons(waivers: Sequence[Waiver]) -> dict[tuple[str, str], str]:
    names = {one.name for one in CHECKS}
    for waiver in waivers:
        if waiver.check not in names:
            raise ConfigurationError(
                f"a waiver names the check {waiver.check!r}; there are {', '.join(sorted(names))}."
            )
        if not waiver.reason.strip():
            raise ConfigurationError(f"the waiver of {waiver.check} for {waiver.object} gives no reason.")
    return {(one.check, one.object): one.reason for one in waivers}


def _unused(waivers: Iterator[Waiver]) -> Iterator[Finding]:
    for waiver in waivers:
        yield Finding(
            UNUSED,
            "warning",
            waiver.object,
            f"a waiver of {waiver.check} covers nothing: {waiver.reason}",
            "-- take the waiver out of the configuration",
        )
