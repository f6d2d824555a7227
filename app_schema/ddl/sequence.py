"""Sequences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl import privileges
from app_schema.ddl.block import DIFFERENT, block
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.definition import Parts
from app_schema.ddl.guarded_drop import drop
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.relation import KIND_OF_NAME
from app_schema.ddl.sql import dollar, ident, literal, qualified
from app_schema.ddl.twin import Side

_OF_NO_IDENTITY = """
   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
                      AND d.deptype = 'i')"""
"""The sequence of an identity is a part of its column, and may have the name of a dropped sequence."""


_NUMBERS = """\
format('AS %s START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s%s', format_type(q.seqtypid, NULL),
       q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, CASE WHEN q.seqcycle THEN ' CYCLE' END)"""
_OF_COLUMN = """\
(SELECT {printed} FROM pg_catalog.pg_depend AS d
   JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
   JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid
   JOIN pg_catalog.pg_namespace AS m ON m.oid = t.relnamespace
  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
    AND d.refobjsubid > 0)"""
_OWNED = _OF_COLUMN.format(printed="format('OWNED BY %s.%I', d.refobjid::regclass, a.attname)")
_NAME_BYTES = 63
OTHER_NAME = """\
octet_length(c.relname || a.attname) < 59 AND s.relname <> concat(c.relname, '_', a.attname, '_seq')"""
"""SQL condition: sequence ``s`` of identity column ``a`` of table ``c`` has a name of its own.

PostgreSQL shortens longer names."""
_OPTIONS = f"concat_ws(' ', {_NUMBERS}, {_OWNED})"


@dataclass(frozen=True)
class PrintedSequence(Parts):
    """A sequence as a snapshot prints it.

    :param unlogged: UNLOGGED, as its table is; no revision renders it.
    :param options: every option but OWNED BY.
    :param numbers: START, INCREMENT, MINVALUE, MAXVALUE and CACHE, as the arguments of ``Identity``.
    :param owner: schema, table and name of the column that owns it.
    """

    unlogged: str
    options: str
    owned_by: str
    numbers: Mapping[str, int]
    cycle: bool
    owner: Iterable[str] | None

    @property
    def statement(self) -> str:
        """The options of CREATE SEQUENCE, with OWNED BY."""
        return f"{self.options} {self.owned_by}".rstrip()

    @property
    def type(self) -> str:
        """The type of the values."""
        return self.options.partition(" START ")[0].removeprefix("AS ")

    @property
    def column(self) -> Key | None:
        """The column that owns the sequence."""
        return Key("column", *self.owner) if self.owner else None


def name_of_serial(table: str, column: str) -> str:
    """The name that PostgreSQL chooses for the sequence of a column: at most 63 bytes, of which the longer of
    both names loses the most, no character being cut."""
    room = _NAME_BYTES - len("__seq")
    names = [table.encode(), column.encode()]
    while len(names[0]) + len(names[1]) > room:
        longer = 0 if len(names[0]) > len(names[1]) else 1
        names[longer] = names[longer][:-1]
    return "_".join([*(name.decode(errors="ignore") for name in names), "seq"])


_CATALOG = CatalogQuery(
    "pg_catalog.pg_sequence AS q JOIN pg_catalog.pg_class AS c ON c.oid = q.seqrelid",
    catalog="pg_class",
    oid="c.oid",
    kind="'sequence'",
    name="c.relname",
    namespace="c.relnamespace",
    only_if="oid FROM pg_catalog.pg_class WHERE relkind = 'S'",
    owner="c.relowner",
    printed_as=PrintedSequence,
    fields={
        "unlogged": "CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' ELSE '' END",
        "options": _NUMBERS,
        "owned_by": f"coalesce({_OWNED}, '')",
        "numbers": """\
