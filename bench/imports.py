# ruff: noqa: INP001 - a script
"""What importing the models costs, beside plain SQLAlchemy models of the same size.

The plain side is made from the same metadata: as many classes with the same columns, constraints, indexes and
relationships, in one module and with none of our objects. Whole processes in turn, the mappers configured.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app_schema.models import Base

BAR = 1.3
OURS = "from app_schema.models import Base; Base.registry.configure()"
PLAIN = "from plain_models import Base; Base.registry.configure()"
HEAD = """\
import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from pgvector.sqlalchemy import Vector
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass
"""


def plain_models() -> str:
    """The module with the plain models."""
    return "\n".join([HEAD, *(line for mapper in Base.registry.mappers for line in _model(mapper))])


def _model(mapper: sa.orm.Mapper[object]) -> Iterator[str]:
    table = mapper.local_table
    assert isinstance(table, sa.Table)
    yield f"\n\nclass {mapper.class_.__name__}(Base):"
    yield f"    __tablename__ = {table.name!r}"
    yield "    __table_args__ = ("
    for constraint in sorted(table.constraints, key=lambda one: str(one.name)):
        if isinstance(constraint, sa.CheckConstraint):
            yield f"        sa.CheckConstraint({str(constraint.sqltext)!r}, name={str(constraint.name)!r}),"
        elif isinstance(constraint, sa.ForeignKeyConstraint):
            source = [one.parent.name for one in constraint.elements]
            target = [one.target_fullname for one in constraint.elements]
            yield f"        sa.ForeignKeyConstraint({source!r}, {target!r}, name={str(constraint.name)!r}),"
        elif isinstance(constraint, sa.UniqueConstraint):
            yield f"        sa.UniqueConstraint(*{[column.name for column in constraint.columns]!r}),"
    for index in table.indexes:
        texts = ", ".join(f"sa.text({str(one).rpartition('.')[2]!r})" for one in index.expressions)
        yield f"        sa.Index({index.name!r}, {texts}),"
    yield f"        {{'schema': {table.schema!r}}},\n    )"
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        key = ", primary_key=True" if column.primary_key else ""
        default = ", server_default=sa.text('now()')" if column.server_default is not None else ""
        yield (
            f"    {attribute.key}: Mapped[{_python(column)}] = mapped_column("
            f"{column.name!r}, {_type(column)}{key}{default}, nullable={column.nullable}, doc={column.doc!r})"
        )
    for one in mapper.relationships:
        many = f"list['{one.mapper.class_.__name__}']" if one.uselist else f"'{one.mapper.class_.__name__}'"
        join = f", primaryjoin={_join(one)!r}, foreign_keys={_foreign(one)!r}"
        back = f", back_populates={one.back_populates!r}" if one.back_populates else ""
        side = f", remote_side={_remote(one)!r}" if one.mapper is mapper and not one.uselist else ""
        settings = f"lazy='raise', uselist={one.uselist}{join}{back}{side}"
        yield f"    {one.key}: Mapped[{many}] = relationship({settings})"


def _attribute(column: sa.Column[object]) -> str:
    mapper = next(one for one in Base.registry.mappers if one.local_table is column.table)
    return f"{mapper.class_.__name__}.{mapper.get_property_by_column(column).key}"


def _join(one: sa.orm.RelationshipProperty[object]) -> str:
    pairs = one.local_remote_pairs or []
    return "and_(" + ", ".join(f"{_attribute(left)} == {_attribute(right)}" for left, right in pairs) + ")"


def _foreign(one: sa.orm.RelationshipProperty[object]) -> str:
    many_to_one = one.direction.name == "MANYTOONE"
    columns = [pair[0 if many_to_one else 1] for pair in one.local_remote_pairs or []]
    return "[" + ", ".join(_attribute(column) for column in columns) + "]"


def _remote(one: sa.orm.RelationshipProperty[object]) -> str:
    return "[" + ", ".join(_attribute(right) for _, right in one.local_remote_pairs or []) + "]"


def _python(column: sa.Column[object]) -> str:
    if isinstance(column.type, (JSONB, ARRAY)) or column.type.__class__.__module__.startswith("pgvector"):
        return "Any"
    name = column.type.python_type.__name__
    known = {"int", "bool", "date", "datetime", "Decimal", "float"}
    return "uuid.UUID" if name == "UUID" else name if name in known else "str"


def _type(column: sa.Column[object]) -> str:
    type_ = column.type
    if isinstance(type_, sa.Enum):
        return f"sa.Enum(*{type_.enums!r}, name={type_.name!r}, schema={type_.schema!r})"
    if type_.__class__.__module__.startswith("pgvector"):
        return "Vector(1536)"
    if isinstance(type_, ARRAY):
        return "ARRAY(sa.Text)"
    return "JSONB()" if isinstance(type_, JSONB) else f"sa.{type_!r}"


def _seconds(code: str, place: Path) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=place, check=True)
    return time.perf_counter() - begin


def main() -> int:
    """Prints the medians and their ratio; 1 where it is over the bar."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        (place / "plain_models.py").write_text(plain_models(), encoding="utf-8")
        ours, plain, bare = [], [], []
        for number in range(runs + 1):
            seconds = _seconds(OURS, place), _seconds(PLAIN, place), _seconds("pass", place)
            if number:  # the first one compiles
                ours.append(seconds[0])
                plain.append(seconds[1])
                bare.append(seconds[2])
    ratio = statistics.median(one / other for one, other in zip(ours, plain, strict=True))
    print(f"python alone      {statistics.median(bare):.3f} s")
    print(f"plain models      {statistics.median(plain):.3f} s")
    print(f"app_schema.models {statistics.median(ours):.3f} s")
    print(f"times plain       {ratio:.2f} (bar {BAR})")
    return int(ratio > BAR)


if __name__ == "__main__":
    sys.exit(main())
