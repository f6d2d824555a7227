"""Objects and their addresses in pg_depend, a class and an OID: SQL derived from the queries of the kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import text

from app_schema.catalog.coverage import without_kind
from app_schema.ddl.catalog_query import CatalogQuery, Kind

if TYPE_CHECKING:
    from sqlalchemy import TextClause

    from app_schema.ddl.object import Key


@cache
def statement(name: str) -> TextClause:
    """A file of this directory, in which a word in braces is replaced by a query:

    * ``addresses``: class and oid of the object that the row ``request`` names by kind, space, tbl and name;
    * ``objects``: kind, space, tbl and name of the object at class and oid of the row ``node``, and the
      relation that the object is a part of;
    * ``uncompared``: the catalogs whose objects no kind compares;
    * ``readers``: class, oid, kind, space and name of every object whose definition reads others.
    """
    sql = files("app_schema.catalog").joinpath(name).read_text(encoding="utf-8")
    parts = {"{addresses}": (_address, Kind.all()), "{objects}": (_object, Kind.all())}
    parts["{readers}"] = (_reader, [kind for kind in Kind.all() if kind.reads])
    sql = sql.replace("{uncompared}", ", ".join(f"'pg_catalog.{name}'::regclass" for name in without_kind()))
    for word, (select, kinds) in parts.items():
        # a colon before a word would be a parameter of text()
        sql = sql.replace(word, _union(select, kinds).replace(":", "\\:"))
    return text(sql)


def request(key: Key) -> dict[str, str | None]:
    """A row of ``request``, as JSON."""
    return dict(zip(("kind", "schema", "tbl", "name"), key, strict=True))


def _union(select: Callable[[CatalogQuery], str], kinds: Iterable[type[Kind]]) -> str:
    queries = (query for kind in kinds for query in kind.catalog if query.is_object)
    return "\nUNION ALL\n".join(map(select, queries))


def _address(query: CatalogQuery) -> str:
    place = {query.kind: "kind", query.namespace: "space", query.table: "tbl", query.name: "name"}
    conditions = (
        f"{column} = request.{word}" for column, word in place.items() if column not in {"", "NULL"}
    )
    return query.select(f"{query.class_} AS class, {query.oid} AS oid", *conditions)


def _object(query: CatalogQuery) -> str:
    place = {"kind": query.kind, "tbl": query.table, "name": query.name}
    oids = {"space": query.namespace, "relation": query.relation}
    columns = [f"({expression})::text AS {word}" for word, expression in place.items()]
    columns += [f"{expression or 'NULL::oid'} AS {word}" for word, expression in oids.items()]
    return query.select(
        ", ".join(columns), query.listed, f"node.class = {query.class_}", f"node.oid = {query.oid}"
    )


def _reader(query: CatalogQuery) -> str:
    columns = f"{query.class_} AS class, {query.oid} AS oid, {query.kind} AS kind, {query.namespace} AS space"
    return query.select(f"{columns}, ({query.name})::text AS name")
