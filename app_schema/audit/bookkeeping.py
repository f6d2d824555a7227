"""The waiver for the version table of an application."""

from __future__ import annotations

from app_schema.application import Application
from app_schema.audit.finding import Waiver
from app_schema.ddl.sql import literal, qualified


def of_version_table(app: Application) -> Waiver:
    """Accepts the table without row security while only its owner holds a privilege on it."""
    table = qualified(app.version_table, app.version_table_schema or "public")
    return Waiver(
        check="row_security_off",
        object=f"table {table}",
        reason="a table of Alembic, which holds one word; only the owner holds a privilege on the table",
        condition=f"""SELECT NOT EXISTS (SELECT FROM pg_class AS c CROSS JOIN LATERAL (
  SELECT x.grantee FROM aclexplode(c.relacl) AS x UNION ALL
  SELECT x.grantee FROM pg_attribute AS a, aclexplode(a.attacl) AS x WHERE a.attrelid = c.oid) AS x
  WHERE c.oid = to_regclass({literal(table)}) AND x.grantee <> c.relowner)""",
    )
