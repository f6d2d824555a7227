"""The depth of reflected views and functions that read each other: a read object is dropped last, created
first.

pg_depend has the dependencies of views and of bodies in standard SQL, but none of a body in a string, and
after a restore OIDs are in alphabetical order: so the called functions and read views are found in the text
of the body.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from app_schema.catalog import Snapshot
from app_schema.catalog.address import statement
from app_schema.ddl import Key
from app_schema.ddl.function import PrintedFunction
from app_schema.ddl.layers import called, words

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app_schema.migrations.compare.rename import Renamed

_VIEWS = {"view", "materialized_view"}
Reads = Mapping[Key, set[Key]]


class Layers:
    """The views and functions of a database, by the keys that they have after the renames."""

    def __init__(self, connection: Connection, reflected: Snapshot, renamed: Renamed) -> None:
        self._reads: dict[Key, set[Key]] = defaultdict(set)
        for reader_kind, reader_schema, reader, kind, schema, name in connection.execute(
            statement("layers.sql")
        ):
            read_pair = Key(reader_kind, reader_schema, None, reader), Key(kind, schema, None, name)
            reader_key, read_key = (renamed.after(end) for end in read_pair)
            self._reads[reader_key].add(read_key)
        for reader_key, read_key in list(_named_in_bodies(reflected)):
            if reader_key not in _closure(self._reads, read_key):
                self._reads[reader_key].add(read_key)
        self._depths: dict[Key, int] = {}

    def depth(self, key: Key) -> int:
        """The length of the longest chain of views and functions that this object reads."""
        return self._measure(key, frozenset())

    def reads_view(self, key: Key) -> bool:
        """True if a function reads a view, directly or through another function."""
        return any(read.kind in _VIEWS for read in _closure(self._reads, key))

    def _measure(self, key: Key, seen: frozenset[Key]) -> int:
        if key not in self._depths:
            others = self._reads.get(key, set()) - seen - {key}
            depths = (1 + self._measure(other, seen | {key}) for other in others)
            self._depths[key] = max(depths, default=0)
        return self._depths[key]


def _named_in_bodies(reflected: Snapshot) -> Iterator[tuple[Key, Key]]:
    """A function, and the objects that its text names; functions may call each other in a circle."""
    named: dict[str, set[Key]] = defaultdict(set)
    for key in reflected:
        if key.kind in _VIEWS or key.kind == "function":
            named[key.name.partition("(")[0]].add(key)
    views = {name for name, keys in named.items() if any(key.kind in _VIEWS for key in keys)}
    for function, definition in reflected.items():
        if function.kind == "function":
            body = PrintedFunction.of(definition).body
            calls = {key for name in called(body) & named.keys() for key in named[name]}
            reads = {key for name in words(body) & views for key in named[name] if key.kind in _VIEWS}
            yield from ((function, key) for key in {*calls, *reads} if key != function)


def _closure(reads: Reads, key: Key) -> set[Key]:
    """The objects that an object reads, directly or through another object."""
    closure: set[Key] = set()
    todo = [key]
    while todo:
        more = reads.get(todo.pop(), set()) - closure
        closure |= more
        todo += more
    return closure
