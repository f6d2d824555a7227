"""Properties of a table besides columns and constraints: CLUSTER, REPLICA IDENTITY, storage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from app_schema.ddl.block import block
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.lookup import regclass
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import dollar, ident, literal, qualified
from app_schema.ddl.table_object import TableObject
from app_schema.ddl.twin import Side
from app_schema.errors import ModelError

_NAME = r'(?:"(?:[^"]|"")+"|[^\s"]+)'
_ACTION = re.compile(
    rf"(?P<mark>CLUSTER ON|REPLICA IDENTITY USING INDEX) (?P<index>{_NAME})"
    r"|REPLICA IDENTITY (?P<identity>FULL|NOTHING)"
    r"|(?P<no>NO )?INHERIT (?P<parent>.+)|SET (?P<persistence>LOGGED|UNLOGGED)"
    r"|(?P<attach>ATTACH|DETACH) PARTITION (?P<partition>.+?)(?: FOR VALUES .+| DEFAULT)?"
    r"|SET \((?P<parameter>[\w.]+=[^\s,)]+)\)|RESET \((?P<reset>[\w.]+)\)"
    rf"|ALTER COLUMN (?P<column>{_NAME}) SET "
    r"(?:(?P<option>STATISTICS|STORAGE|COMPRESSION) (?P<value>\w+)|\(.+\))",
    re.DOTALL,
)
_OPTIONS = {"STATISTICS": "attstattarget::text", "STORAGE": "attstorage", "COMPRESSION": "attcompression"}
_LETTERS = {"PLAIN": "p", "EXTERNAL": "e", "MAIN": "m", "EXTENDED": "x", "pglz": "p", "lz4": "l"}


def _catalog(name: str, value: str, source: str, where: str, *, only_if: str = "") -> CatalogQuery:
    return CatalogQuery(
        f"pg_catalog.pg_class AS c {source}",
        catalog="pg_class",
        oid="c.oid",
        kind="'table_option'",
        name=name,
        namespace="c.relnamespace",
        table="c.relname",
        relation="c.oid",
        where=where,
        only_if=only_if,
        definition=value,
    )


_CATALOGS = (
    # pg_get_constraintdef does not print them; those of other indexes are in pg_get_indexdef
    _catalog(
        "format('INDEX OF %I SET (%s)', k.conname, split_part(o.option, '=', 1))",
        "split_part(o.option, '=', 2)",
        """\
JOIN pg_catalog.pg_constraint AS k ON k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x')
  JOIN pg_catalog.pg_class AS x ON x.oid = k.conindid
 CROSS JOIN unnest(x.reloptions) AS o(option)""",
        "c.relkind IN ('r', 'p') AND x.relkind = 'i'",
        only_if="""\
conrelid FROM pg_catalog.pg_constraint WHERE contype IN ('p', 'u', 'x')
  AND conindid IN (SELECT oid FROM pg_catalog.pg_class WHERE relkind = 'i' AND reloptions IS NOT NULL)""",
    ),
    _catalog(
        "'CLUSTER ON'",
        "format('%I', x.relname)",
        "JOIN pg_catalog.pg_index AS i ON i.indrelid = c.oid AND i.indisclustered "
        "JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid",
        "c.relkind IN ('r', 'm', 'p')",
        only_if="indexrelid FROM pg_catalog.pg_index WHERE indisclustered",
    ),
    # DROP INDEX leaves the letter i behind in relreplident: the table has no replica identity then
    _catalog(
        "v.option",
        "v.value",
        """\
