"""Objects that are equal under two names, paired before anything is planned.

A name that nobody wrote means nothing: a constraint that is declared without a name, and a sequence that a
column owns, are the reflected ones whatever these are called. There the declared snapshot takes the
reflected name. An object that is declared with a name and reflected under another one is renamed: there the
reflected snapshot takes the declared name, as it will read after the rename, which comes first in the
revision. Whatever is planned afterwards sees one name for one object.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app_schema.catalog import Snapshot
from app_schema.ddl import Key
from app_schema.migrations.compare import sequence
from app_schema.migrations.compare.printed_column import parts
from app_schema.migrations.compare.rename import Names, Rename

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison

KINDS = ("enum", "sequence", "constraint", "index")
"""In this order: a constraint may name an enum, and is equal once the enum has its declared name."""
_INDEX_NAME = re.compile(r'^(CREATE (?:UNIQUE )?INDEX )(?:"(?:[^"]|"")+"|\S+)')
_NEXT = re.compile(r"nextval\('((?:[^']|'')+)'::regclass\)")
_HAS_INDEX = re.compile("PRIMARY KEY|UNIQUE|EXCLUDE")
"""How the definition of a constraint begins whose index has its name."""
_RELATIONS = {"table", "view", "materialized_view", "foreign_table", "composite", "sequence", "index"}
_TYPES = {"enum", "domain", "range", *_RELATIONS} - {"sequence", "index"}


def pair(comparison: Comparison) -> None:
    """Gives each object one name in both snapshots of a comparison, and notes which are to be renamed."""
    for kind in KINDS:
        pairs = list(_pairs(comparison, kind))
        unnamed = {declared: reflected for declared, reflected in pairs if _is_unnamed(comparison, declared)}
        taken = _taken(comparison.found, kind) if len(pairs) > len(unnamed) else set()
        named = {
            reflected: declared
            for declared, reflected in pairs
            if declared not in unnamed and not _is_taken(comparison, declared, taken)
        }
        if unnamed:
            comparison.wanted, _ = Names(comparison.connection, unnamed).snapshot(comparison.wanted)
        if named:
            names = Names(comparison.connection, named)
            comparison.found = comparison.renamed.apply(names, comparison.found)
        if kind == "index":  # its definition has its name in it
            texts = comparison.wanted, comparison.found
            comparison.wanted = {**texts[0], **{key: texts[1][key] for key in unnamed.values()}}
            comparison.found = {**texts[1], **{key: texts[0][key] for key in named.values()}}
        comparison.renamed.renames += [Rename(old, new) for old, new in named.items()]


def _pairs(comparison: Comparison, kind: str) -> Iterator[tuple[Key, Key]]:
    """Declared and reflected keys of one object: keys that the other side does not have."""
    sides = (comparison.wanted, comparison.found)
    declared, reflected = (
        sorted(key for key in side if key.kind == kind and key not in other)
        for side, other in (sides, sides[::-1])
    )
    if declared and reflected:
        pairs = _by_use if kind in {"enum", "sequence"} else _by_definition
        yield from pairs(
            comparison, *([key for key in keys if comparison.managed(key)] for keys in (declared, reflected))
        )


def _by_definition(
    comparison: Comparison, declared: list[Key], reflected: list[Key]
) -> Iterator[tuple[Key, Key]]:
    """Constraints and indexes: of one table and with one definition."""
    places = {key[1:3] for key in declared} & {key[1:3] for key in reflected}
    sides = ((declared, comparison.wanted), (reflected, comparison.found))
    ours, theirs = (
        [(key, _nameless(key, side[key])) for key in keys if key[1:3] in places] for keys, side in sides
    )
    comparison.spelling.learn(text for _, text in (*ours, *theirs))
    known: dict[tuple[Key, str], list[Key]] = defaultdict(list)
    for key, text in theirs:
        known[key._replace(name=""), comparison.spelling.flat(text)].append(key)
    for key, text in ours:
        same = known.get((key._replace(name=""), comparison.spelling.flat(text)))
        if same:
            yield key, same.pop(0)


def _nameless(key: Key, definition: str) -> str:
    """All that makes an object of a table what it is, but for its name; a table has one primary key."""
    if definition.startswith("PRIMARY KEY"):
        return "PRIMARY KEY"
    return (
        _INDEX_NAME.sub(r"\1", definition) if key.kind == "index" else definition.removesuffix(" NOT VALID")
    )


def _by_use(comparison: Comparison, declared: list[Key], reflected: list[Key]) -> Iterator[tuple[Key, Key]]:
    """Enums and sequences: what a column is declared with and has; what no column uses, if there is one."""
    if not (declared and reflected):
        return
    kind, free = declared[0].kind, list(reflected)
    users = [_users(side, kind) for side in (comparison.wanted, comparison.found)]
    for key in declared:
        shared = {one: len(users[0][key] & users[1][one]) for one in free}
        fitting = [one for one in free if shared[one] and _may_be(comparison, key, one)]
        if fitting:
            chosen = max(fitting, key=lambda one: shared[one])
            free.remove(chosen)
            yield key, chosen
    unused = [
        [one for one in keys if not used[one]] for keys, used in zip((declared, free), users, strict=True)
    ]
    if all(len(keys) == 1 for keys in unused):
        ((key,), (other,)) = unused
        if comparison.wanted[key] == comparison.found[other]:
            yield key, other


def _may_be(comparison: Comparison, declared: Key, reflected: Key) -> bool:
    """A sequence that a column takes its numbers from may get other options; an enum has the same labels."""
    if declared.schema != reflected.schema:
        return False
    if declared.kind != "sequence":
        return comparison.wanted[declared] == comparison.found[reflected]
    ours, theirs = (sequence.owner(one) for one in (comparison.wanted[declared], comparison.found[reflected]))
    if ours is None:  # the sequence of a column goes with its type or its identity
        return theirs is None
    # an identity makes its own
    return theirs is not None or not parts(comparison.wanted[ours]).identity


def _users(side: Snapshot, kind: str) -> dict[Key, set[Key]]:
    """The columns that are of an enum's type, or own a sequence or have its next value as their default."""
    users: dict[Key, set[Key]] = defaultdict(set)
    for key, definition in side.items():
        if key.kind == "column":
            part = parts(definition)
            taken = _NEXT.findall(part.expression) if kind == "sequence" else [part.type.removesuffix("[]")]
            for name in taken:
                names = sequence.names(name.replace("''", "'"))
                if len(names) == 2:  # noqa: PLR2004 - schema and name
                    users[Key(kind, names[0], None, names[1])].add(key)
        elif key.kind == kind == "sequence" and (column := sequence.owner(definition)) is not None:
            users[key].add(column)
    return users


