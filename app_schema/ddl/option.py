"""What ``ALTER TABLE`` sets and no metadata declares: CLUSTER, REPLICA IDENTITY, statistics, storage."""

from __future__ import annotations

import re

from app_schema.ddl.block import block
from app_schema.ddl.catalog_query import CatalogQuery, Kind
from app_schema.ddl.lookup import regclass
from app_schema.ddl.sql import dollar, literal, qualified
from app_schema.errors import ModelError

_NAME = r'(?:"(?:[^"]|"")+"|[^\s"]+)'
_ACTION = re.compile(
    rf"(?P<mark>CLUSTER ON|REPLICA IDENTITY USING INDEX) (?P<index>{_NAME})"
    r"|REPLICA IDENTITY (?P<identity>FULL|NOTHING)"
    r"|INHERIT (?P<parent>.+)|SET (?P<persistence>LOGGED|UNLOGGED)"
    r"|SET \((?P<parameter>[\w.]+=[^\s,)]+)\)|RESET \((?P<reset>[\w.]+)\)"
    rf"|ALTER COLUMN (?P<column>{_NAME}) SET "
    r"(?:(?P<option>STATISTICS|STORAGE|COMPRESSION) (?P<value>\w+)|\(.+\))",
    re.DOTALL,
)
_OPTIONS = {"STATISTICS": "attstattarget::text", "STORAGE": "attstorage", "COMPRESSION": "attcompression"}
_LETTERS = {"PLAIN": "p", "EXTERNAL": "e", "MAIN": "m", "EXTENDED": "x", "pglz": "p", "lz4": "l"}


def _catalog(name: str, value: str, source: str, where: str) -> CatalogQuery:
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
        definition=value,
    )


class TableOptions(Kind):
    """What ALTER TABLE sets and no metadata declares: the action, and its value."""

    reflected_as = ("table_option",)
    catalog = (
        _catalog(
            "'CLUSTER ON'",
            "format('%I', x.relname)",
            "JOIN pg_catalog.pg_index AS i ON i.indrelid = c.oid AND i.indisclustered "
            "JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid",
            "c.relkind IN ('r', 'm', 'p')",
        ),
        _catalog(
            "'REPLICA IDENTITY'",
            "CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' "
            "ELSE format('USING INDEX %I', x.relname) END",
            "LEFT JOIN pg_catalog.pg_index AS i ON i.indrelid = c.oid AND i.indisreplident "
            "LEFT JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid",
            # DROP INDEX leaves the letter i behind: the table has no replica identity then
            "c.relkind IN ('r', 'p') AND (c.relreplident IN ('f', 'n') OR x.oid IS NOT NULL)",
        ),
        _catalog(
            "format('ALTER COLUMN %I SET %s', a.attname, v.option)",
            "v.value",
            """\
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid
 CROSS JOIN LATERAL (VALUES
       ('STATISTICS', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END),
       ('STORAGE', CASE WHEN a.attstorage <> y.typstorage THEN
         CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN'
                           ELSE 'EXTENDED' END END),
       ('COMPRESSION', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END),
       ('', '(' || array_to_string(a.attoptions, ', ') || ')')) AS v(option, value)""",
            "c.relkind IN ('r', 'm', 'p') AND v.value IS NOT NULL",
        ),
    )


def alter(table: str, action: str, schema: str | None) -> str:
    """``ALTER TABLE table action``, where the table is not so already: the statement would lock it.

    :raises ModelError: for an action that is none of these options.
    """
    match = _ACTION.fullmatch(action)
    if match is None:
        msg = (
            "op.alter_table takes CLUSTER ON, INHERIT, REPLICA IDENTITY, SET (...), RESET (...), SET LOGGED, "
            "SET UNLOGGED and ALTER COLUMN ... SET STATISTICS, "
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
    """Query of a row where the option is set."""
    oid = regclass(table, schema)
    if match["index"] is not None:
        mark = "indisclustered" if match["mark"] == "CLUSTER ON" else "indisreplident"
        return (
            "SELECT FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid "
            f"WHERE i.indrelid = {oid} AND quote_ident(c.relname) = {literal(match['index'])} AND i.{mark}"
        )
    if match["parent"] is not None:
        parent = f"to_regclass({literal(match['parent'])})"
        return f"SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = {oid} AND h.inhparent = {parent}"
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
