"""Replaces names in a snapshot: the catalog before and after renames."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from app_schema.catalog import Snapshot
from app_schema.ddl import DDLObject, Key
from app_schema.ddl.definition import Definition
from app_schema.ddl.sql import ident, split
from app_schema.migrations.directives import CallOp

if TYPE_CHECKING:
    from sqlalchemy import Connection

_NAME = r'(?:"(?:[^"]|"")+"|[^\s".()\[\],:\']+)'
_PIECE = re.compile(rf"'(?:[^']|'')*'(?:::regclass)?|(?<![\w\".$]){_NAME}\.{_NAME}")
"""A string literal, or a qualified name; with an empty search_path PostgreSQL prints no unqualified name."""
_WITH_SIGNATURE = {"function", "function_grant", "owner", "object_comment"}

_T = TypeVar("_T")


class Rename(NamedTuple):
    """A renamed object: its reflected key and its declared key."""

    reflected: Key
    declared: Key

    def operation(self, schema: str | None) -> CallOp:
        """The call that renames the object; undone by the call that renames it back."""
        old, new, table = self.reflected.name, self.declared.name, self.declared.table
        name = f"rename_{self.declared.kind}"
        call = CallOp(name, old, new, table=table, schema=schema)
        return call.undone_by(name, new, old, table=table, schema=schema)


class Names:
    """The replaced names in a snapshot: ``{key: other key}``."""

    def __init__(self, connection: Connection, others: Mapping[Key, Key]) -> None:
        self._others = others
        named = {old: new for old, new in others.items() if old.kind in {"enum", "sequence"}}
        self._printed = _quoted(connection, named) if named else {}

    def snapshot(self, side: Snapshot) -> tuple[Snapshot, dict[Key, Key]]:
        """The snapshot with the other names, and the keys that have changed: ``{new: old}``."""
        renamed = {self.key(key): (key, definition) for key, definition in side.items()}
        former = {new: old for new, (old, _) in renamed.items() if new != old}
        return {new: self._definition(new, definition) for new, (_, definition) in renamed.items()}, former

    def key(self, key: Key) -> Key:
        """The new key of an object that is renamed, is part of a renamed object, or has a renamed type."""
        if key.kind == "owner":
            owned = Key("enum" if key.name == "type" else "sequence", key.schema, None, key.table or "")
            key = key._replace(table=self._others.get(owned, owned).name)
        elif key.kind in {"grant", "type_grant"}:
            owned = Key("sequence" if key.kind == "grant" else "enum", key.schema, None, key.table or "")
            key = key._replace(table=self._others.get(owned, owned).name)
        elif key.kind == "object_comment":
            kind, _, name = key.name.partition(" ")
            described = Key(kind, key.schema, key.table, name)
            # a key and its index have the same name, and each may have a comment
            new = self._others.get(described) or self._others.get(described._replace(kind="constraint"))
            key = key._replace(name=f"{kind} {new.name}") if new else key
        key = self._others.get(key, key)
        if not self._printed or key.kind not in _WITH_SIGNATURE:
            return key
        return key._replace(name=self.text(key.name), table=key.table and self.text(key.table))

    def _definition(self, key: Key, definition: str) -> str:
        if key.kind == "table_option":
            return self._option(key, definition)
        if not self._printed:
            return definition
        if isinstance(definition, Definition):
            return definition.renamed(self.text)
        return self.text(definition)

    def _option(self, key: Key, printed: str) -> str:
        """The option of a table, with the other name of the index in it."""
        words, index = "USING INDEX ", printed.removeprefix("USING INDEX ")
        if key.name != "CLUSTER ON" and index == printed:
            return printed
        (name,) = split(index)
        kinds = ("constraint", "index")
        new = next(
            (new for kind in kinds if (new := self._others.get(key._replace(kind=kind, name=name)))), None
        )
        return printed if new is None else (words if index != printed else "") + ident(new.name)

    def text(self, printed: str) -> str:
        """PostgreSQL's print with the other names of enums and sequences."""
        return _PIECE.sub(self._piece, printed) if self._printed else printed

    def _piece(self, match: re.Match[str]) -> str:
        piece, _, cast = match[0].partition("'::regclass")
        if not piece.startswith("'"):
            return self._printed.get(piece, piece)
        name = self._printed.get(piece[1:].replace("''", "'")) if match[0].endswith("::regclass") else None
        return match[0] if name is None else "'" + name.replace("'", "''") + f"'::regclass{cast}"

    def of(self, value: _T) -> _T:
        """A reflected object with the other names in each printed field."""
        if not self._printed:
            return value
        if isinstance(value, str):
            return self.text(value)  # type: ignore[return-value]  # a str is a str again
        if isinstance(value, tuple):
            return tuple(self.of(item) for item in value)  # type: ignore[return-value]
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = [
                field.name for field in dataclasses.fields(value) if field.init and field.name != "body"
            ]
            changed: dict[str, Any] = {name: self.of(getattr(value, name)) for name in fields}
            return dataclasses.replace(value, **changed)
        return value


def _quoted(connection: Connection, others: Mapping[Key, Key]) -> dict[str, str]:
    """The names as PostgreSQL prints them: only the server knows which words it quotes."""
    query = text("SELECT quote_ident(o) || '.' || quote_ident(n) FROM unnest(:schemas, :names) AS u(o, n)")
    keys = [*others, *others.values()]
    query = query.bindparams(bindparam("schemas", type_=ARRAY(Text)), bindparam("names", type_=ARRAY(Text)))
    values = {"schemas": [key.schema for key in keys], "names": [key.name for key in keys]}
    printed = list(connection.execute(query, values).scalars())
    return dict(zip(printed[: len(others)], printed[len(others) :], strict=True))


@dataclass(frozen=True)
class Renamed:
    """The renames at the start of a revision.

    :param names: the names as they are exchanged, one kind after the other.
    :param former: the keys that have changed, ``{new: old}``.
    """

    renames: tuple[Rename, ...] = ()
    names: tuple[Names, ...] = ()
    former: Mapping[Key, Key] = field(default_factory=dict)

    def and_then(
        self, connection: Connection, others: Mapping[Key, Key], reflected: Snapshot
    ) -> tuple[Renamed, Snapshot]:
        """These renames and further ones, and the reflected snapshot as after them."""
        names = Names(connection, others)
        snapshot, changed = names.snapshot(reflected)
        unchanged = {new: old for new, old in self.former.items() if new not in changed.values()}
        former = {**unchanged, **{new: self.former.get(old, old) for new, old in changed.items()}}
        renames = (Rename(old, new) for old, new in others.items())
        return Renamed((*self.renames, *renames), (*self.names, names), former), snapshot

    @cached_property
    def _declared_keys(self) -> Mapping[Key, Key]:
        return {old: new for new, old in self.former.items()}

    def before(self, key: Key) -> Key:
        """The present key of an object in the database."""
        return self.former.get(key, key)

    def after(self, key: Key) -> Key:
        """The key of an object of the database after the renames."""
        return self._declared_keys.get(key, key)

    def of(self, obj: DDLObject) -> DDLObject:
        """A reflected object, as it is after the renames."""
        for names in self.names:
            obj = names.of(obj)
        return obj
