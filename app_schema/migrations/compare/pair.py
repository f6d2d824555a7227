"""Objects that are equal under two names, paired before the planning.

A name chosen by PostgreSQL has no meaning: a constraint declared without a name, and a sequence owned by a
column, are paired with reflected objects of any name, and get the reflected name in the declared snapshot. An
object with a declared name and another reflected name is renamed at the start of the revision, and gets the
declared name in the reflected snapshot, as after the rename. So each object has the same name on both sides
of the planner.
"""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

from app_schema.ddl import Key
from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.sequence import PrintedSequence
from app_schema.migrations.compare.rename import Names

if TYPE_CHECKING:
    from app_schema.catalog import Snapshot
    from app_schema.migrations.compare.sides import Sides

KINDS = ("enum", "sequence", "constraint", "index")
"""Enums first: a constraint may name an enum, and is equal only under the declared name of the enum."""
_INDEX_NAME = re.compile(r'^(CREATE (?:UNIQUE )?INDEX )(?:"(?:[^"]|"")+"|\S+)')
_NEXT = re.compile(r"nextval\('((?:[^']|'')+)'::regclass\)")
_NAME = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')
_HAS_INDEX = re.compile("PRIMARY KEY|UNIQUE|EXCLUDE")
"""The start of the definition of a constraint with an index of the same name."""
_RELATIONS = {"table", "view", "materialized_view", "foreign_table", "composite", "sequence", "index"}
_TYPES = {"enum", "domain", "range", *_RELATIONS} - {"sequence", "index"}
Pairs = Iterator[tuple[Key, Key]]
"""The declared and the reflected key of an object."""


def paired(sides: Sides) -> Sides:
    """The sides with the same name for each object, and with the renames."""
    for kind in KINDS:
        sides = _paired(sides, kind)
    return sides


def _paired(sides: Sides, kind: str) -> Sides:
    pairs = list(_pairs(sides, kind))
    unnamed = {declared: reflected for declared, reflected in pairs if _is_unnamed(sides, declared)}
    in_use = _names_in_use(sides.reflected, kind) if len(pairs) > len(unnamed) else set()
    named = {
        reflected: declared
        for declared, reflected in pairs
        if declared not in unnamed and not _is_in_use(sides, declared, in_use)
    }
    declared_side, reflected_side, renamed = sides.declared, sides.reflected, sides.renamed
    if unnamed:
        declared_side, _ = Names(sides.connection, unnamed).snapshot(declared_side)
    if named:
        renamed, reflected_side = renamed.and_then(sides.connection, named, reflected_side)
    if kind == "index":  # the definition contains the name
        declared_side, reflected_side = (
            {**declared_side, **{key: reflected_side[key] for key in unnamed.values()}},
            {**reflected_side, **{key: declared_side[key] for key in named.values()}},
        )
    chosen = {key for key in unnamed.values() if kind == "constraint" and not _is_of_partition(sides, key)}
    return dataclasses.replace(
        sides,
        declared=declared_side,
        reflected=reflected_side,
        renamed=renamed,
        chosen_names=sides.chosen_names | chosen,
    )


def _pairs(sides: Sides, kind: str) -> Pairs:
    """The pairs of a kind, among the keys that the other side lacks."""
    declared, reflected = (
        sorted(key for key in side if key.kind == kind and key not in other)
        for side, other in ((sides.declared, sides.reflected), (sides.reflected, sides.declared))
    )
    if declared and reflected:
        pairs = _by_use if kind in {"enum", "sequence"} else _by_definition
        yield from pairs(
            sides, *([key for key in keys if sides.managed(key)] for keys in (declared, reflected))
        )


def _by_definition(sides: Sides, declared: list[Key], reflected: list[Key]) -> Pairs:
    """Constraints and indexes of the same table with the same definition; of two candidates none."""
    places = {key[1:3] for key in declared} & {key[1:3] for key in reflected}
    declared_texts, reflected_texts = (
        [(key, nameless(key, side[key])) for key in keys if key[1:3] in places]
        for keys, side in ((declared, sides.declared), (reflected, sides.reflected))
    )
    sides.spelling.learn(text for _, text in (*declared_texts, *reflected_texts))
    shapes = defaultdict[tuple[Key, str], tuple[list[Key], list[Key], list[Key]]](lambda: ([], [], []))
    for key, text in declared_texts:
        shapes[key._replace(name=""), sides.spelling.flat(text)][_is_unnamed(sides, key)].append(key)
    for key, text in reflected_texts:
        shapes[key._replace(name=""), sides.spelling.flat(text)][2].append(key)
    for named, unnamed, former in shapes.values():
        yield from zip(unnamed, former, strict=False)
        unpaired = former[len(unnamed) :]
        if len(named) == len(unpaired) == 1:
            yield named[0], unpaired[0]