json_build_object('start', q.seqstart, 'increment', q.seqincrement, 'minvalue', q.seqmin,
                  'maxvalue', q.seqmax, 'cache', q.seqcache)""",
        "cycle": "q.seqcycle",
        "owner": _OF_COLUMN.format(printed="json_build_array(m.nspname, t.relname, a.attname)"),
    },
)


@dataclass(frozen=True)
class Sequence(DDLObject):
    """``CREATE SEQUENCE schema.name options``, every option written: ``AS bigint START 1 INCREMENT 1 …``.

    :param owner_follows: a later statement of the revision sets OWNED BY, or the sequence is that of an
        identity, whose owner PostgreSQL keeps: neither guard nor ALTER SEQUENCE has the owner.
    """

    kind: ClassVar[str] = "sequence"
    keeps_values = True
    comment_on: ClassVar[Mapping[str, str]] = {"sequence": "SEQUENCE {place}"}
    owned_as = "relation"
    catalog = (_CATALOG,)
    ranks = (Drops.TYPE, Makes.TYPE)
    instead = "declare a sqlalchemy.Sequence(..., metadata=...)"
    positional: ClassVar[tuple[str, ...]] = ("name", "options")
    stand_in: ClassVar[Mapping[str, Any]] = {"options": ""}
    name: str
    options: str
    _: KW_ONLY
    owner_follows: bool = False
    schema: str | None = None

    @classmethod
    def from_definition(cls, key: Key, definition: str) -> DDLObject:
        return cls(key.name, PrintedSequence.of(definition).statement, schema=key.schema)

    def catalog_query(self) -> str:
        printed = _NUMBERS if self.owner_follows else _OPTIONS
        return _CATALOG.select(printed, *_CATALOG.place(self.name))

    def side(self) -> Side:
        return Side(value=literal(self.options), qualified=True)

    def create_sql(self) -> tuple[str, ...]:
        return (f"CREATE SEQUENCE {qualified(self.name, self.schema)} {self.options}",)

    def privileges_sql(self) -> tuple[str, ...]:
        return (privileges.of_object("S", f"SEQUENCE {qualified(self.name, self.schema)}"),)

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP SEQUENCE {qualified(self.name, self.schema)}",)

    def replace_sql(self) -> tuple[str, ...]:
        # ALTER keeps the current value and the defaults that use the sequence
        cycle = "" if " CYCLE" in self.options else " NO CYCLE"
        owner = "" if self.owner_follows or " OWNED BY " in self.options else " OWNED BY NONE"
        return (f"ALTER SEQUENCE {qualified(self.name, self.schema)} {self.options}{cycle}{owner}",)

    def dropped(self, *, recreated: bool = False) -> str:
        return drop(
            self.label,
            self.namespace(),
            KIND_OF_NAME.format(name=literal(self.name)) + _OF_NO_IDENTITY,
            "sequence",
            self.drop_sql(),
            recreated=recreated,
        )


_ADVANCE = """\
DECLARE
  place CONSTANT text := coalesce((
    SELECT s.oid::regclass::text FROM pg_catalog.pg_attrdef AS f
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
      JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = f.oid
       AND d.refclassid = 'pg_catalog.pg_class'::regclass
      JOIN pg_catalog.pg_class AS s ON s.oid = d.refobjid AND s.relkind = 'S'
     WHERE f.adrelid = to_regclass({table}) AND a.attname = {column} LIMIT 1),
    pg_get_serial_sequence({table}, {column}));
  up boolean;
  reached bigint;
BEGIN
  IF place IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '{different}', MESSAGE = {absent};
  END IF;
  SELECT q.seqincrement > 0 INTO up FROM pg_catalog.pg_sequence AS q WHERE q.seqrelid = place::regclass;
  EXECUTE format({farthest}, CASE WHEN up THEN 'max' ELSE 'min' END) INTO reached;
  EXECUTE format('SELECT setval(%L, $1) FROM %s AS s WHERE CASE
    WHEN $1 = s.last_value THEN NOT s.is_called WHEN $2 THEN $1 > s.last_value ELSE $1 < s.last_value END',
    place, place) USING reached, up;
END"""


def advance(table: str, column: str, schema: str | None) -> str:
    """A ``DO`` block that sets the sequence of a default or identity past the existing values.

    The value never decreases, so a second run does nothing. Refuses a column without a sequence.
    """
    real = qualified(table, schema)
    greatest = f"SELECT %s({ident(column).replace('%', '%%')}) FROM {real.replace('%', '%%')}"
    return block(
        [
            _ADVANCE.format(
                table=literal(real),
                column=literal(column),
                different=DIFFERENT,
                absent=literal(f"column {column} of {real} has no sequence (identity or nextval default)"),
                farthest=dollar(greatest),
            )
        ]
    )
