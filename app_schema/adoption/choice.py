"""The choices for rows that violate a rule, as entries of `adopt.toml`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_schema.adoption.mend import primary_key
from app_schema.adoption.rules import CASTS, DeclaredRule
from app_schema.ddl import Key
from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.sql import ident, qualified

if TYPE_CHECKING:
    from app_schema.adoption.look import Look

_ASK = "..."
"""The placeholder for a value that a person must enter."""


@dataclass(frozen=True)
class Choice:
    """A choice in words, and as an entry of `adopt.toml`."""

    words: str
    toml: str


def choices(look: Look, rule: DeclaredRule) -> Iterator[Choice]:
    """The choices for a rule; the last choice moves the rows aside."""
    where = _condition(look, rule)
    for column in rule.columns:
        definition = look.sides.declared[Key("column", *rule.table, column)]
        part = PrintedColumn.of(definition)
        if Key("column", *rule.table, column) not in look.sides.reflected:
            yield from _choices_of_column(look, rule, column)
            continue
        if column in primary_key(look, rule.table):
            continue  # old values are restored by the key
        if rule.returned:
            yield _set(rule, column, rule.returned, where, "the part that the new type holds")
        if rule.kind == "enum label":
            value = f"lower(replace({ident(column)}, '-', '_'))"
            yield _set(rule, column, value, where, "the label with its hyphens as underscores")
        if part.how == "DEFAULT" and rule.kind == "NOT NULL":
            yield _set(rule, column, part.expression, where, "the default")
        if part.nullable:
            yield _set(rule, column, "NULL", where, "NULL")
        if rule.kind == "unique" and part.type == "text":
            key = primary_key(look, rule.table)[0]
            value = f"{ident(column)} || ' (' || {ident(key)} || ')'"
            yield _set(rule, column, value, where, "another key for all but the newest")
        if rule.kind in {"CHECK", "NOT NULL", *CASTS}:
            yield _set(rule, column, _ASK, where, "a value")
    words = "all but the newest moved aside" if rule.among else "the rows moved aside"
    yield Choice(words, f"[[move]]\ntable = {_text('.'.join(rule.table))}\nwhere = {_text(where)}\n")


def _condition(look: Look, rule: DeclaredRule) -> str:
    """The condition of the rows to change: of rows that exclude each other all but the newest."""
    schema, name = rule.table
    keys = primary_key(look, rule.table)
    if any(Key("column", *rule.table, column) not in look.sides.reflected for column in rule.columns):
        shown = ", ".join(map(ident, keys))
        return f"({shown}) IN (SELECT {shown} FROM ({rule.query}) AS broken)"
    if not rule.among:
        return rule.before or rule.where
    key = keys[0]
    has_time = Key("column", *rule.table, "created_at") in look.sides.reflected
    newest = ["created_at", ident(key)] if has_time else [ident(key)]
    later, mine = (", ".join(f"{source}.{part}" for part in newest) for source in ("newer", ident(name)))
    numbered = ", ".join(f"{expression} AS k{number}" for number, expression in enumerate(rule.among))
    only = f" WHERE {rule.predicate}" if rule.predicate else ""
    rows = f"(SELECT {', '.join(newest)}, {numbered} FROM {qualified(name, schema)}{only})"
    newer_exists = f"EXISTS (SELECT FROM {rows} AS newer WHERE {rule.overlaps} AND ({later}) > ({mine}))"
    return f"({rule.predicate}) AND {newer_exists}" if rule.predicate else newer_exists


def _choices_of_column(look: Look, rule: DeclaredRule, column: str) -> Iterator[Choice]:
    """The choices for a new column: a value for each value of a text column, or a single value."""
    table = _text(".".join(rule.table))
    texts = [
        key.name
        for key, definition in look.sides.reflected.items()
        if key[:3] == ("column", *rule.table) and PrintedColumn.of(definition).type == "text"
    ]
    if texts:
        entry = (
            f"[[set]]\ntable = {table}\ncolumn = {_text(column)}\nfrom = {_text(texts[0])}\n"
            f'values = {{ "{_ASK}" = "{_ASK}" }}\n'
        )
        yield Choice(f"a value for each {texts[0]}", entry)
    yield _set(rule, column, _ASK, "true", "a value")


def _set(rule: DeclaredRule, column: str, value: str, where: str, words: str) -> Choice:
    entry = (
        f"[[set]]\ntable = {_text('.'.join(rule.table))}\ncolumn = {_text(column)}\n"
        f"value = {_text(value)}\nwhere = {_text(where)}\n"
    )
    return Choice(f"{column}: {words}", entry)


def _text(text: str) -> str:
    """A string of TOML."""
    if "'" not in text and "\n" not in text:
        return f"'{text}'" if '"' in text else f'"{text}"'
    return f"'''{text}'''"
