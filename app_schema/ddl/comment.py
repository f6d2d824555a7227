"""Comments. One may take the place of any other; an equal one is not set again, which would lock."""

from __future__ import annotations

from sqlalchemy.schema import ExecutableDDLElement

from app_schema.ddl.guard import Guard, Side, creation_schema, table_schema
from app_schema.ddl.sql import checked, ident, literal, qualified
from app_schema.ddl.statement import Guarded
from app_schema.errors import ModelError

_ON_TABLES = {
    "constraint": ("pg_constraint", "conrelid", "conname"),
    "trigger": ("pg_trigger", "tgrelid", "tgname"),
    "policy": ("pg_policy", "polrelid", "polname"),
    "rule": ("pg_rewrite", "ev_class", "rulename"),
}
"""Kind of an object -> its catalog, the columns of its table's OID and of its name."""
_IN_SCHEMAS = {
    "index": ("INDEX", "pg_class", "relnamespace", "relname"),
    "sequence": ("SEQUENCE", "pg_class", "relnamespace", "relname"),
    "view": ("VIEW", "pg_class", "relnamespace", "relname"),
    "materialized_view": ("MATERIALIZED VIEW", "pg_class", "relnamespace", "relname"),
    "enum": ("TYPE", "pg_type", "typnamespace", "typname"),
    "domain": ("DOMAIN", "pg_type", "typnamespace", "typname"),
    "range": ("TYPE", "pg_type", "typnamespace", "typname"),
    "function": ("ROUTINE", "pg_proc", "pronamespace", ""),
}
"""Kind -> its word in SQL, its catalog, the columns of its schema's OID and of its name."""
_OF_THE_DATABASE = {"schema": ("pg_namespace", "nspname"), "extension": ("pg_extension", "extname")}
KINDS = {*_ON_TABLES, *_IN_SCHEMAS, *_OF_THE_DATABASE}


def table_comment(table: str, schema: str | None, comment: str | None) -> ExecutableDDLElement:
    """The guarded ``COMMENT ON TABLE``."""
    return _of_relation(f"TABLE {qualified(table, schema)}", table, schema, comment, "0")


def column_comment(table: str, column: str, schema: str | None, comment: str | None) -> ExecutableDDLElement:
    """The guarded ``COMMENT ON COLUMN``."""
    number = f"""\
(SELECT a.attnum FROM pg_catalog.pg_attribute AS a
         WHERE a.attrelid = c.oid AND a.attname = {literal(checked(column))} AND NOT a.attisdropped)"""
    what = f"COLUMN {qualified(table, schema)}.{ident(column)}"
    return _of_relation(what, table, schema, comment, number)


def object_comment(
    kind: str, name: str, comment: str | None, table: str | None = None, schema: str | None = None
) -> ExecutableDDLElement:
    """The guarded COMMENT ON of any other object.

    :param name: of a function with the types of its arguments, ``"even(integer)"``.
    :raises ModelError: where objects of the kind are not known here.
    """
    if kind in _ON_TABLES and table is not None:
        catalog, relation, column = _ON_TABLES[kind]
        found = f"""\
FROM pg_catalog.{catalog} AS o JOIN pg_catalog.pg_class AS c ON c.oid = o.{relation}
 WHERE c.relnamespace = $1 AND c.relname = {literal(table)} AND o.{column} = {literal(name)}"""
        what, space = (
            f"{kind.upper()} {ident(name)} ON {qualified(table, schema)}",
            table_schema(table, schema),
        )
    elif kind in _IN_SCHEMAS:
        word, catalog, namespace, column = _IN_SCHEMAS[kind]
        what, space = f"{word} {_name(kind, name, schema)}", creation_schema(schema)
        same = f"o.{column} = {literal(name)}" if column else f"o.oid = to_regprocedure({literal(what[8:])})"
        found = f"FROM pg_catalog.{catalog} AS o WHERE o.{namespace} = $1 AND {same}"
    elif kind in _OF_THE_DATABASE:
        catalog, column = _OF_THE_DATABASE[kind]
        what, space = f"{kind.upper()} {ident(name)}", "NULL"
        found = f"FROM pg_catalog.{catalog} AS o WHERE o.{column} = {literal(name)}"
    else:
        raise ModelError(f"no comment on a {kind}: write one of {', '.join(sorted(KINDS))}, with its table")
    return _guarded(what, space, f"SELECT coalesce(obj_description(o.oid, '{catalog}'), '') {found}", comment)


def _name(kind: str, name: str, schema: str | None) -> str:
    if kind != "function":
        return qualified(name, schema)
    bare, bracket, arguments = name.partition("(")
    return qualified(bare, schema) + bracket + arguments


def _of_relation(
    what: str, table: str, schema: str | None, comment: str | None, number: str
) -> ExecutableDDLElement:
    """The guarded comment.

    :param number: SQL expression: the column's number in the table ``c``, NULL where it is absent.
        0: the table itself.
    """
    found = f"""\
SELECT coalesce((SELECT s.description FROM pg_catalog.pg_description AS s
                  WHERE s.objoid = c.oid AND s.classoid = 'pg_catalog.pg_class'::regclass
                    AND s.objsubid = {number}), '')
  FROM pg_catalog.pg_class AS c
 WHERE c.relnamespace = $1 AND c.relname = {literal(table)} AND {number} IS NOT NULL"""
    return _guarded(what, table_schema(table, schema), found, comment)


def _guarded(what: str, namespace: str, found: str, comment: str | None) -> ExecutableDDLElement:
    return Guarded(
        Guard(
            label=what,
            namespace=namespace,
            definition=found,
            new=Side(value=literal(comment or "")),
            absent=() if comment is None else None,  # what is absent has no comment
            different=(f"COMMENT ON {what} IS {literal(comment) if comment is not None else 'NULL'}",),
        ).render()
    )
