"""What nobody declared, hangs on something that changes, and is not valid afterwards: no revision is written.

An index on ``lower(kind)`` cannot be created again once ``kind`` is an enum. Each such definition is tried in
the scratch database, beside what is declared, before anything is planned.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from app_schema.catalog import borrowed
from app_schema.catalog.scratch import on_borrowed
from app_schema.ddl import Key, Policy
from app_schema.ddl.sql import dollar, ident, literal, qualified
from app_schema.errors import ModelError
from app_schema.migrations.compare import refusal
from app_schema.migrations.compare.printed_column import parts
from app_schema.migrations.compare.reworded import reworded

if TYPE_CHECKING:
    from app_schema.catalog.dependents import Blocked
    from app_schema.migrations.compare.comparison import Comparison

_SCHEMA = "app_schema_unfit"
_REFUSED = f"{_SCHEMA}.refused"
"""A table of the scratch database. The comment on a column is the reason why a statement was refused."""
_ATTEMPT = f"""\
BEGIN
  EXECUTE {{statement}};
EXCEPTION WHEN OTHERS THEN
  EXECUTE format('COMMENT ON COLUMN {_REFUSED}.%I IS %L', {{column}}, SQLERRM);
END"""
_OTHER = "other"
_HEIR = re.compile(r"INHERITS \(.*\)")
_KEY = re.compile("PRIMARY KEY|UNIQUE|CREATE UNIQUE INDEX")
"""Begins what a foreign key may refer to."""
_DEFAULTS = {"default", "own_default"}
_PARTS = {**dict.fromkeys(_DEFAULTS, ("the default of ", "column")), "of_row_type": ("", "column")}
"""The kinds of dependents.sql that no snapshot has: how a refusal names them."""
_VIEWS = {"view", "materialized_view"}
_ON_A_TABLE = {"policy", "trigger", "rule"}


def refuse(comparison: Comparison, blocked: list[Blocked], dependents: list[Key]) -> None:
    """Refuses the revision where something undeclared cannot be created again after the changes.

    :param blocked: what changes.
    :param dependents: what hangs on it, prerequisites first.
    :raises ModelError: with the object, the reason, and the line to write.
    """
    tried: dict[Key, str] = {}
    for key in dependents:
        if key.kind == "publication":
            raise in_the_way(comparison, blocked, key, "its row filter cannot be created again")
        if key.kind == "of_row_type":
            raise in_the_way(comparison, blocked, key, "its type is the row type of the view")
        if _stays(comparison, key) and (statement := _creation(comparison, key)) is not None:
            tried[key] = statement
    for key, reason in _reasons(comparison, tried).items():
        raise in_the_way(comparison, blocked, key, reason)


def in_the_way(comparison: Comparison, blocked: list[Blocked], key: Key, reason: str) -> ModelError:
    """The refusal: what changes, what hangs on it, why that cannot come back, and the line to write."""
    cause = next(one.key for one in blocked if key in comparison.dependents([one]) or key == one.key)
    prefix, kind = _PARTS.get(key.kind, ("", key.kind))
    return refusal.in_the_way(prefix + Key(kind, *key[1:]).label, cause.label, reason, _drop(key))


def _stays(comparison: Comparison, key: Key) -> bool:
    """True if the object is to come back as it was found, and stands in no declaration."""
    place = Key("column", *key[1:]) if key.kind in _DEFAULTS else key
    return (
        place in comparison.found
        and place not in comparison.wanted
        and comparison.recreate_from(place) == "found"
    )


def _creation(comparison: Comparison, key: Key) -> str | None:
    """The statement that creates an object as it was found; None for what no revision can create."""
    found = comparison.found.get(key, "")
    if key.kind in _DEFAULTS:
        expression = parts(comparison.found[Key("column", *key[1:])]).expression
        return f"{_alter(key)} ALTER COLUMN {ident(key.name)} SET DEFAULT {expression}"
    if key.kind == "column":
        return _add_column(key, found)
    try:
        one = comparison.reflect(key, reworded(comparison, key, found) if _is_check(key, found) else found)
    except ModelError:
        return None
    if isinstance(one, Policy):  # a scratch server may have other roles
        one = dataclasses.replace(one, to=["PUBLIC"])
    return one.create_sql()[0]


def _is_check(key: Key, found: str) -> bool:
    return key.kind == "constraint" and found.startswith("CHECK")


def _drop(key: Key) -> str:
    """The statement that drops an object."""
    bare, opening, arguments = key.name.partition("(") if key.kind == "function" else (key.name, "", "")
    name, kind = ident(bare), key.kind.replace("_", " ").upper()
    if key.kind in _DEFAULTS:
        return f"{_alter(key)} ALTER COLUMN {name} DROP DEFAULT"
    if key.kind == "publication":
        return f"ALTER PUBLICATION {name} DROP TABLE {qualified(key.table or '', key.schema)}"
    if key.kind in {"column", "of_row_type", "constraint"}:
        return f"{_alter(key)} DROP {'CONSTRAINT' if key.kind == 'constraint' else 'COLUMN'} {name}"
    if key.kind in _ON_A_TABLE:
        return f"DROP {kind} {name} ON {qualified(key.table or '', key.schema)}"
    return f"DROP {kind} {ident(key.schema or '')}.{name}{opening}{arguments}"


def _alter(key: Key) -> str:
    return f"ALTER TABLE {qualified(key.table or '', key.schema)}"


def _add_column(key: Key, printed: str) -> str:
    part = parts(printed)
    how = "STORED" if part.how == "GENERATED STORED AS" else "VIRTUAL"
    generated = f" GENERATED ALWAYS AS ({part.expression}) {how}" if part.generated else ""
    return f"{_alter(key)} ADD COLUMN IF NOT EXISTS {ident(key.name)} {part.type}{generated}"


def _reasons(comparison: Comparison, tried: Mapping[Key, str]) -> dict[Key, str]:
    """The objects whose statements PostgreSQL refuses beside what is declared, each with the reason."""
    if not tried:
        return {}
    numbers = {f"n{number}": key for number, key in enumerate(tried)}
    others = list(_named(comparison, tried))
    declared = comparison.declared.statements()
    lent = borrowed.used(
        comparison.connection, [*declared, *others, *tried.values()], comparison.declared.objects
    )
    columns = ", ".join(f"{name} integer" for name in [_OTHER, *numbers])
    snapshot = comparison.in_scratch(
        [
            f"CREATE SCHEMA {_SCHEMA}",
            f"CREATE TABLE {_REFUSED} ({columns})",
            *on_borrowed([_attempt(_OTHER, line) for one in lent for line in one.statements], declared),
            *(_attempt(_OTHER, one) for one in others),
            *(_attempt(name, tried[key]) for name, key in numbers.items()),
        ]
    )
    comments = {name: Key("comment", _SCHEMA, "refused", name) for name in numbers}
    return {numbers[name]: snapshot[one] for name, one in comments.items() if one in snapshot}


def _attempt(column: str, statement: str) -> str:
    return "DO " + dollar(
        _ATTEMPT.format(statement=dollar(statement, "tried"), column=literal(column)), "try"
    )


def _named(comparison: Comparison, tried: Mapping[Key, str]) -> Iterator[str]:
    """What else is found and not declared, and is named by what is tried: tables, columns, keys, views."""
    others = [key for key in comparison.found if key not in comparison.wanted and key not in tried]
    words = borrowed.words([*tried.values(), *(key.table or "" for key in tried)])
    views: set[Key] = set()
    while more := {key for key in others if key.kind in _VIEWS and key.name in words} - views:
        views |= more
        words |= borrowed.words(comparison.found[key] for key in more)
    named = [key for key in others if (key.table or key.name) in words]
    tables = [key for key in named if key.kind == "table"]
    yield from (f"CREATE SCHEMA {ident(key.name)}" for key in others if key.kind == "schema")
    for key in sorted(tables, key=lambda one: len(_heir(comparison, one))):  # parents before their heirs
        yield f"CREATE TABLE {qualified(key.name, key.schema)} {_heir(comparison, key) or '()'}"
    for key in named:
        if key.kind == "column":
            yield _add_column(key, comparison.found[key].partition(" GENERATED ")[0])
    for key in named:
        if _KEY.match(comparison.found[key]):
            yield comparison.reflect(key, comparison.found[key]).create_sql()[0]
    for key in sorted(views, key=comparison.layers.depth):
        yield comparison.reflect(key, comparison.found[key]).create_sql()[0]


def _heir(comparison: Comparison, table: Key) -> str:
    """Where the columns of a table come from, if another table has them first."""
    partition = comparison.found.get(Key("partition", *table[1:]))
    inherits = _HEIR.search(comparison.found[table])
    return f"PARTITION {partition}" if partition else f"() {inherits[0]}" if inherits else ""
