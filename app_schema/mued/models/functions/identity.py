"""Who is signed in.

The setting ``app.current_user_id`` names the person by the id of the identity provider. ``app.identity``
holds what the database knows of that person, ``<id> <role> <id of the provider>``, looked up once a
transaction. It counts only while both settings name the same person, so the first one alone still suffices.
Both are settings of the application, which is trusted with them: a client must never write either.
"""

from app_schema.ddl import Function
from app_schema.mued.models.roles import SIGNED_IN
from app_schema.mued.models.sql import sql

# The id, role and provider's id of the person that app.current_user_id names; NULL when the setting is unset,
# empty or names nobody. The function has no argument, so a caller cannot ask for the ids of others.
LOOK_UP_IDENTITY = Function(
    "look_up_identity",
    sql("""
        SELECT concat_ws(' ', u.id, u.role, u.clerk_id)
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

# The setting app.identity, if it belongs to the person whom app.current_user_id names; else a look-up, whose
# result is stored in app.identity until the transaction ends. STABLE, because all calls within a statement
# return the same value.
CURRENT_IDENTITY = Function(
    "current_identity",
    sql("""
        DECLARE
          person CONSTANT text := nullif(current_setting('app.current_user_id', true), '');
          known  CONSTANT text := current_setting('app.identity', true);
        BEGIN
          IF person IS NULL THEN
            RETURN NULL;
          END IF;
          IF known = concat_ws(' ', left(known, 36), split_part(known, ' ', 2), person) THEN
            RETURN known;
          END IF;
          RETURN set_config('app.identity', coalesce(app.look_up_identity(), ''), true);
        END
    """),
    returns="text",
    volatility="STABLE",
    execute=SIGNED_IN,
    schema="app",
)

# Id of that person. Unset, empty or unknown gives NULL, so that no policy lets a row through.
CURRENT_USER_ID = Function(
    "current_user_id",
    sql("""
        SELECT nullif(left(app.current_identity(), 36), '')::uuid
    """),
    returns="uuid",
    language="sql",
    volatility="STABLE",
    execute=SIGNED_IN,
    schema="app",
)

# Role of that person; NULL if nobody is signed in.
CURRENT_USER_ROLE = Function(
    "current_user_role",
    sql("""
        SELECT nullif(split_part(app.current_identity(), ' ', 2), '')
    """),
    returns="text",
    language="sql",
    volatility="STABLE",
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
    execute=SIGNED_IN,
    schema="app",
)

# The least and the greatest owner whose rows that person may see: both are the person, or for an admin the
# least and the greatest uuid. A policy that compares BETWEEN the two is a range of an index. OR is_admin()
# would force a full scan: an OR whose second arm names no column is no index condition.
FIRST_VISIBLE_OWNER = Function(
    "first_visible_owner",
    sql("""
        SELECT CASE WHEN app.is_admin() THEN '00000000-0000-0000-0000-000000000000'::uuid
                    ELSE app.current_user_id() END
    """),
    returns="uuid",
    language="sql",
    volatility="STABLE",
    execute=SIGNED_IN,
    schema="app",
)
LAST_VISIBLE_OWNER = Function(
    "last_visible_owner",
    sql("""
        SELECT CASE WHEN app.is_admin() THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid
                    ELSE app.current_user_id() END
    """),
    returns="uuid",
    language="sql",
    volatility="STABLE",
    execute=SIGNED_IN,
    schema="app",
)
