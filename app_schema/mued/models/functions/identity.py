"""Who is signed in."""

from app_schema.ddl import Function
from app_schema.mued.models.roles import SIGNED_IN
from app_schema.mued.models.sql import sql

# Id of the person that the setting app.current_user_id names by the id of the identity provider. Unset, empty
# or unknown gives NULL, so that no policy lets a row through. Without an argument it is no oracle for the ids
# of others.
CURRENT_USER_ID = Function(
    "current_user_id",
    sql("""
        SELECT u.id
          FROM public.users AS u
         WHERE u.clerk_id = nullif(current_setting('app.current_user_id', true), '')
    """),
    returns="uuid",
    language="sql",
    volatility="STABLE",
    security="DEFINER",
    execute=SIGNED_IN,
    schema="app",
)

# Role of that person; NULL when there is none.
CURRENT_USER_ROLE = Function(
    "current_user_role",
    sql("""
        SELECT u.role
          FROM public.users AS u
         WHERE u.clerk_id = nullif(current_setting('app.current_user_id', true), '')
    """),
    returns="text",
    language="sql",
    volatility="STABLE",
    security="DEFINER",
    execute=SIGNED_IN,
    schema="app",
)

# Is that person an admin? Never NULL.
IS_ADMIN = Function(
    "is_admin",
    sql("""
        SELECT coalesce(app.current_user_role() = 'admin', false)
    """),
    returns="boolean",
    language="sql",
    volatility="STABLE",
    security="DEFINER",
    execute=SIGNED_IN,
    schema="app",
)
