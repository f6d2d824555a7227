"""Roles app_user and service_account, identity functions, usage, default privileges, service grants on core.

app_user gets a table only in the revision that makes its policies, so that no table is readable before.
The default privileges hold for objects made by the role that runs this revision: migrate with one owner.

Locks: none on tables that block reads or writes; GRANT only updates the catalog.

Downgrade: loses no rows. Roles belong to the cluster: a role that another database still uses stays.

Revision ID: 0005_service_accounts
Revises: 0004_core_indexes
"""

from app_schema import op

revision = "0005_service_accounts"
down_revision = "0004_core_indexes"
branch_labels = None
depends_on = None

READ_WRITE = ["SELECT", "INSERT", "UPDATE", "DELETE"]
ROLES = ("app_user", "service_account")
SCHEMAS = ("public", "app")
TABLES = ("users", "subscriptions", "lesson_slots", "reservations", "materials", "messages", "webhook_events")

EMPTY_SEARCH_PATH = {"search_path": "''"}

CURRENT_USER_ID = """\
SELECT u.id
  FROM public.users AS u
 WHERE u.clerk_id = nullif(current_setting('app.current_user_id', true), '')"""

CURRENT_USER_ROLE = """\
SELECT u.role
  FROM public.users AS u
 WHERE u.clerk_id = nullif(current_setting('app.current_user_id', true), '')"""

IS_ADMIN = """\
SELECT coalesce(app.current_user_role() = 'admin', false)"""


def upgrade() -> None:
    for role in ROLES:
        op.create_role(role, login=None)  # the old system logs in by it

    op.create_function(
        "current_user_id",
        CURRENT_USER_ID,
        returns="uuid",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        settings=EMPTY_SEARCH_PATH,
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.create_function(
        "current_user_role",
        CURRENT_USER_ROLE,
        returns="text",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        settings=EMPTY_SEARCH_PATH,
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.create_function(
        "is_admin",
        IS_ADMIN,
        returns="boolean",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        settings=EMPTY_SEARCH_PATH,
        execute=["app_user", "service_account"],
        schema="app",
    )

    for schema in SCHEMAS:
        for role in ROLES:
            op.create_grant(["USAGE"], to=role, schema=schema)
    for table in TABLES:
        op.create_grant(READ_WRITE, to="service_account", table=table, schema="public")
    op.create_default_privileges(READ_WRITE, on="TABLES", to="service_account", schema="public")


def downgrade() -> None:
    op.drop_default_privileges(READ_WRITE, on="TABLES", to="service_account", schema="public")
    for table in reversed(TABLES):
        op.drop_grant(READ_WRITE, to="service_account", table=table, schema="public")
    for schema in reversed(SCHEMAS):
        for role in reversed(ROLES):
            op.drop_grant(["USAGE"], to=role, schema=schema)

    op.drop_function("is_admin", schema="app")
    op.drop_function("current_user_role", schema="app")
    op.drop_function("current_user_id", schema="app")

    for role in reversed(ROLES):
        op.drop_role(role)
