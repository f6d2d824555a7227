"""Schemas, extensions, roles, and what the roles may do before any table says more.

Both roles are groups: a login role made outside of this package is a member of one of them. The application
must never log in as the owner of the tables, whom row security does not bind.
"""

from app_schema.ddl import DefaultPrivileges, Extension, Grant, Role, Schema

SCHEMAS = (Schema("app"), Schema("muednote_v3"))

# They stay in public, where databases that are adopted have vector already.
EXTENSIONS = (
    # iterative scans of an HNSW index came with 0.8
    Extension("vector", version="0.8", schema="public"),
    Extension("pg_trgm", schema="public"),
    # equality of uuid in an exclusion constraint
    Extension("btree_gist", schema="public"),
)

ROLES = (
    # the web application: sees what the policies show to app.current_user_id
    Role("app_user"),
    # jobs and webhooks: every table has a policy for all rows
    Role("service_account"),
)
SIGNED_IN = ("app_user", "service_account")

USAGE = tuple(
    Grant("USAGE", to=role, schema=schema)
    for schema in ("public", "app", "muednote_v3")
    for role in SIGNED_IN
)

# They hold for what the role that runs the migrations makes: always migrate as the same owner.
DEFAULT_PRIVILEGES = tuple(
    DefaultPrivileges(
        ("SELECT", "INSERT", "UPDATE", "DELETE"), on="TABLES", to="service_account", schema=schema
    )
    for schema in ("public", "muednote_v3")
)