def _is_unnamed(comparison: Comparison, key: Key) -> bool:
    """True if PostgreSQL chose the name that the declared side has."""
    declared = comparison.declared
    if key.kind == "constraint":
        return declared.is_unnamed(key, comparison.wanted[key])
    if key.kind == "index":
        return Key("partition", key.schema, None, key.table or "") in comparison.wanted
    if key.kind == "enum" or sequence.owner(comparison.wanted[key]) is None:
        return False
    return key not in declared.sequences and not any(
        one.kind == "grant" and one[1:3] == (key.schema, key.name) for one in declared.objects
    )


def _taken(side: Snapshot, kind: str) -> set[tuple[str | None, str]]:
    """Schema and name of whatever a new name of this kind must not be the same as."""
    kinds = _TYPES if kind == "enum" else _RELATIONS
    return {
        (key.schema, key.name)
        for key, definition in side.items()
        if key.kind in kinds
        or (kinds is _RELATIONS and key.kind == "constraint" and _HAS_INDEX.match(definition))
    }


def _is_taken(comparison: Comparison, key: Key, taken: set[tuple[str | None, str]]) -> bool:
    if key.kind == "constraint" and not _HAS_INDEX.match(comparison.wanted[key]):
        return False
    return (key.schema, key.name) in taken