CROSS JOIN LATERAL (VALUES
       ('REPLICA IDENTITY', CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' WHEN 'i' THEN (
          SELECT format('USING INDEX %I', x.relname) FROM pg_catalog.pg_index AS i
            JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
           WHERE i.indrelid = c.oid AND i.indisreplident) END),
       ('SET ACCESS METHOD', CASE WHEN c.relam NOT IN (0, 2) THEN (
          SELECT format('%I', m.amname) FROM pg_catalog.pg_am AS m WHERE m.oid = c.relam) END),
       ('OF', CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype::text END)) AS v(option, value)""",
        "c.relkind IN ('r', 'p') AND v.value IS NOT NULL",
        only_if="oid FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p') "
        "AND (relreplident <> 'd' OR relam NOT IN (0, 2) OR reloftype <> 0)",
    ),
    _catalog(
        "format('SET (toast.%s)', split_part(o.option, '=', 1))",
        "split_part(o.option, '=', 2)",
        "JOIN pg_catalog.pg_class AS k ON k.oid = c.reltoastrelid "
        "CROSS JOIN unnest(k.reloptions) AS o(option)",
        "k.reloptions IS NOT NULL",
        only_if="oid FROM pg_catalog.pg_class WHERE relkind = 't' AND reloptions IS NOT NULL",
    ),
    _catalog(
        # of an index PostgreSQL numbers the columns
        "format('ALTER COLUMN %s SET %s', CASE c.relkind WHEN 'i' THEN a.attnum::text "
        "ELSE quote_ident(a.attname) END, v.option)",
        "v.value",
        """\
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid
 CROSS JOIN LATERAL (
       SELECT 'STATISTICS', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END
       UNION ALL SELECT 'STORAGE', CASE WHEN a.attstorage <> y.typstorage AND c.relkind <> 'i' THEN
         CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN'
                           ELSE 'EXTENDED' END END
       UNION ALL SELECT 'COMPRESSION', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END
       UNION ALL SELECT format('(%s)', split_part(o, '=', 1)), split_part(o, '=', 2)
                   FROM unnest(a.attoptions) AS o) AS v(option, value)""",
        "(c.relkind IN ('r', 'm', 'p', 'f') OR c.relkind = 'i' AND a.attstattarget >= 0) "
        "AND v.value IS NOT NULL",
    ),
    _catalog(
        "format('TRIGGERS OF %I', k.conname)",
        "CASE t.tgenabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'REPLICA' ELSE 'ALWAYS' END",
        """\
JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = c.oid AND t.tgisinternal AND t.tgenabled <> 'O'
  JOIN pg_catalog.pg_constraint AS k ON k.oid = t.tgconstraint""",
        "t.tgparentid = 0",
        only_if="oid FROM pg_catalog.pg_trigger WHERE tgisinternal AND tgenabled <> 'O'",
    ),
    # ALTER TABLE of the parent sets the trigger of each partition, and that of a partition its own
    _catalog(
        "format('TRIGGER %I', t.tgname)",
        "CASE t.tgenabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'REPLICA' WHEN 'A' THEN 'ALWAYS' "
        "ELSE 'ORIGIN' END",
        """\
JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = c.oid AND NOT t.tgisinternal
  JOIN pg_catalog.pg_trigger AS u ON u.oid = t.tgparentid AND u.tgenabled <> t.tgenabled""",
        "c.relispartition",
        only_if="oid FROM pg_catalog.pg_trigger WHERE tgparentid <> 0 AND NOT tgisinternal",
    ),
)
_NAMES = re.compile(
    r"CLUSTER ON|REPLICA IDENTITY|SET ACCESS METHOD|OF|SET \(toast\.\w+\)|TRIGGERS OF .+"
    rf"|INDEX OF {_NAME} SET \(\w+\)|TRIGGER {_NAME}"
    rf"|ALTER COLUMN {_NAME} SET (?:STATISTICS|STORAGE|COMPRESSION|\(\w+\))",
    re.DOTALL,
)
_UNSET = {
    "CLUSTER ON": "SET WITHOUT CLUSTER",
    "REPLICA IDENTITY": "REPLICA IDENTITY DEFAULT",
    "SET ACCESS METHOD": "SET ACCESS METHOD heap",
    "OF": "NOT OF",
}
_STATES = {"DISABLED": "DISABLE", "REPLICA": "ENABLE REPLICA", "ALWAYS": "ENABLE ALWAYS"}
_TRIGGERS = "TRIGGERS OF "
_TRIGGER = "TRIGGER "
_OF_INDEX = re.compile(rf"INDEX OF (?P<index>{_NAME}) (?P<clause>(?:RE)?SET .+)", re.DOTALL)


@dataclass(frozen=True)
class TableOption(TableObject):
    """An action of ``ALTER TABLE``, in two parts: ``TableOption("REPLICA IDENTITY", "FULL")``.

    :param name: ``CLUSTER ON``, ``REPLICA IDENTITY``, ``SET ACCESS METHOD``, ``OF``,
        ``SET (toast.parameter)``; ``ALTER COLUMN name SET STORAGE``, and so ``STATISTICS``,
        ``COMPRESSION`` and ``(n_distinct)``;
        ``INDEX OF constraint SET (fillfactor)``, a parameter of the index of a constraint;
        ``TRIGGER name``, of a partition whose trigger has another state than that of its parent;
        ``TRIGGERS OF constraint``, the triggers that PostgreSQL has created for a foreign key.
    :param value: the rest: an index, FULL, EXTERNAL, a number; of triggers DISABLED, REPLICA, ALWAYS, ORIGIN.
    """

    kind: ClassVar[str] = "table_option"
    catalog = _CATALOGS
    ranks = (Drops.GRANT, Makes.COMMENT)  # CLUSTER and REPLICA IDENTITY name an index: after its creation
    in_create_all = Makes.COMMENT
    locks: ClassVar[Mapping[str, str]] = dict.fromkeys(("create", "drop", "replace"), "ACCESS EXCLUSIVE")
    positional: ClassVar[tuple[str, ...]] = ("name", "table", "value")
    stand_in: ClassVar[Mapping[str, Any]] = {"value": ""}
    name: str
    value: str
    table: str | None = None
    schema: str | None = None

    def __post_init__(self) -> None:
        if _NAMES.fullmatch(self.name) is None:
            raise ModelError(
                f"{self.name!r} is no option of a table: write CLUSTER ON, REPLICA IDENTITY, "
                "SET ACCESS METHOD, OF, SET (toast.parameter), TRIGGERS OF constraint, "
                "INDEX OF constraint SET (parameter), TRIGGER name, or "
                "ALTER COLUMN name SET STATISTICS, STORAGE, COMPRESSION or (parameter); "
                "op.alter_table(...) sets other parameters"
            )

    @classmethod
    def from_definition(cls, key: Key, definition: str) -> DDLObject:
        return cls(key.name, definition, table=key.table, schema=key.schema)

    def catalog_query(self) -> str:
        queries = (query.select(query.printed, *query.place(self.name, self.table)) for query in self.catalog)
        return "\nUNION ALL\n".join(queries)

    def side(self) -> Side:
        return Side(value=literal(self.value), qualified=True)

    def create_sql(self) -> tuple[str, ...]:
        if self.name.startswith(_TRIGGERS):
            return (self._set_triggers(_STATES.get(self.value, "ENABLE")),)
        if self.name.startswith(_TRIGGER):
            return (self._alter(f"{_STATES.get(self.value, 'ENABLE')} {self.name}"),)
        last = self.name.endswith(")")
        return (self._alter(f"{self.name[:-1]}={self.value})" if last else f"{self.name} {self.value}"),)

    def replace_sql(self) -> tuple[str, ...]:
        return self.create_sql()

    def drop_sql(self) -> tuple[str, ...]:
        if self.name.startswith(_TRIGGERS):
            return (self._set_triggers("ENABLE"),)
        if self.name.startswith(_TRIGGER):
            return (self._alter(f"{'DISABLE' if self.value == 'ORIGIN' else 'ENABLE'} {self.name}"),)
        if self.name.endswith(" STORAGE"):
            return (self._set_default_storage(),)
        if self.name.endswith(")"):
            return (self._alter(re.sub(r"SET (\([^()]+\))$", r"RESET \1", self.name)),)
        default = "-1" if self.name.endswith(" STATISTICS") else "default"
        return (self._alter(_UNSET.get(self.name, f"{self.name} {default}")),)

    def _alter(self, action: str) -> str:
        if of_index := _OF_INDEX.fullmatch(action):  # the index has the name of its constraint
            schema = f"{ident(self.schema)}." if self.schema else ""
            return f"ALTER INDEX {schema}{of_index['index']} {of_index['clause']}"
        # heirs and partitions would get the statistics and storage of a column too: each declares its own
        only = "ONLY " if action.startswith("ALTER COLUMN") else ""
        return f"ALTER TABLE {only}{qualified(self.table or '', self.schema)} {action}"

    def _set_default_storage(self) -> str:
        """PostgreSQL 15 has no SET STORAGE DEFAULT."""
        letters = " ".join(f"WHEN '{letter}' THEN '{word}'" for word, letter in _LETTERS.items())
        column = literal(self.name.removeprefix("ALTER COLUMN ").removesuffix(" SET STORAGE"))
        storage = f"""
