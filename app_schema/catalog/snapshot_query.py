"""The whole catalog of a database in one query: the union of the queries of the kinds."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from app_schema.catalog.assembled import Assembled
from app_schema.ddl.catalog_query import FIRST_OID, CatalogQuery, Kind
from app_schema.ddl.sql import literal

# Left out: what belongs to PostgreSQL, to an extension or to a temporary schema. Each object is read once;
# its owner and its comment are rows of their own.
_SNAPSHOT = """\
WITH space AS (
  SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace AS n
   WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), member AS (
  SELECT d.classid, d.objid FROM pg_catalog.pg_depend AS d WHERE d.deptype = 'e'
), object(kind, schema, tbl, name, definition, owned_as, owner, classid, oid) AS (
{objects}{{parts}}
), snapshot(kind, schema, tbl, name, definition) AS (
SELECT o.kind, o.schema, o.tbl, o.name, o.definition FROM object AS o WHERE o.definition IS NOT NULL
UNION ALL
SELECT 'owner', o.schema, o.name, o.owned_as, pg_get_userbyid(o.owner)::text FROM object AS o
 WHERE o.owner <> 0
UNION ALL
SELECT 'object_comment', o.schema, o.tbl, format('%s %s', o.kind, o.name), d.description
  FROM pg_catalog.pg_description AS d
  JOIN object AS o ON o.classid = d.classoid AND o.oid = d.objoid AND d.objsubid = 0
 WHERE (d.objoid >= {first} OR d.classoid = 'pg_catalog.pg_namespace'::regclass)
   AND d.description <> 'standard public schema' AND o.name <> 'plpgsql'
UNION ALL
-- objects of kinds that no class declares, as PostgreSQL identifies them
SELECT 'object_comment', i.schema, NULL, format('%s %s', i.type, i.identity), d.description
  FROM pg_catalog.pg_description AS d
 CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) AS i
 WHERE d.objoid >= {first} AND d.classoid <> 'pg_catalog.pg_class'::regclass
   AND (i.schema IN (SELECT s.nspname FROM space AS s) OR i.type IN ('event trigger', 'domain constraint'))
   AND NOT EXISTS (SELECT FROM object AS o WHERE o.classid = d.classoid AND o.oid = d.objoid)
   AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = d.classoid AND m.objid = d.objoid))
SELECT s.kind, s.schema, s.tbl, s.name, s.definition FROM snapshot AS s
 ORDER BY s.kind, s.schema COLLATE "C", s.tbl COLLATE "C", s.name COLLATE "C\""""


@cache
def snapshot_query() -> Assembled:
    """Query of (kind, schema, table, name, definition), to be run with an empty search_path.

    So PostgreSQL prints every name with its schema.
    """
    common, parts, catalogs = [], dict[str, str](), dict[str, str]()
    for kind in Kind.all():
        for query in kind.catalog:
            text = _of_database(query, owned_as=kind.owned_as, commented=bool(kind.comment_on))
            if query.only_if:
                parts[query.only_if] = f"{parts.get(query.only_if, '')}\nUNION ALL\n{text}"
                catalogs[query.only_if] = query.catalog
            else:
                common.append(text)
    text = _SNAPSHOT.format(objects="\nUNION ALL\n".join(common), first=FIRST_OID)
    return Assembled(text, catalogs, parts)


def _of_database(query: CatalogQuery, *, owned_as: str, commented: bool) -> str:
    """The objects of one database that belong to no extension.

    :param commented: a comment names its object by this kind, even one that the snapshot does not have.
    """
    definition, owner = query.selected, query.owner or "0::oid"
    conditions = []
    if query.listed != "true" and commented and query.namespace:
        definition, owner = (f"CASE WHEN {query.listed} THEN {column} END" for column in (definition, owner))
    elif query.listed != "true":
        conditions.append(query.listed)
    if query.namespace or query.only_if:
        member, oid = ("pg_class", query.relation) if query.relation else (query.catalog, query.oid)
        of_extension = f"m.classid = 'pg_catalog.{member}'::regclass AND m.objid = {oid}"
        conditions.append(f"NOT EXISTS (SELECT FROM member AS m WHERE {of_extension})")
        if query.catalog != "pg_namespace":  # public is one of initdb's
            conditions.append(f"{oid} >= {FIRST_OID}")
    if query.namespace:
        join = "LEFT JOIN" if query.without_schema else "JOIN"
        query = replace(query, source=f"{query.source}\n  {join} space ON space.oid = {query.namespace}")
    if query.without_schema:
        conditions.append(f"(space.oid IS NOT NULL OR {query.namespace} = 0)")
    columns = [
        # a name is cut to 63 bytes by the type name, and a signature is longer
        *(f"({text})::text" for text in (query.kind, "space.nspname" if query.namespace else "NULL")),
        *(f"({text})::text" for text in (query.table, query.name, definition)),
        *(literal(owned_as), owner),
        *((query.class_, query.oid) if commented else ("0::oid", "0::oid")),
    ]
    return query.select(", ".join(columns), *conditions)
