"""The picture of the tables: boxes in columns, so that a foreign key points to the left."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app_schema.ddl.sql import qualified

WIDTH, GAP, LINE, HEAD = 230, 90, 15, 26
"""Pixels of a box, between two columns of boxes, of a line in a box, and of its head."""
_SPACE = 22
"""Pixels between two boxes of a column."""
_KEYS = sa.text("""\
SELECT format('%I.%I', n.nspname, c.relname) AS source, format('%I.%I', fn.nspname, f.relname) AS target,
       (SELECT string_agg(a.attname, ', ' ORDER BY k.place)
          FROM unnest(con.conkey) WITH ORDINALITY AS k (number, place)
               JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number) AS columns
  FROM pg_catalog.pg_constraint AS con
  JOIN pg_catalog.pg_class AS c ON c.oid = con.conrelid AND NOT c.relispartition
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_class AS f ON f.oid = con.confrelid AND NOT f.relispartition
  JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.relnamespace
 WHERE con.contype = 'f'
 ORDER BY 1, 3, 2""")


@dataclass(frozen=True)
class TableBox:
    """A table: where it is drawn, and the columns of its foreign keys with the table that each refers to."""

    name: str
    keys: list[tuple[str, str]]
    x: int
    y: int

    @property
    def height(self) -> int:
        """The height of the box."""
        return HEAD + LINE * len(self.keys) + (6 if self.keys else 0)


@dataclass(frozen=True)
class Arrow:
    """A foreign key as a path of SVG."""

    source: str
    target: str
    path: str


@dataclass(frozen=True)
class Picture:
    """Boxes and lines, and the size of all."""

    boxes: list[TableBox]
    lines: list[Arrow]
    width: int
    height: int


def picture(session: Session, tables: list[sa.Table]) -> Picture:
    """The picture of these tables, by the foreign keys of the database."""
    names = sorted(qualified(table.name, table.schema or "public") for table in tables)
    keys: dict[str, list[tuple[str, str]]] = {name: [] for name in names}
    for row in session.execute(_KEYS):
        if row.source in keys and row.target in keys:
            keys[row.source].append((row.columns, row.target))
    boxes = _placed(keys)
    return Picture(
        boxes=list(boxes.values()),
        lines=[
            Arrow(name, target, _path(boxes[name], place, boxes[target]))
            for name, referred in keys.items()
            for place, (_, target) in enumerate(referred)
        ],
        width=max((box.x + WIDTH for box in boxes.values()), default=0),
        height=max((box.y + box.height for box in boxes.values()), default=0),
    )


def _placed(keys: dict[str, list[tuple[str, str]]]) -> dict[str, TableBox]:
    """The boxes: each right of all that it refers to, near them in height."""
    columns: dict[int, list[str]] = defaultdict(list)
    for name, depth in _depths(keys).items():
        columns[depth].append(name)
    boxes: dict[str, TableBox] = {}
    for depth in sorted(columns):
        y = 0
        for name in sorted(columns[depth], key=lambda name: (_middle(keys[name], boxes), name)):
            boxes[name] = TableBox(name, keys[name], depth * (WIDTH + GAP), y)
            y += boxes[name].height + _SPACE
    return boxes


def _depths(keys: dict[str, list[tuple[str, str]]]) -> dict[str, int]:
    """The length of the longest chain of foreign keys from each table; a circle is cut where it closes."""
    depths: dict[str, int] = {}

    def depth(name: str, above: frozenset[str]) -> int:
        if name not in depths:
            below = [
                depth(target, above | {name})
                for _, target in keys[name]
                if target != name and target not in above
            ]
            depths[name] = max(below, default=-1) + 1
        return depths[name]

    for name in keys:
        depth(name, frozenset())
    return depths


def _middle(keys: list[tuple[str, str]], boxes: dict[str, TableBox]) -> float:
    heights = [boxes[target].y for _, target in keys if target in boxes]
    return sum(heights) / len(heights) if heights else 0.0


def _path(source: TableBox, place: int, target: TableBox) -> str:
    """From the column of a key to the head of the other table."""
    y, to_y = source.y + HEAD + LINE * place + 8, target.y + HEAD // 2
    if target.x < source.x:
        x, to_x = source.x, target.x + WIDTH
        bend = (x - to_x) // 2
        return f"M {x} {y} C {x - bend} {y}, {to_x + bend} {to_y}, {to_x} {to_y}"
    x, to_x = source.x + WIDTH, target.x + WIDTH  # a circle: round the right side
    return f"M {x} {y} C {x + GAP // 2} {y}, {to_x + GAP // 2} {to_y}, {to_x} {to_y}"
