"""Policies that permit rows or actions unintentionally."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app_schema.audit.check import Check, Known, Row
from app_schema.audit.finding import Finding
from app_schema.audit.policy import FACTS, ReflectedPolicy, policies
from app_schema.ddl.object import Key
from app_schema.ddl.sql import ident


def _always_true(check: str, rows: Sequence[Row], known: Known) -> Iterator[Finding]:
    for policy in policies(rows):
        if roles := policy.open_to(known):
            clauses = " and ".join(policy.always)
            yield Finding(
                check,
                "error",
                policy.words,
                f"its {clauses} is true for every row, so the table is open to {', '.join(roles)}, "
                "whatever other policies say",
                _closed(policy, roles),
            )


def _closed(policy: ReflectedPolicy, roles: Sequence[str]) -> str:
    kept = [role for role in policy.roles if role not in roles]
    on = f"{policy.name} ON {policy.table}"
    return f"ALTER POLICY {on} TO {', '.join(kept)};" if kept else f"DROP POLICY {on};"


def _undeclared(check: str, rows: Sequence[Row], known: Known) -> Iterator[Finding]:
    for policy in policies(rows):
        if not policy.permissive or policy.declared(known):
            continue
        schema, table, name = policy.key
        label = Key("policy", schema, table, name).label
        yield Finding(
            check,
            "error",
            policy.words,
            "nobody declared it, and no other permissive policy can hide the rows that it admits",
            f"DROP POLICY {ident(name)} ON {policy.table};",
            waived=next((accepted.reason for accepted in known.accepted if accepted.matches(label)), None),
        )


CHECKS = (
    Check("policy_is_always_true", FACTS, _always_true),
    Check("policy_is_not_declared", FACTS, _undeclared),
)
