"""Undeclared dependents that a change would make invalid: no revision is written.

An index on ``lower(kind)`` cannot be created again after ``kind`` becomes an enum. Before the planning, each
such definition is executed in the scratch database, beside the declared objects.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from app_schema.catalog import borrowed
from app_schema.ddl import Key, Partition
from app_schema.ddl.catalog_query import Kind
from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.relation import parents
from app_schema.ddl.sql import dollar, ident, literal, qualified
from app_schema.errors import ModelError
from app_schema.migrations.compare import keys, refusal
from app_schema.migrations.compare.reworded import reworded

if TYPE_CHECKING:
    from app_schema.catalog.dependents import Blocked
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

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
"""The start of definitions that a foreign key may reference."""
_DEFAULTS = {"default", "own_default"}
_PARTS = {**dict.fromkeys(_DEFAULTS, ("the default of ", "column")), "of_row_type": ("", "column")}
"""The kinds of dependents.sql that no snapshot has, and their words in a refusal."""
_ON_A_TABLE = {"policy", "trigger", "rule"}


def refuse(sides: Sides, planner: Planner, blocked: list[Blocked], dependents: list[Key]) -> None:
    """Refuses the revision if an undeclared dependent cannot be created again after the changes.

    :param blocked: what changes.
    :param dependents: what depends on it, prerequisites first.
    :raises ModelError: with the object, the reason, and the line to write.
    """
    attempts: dict[Key, str] = {}
    for key in dependents:
        if key.kind == "of_row_type":
            if not _goes_before(sides, planner, blocked, key):
                raise dependent_refusal(sides, blocked, key, "its type is a row type, which is created again")
            continue
        if _is_kept(sides, planner, key) and (statement := _creation(sides, planner, key)) is not None:
            attempts[key] = statement
    for key, reason in _reasons(sides, attempts).items():
        raise dependent_refusal(sides, blocked, key, reason)


def _goes_before(sides: Sides, planner: Planner, blocked: list[Blocked], key: Key) -> bool:
    """True if the column of a row type is dropped too, before its type: that is the row type of a table."""
    dependents = sides.dependents_of_each(blocked)
    causes = {change.key.kind for change in blocked if key in dependents[change.key]}
    column = keys.column(key)
    return causes == {"table"} and column in planner.changed and planner.recreated_as(column) == "dropped"


def dependent_refusal(sides: Sides, blocked: list[Blocked], key: Key, reason: str) -> ModelError:
    """The refusal, with the changed object, the dependent, the reason, and the line to write."""
    cause = next(change.key for change in blocked if key in sides.dependents([change]) or key == change.key)
    prefix, kind = _PARTS.get(key.kind, ("", key.kind))
    return refusal.dependent_refusal(prefix + Key(kind, *key[1:]).label, cause.label, reason, _drop(key))


def _is_kept(sides: Sides, planner: Planner, key: Key) -> bool:
    """True for an undeclared object that is to be created again as reflected."""
    place = keys.column(key) if key.kind in _DEFAULTS else key
    return (
        place in sides.reflected
        and place not in sides.declared
        and planner.recreated_as(place) == "reflected"
    )


def _creation(sides: Sides, planner: Planner, key: Key) -> str | None:
    """The statement that creates an object as reflected; None if no revision can create it."""
    if key.kind in _DEFAULTS:
        expression = PrintedColumn.of(sides.reflected[keys.column(key)]).expression
        return f"{_alter(key)} ALTER COLUMN {ident(key.name)} SET DEFAULT {expression}"
    definition = sides.reflected.get(key, "")
    if key.kind == "column":
        return _add_column(key, PrintedColumn.of(definition))
    if key.kind == "constraint" and definition.startswith("CHECK"):
        definition = reworded(sides, planner, key, definition)
    try:
        obj = sides.reflect(key, definition)
    except ModelError:
        return None
    return obj.lent_sql()[0]


def _drop(key: Key) -> str:
    """The statement that drops an object."""
    name, kind = ident(key.name), key.kind.replace("_", " ").upper()
    if key.kind in _DEFAULTS:
        return f"{_alter(key)} ALTER COLUMN {name} DROP DEFAULT"
    if key.kind in {"column", "of_row_type", "constraint"}:
        return f"{_alter(key)} DROP {'CONSTRAINT' if key.kind == 'constraint' else 'COLUMN'} {name}"
    if key.kind in _ON_A_TABLE:
        return f"DROP {kind} {name} ON {qualified(key.table or '', key.schema)}"
    return f"DROP {kind} {Kind.by_key[key.kind].sql_name(key.name, key.schema)}"


def _alter(key: Key) -> str:
    return f"ALTER TABLE {qualified(key.table or '', key.schema)}"


def _add_column(key: Key, part: PrintedColumn) -> str:
    storage = "STORED" if part.how == "GENERATED STORED AS" else "VIRTUAL"
    generated = f" GENERATED ALWAYS AS ({part.expression}) {storage}" if part.generated else ""
    return f"{_alter(key)} ADD COLUMN IF NOT EXISTS {ident(key.name)} {part.type}{generated}"


def _reasons(sides: Sides, attempts: Mapping[Key, str]) -> dict[Key, str]:
    """The objects whose statements PostgreSQL refuses beside the declared objects, each with the reason."""
    if not attempts:
        return {}
    numbers = {f"n{number}": key for number, key in enumerate(attempts)}
    others = list(_named(sides, attempts))
    declared = sides.metadata.statements()
    attempted = {(key.schema, key.name) for key in attempts}
    objects = borrowed.used(sides.connection, [*declared, *others, *attempts.values()], sides.metadata)
    objects = [
        dataclasses.replace(obj, statements=tuple(_attempt(_OTHER, line) for line in obj.statements))
        for obj in objects
        if (obj.schema, obj.name) not in attempted
    ]
    columns = ", ".join(f"{name} integer" for name in [_OTHER, *numbers])
    snapshot, _ = sides.scratch.printed(
        [
            f"CREATE SCHEMA {_SCHEMA}",
            f"CREATE TABLE {_REFUSED} ({columns})",
            *borrowed.merged(objects, declared),
            *(_attempt(_OTHER, statement) for statement in others),
            *(_attempt(name, attempts[key]) for name, key in numbers.items()),
        ]
    )
    comments = {name: Key("comment", _SCHEMA, "refused", name) for name in numbers}
    return {numbers[name]: snapshot[key] for name, key in comments.items() if key in snapshot}


def _attempt(column: str, statement: str) -> str:
    return "DO " + dollar(
        _ATTEMPT.format(statement=dollar(statement, "tried"), column=literal(column)), "try"
    )


def _named(sides: Sides, attempts: Mapping[Key, str]) -> Iterator[str]:
    """The further undeclared objects that the attempts name: tables, columns, keys, views."""
    others = [key for key in sides.reflected if key not in sides.declared and key not in attempts]
    words = borrowed.words([*attempts.values(), *(key.table or "" for key in attempts)])
    views: set[Key] = set()
    while more := {key for key in others if key.kind in keys.VIEWS and key.name in words} - views:
        views |= more
        words |= borrowed.words(sides.reflected[key] for key in more)
    tables = _tables(sides, [key for key in others if key.kind == "table"], words)
    words |= {table.name for table in tables}
    named = [key for key in others if (key.table or key.name) in words]
    yield from (f"CREATE SCHEMA {ident(key.name)}" for key in others if key.kind == "schema")
    for key in tables:
        yield f"CREATE TABLE {qualified(key.name, key.schema)} {_heir(sides, key) or '()'}"
    for key in named:
        if key.kind == "column":
            yield _add_column(key, dataclasses.replace(PrintedColumn.of(sides.reflected[key]), how=""))
    for key in named:
        if _KEY.match(sides.reflected[key]):
            yield sides.reflect(key, sides.reflected[key]).create_sql()[0]
    for key in sorted(views, key=sides.layers.depth):
        yield sides.reflect(key, sides.reflected[key]).create_sql()[0]


def _tables(sides: Sides, undeclared: Iterable[Key], words: set[str]) -> list[Key]:
    """The undeclared tables that are named, and their parents before them."""
    tables = {qualified(table.name, table.schema): table for table in undeclared}
    placed: dict[Key, None] = {}

    def place(table: Key) -> None:
        for parent in _parents(sides, table) & tables.keys():
            place(tables[parent])
        placed[table] = None

    for table in tables.values():
        if table.name in words:
            place(table)
    return list(placed)


def _parents(sides: Sides, table: Key) -> set[str]:
    """The tables of which a table is a partition or heir."""
    part = Key("partition", *table[1:])
    partition = sides.reflect(part, sides.reflected[part]) if part in sides.reflected else None
    above = {partition.parent} if isinstance(partition, Partition) else set()
    return above | {*parents(sides.reflected[table])}


def _heir(sides: Sides, table: Key) -> str:
    """The parent or type that defines the columns of a table, if any; and its own partitioning."""
    partition = sides.reflected.get(Key("partition", *table[1:]))
    inherits = _HEIR.search(sides.reflected[table])
    _, by, columns = sides.reflected[table].partition("PARTITION BY ")
    return f"PARTITION {partition} {by}{columns}" if partition else f"() {inherits[0]}" if inherits else ""
