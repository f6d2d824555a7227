"""Objects that no kind compares: one query names them, derived from the kinds and the coverage."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from app_schema.catalog.coverage import COVERAGE, Catalog, queries
from app_schema.catalog.uncompared_attribute import UNCOMPARED_ATTRIBUTES
from app_schema.ddl.catalog_query import FIRST_OID

# The objects of the catalogs that are no part of another object, which is reported or compared itself, nor of
# an extension. An object without a schema, such as a cast, belongs to the schemas of the objects on which it
# depends.
_UNCOMPARED = """\
WITH met(classid, oid) AS (
{objects}
)
SELECT DISTINCT format('%s %s', i.type, i.identity), coalesce(i.schema, r.schema), NULL
  FROM met CROSS JOIN LATERAL pg_identify_object(met.classid, met.oid, 0) AS i
  LEFT JOIN LATERAL (
       SELECT f.schema
         FROM pg_catalog.pg_depend AS d
        CROSS JOIN LATERAL pg_identify_object(d.refclassid, d.refobjid, 0) AS f
        WHERE d.classid = met.classid AND d.objid = met.oid AND f.schema !~ '^pg_') AS r ON i.schema IS NULL
 WHERE (i.schema IS NULL OR i.schema !~ '^pg_')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = met.classid AND d.objid = met.oid AND d.deptype <> 'n')
{others} ORDER BY 1, 2"""

# rows that are attributes of objects of other catalogs
_ATTRIBUTES = {
    "pg_seclabel": """\
UNION
SELECT format('security label of %s %s', i.type, i.identity), i.schema, NULL
  FROM pg_catalog.pg_seclabel AS l
 CROSS JOIN LATERAL pg_identify_object(l.classoid, l.objoid, l.objsubid) AS i
""",
}


class Uncompared(NamedTuple):
    """An object that is not compared; repeated for each schema that an object without a schema depends on.

    :param kind: the kind that compares the object if the metadata declares one of this kind.
    """

    label: str
    schema: str | None
    kind: str | None = None


@cache
def uncompared_query() -> str:
    """Query of (label, schema, kind); needs an empty search_path."""
    objects = [_not_of_a_kind(name, catalog) for name, catalog in COVERAGE.items() if catalog.oid]
    compared = {query.catalog for query in queries()}
    others = UNCOMPARED_ATTRIBUTES + "".join(sql for name, sql in _ATTRIBUTES.items() if name not in compared)
    return _UNCOMPARED.format(objects="\nUNION ALL\n".join(objects), others=others)


def _not_of_a_kind(name: str, catalog: Catalog) -> str:
    kinds = [
        f"NOT EXISTS ({query.select('', f'{query.oid} = met.{catalog.oid}')})"
        for query in queries()
        if query.catalog == name and query.is_object
    ]
    conditions = " AND ".join([f"met.{catalog.oid} >= {FIRST_OID}", catalog.where, *kinds])
    return (
        f"SELECT 'pg_catalog.{name}'::regclass, met.{catalog.oid}\n"
        f"  FROM pg_catalog.{catalog.source or name} AS met\n WHERE {conditions}"
    )
