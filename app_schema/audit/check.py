"""A check, and the sets of objects that the checks share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import MetaData

from app_schema.audit.finding import Finding
from app_schema.ddl.attachment import declared
from app_schema.ddl.script import managed
from app_schema.ddl.sql import literals
from app_schema.project import Accepted

SERVICE_ROLES = ("service_account", "service_role")
"""The roles of jobs and webhooks, which see all rows by a policy."""


@dataclass(frozen=True)
class Known:
    """The facts for a check that the database does not contain.

    :param metadata: the declared side.
    :param accepted: undeclared objects to keep.
    :param touch: the call that sets ``updated_at``.
    """

    metadata: MetaData | None = None
    service_roles: Collection[str] = SERVICE_ROLES
    accepted: Sequence[Accepted] = ()
    touch: str | None = None

    @cached_property
    def tables(self) -> set[tuple[str, ...]]:
        """Schema and name of each declared table."""
        tables = self.metadata.tables.values() if self.metadata is not None else ()
        return {(table.schema or "public", table.name) for table in tables}

    @cached_property
    def policies(self) -> set[tuple[str, ...]]:
        """Schema, table and name of each declared policy."""
        keys = declared(self.metadata) if self.metadata is not None else ()
        return {(key.schema or "public", key.table or "", key.name) for key in keys if key.kind == "policy"}


def as_grantor(revoke: str, grantor: str, owner: str) -> str:
    """SQL expression: a REVOKE by the grantor, because a REVOKE by the owner keeps grants of other roles.

    All three are SQL expressions; the latter two OIDs of roles.
    """
    as_other = f"format('SET ROLE %s; %s RESET ROLE;', {grantor}::regrole, {revoke})"
    return f"CASE WHEN {grantor} = {owner} THEN {revoke} ELSE {as_other} END"


Row = Sequence[Any]
Judge = Callable[[str, Sequence[Row], Known], Iterable[Finding]]


@dataclass(frozen=True)
class Check:
    """A named query.

    Its rows are findings (severity, object, message, mend), or facts from which ``judge`` derives findings.
    The query reads the sets of `sets` and PostgreSQL's catalogs, with an empty search_path.
    """

    name: str
    query: str
    judge: Judge | None = None


# Without the objects of PostgreSQL, of extensions and of temporary schemas. Names print qualified and quoted,
# because the search_path is empty.
_SETS = """
space AS (
  SELECT n.oid, n.nspname, n.nspowner, n.nspacl FROM pg_catalog.pg_namespace AS n
   WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND {managed}
), member AS (
  SELECT d.classid, d.objid FROM pg_catalog.pg_depend AS d WHERE d.deptype = 'e'
), rel AS (
  SELECT c.*, c.oid::regclass::text AS name
    FROM pg_catalog.pg_class AS c JOIN space AS s ON s.oid = c.relnamespace
   WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_catalog.pg_class'::regclass AND m.objid = c.oid)
), tab AS (
  SELECT * FROM rel WHERE relkind IN ('r', 'p')
), col AS (
  SELECT t.name AS table_name, t.relname, t.relispartition, a.*
    FROM tab AS t JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
), idx AS (
  SELECT i.*, r.name, r.relkind, r.relam, t.name AS table_name, n.conname, n.contype, m.amname,
         pg_get_expr(i.indpred, i.indrelid) AS predicate, pg_get_expr(i.indexprs, i.indrelid) AS expressions,
         (i.indkey::int2[])[0:i.indnkeyatts - 1] AS keys, (i.indkey::int2[])[i.indnkeyatts:i.indnatts - 1] AS included,
         (i.indclass::oid[])[0:i.indnkeyatts - 1] AS classes, (i.indcollation::oid[])[0:i.indnkeyatts - 1] AS collations,
         (i.indoption::int2[])[0:i.indnkeyatts - 1] AS options
    FROM pg_catalog.pg_index AS i
    JOIN rel AS r ON r.oid = i.indexrelid AND NOT r.relispartition
    JOIN rel AS t ON t.oid = i.indrelid
    JOIN pg_catalog.pg_am AS m ON m.oid = r.relam
    LEFT JOIN pg_catalog.pg_constraint AS n
      ON n.conindid = i.indexrelid AND n.conrelid = i.indrelid AND n.contype IN ('p', 'u', 'x')
), fk_index AS (
  SELECT c.oid AS conoid, i.keys
    FROM pg_catalog.pg_constraint AS c
    JOIN idx AS i ON i.indrelid = c.conrelid AND i.keys[1] = ANY (c.conkey)
   WHERE c.contype = 'f' AND i.indisvalid AND i.amname IN ('btree', 'hash')
     AND (i.predicate IS NULL
          OR i.predicate IN (SELECT format('(%I IS NOT NULL)', a.attname) FROM pg_catalog.pg_attribute AS a
                              WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)))
), proc AS (
  SELECT p.*, p.oid::regprocedure::text AS name
    FROM pg_catalog.pg_proc AS p JOIN space AS s ON s.oid = p.pronamespace
   WHERE p.prokind <> 'a'
     AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_catalog.pg_proc'::regclass AND m.objid = p.oid)
), touch AS (
  SELECT t.tgrelid, t.tgname, t.tgenabled, t.tgnargs AS arguments, p.oid::regproc || '()' AS call
    FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
   WHERE t.tgtype & 19 = 19 AND t.tgattr = '' AND NOT t.tgisinternal -- BEFORE UPDATE FOR EACH ROW, of any column
     AND (strpos(p.prosrc, 'updated_at') > 0 OR strpos(encode(t.tgargs, 'escape'), 'updated_at') > 0)
), ranked AS (
  SELECT i.*, row_number() OVER (
           ORDER BY i.indisprimary DESC,
                    EXISTS (SELECT FROM pg_catalog.pg_constraint AS f WHERE f.contype = 'f' AND f.conindid = i.indexrelid) DESC,
                    i.indisunique DESC, i.conname IS NOT NULL DESC, i.indexrelid) AS rank
    FROM idx AS i WHERE i.indisvalid
), policy_role AS (
  SELECT DISTINCT r.oid, r.rolname
    FROM pg_catalog.pg_policy AS p JOIN tab AS t ON t.oid = p.polrelid
    JOIN pg_catalog.pg_roles AS r ON r.oid = ANY (p.polroles)
)"""  # noqa: E501 - one line is one expression


def sets(metadata: MetaData | None) -> str:
    """The sets, as common table expressions: of the schemas with declared objects, or of all."""
    schemas = managed(metadata) if metadata is not None else set()
    only = f"n.nspname = ANY ({literals(sorted(schemas))})" if schemas else "true"
    return _SETS.replace("{managed}", only)
