"""``create_all`` and ``drop_all`` make and drop the attached objects too; each finds there what it needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, event

from app_schema.ddl.statement import Create, DDLObject, Drop, declared

if TYPE_CHECKING:
    from sqlalchemy import Connection

_BEFORE_TABLES = ("schema", "extension", "role")
_AFTER_TABLES = (
    "function",
    "view",
    "statistics",
    "rule",
    "trigger",
    "policy",
    "row_security",
    "grant",
    "default_privileges",
)


def listen(metadata: MetaData) -> None:
    """Registers the listeners, once for each metadata."""
    if "app_schema_listens" in metadata.info:
        return
    metadata.info["app_schema_listens"] = True
    # first of all listeners: enum types, which have listeners of their own, need their schema
    event.listen(metadata, "before_create", _statements(Create, _BEFORE_TABLES), insert=True)
    event.listen(metadata, "after_create", _statements(Create, _AFTER_TABLES))
    event.listen(metadata, "before_drop", _statements(Drop, _AFTER_TABLES))
    event.listen(metadata, "before_drop", _drop_last)


def _drop_last(target: MetaData, _connection: Connection, **_: Any) -> None:
    # registered anew at each drop, so that it comes after the listeners of every enum type
    event.listen(target, "after_drop", _statements(Drop, _BEFORE_TABLES), once=True)


def _statements(statement: type[Create | Drop], kinds: tuple[str, ...]) -> Callable[..., None]:
    """A listener that sends one statement an object, by kind and then in the order of declaration.

    Drops go backwards.
    """

    def send(target: MetaData, connection: Connection, **_: Any) -> None:
        chosen: list[DDLObject] = [one for one in declared(target).values() if one.kind in kinds]
        chosen.sort(key=lambda one: kinds.index(one.kind))
        for one in reversed(chosen) if statement is Drop else chosen:
            connection.execute(statement(one))

    return send
