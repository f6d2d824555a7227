"""Sequences: those that stand alone, and those that an identity or a serial column owns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import Identity

from app_schema.catalog.reflect import reflect
from app_schema.ddl import Key
from app_schema.ddl.sql import ident, qualified
from app_schema.errors import ModelError
from app_schema.migrations.directives import Makes
from app_schema.migrations.operations import CreateObjectOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison


_SEQUENCE = re.compile(
    r"AS \w+ START (?P<start>-?\d+) INCREMENT (?P<increment>-?\d+) MINVALUE (?P<minvalue>-?\d+) MAXVALUE "
    r"(?P<maxvalue>-?\d+) CACHE (?P<cache>\d+)(?P<cycle> CYCLE)?"
)


def added(comparison: Comparison, key: Key, wanted: str) -> None:
    """Plans a sequence that is absent; one that a column owns comes with the column."""
    if "OWNED BY" not in wanted:
        comparison.plan.make(Makes.TYPE, CreateObjectOp(reflect(comparison.connection, key, wanted)))


def changed(comparison: Comparison, key: Key, wanted: str, found: str) -> None:
    """Plans nothing: what a column owns follows it, and what stands alone is not altered."""
    if "OWNED BY" not in wanted:
        raise ModelError(f"found: {found or 'nothing'}; expected: {wanted or 'nothing'}")
    for column in [one for one in comparison.changed if one.kind == "column" and one.schema == key.schema]:
        if f".{ident(column.table or '')}.{ident(column.name)}" in f".{wanted}" or wanted.endswith(
            f"{ident(column.table or '')}.{ident(column.name)}"
        ):
            return  # follows its column
    raise ModelError(f"found: {found}; expected: {wanted}")


def removed(comparison: Comparison, key: Key, found: str) -> None:
    """Plans the drop of a sequence that nobody declared."""
    comparison.take(key, found)


def identity(comparison: Comparison, key: Key, printed: str) -> Identity:
    """The identity of a found column, with the options of its sequence."""
    owner = f" OWNED BY {qualified(key.table or '', key.schema)}.{ident(key.name)}"
    text_ = next(
        (one for other, one in comparison.found.items() if other.kind == "sequence" and one.endswith(owner)),
        "",
    )
    match = _SEQUENCE.match(text_)
    numbers: dict[str, Any] = (
        {name: int(value) for name, value in match.groupdict().items() if name != "cycle"} if match else {}
    )
    return Identity(always="ALWAYS" in printed, cycle=True if match and match["cycle"] else None, **numbers)


def serial(comparison: Comparison, key: Key, part: dict[str, str | None]) -> str | None:
    """The pseudo type of a column whose default is the next value of its own sequence."""
    sizes = {"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"}
    owner = f" OWNED BY {qualified(key.table or '', key.schema)}.{ident(key.name)}"
    owned = any(
        one.kind == "sequence" and definition.endswith(owner) for one, definition in comparison.found.items()
    )
    return (
        sizes.get(part["type"] or "")
        if owned and not part["identity"] and (part["expression"] or "").startswith("nextval(")
        else None
    )
