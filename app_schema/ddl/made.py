"""What this package made and what was there before.

Schemas, extensions and roles are shared with others, and may be older than our first revision. Where a
statement of ours makes one it says so in the object's comment, and a drop leaves alone whatever does not.
"""

from __future__ import annotations

from app_schema.ddl.sql import ident, literal

MARK = "(made by app_schema)"


def mark_as_ours(schema: str) -> str:
    """The statement that marks a new schema."""
    return f"COMMENT ON SCHEMA {ident(schema)} IS {literal(MARK)}"


def skip_unless_ours(catalog: str, column: str, name: str, label: str) -> str:
    """PL/pgSQL that ends the block where the object does not carry our mark."""
    described = "shobj_description" if catalog == "pg_authid" else "obj_description"
    source = "pg_roles" if catalog == "pg_authid" else catalog
    return f"""\
  IF NOT EXISTS (
    SELECT 1 FROM pg_catalog.{source} AS o
     WHERE o.{column} = {literal(name)} AND {described}(o.oid, '{catalog}') LIKE {literal("%" + MARK)}
  ) THEN
    RAISE NOTICE USING MESSAGE = {literal(f"{label} was not made by app_schema: it stays")};
    RETURN;
  END IF;"""
