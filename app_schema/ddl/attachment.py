"""``create_all`` and ``drop_all`` make and drop the attached objects too; each finds there what it needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, Table, event

from app_schema.ddl.function import Function
from app_schema.ddl.layers import ordered
from app_schema.ddl.printed import TableConstraint
from app_schema.ddl.statement import Create, DDLObject, Drop, declared
from app_schema.errors import ModelError

if TYPE_CHECKING:
    from sqlalchemy import Connection

_EARLY = "app_schema_early"
_BEFORE_TABLES = ("schema", "extension", "role")
_AFTER_TABLES = (
    "function",
    "table_constraint",
    "view",
    "statistics",
    "rule",
    "trigger",
    "policy",
    "row_security",
    "grant",
    "default_privileges",
)


_INSTEAD = {
    "enum": "declare a sqlalchemy.Enum(..., name=..., metadata=...)",
    "domain": "declare a sqlalchemy.dialects.postgresql.DOMAIN as the type of a column",
    "sequence": "declare a sqlalchemy.Sequence(..., metadata=...)",
    "table_index": "declare a sqlalchemy.Index in the arguments of its table",
}


def check_kind(one: DDLObject) -> None:
    """Refuses what ``create_all`` would not make, so that nobody believes it declared.

    :raises ModelError: naming what to write instead.
    """
    known = {*_BEFORE_TABLES, *_AFTER_TABLES, "renamed_labels"}  # a hint: nothing is made for it
    if one.kind not in known:
        instead = _INSTEAD.get(one.kind, "make it in a revision")
        raise ModelError(f"{one.label} cannot be attached to a metadata, nothing would create it: {instead}.")
    if isinstance(one, TableConstraint) and one.definition.upper().startswith("NOT NULL"):
        raise ModelError(f"{one.label} cannot be declared by its text: write nullable=False on the column.")


def listen(metadata: MetaData) -> None:
    """Registers the listeners, once for each metadata."""
    if "app_schema_listens" in metadata.info:
        return
    metadata.info["app_schema_listens"] = True
    # first of all listeners: enum types, which have listeners of their own, need their schema
    event.listen(metadata, "before_create", _statements(Create, _BEFORE_TABLES), insert=True)
    event.listen(metadata, "before_create", _create_early)
    event.listen(metadata, "after_create", _statements(Create, _AFTER_TABLES))
    event.listen(metadata, "before_drop", _drop_last)
    event.listen(metadata, "before_drop", _statements(Drop, _AFTER_TABLES))


def _create_early(target: MetaData, _connection: Connection, tables: Sequence[Table] = (), **_: Any) -> None:
    """Functions that a table needs are made when every enum type is there, and before the first table."""
    early = called_by_tables(target) if tables else []
    target.info[_EARLY] = {one.key for one in early}

    def send(_table: Table, connection: Connection, **_: Any) -> None:
        for one in early:
            connection.execute(Create(one))

    if early:
        event.listen(tables[0], "before_create", send, once=True)


def _drop_last(target: MetaData, _connection: Connection, **_: Any) -> None:
    early = called_by_tables(target)
    target.info[_EARLY] = {one.key for one in early}

    def send(_target: MetaData, connection: Connection, **_: Any) -> None:
        for one in reversed(early):
            connection.execute(Drop(one))

    # registered anew at each drop: before the listeners of every enum type, and after them
    event.listen(target, "after_drop", send, once=True, insert=True)
    event.listen(target, "after_drop", _statements(Drop, _BEFORE_TABLES), once=True)


def _statements(statement: type[Create | Drop], kinds: tuple[str, ...]) -> Callable[..., None]:
    """A listener that sends one statement an object, by kind and then in the order of declaration.

    Drops go backwards.
    """

    def send(target: MetaData, connection: Connection, **_: Any) -> None:
        early = target.info.get(_EARLY, set())
        chosen: list[DDLObject] = [
            one for one in declared(target).values() if one.kind in kinds and one.key not in early
        ]
        chosen, late = ordered(chosen)
        # a function that reads a view comes with the views, a foreign key after the keys that it may refer to
        kind_of = dict.fromkeys((one.key for one in late), "view")
        chosen.sort(key=lambda one: (kinds.index(kind_of.get(one.key, one.kind)), _is_foreign_key(one)))
        for one in reversed(chosen) if statement is Drop else chosen:
            connection.execute(statement(one))

    return send


def _is_foreign_key(one: DDLObject) -> bool:
    return isinstance(one, TableConstraint) and one.definition.upper().startswith("FOREIGN KEY")


def called_by_tables(metadata: MetaData) -> list[Function]:
    """The functions that a default, check, generated column or index calls, with those that they call, in the
    order of their declaration."""
    functions = [one for one in declared(metadata).values() if isinstance(one, Function)]
    if not functions:
        return []
    texts = " ".join(str(one) for table in metadata.tables.values() for one in _expressions(table))
    early: list[Function] = []
    while new := [one for one in functions if one not in early and _is_called(one, texts)]:
        early += new
        texts = " ".join(one.body for one in new)
    return [one for one in functions if one in early]


def _is_called(function: Function, text: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(function.name)}\"?\s*\(", text) is not None


def _expressions(table: Table) -> Iterator[Any]:
    for column in table.columns:
        yield getattr(column.server_default, "arg", None)
        yield getattr(column.computed, "sqltext", None)
    constraints = {*table.constraints, *(one for column in table.columns for one in column.constraints)}
    for constraint in constraints:
        yield getattr(constraint, "sqltext", None)
        yield from (item for item, *_ in getattr(constraint, "_render_exprs", ()))
    for index in table.indexes:
        yield from index.expressions
        yield index.dialect_options["postgresql"]["where"]
