"""Schemas, extensions, roles, and their privileges on schemas and future tables.

Both roles are groups: a login role, created outside of this package, is a member of one of them. The
application must never log in as the owner of the tables: row security does not apply to owners.
"""

from app_schema.ddl import DefaultPrivileges, Extension, Grant, Role, Schema

SCHEMAS = (Schema("app"), Schema("muednote_v3"))

# In public, because adopted databases have vector in public already.
EXTENSIONS = (
    # 0.8 is the first version with iterative scans of an HNSW index
    Extension("vector", version="0.8", schema="public"),
    Extension("pg_trgm", schema="public"),
    # an exclusion constraint (GiST) needs an operator class for equality of uuid
    Extension("btree_gist", schema="public"),
)

ROLES = (
    # the web application: sees what the policies show to app.current_user_id; the old system logs in by it
    Role("app_user", login=None),
    # jobs and webhooks: every table has a policy for all rows
    Role("service_account", login=None),
)
SIGNED_IN = ("app_user", "service_account")

USAGE = tuple(
    Grant("USAGE", to=role, schema=schema)
    for schema in ("public", "app", "muednote_v3")
    for role in SIGNED_IN
)

# Default privileges apply to objects that the role of this statement creates: always migrate as the same
# owner.
DEFAULT_PRIVILEGES = tuple(
    DefaultPrivileges(
        ("SELECT", "INSERT", "UPDATE", "DELETE"), on="TABLES", to="service_account", schema=schema
    )
    for schema in ("public", "muednote_v3")
)
