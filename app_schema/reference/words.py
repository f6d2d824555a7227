"""Policies, grants and triggers in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

import sqlalchemy as sa

from app_schema.ddl import Grant, Policy, Trigger
from app_schema.ddl.sql import DIALECT, sequence

_SHORT = {"TIMESTAMP WITH TIME ZONE": "timestamptz", "DOUBLE PRECISION": "float8"}
Phrases: TypeAlias = Iterable[tuple[str, str]]
"""Pairs of a regular expression and the words for it."""
_LAST = ((r"\bAND\b", "and"), (r"\bOR\b", "or"), (r"\bNOT\b", "not"))
_VERBS = {"SELECT": "see", "INSERT": "add", "UPDATE": "change", "DELETE": "delete", "ALL": "see and write"}


def type_name(column: sa.Column[Any]) -> str:
    """The type of a column, short and without its schema."""
    name = column.type.compile(dialect=DIALECT)
    return _SHORT.get(name, name.lower().rpartition(".")[2])


def condition(expression: str, phrases: Phrases = ()) -> str:
    """An expression of a policy, in which words replace the frequent conditions; the rest is SQL."""
    words = re.sub(r"\s+", " ", expression)
    for pattern, phrase in (*phrases, *_LAST):
        words = re.sub(pattern, phrase, words)
    return words


def policy(rule: Policy, phrases: Phrases = ()) -> str:
    """A policy as a sentence."""
    who = ", ".join(f"`{role}`" for role in sequence(rule.to))
    using = None if rule.using is None else condition(rule.using, phrases)
    check = None if rule.with_check is None else condition(rule.with_check, phrases)
    sentence = f"{who} may {_VERBS[rule.for_]} "
    if using == "true" and check in {None, "true"}:
        return f"{sentence}every row."
    sentence += f"rows where {using or check}"
    if using is not None and check is not None and check != using:
        sentence += f"; afterwards: {check}"
    return f"{sentence}."


def grants(declared: Iterable[Grant]) -> list[str]:
    """The grants of a table, a role a line."""
    by_role: dict[str, list[str]] = {}
    for grant in declared:
        words = ", ".join(sequence(grant.privileges))
        columns = f" ({', '.join(f'`{name}`' for name in sequence(grant.columns))})" if grant.columns else ""
        by_role.setdefault(grant.to, []).append(f"{words}{columns}")
    return [f"`{role}`: {'; '.join(words)}." for role, words in sorted(by_role.items())]


def trigger(rule: Trigger) -> str:
    """A trigger as a sentence."""
    when, events = next(
        (name, getattr(rule, name)) for name in ("before", "after", "instead_of") if getattr(rule, name)
    )
    moment = f"{when.replace('_', ' ')} {', '.join(sequence(events))}"
    return f"`{rule.name}`: {moment}{f', when `{rule.when}`' if rule.when else ''}: `{rule.execute}`."
