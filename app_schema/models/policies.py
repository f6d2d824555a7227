"""The expressions and objects that the row security of many tables has in common.

A call stands in a sub-select, ``(SELECT f())``, so that PostgreSQL evaluates it once a query and not once a
row. With nobody signed in the function gives NULL, and no policy lets a row through.
"""

from app_schema.ddl import Policy

ME = "(SELECT app.current_user_id())"
IS_ADMIN = "(SELECT app.is_admin())"
IS_TEACHER = "(SELECT app.current_user_role()) IN ('mentor', 'admin')"
OWNER = f"user_id = {ME}"

CRUD = ("SELECT", "INSERT", "UPDATE", "DELETE")


def service_all(table: str) -> Policy:
    """The policy by which jobs and webhooks see and write every row of a table."""
    return Policy(f"{table}_service_account_all", to="service_account", using="true", with_check="true")


# The names put into SQL here come from the models only.
def visible(parent: str, alias: str, key: str) -> str:
    """The row that ``key`` names can be seen: the sub-query runs under the policies of the parent table."""
    return f"EXISTS (SELECT 1 FROM {parent} AS {alias} WHERE {alias}.id = {key})"


def owned(parent: str, alias: str, key: str) -> str:
    """The row that ``key`` names belongs to the signed-in person."""
    return f"EXISTS (SELECT 1 FROM {parent} AS {alias} WHERE {alias}.id = {key} AND {alias}.user_id = {ME})"


def visible_session(table: str) -> str:
    """The row belongs to a session that can be seen."""
    return visible("public.sessions", "s", f"{table}.session_id")


def owned_session(table: str) -> str:
    """The row belongs to a session of the signed-in person."""
    return owned("public.sessions", "s", f"{table}.session_id")
