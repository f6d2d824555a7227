"""The declared rules that existing rows violate, with exact counts and queries for these rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg

from app_schema.adoption.choices import MoveRows
from app_schema.adoption.future import Future, Table
from app_schema.adoption.mend import fills, mends, place, primary_key, required
from app_schema.adoption.narrowing import narrowing
from app_schema.ddl import Key
from app_schema.ddl.brackets import between_commas, enclosed
from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.printed import FOREIGN_KEY
from app_schema.ddl.sql import ident, unquoted
from app_schema.errors import ConfigurationError
from app_schema.loss import reading

if TYPE_CHECKING:
    from app_schema.adoption.look import Look

_INDEX = re.compile(r"CREATE UNIQUE INDEX .*? USING \w+ ")
_ORDER = re.compile(r"( (ASC|DESC|NULLS FIRST|NULLS LAST))+$")
CASTS = ("cast", "enum label")
_RANGE = re.compile(r"\b(\w+range)\((\w+), (\w+)\)")


@dataclass(frozen=True)
class DeclaredRule:
    """A declared rule that the database does not have yet.

    :param kind: CHECK, NOT NULL, unique, foreign key, exclusion, cast or enum label.
    :param where: the condition of a row that violates the rule.
    :param query: returns exactly these rows: their key, and the columns of the rule.
    :param among: for a unique key or an exclusion the expressions that must differ, among the rows of
        ``predicate``.
    :param before: ``where`` for rows of the old column types, if it differs.
    :param overlaps: the condition under which another row, with these expressions as ``k0``, ``k1`` and so
        on, excludes a row.
    :param returned: the part of a value that the new type holds, as a value of the old type.
    """

    object: str
    kind: str
    table: Table
    columns: tuple[str, ...]
    definition: str
    where: str
    query: str = ""
    rows: int = 0
    among: tuple[str, ...] = field(default=(), compare=False)
    predicate: str = ""
    overlaps: str = ""
    before: str = ""
    returned: str = ""

    @property
    def alone(self) -> bool:
        """A row violates the rule by itself, so one scan of the table counts all such rules."""
        return self.kind in {"CHECK", "NOT NULL"}


def broken(look: Look) -> list[DeclaredRule]:
    """Every violated rule, counted in one read-only transaction.

    :raises ConfigurationError: for an entry of `adopt.toml` that PostgreSQL cannot evaluate.
    """
    future = Future(look)
    connection: Any = look.connection
    with reading(connection, look.app):
        _refuse_wrong_choices(future, connection.connection.driver_connection)
    rules = [
        replace(rule, query=_query(future, rule))
        for rule in declared_rules(future)
        if not any(future.is_open(rule.table, column) for column in rule.columns)
    ]
    counts: dict[DeclaredRule, int] = {}
    with reading(connection, look.app):
        driver = connection.connection.driver_connection
        for table in dict.fromkeys(rule.table for rule in rules):
            own = [rule for rule in rules if rule.table == table and rule.alone]
            filters = ", ".join(f"count(*) FILTER (WHERE {rule.where})" for rule in own)
            if own:
                columns = {name for rule in own for name in rule.columns}
                counted = driver.execute(f"SELECT {filters} FROM {future.rows(table, columns)}".encode())
                counts.update(zip(own, counted.fetchone(), strict=True))
        for rule in rules:
            if not rule.alone:
                counted = driver.execute(f"SELECT count(*) FROM ({rule.query}) AS broken".encode())
                counts[rule] = counted.fetchone()[0]
    return [replace(rule, rows=counts[rule]) for rule in rules if counts[rule]]


def _refuse_wrong_choices(future: Future, driver: psycopg.Connection[Any]) -> None:
    for choice in [
        *mends(future.look),
        *(fill for fill in fills(future.look) if fill in future.look.choices.mends),
    ]:
        query = future.probe(choice)
        try:
            with driver.transaction():
                driver.execute(f"EXPLAIN {query}".encode())
        except psycopg.Error as error:
            raise ConfigurationError(
                f"adopt.toml: PostgreSQL cannot evaluate {choice.entry}: {error.diag.message_primary}."
            ) from error


def _query(future: Future, rule: DeclaredRule) -> str:
    keys = primary_key(future.look, rule.table)
    shown = ", ".join(
        f"{ident(rule.table[1])}.{ident(column)}" for column in dict.fromkeys((*keys, *rule.columns))
    )
    rows = future.rows(rule.table, rule.columns, converted=rule.kind not in CASTS)
    return f"SELECT {shown} FROM {rows} WHERE {rule.where}"


def declared_rules(future: Future) -> Iterator[DeclaredRule]:
    """The rules that the database does not have yet, uncounted."""
    look = future.look
    makers = {"constraint": _constraint, "index": _index, "column": _column}
    new = set(required(look))
    keys = set()
    for difference in look.comparison.differences:
        key, declared = difference.key, difference.left
        exists = Key("table", key.schema, None, key.table or "") in look.sides.reflected
        if (
            declared is not None
            and key.kind in makers
            and exists
            and _table(key) in look.sides.metadata.tables
        ):
            keys.add(key)
            yield from makers[key.kind](future, key, declared, difference.right, new)
    changed = _changed(look)
    for key, declared in look.sides.declared.items():
        if changed and key.kind in makers and key not in keys and key in look.sides.reflected:
            yield from (rule for rule in _existing(future, key, declared) if changed & _read(rule))


def _changed(look: Look) -> set[tuple[Table, str]]:
    """The columns that `adopt.toml` sets, and a column without a name for each table whose rows it moves."""
    return {
        (place(choice.table), "" if isinstance(choice, MoveRows) else choice.column) for choice in mends(look)
    }


def _read(rule: DeclaredRule) -> set[tuple[Table, str]]:
    """The columns on which a rule depends; for a foreign key those of the referred table, and its rows."""
    columns = {(rule.table, column) for column in rule.columns}
    if (match := FOREIGN_KEY.match(rule.definition)) is not None:
        referred = (unquoted(match["schema"]), unquoted(match["table"]))
        columns |= {(referred, unquoted(target)) for target in between_commas(match["targets"])}
        columns.add((referred, ""))
    return columns


def _existing(future: Future, key: Key, declared: str) -> Iterator[DeclaredRule]:
    """The rule that the database has already, and that a choice may violate."""
    if key.kind == "constraint":
        yield from _constraint(future, key, declared, None, set())
    elif key.kind == "index":
        yield from _index(future, key, declared, None, set())
    elif not PrintedColumn.of(declared).nullable:
        yield DeclaredRule(
            key.label, "NOT NULL", _table(key), (key.name,), "NOT NULL", f"{ident(key.name)} IS NULL"
        )


def _table(key: Key) -> Table:
    return (key.schema or "", key.table or "")


def _column(
    future: Future, key: Key, declared: str, reflected: str | None, new: set[Key]
) -> Iterator[DeclaredRule]:
    table, name = _table(key), ident(key.name)
    rule = partial(DeclaredRule, key.label, table=table, columns=(key.name,))
    becomes_required = not PrintedColumn.of(declared).nullable and (
        PrintedColumn.of(reflected).nullable if reflected is not None else key in new
    )
    if (table, key.name) in future.conversions:
        yield from _cast(future, key)
    if becomes_required:
        yield rule(kind="NOT NULL", definition="NOT NULL", where=f"{name} IS NULL")


def _cast(future: Future, key: Key) -> Iterator[DeclaredRule]:
    """Values that the cast would refuse, and values that it would not keep, in the rows before the cast."""
    table, type_ = _table(key), PrintedColumn.of(future.look.sides.declared[key]).type
    rule = partial(DeclaredRule, f"type of {key.label}", table=table, columns=(key.name,), definition=type_)
    if (unfit := future.unfit(table, key.name)) is not None:
        yield rule(kind="enum label" if "<> ALL" in unfit else "cast", where=unfit)
    if (narrow := narrowing(future, table, key.name)) is not None:
        yield rule(kind="cast", where=narrow.where, returned=narrow.returned)


def _constraint(
    future: Future, key: Key, declared: str, reflected: str | None, new: set[Key]
) -> Iterator[DeclaredRule]:
    del reflected, new
    table, printed = _table(key), future.expression(declared)
    if printed.startswith("CHECK "):
        inside, _ = enclosed(printed.removeprefix("CHECK "))
        yield _check(future, key, table, printed, inside)
    elif (match := FOREIGN_KEY.match(printed)) is not None:
        yield _foreign_key(future, key, table, printed, match)
    elif printed.startswith(("UNIQUE", "PRIMARY KEY")):
        inside, _ = enclosed(printed[printed.index("(") :])
        yield _unique(future, key, table, printed, between_commas(inside), "")
    elif printed.startswith("EXCLUDE"):
        yield _exclusion(future, key, table, printed)


def _index(
    future: Future, key: Key, declared: str, reflected: str | None, new: set[Key]
) -> Iterator[DeclaredRule]:
    del reflected, new
    printed = future.expression(declared)
    if (match := _INDEX.match(printed)) is not None:
        inside, rest = enclosed(printed[match.end() :])
        where = rest.partition(" WHERE ")[2]
        yield _unique(
            future,
            key,
            _table(key),
            printed,
            [_ORDER.sub("", part) for part in between_commas(inside)],
            where,
        )


def _check(future: Future, key: Key, table: Table, printed: str, inside: str) -> DeclaredRule:
    columns = tuple(sorted(future.columns(table, inside)))
    known = any(_is_known(future, table, name) for name in columns)
    where = f"NOT ({inside})" if known else "false"
    return DeclaredRule(key.label, "CHECK", table, columns, printed, where)


def _is_known(future: Future, table: Table, column: str) -> bool:
    """False for a new column that no choice fills: the rule allows its default."""
    exists = Key("column", *table, column) in future.look.sides.reflected
    return exists or any(place(fill.table) == table and fill.column == column for fill in fills(future.look))


def _foreign_key(future: Future, key: Key, table: Table, printed: str, match: re.Match[str]) -> DeclaredRule:
    sources, targets = between_commas(match["columns"]), between_commas(match["targets"])
    referred = (unquoted(match["schema"]), unquoted(match["table"]))
    set_ = " AND ".join(f"{ident(table[1])}.{column} IS NOT NULL" for column in sources)
    same = " AND ".join(
        f"referred.{target} = {ident(table[1])}.{column}"
        for column, target in zip(sources, targets, strict=True)
    )
    names = [unquoted(column) for column in targets]
    rows = f"(SELECT {', '.join(targets)} FROM {future.rows(referred, names)}) AS referred"
    where = f"{set_} AND NOT EXISTS (SELECT FROM {rows} WHERE "
    columns = tuple(unquoted(column) for column in sources)
    converted = any((table, column) in future.conversions for column in columns)
    before = where + same.replace(" = ", "::text = ") + ")" if converted else ""
    return DeclaredRule(key.label, "foreign key", table, columns, printed, f"{where}{same})", before=before)


def _unique(
    future: Future, key: Key, table: Table, printed: str, keys: list[str], predicate: str
) -> DeclaredRule:
    columns = tuple(sorted(future.columns(table, " ".join((*keys, predicate)))))
    key_list = ", ".join(keys)
    where = f" WHERE {predicate}" if predicate else ""
    duplicates = (
        f"SELECT {key_list} FROM {future.rows(table, columns)}{where} GROUP BY {key_list} HAVING count(*) > 1"
    )
    condition = f"({predicate}) AND " if predicate else ""
    return DeclaredRule(
        key.label,
        "unique",
        table,
        columns,
        printed,
        f"{condition}({key_list}) IN ({duplicates})",
        among=tuple(keys),
        predicate=predicate,
        overlaps=" AND ".join(f"{expression} = k{number}" for number, expression in enumerate(keys)),
    )


def _exclusion(future: Future, key: Key, table: Table, printed: str) -> DeclaredRule:
    inside, rest = enclosed(printed[printed.index("(") :])
    predicate = rest.partition(" WHERE ")[2] or "true"
    pairs = [element.rpartition(" WITH ") for element in between_commas(inside)]
    # PostgreSQL raises an error for a range whose lower bound exceeds its upper bound; a CHECK reports such
    # rows
    keys = [
        _RANGE.sub(r"CASE WHEN \2 > \3 THEN NULL ELSE \1(\2, \3) END", element) for element, _, _ in pairs
    ]
    columns = tuple(sorted(future.columns(table, f"{inside} {predicate}")))
    numbered = ", ".join(f"{expression} AS k{number}" for number, expression in enumerate(keys))
    others = f"(SELECT ctid AS at, {numbered} FROM {future.rows(table, columns)} WHERE {predicate}) AS other"
    meets = " AND ".join(
        f"k{number} {operator} {expression}"
        for number, (expression, (_, _, operator)) in enumerate(zip(keys, pairs, strict=True))
    )
    overlap = f"other.at <> {ident(table[1])}.ctid AND {meets}"
    where = f"({predicate}) AND EXISTS (SELECT FROM {others} WHERE {overlap})"
    return DeclaredRule(
        key.label,
        "exclusion",
        table,
        columns,
        printed,
        where,
        among=tuple(keys),
        predicate=predicate,
        overlaps=meets,
    )
