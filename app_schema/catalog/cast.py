"""The conversions of PostgreSQL from one type to another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import text

from app_schema.ddl.sql import ident, literal
from app_schema.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

# An array is cast as its elements are, a domain as the type below it; any type is assigned to a string, and a
# string is cast to any type. Source: PostgreSQL's find_coercion_pathway() in parser/parse_coerce.c.
JSON_PREDICATE = 16
"""The first PostgreSQL with IS JSON."""
_QUERY = text("""\
WITH base AS (
  SELECT s AS source, t AS target, s.typcategory = 'A' AND t.typcategory = 'A' AS arrays
    FROM pg_catalog.pg_type AS a
    JOIN pg_catalog.pg_type AS s ON s.oid = coalesce(nullif(a.typbasetype, 0), a.oid)
   CROSS JOIN pg_catalog.pg_type AS b
    JOIN pg_catalog.pg_type AS t ON t.oid = coalesce(nullif(b.typbasetype, 0), b.oid)
   WHERE a.oid = to_regtype(:source) AND b.oid = to_regtype(:target)
)
SELECT CASE WHEN s.oid = t.oid OR c.castcontext IN ('i', 'a') THEN 'assigned'
            WHEN c.castcontext IS NULL AND t.typcategory = 'S' THEN 'assigned'
            WHEN c.castcontext = 'e' OR s.typcategory = 'S' THEN 'cast' END
  FROM base AS p
  JOIN pg_catalog.pg_type AS s ON s.oid = CASE WHEN arrays THEN (source).typelem ELSE (source).oid END
  JOIN pg_catalog.pg_type AS t ON t.oid = CASE WHEN arrays THEN (target).typelem ELSE (target).oid END
  LEFT JOIN pg_catalog.pg_cast AS c ON c.castsource = s.oid AND c.casttarget = t.oid
""")


UTC = "UTC"
AT_ZONE = re.compile(r"AT TIME ZONE '((?:[^']|'')*)'")
_TYPE = r"(?:pg_catalog\.)?\"?[\w ]+\"?(?:\.\"?[\w ]+\"?)?(?:\([\d, -]+\))?[\w ]*(?:\[\])*"
STRINGS = {"text", "character varying", "varchar", "character", "char", "bpchar"}
_ALIASES = {
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
    "time": "time without time zone",
}
_LOCAL_RANGES = {"daterange", "datemultirange", "tsrange", "tsmultirange"}
_ZONED_RANGES = {"tstzrange", "tstzmultirange"}
RANGES = _LOCAL_RANGES | _ZONED_RANGES
_LOCAL = {"date", "timestamp without time zone", "time without time zone", *_LOCAL_RANGES}
_ZONED = {"timestamp with time zone", "time with time zone", *_ZONED_RANGES}
_OFFSET = r"([+-]\d\d?(:?\d\d)*|[Zz]|[A-Za-z]+/[A-Za-z_/]+)\s*$"
"""The end of a text with a time zone of its own: an offset, or a name as Europe/Berlin."""


class Casts:
    """The casts of a server; each pair of types is queried once.

    :param dropped: ``source AS target`` of casts that do not exist any more when a column is converted.
    """

    def __init__(self, connection: Connection, dropped: Iterable[str] = ()) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str], str | None] = {}
        for name in dropped:
            source, _, target = name.partition(" AS ")
            self._known[source, target] = None

    def between(self, source: str, target: str) -> str | None:
        """``assigned``, ``cast``, or None if PostgreSQL has neither."""
        pair = source, target
        if pair not in self._known:
            rows = self._connection.execute(_QUERY, {"source": source, "target": target})
            self._known[pair] = rows.scalar_one_or_none()
        return self._known[pair]


def using(casts: Casts, column: str, source: str, target: str, zone: str = UTC) -> str | None:
    """The USING clause that converts a column; None: PostgreSQL needs none.

    An assignment cast is preferred to an explicit cast: it refuses a value that is too long, and a cast would
    truncate it. Without either, as between two enums, the value is converted by way of text.

    A conversion that depends on TimeZone names the zone, and one that depends on lc_monetary converts by way
    of numeric: the result is the same on every database.

    :param source: the types as PostgreSQL prints them, under an empty search_path.
    :raises ModelError: if a zone other than UTC cannot be named.
    """
    named = _zoned(ident(column), source, target, zone) or _by_numeric(ident(column), source, target)
    if named is not None:
        return named
    kind = casts.between(source, target)
    if kind == "assigned":
        return None
    return f"{ident(column)}::{target}" if kind == "cast" else f"{ident(column)}::text::{target}"


def base(type_: str) -> str:
    """The name of a type without its length or precision: ``timestamp(3) with time zone`` has it inside."""
    name = " ".join(re.sub(r"\([^)]*\)", " ", type_.partition(" COLLATE ")[0]).lower().split())
    return _ALIASES.get(name, name)


def element(type_: str) -> str:
    """The name of a type, or of the elements of an array."""
    return base(type_.removesuffix("[]"))


def crosses_zone(source: str, target: str) -> bool:
    """True if PostgreSQL's conversion between the types depends on TimeZone."""
    old, new = element(source), element(target)
    if old == "time with time zone":  # a timetz contains its offset, which the conversion drops
        return False
    if (old, new) == ("timestamp with time zone", "time with time zone"):
        return True
    return (old in _LOCAL and new in _ZONED) or (old in _ZONED and new in _LOCAL)


