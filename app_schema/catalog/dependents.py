"""What hangs on a thing that PostgreSQL will not change under it, from pg_depend."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from app_schema.catalog.answers import Answers
from app_schema.ddl import Key

if TYPE_CHECKING:
    from sqlalchemy import Connection, TextClause


_FIELDS = ("kind", "schema", "tbl", "name")


class Blocked(NamedTuple):
    """A thing that is to change; ``gone`` where it is dropped, and all that hangs on it with it."""

    key: Key
    gone: bool


@cache
def _query() -> TextClause:
    return text(files("app_schema.catalog").joinpath("dependents.sql").read_text(encoding="utf-8"))


def dependents(connection: Connection, blocked: Iterable[Blocked]) -> list[Key]:
    """What stands in the way of these changes, directly or through something else, what came first first.

    Of a column that changes its type: what PostgreSQL refuses or would misread, which are views, policies,
    triggers, generated columns, foreign keys, and the constraints and indexes that have an expression. Of an
    enum the same of its columns, and what names it. Of what is dropped: everything.

    Kinds are those of a snapshot, besides ``default``, a default that reads the thing, and ``own_default``,
    that of a column that changes; their names are those of the columns.
    """
    wanted = [{**dict(zip(_FIELDS, one.key, strict=True)), "gone": one.gone} for one in blocked]
    if not wanted:
        return []
    rows = connection.execute(_query(), {"keys": json.dumps(wanted)})
    return list(dict.fromkeys(Key(*row) for row in rows))


_FUNCTION = """\
SELECT p.oid::bigint FROM pg_catalog.pg_proc AS p
 WHERE p.pronamespace = to_regnamespace(quote_ident(:schema))
   AND format('%s(%s)', p.proname, oidvectortypes(p.proargtypes)) = :name"""
_VIEW = """\
WITH RECURSIVE reads(oid, depth) AS (
  SELECT c.oid, 0 FROM pg_catalog.pg_class AS c
   WHERE c.relnamespace = to_regnamespace(quote_ident(:schema)) AND c.relname = :name
  UNION
  SELECT c.oid, o.depth + 1 FROM reads AS o
    JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = o.oid
    JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
     AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> o.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid AND c.relkind IN ('v', 'm')
)
SELECT (max(depth)::bigint << 32) + max(oid::bigint) FILTER (WHERE depth = 0) FROM reads"""


def age(answers: Answers, key: Key) -> int:
    """A number by which a view comes after those that it reads, and else what was made later after the
    older."""
    return int(answers.get(_FUNCTION if key.kind == "function" else _VIEW, key))
