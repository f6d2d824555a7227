"""SQL expressions that look up a schema or a relation by its name."""

from __future__ import annotations

from app_schema.ddl.sql import ident, literal, qualified


def schema_oid(schema: str) -> str:
    """SQL expression: the OID of a schema, NULL if the schema is absent.

    A function call and not a query: PL/pgSQL evaluates a simple expression without planning.
    """
    return f"to_regnamespace({literal(ident(schema))})"


def exists_query(*names: str) -> str:
    """Query of one text: NULL if every SQL expression, such as a call of to_regclass, is NULL.

    Such a call costs less than planning a query of the catalog.
    """
    return f"SELECT ''::text WHERE num_nonnulls({', '.join(names)}) > 0"


def regclass(name: str, schema: str | None) -> str:
    """SQL expression: the relation of this name, NULL if it is absent."""
    return f"to_regclass({literal(qualified(name, schema))})"


def creation_schema(schema: str | None) -> str:
    """SQL expression: the OID of the schema in which CREATE would create an object."""
    return schema_oid(schema) if schema else "to_regnamespace(quote_ident(current_schema()))"


def table_schema(table: str, schema: str | None) -> str:
    """SQL expression: the OID of the schema in which PostgreSQL finds a table."""
    if schema:
        return schema_oid(schema)
    return f"(SELECT c.relnamespace FROM pg_catalog.pg_class AS c WHERE c.oid = {regclass(table, None)})"