def _zoned(column: str, source: str, target: str, zone: str) -> str | None:
    """A conversion between local time and a moment, at a named zone; None for any other."""
    old, new, at_zone = base(source), base(target), f"AT TIME ZONE {literal(zone)}"
    moment = "timestamp with time zone"
    local = {"timestamp without time zone", "date", "time without time zone"}
    if old == moment and new in local:
        return f"{column} {at_zone}" if new.startswith("timestamp") else f"({column} {at_zone})::{target}"
    if new == moment and old in local:
        return f"{column} {at_zone}" if old.startswith("timestamp") else f"{column}::timestamp {at_zone}"
    read = element(source) in STRINGS and element(target) in _ZONED
    if zone == UTC or not (read or crosses_zone(source, target)):
        return None  # the text contains the offset
    if old not in STRINGS or new != moment:
        raise ModelError(
            f"{source} is converted to {target} at UTC only, not at {zone}: "
            "write postgresql_using= with the intended expression"
        )
    offset = literal(_OFFSET)
    return f"CASE WHEN {column} ~ {offset} THEN {column}::{target} ELSE {column}::timestamp {at_zone} END"


def _by_numeric(column: str, source: str, target: str) -> str | None:
    """A conversion between money and text by numeric: the text of money depends on lc_monetary."""
    if {base(source), base(target)} & STRINGS and "money" in {base(source), base(target)}:
        return f"{column}::numeric::{target}"
    return None


def lost(
    connection: Connection, table: str, column: str, source: str, target: str, clause: str | None
) -> str | None:
    """The query that counts the lost values: ``value::new::old IS DISTINCT FROM value``.

    :param table: the quoted name.
    :param clause: the USING clause of the conversion.
    :returns: None for a clause whose inverse is unknown.
    """
    name = ident(column)
    if clause is not None and not _is_cast(name, clause):
        return None
    if (base(source), base(target)) == ("json", "jsonb"):  # jsonb keeps the last of two equal keys
        written = "regexp_replace({}::text, '\\s', '', 'g')"
        keys = f"{name} IS NOT NULL AND NOT {name} IS JSON WITH UNIQUE KEYS"
        if connection.dialect.server_version_info < (JSON_PREDICATE,):  # type: ignore[operator]
            keys = f"length({written.format(name)}) > length({written.format(name + '::jsonb')})"
        return f"SELECT count(*) FROM {table} WHERE {keys}"
    trip = round_trip(connection, column, source, target, clause)
    if trip is None:
        return None
    converted, inverse = trip
    return (
        f"SELECT count(*) FROM (SELECT {name} AS old, {converted} AS new FROM {table}) AS c "
        f"WHERE (({inverse})::{source}) IS DISTINCT FROM old"
    )


def round_trip(
    connection: Connection, column: str, source: str, target: str, clause: str | None
) -> tuple[str, str] | None:
    """The SQL of a converted value, and the SQL that converts it, as a column ``new``, back.

    :returns: None for a clause whose inverse is unknown.
    """
    name = ident(column)
    if clause is not None and not _is_cast(name, clause):
        return None
    zone = AT_ZONE.search(clause or "")
    converted = f"({clause or name})"
    if base(target) in STRINGS:  # an assignment refuses a value that is too long, a cast truncates it
        converted += "::text"
    elif not base(target).startswith("bit"):
        converted += f"::{target}"
    zoned = zone[1].replace("''", "'") if zone else UTC
    return converted, using(Casts(connection), "new", target, source, zoned) or "new"


def _is_cast(name: str, clause: str) -> bool:
    """True if a clause only casts the column, with or without AT TIME ZONE."""
    cast = rf"CAST\s*\(\s*{re.escape(name)}\s+AS\s+{_TYPE}\s*\)"
    tail = rf"(?:\s*\)|\s*::\s*{_TYPE}|\s+{AT_ZONE.pattern})*"
    return bool(re.fullmatch(rf"\s*\(*\s*(?:{cast}|{re.escape(name)}){tail}\s*", clause, re.IGNORECASE))