BEGIN
  EXECUTE {dollar(self._alter(self.name + " "))} || (
    SELECT CASE y.typstorage {letters} END
      FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid
     WHERE a.attrelid = {self._oid} AND quote_ident(a.attname) = {column});
END
"""
        return "DO " + dollar(storage, "storage")

    def _set_triggers(self, verb: str) -> str:
        """Only a superuser may do so. By catalog: the triggers' names contain an OID, which varies."""
        constraint = literal(self.name.removeprefix(_TRIGGERS))
        body = f"""
DECLARE
  of_key record;
BEGIN
  FOR of_key IN
    SELECT t.tgname
      FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_constraint AS k ON k.oid = t.tgconstraint
     WHERE t.tgrelid = {self._oid} AND t.tgisinternal AND quote_ident(k.conname) = {constraint}
  LOOP
    EXECUTE {dollar(self._alter(f"{verb} TRIGGER "))} || quote_ident(of_key.tgname);
  END LOOP;
END
"""
        return "DO " + dollar(body, "triggers")

    @property
    def _oid(self) -> str:
        return regclass(self.table or "", self.schema)


def alter(table: str, action: str, schema: str | None) -> str:
    """``ALTER TABLE table action`` unless the option is set already: the statement would lock the table.

    :raises ModelError: for any other action.
    """
    match = _ACTION.fullmatch(action)
    if match is None:
        msg = (
            "op.alter_table takes CLUSTER ON, INHERIT, NO INHERIT, ATTACH and DETACH PARTITION, "
            "REPLICA IDENTITY, SET (...), RESET (...), SET LOGGED, SET UNLOGGED "
            "and ALTER COLUMN ... SET STATISTICS, "
            f"STORAGE, COMPRESSION or (...), not {action!r}: write the operation of its kind"
        )
        raise ModelError(msg)
    return block(
        [
            "BEGIN",
            f"  IF NOT EXISTS ({_is_set(match, table, schema)}) THEN",
            f"    EXECUTE {dollar(f'ALTER TABLE {qualified(table, schema)} {action}')};",
            "  END IF;",
            "END",
        ]
    )


def _is_set(match: re.Match[str], table: str, schema: str | None) -> str:  # noqa: PLR0911 - a list of cases
    """Query that returns a row if the option is set."""
    oid = regclass(table, schema)
    if match["index"] is not None:
        mark = "indisclustered" if match["mark"] == "CLUSTER ON" else "indisreplident"
        return (
            "SELECT FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid "
            f"WHERE i.indrelid = {oid} AND quote_ident(c.relname) = {literal(match['index'])} AND i.{mark}"
        )
    if match["parent"] is not None:
        parent = f"to_regclass({literal(match['parent'])})"
        is_set = f"FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = {oid} AND h.inhparent = {parent}"
        return f"SELECT WHERE NOT EXISTS (SELECT {is_set})" if match["no"] else f"SELECT {is_set}"
    if match["partition"] is not None:
        part = f"to_regclass({literal(match['partition'])})"
        is_part = f"FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = {part} AND h.inhparent = {oid}"
        detached = f"SELECT WHERE NOT EXISTS (SELECT {is_part})"
        return f"SELECT {is_part}" if match["attach"] == "ATTACH" else detached
    if match["identity"] is not None:
        letter = match["identity"][0].lower()
        return f"SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = {oid} AND c.relreplident = '{letter}'"
    if match["persistence"] is not None:
        letter = "u" if match["persistence"] == "UNLOGGED" else "p"
        return f"SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = {oid} AND c.relpersistence = '{letter}'"
    if match["parameter"] is not None:
        is_set = f"{literal(match['parameter'])} = ANY (c.reloptions)"
        return f"SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = {oid} AND {is_set}"
    if match["reset"] is not None:
        other = f"SELECT FROM unnest(c.reloptions) AS o WHERE starts_with(o, {literal(match['reset'] + '=')})"
        return f"SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = {oid} AND NOT EXISTS ({other})"
    if match["option"] is None:
        return "SELECT WHERE false"
    value = _LETTERS.get(match["value"], match["value"])
    return (
        f"SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = {oid} "
        f"AND quote_ident(a.attname) = {literal(match['column'])} "
        f"AND a.{_OPTIONS[match['option']]} = {literal(value)}"
    )
