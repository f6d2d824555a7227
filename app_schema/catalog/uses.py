"""Columns, tables and types that use a type or a collation, so that PostgreSQL refuses to change it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from app_schema.catalog.address import request, statement
from app_schema.ddl import Key

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Use(NamedTuple):
    """One use.

    :param how: ``column``, ``array`` and ``domain``: a column of a table has the type, its array type, or a
        domain over it; ``nested``: a column has it within another type; ``materialized`` and ``foreign``: a
        column of such a relation has it; ``typed``: a table is ``OF`` it; ``type``: another type is made of
        it; ``checked``: a domain with a CHECK.
    """

    how: str
    words: str


def uses(connection: Connection, keys: Sequence[Key]) -> dict[Key, list[Use]]:
    """The uses of each of the types and collations, in one query."""
    uses_of: dict[Key, list[Use]] = {key: [] for key in keys}
    if keys:
        requests = [{"n": number, **request(key)} for number, key in enumerate(keys)]
        for number, *use in connection.execute(statement("uses.sql"), {"keys": json.dumps(requests)}):
            uses_of[keys[number]].append(Use(*use))
    return uses_of
