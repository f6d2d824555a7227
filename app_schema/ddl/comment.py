"""Comments. A comment replaces any other; an equal comment is not set, because COMMENT locks the table."""

from __future__ import annotations

from sqlalchemy.schema import ExecutableDDLElement

from app_schema.ddl.addressed import Addressed
from app_schema.ddl.catalog_query import CatalogQuery, Kind
from app_schema.ddl.guard import Guard
from app_schema.ddl.lookup import table_schema
from app_schema.ddl.sql import checked, ident, literal, qualified
from app_schema.ddl.statement import Guarded
from app_schema.ddl.twin import Side


class Comments(Kind):
    """Comments on relations and columns; the name in the key is the column's, empty for the relation."""

    reflected_as = ("comment",)
    catalog = (
        CatalogQuery(
            """\
pg_catalog.pg_description AS d JOIN pg_catalog.pg_class AS c ON c.oid = d.objoid
  LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0""",
            catalog="pg_class",
            oid="c.oid",
            kind="'comment'",
            name="coalesce(a.attname, '')",
            namespace="c.relnamespace",
            table="c.relname",
            relation="c.oid",
            where="d.classoid = 'pg_catalog.pg_class'::regclass AND c.relkind NOT IN ('i', 'I', 'S')",
            listed="(d.objsubid > 0 OR c.relkind NOT IN ('v', 'm', 'f'))",
            definition="d.description",
        ),
    )


def table_comment(table: str, schema: str | None, comment: str | None) -> ExecutableDDLElement:
    """The guarded ``COMMENT ON TABLE``."""
    return _of_relation(f"TABLE {qualified(table, schema)}", table, schema, comment, "0")


def column_comment(table: str, column: str, schema: str | None, comment: str | None) -> ExecutableDDLElement:
    """The guarded ``COMMENT ON COLUMN``."""
    number = f"""\
(SELECT a.attnum FROM pg_catalog.pg_attribute AS a
         WHERE a.attrelid = c.oid AND a.attname = {literal(checked(column))} AND NOT a.attisdropped)"""
    label = f"COLUMN {qualified(table, schema)}.{ident(column)}"
    return _of_relation(label, table, schema, comment, number)


def object_comment(
    kind: str, name: str, comment: str | None, table: str | None = None, schema: str | None = None
) -> ExecutableDDLElement:
    """The guarded COMMENT ON of any other object.

    :param name: for a function with argument types, ``"even(integer)"``.
    :raises ModelError: for a kind that has no comment here.
    """
    address = Addressed.of(kind, name, table, schema, "comment on")
    described = f"coalesce(obj_description({address.catalog.oid}, '{address.catalog.catalog}'), '')"
    reflected = address.catalog.select(described, *address.place)
    return _guarded(address.words, address.space, reflected, comment)


def _of_relation(
    label: str, table: str, schema: str | None, comment: str | None, number: str
) -> ExecutableDDLElement:
    """The guarded comment.

    :param number: SQL expression: the column's number in the table ``c``, NULL: absent, 0: the table itself.
    """
    reflected = f"""\
SELECT coalesce((SELECT s.description FROM pg_catalog.pg_description AS s
                  WHERE s.objoid = c.oid AND s.classoid = 'pg_catalog.pg_class'::regclass
                    AND s.objsubid = {number}), '')
  FROM pg_catalog.pg_class AS c
 WHERE c.relnamespace = $1 AND c.relname = {literal(table)} AND {number} IS NOT NULL"""
    return _guarded(label, table_schema(table, schema), reflected, comment)


def _guarded(label: str, namespace: str, reflected: str, comment: str | None) -> ExecutableDDLElement:
    return Guarded(
        Guard(
            label=label,
            namespace=namespace,
            definition=reflected,
            new=Side(value=literal(comment or "")),
            absent=() if comment is None else None,  # an absent object has no comment
            different=(f"COMMENT ON {label} IS {literal(comment) if comment is not None else 'NULL'}",),
        )
    )
