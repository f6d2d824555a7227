"""The mark on schemas, extensions and roles that this package created.

Other databases or packages may use these objects, which may be older than the first revision. A statement
that creates such an object marks it in its comment; a DROP skips an object without the mark.
"""

from __future__ import annotations

from app_schema.ddl.sql import ident, literal

MARK = "(made by app_schema)"


def mark_as_ours(schema: str) -> str:
    """The statement behind CREATE SCHEMA."""
    return f"COMMENT ON SCHEMA {ident(schema)} IS {literal(MARK)}"


def skip_unless_ours(catalog: str, column: str, name: str, label: str) -> str:
    """PL/pgSQL that ends the block if the object has no mark."""
    described = "shobj_description" if catalog == "pg_authid" else "obj_description"
    source = "pg_roles" if catalog == "pg_authid" else catalog
    return f"""\
  IF NOT EXISTS (
    SELECT 1 FROM pg_catalog.{source} AS o
     WHERE o.{column} = {literal(name)} AND {described}(o.oid, '{catalog}') LIKE {literal("%" + MARK)}
  ) THEN
    RAISE NOTICE USING MESSAGE = {literal(f"{label} was not created by app_schema, and is not dropped")};
    RETURN;
  END IF;"""