def nameless(key: Key, definition: str) -> str:
    """The definition of an object of a table without its name; a table has at most one primary key."""
    if definition.startswith("PRIMARY KEY"):
        return "PRIMARY KEY"
    return (
        _INDEX_NAME.sub(r"\1", definition) if key.kind == "index" else definition.removesuffix(" NOT VALID")
    )


def _by_use(sides: Sides, declared: list[Key], reflected: list[Key]) -> Pairs:
    """Enums and sequences: the declared and the reflected object of a column; unused objects if unique."""
    if not (declared and reflected):
        return
    kind, free = declared[0].kind, list(reflected)
    declared_users, reflected_users = (_users(side, kind) for side in (sides.declared, sides.reflected))
    shared = {
        (key, other): count
        for key, other in product(declared, reflected)
        if (count := len(declared_users[key] & reflected_users[other])) and _may_be_renamed(sides, key, other)
    }
    while pairs := [pair for pair, count in shared.items() if _is_alone(pair, count, shared)]:
        yield from pairs
        free = [key for key in free if key not in dict(pairs).values()]
        shared = {(a, b): n for (a, b), n in shared.items() if a not in dict(pairs) and b in free}
    unused = [key for key in declared if not declared_users[key]]
    unused_free = [key for key in free if not reflected_users[key]]
    if len(unused) == len(unused_free) == 1:
        (key,), (other,) = unused, unused_free
        if key.schema == other.schema and sides.declared[key] == sides.reflected[other]:
            yield key, other


def _is_alone(pair: tuple[Key, Key], count: int, shared: Mapping[tuple[Key, Key], int]) -> bool:
    """True if each of two objects shares fewer columns with every other one."""
    return not any(
        other != pair and most >= count and (other[0] == pair[0] or other[1] == pair[1])
        for other, most in shared.items()
    )


def _may_be_renamed(sides: Sides, declared: Key, reflected: Key) -> bool:
    """True if the pair may differ only by name; a sequence of a column may also differ in its options."""
    if declared.schema != reflected.schema:
        return False
    definitions = sides.declared[declared], sides.reflected[reflected]
    if declared.kind != "sequence":
        return definitions[0] == definitions[1]
    declared_owner, reflected_owner = (PrintedSequence.of(printed).column for printed in definitions)
    if declared_owner is None:  # the sequence of a column is dropped with its type or its identity
        return reflected_owner is None
    # an identity creates its sequence
    return reflected_owner is not None or not PrintedColumn.of(sides.declared[declared_owner]).identity


def _users(side: Snapshot, kind: str) -> dict[Key, set[Key]]:
    """The columns of an enum's type; the columns that own a sequence or have its next value as their
    default."""
    users: dict[Key, set[Key]] = defaultdict(set)
    for key, definition in side.items():
        if key.kind == "column":
            part = PrintedColumn.of(definition)
            used = _NEXT.findall(part.expression) if kind == "sequence" else [part.type.removesuffix("[]")]
            for printed in used:
                names = _names(printed.replace("''", "'"))
                if len(names) == 2:  # noqa: PLR2004 - schema and name
                    users[Key(kind, names[0], None, names[1])].add(key)
        elif key.kind == kind == "sequence" and (column := PrintedSequence.of(definition).column) is not None:
            users[key].add(column)
    return users


def _names(printed: str) -> list[str]:
    """The parts of a name such as ``public."A"``, as they are without quotes."""
    return [quoted.replace('""', '"') or bare for quoted, bare in _NAME.findall(printed)]


def _is_unnamed(sides: Sides, key: Key) -> bool:
    """True if PostgreSQL chose the name that the declared side has."""
    metadata, definition = sides.metadata, sides.declared[key]
    if key.kind == "constraint":
        return metadata.is_unnamed(key, definition)
    if key.kind == "index":
        return _is_of_partition(sides, key)
    if key.kind == "enum" or PrintedSequence.of(definition).column is None:
        return False
    return key not in metadata.sequences and not any(
        other.kind == "grant" and other[1:3] == (key.schema, key.name) for other in metadata.objects
    )


def _is_of_partition(sides: Sides, key: Key) -> bool:
    return Key("partition", key.schema, None, key.table or "") in sides.declared


def _names_in_use(side: Snapshot, kind: str) -> set[tuple[str | None, str]]:
    """Schema and name of the objects in the namespace of this kind."""
    kinds = _TYPES if kind == "enum" else _RELATIONS
    return {
        (key.schema, key.name)
        for key, definition in side.items()
        if key.kind in kinds
        or (kinds is _RELATIONS and key.kind == "constraint" and _HAS_INDEX.match(definition))
    }


def _is_in_use(sides: Sides, key: Key, names: set[tuple[str | None, str]]) -> bool:
    if key.kind == "constraint" and not _HAS_INDEX.match(sides.declared[key]):
        return False
    return (key.schema, key.name) in names
