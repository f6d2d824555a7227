"""The identity of a transaction in a setting; policies that are one range of an index

Does: 1 create_index_concurrently, 4 create_function, 4 replace_function, 9 replace_policy.
Locks: ACCESS EXCLUSIVE on lesson_slots, log_entries, materials, provenance, question_templates, reservations,
sessions, subscriptions, users.
Downgrade: loses no data.

Revision ID: 0017_identity_in_a_setting
Revises: 0016_core_and_chat_rls
"""

from __future__ import annotations

import sqlalchemy as sa

from app_schema import op

revision = "0017_identity_in_a_setting"
down_revision = "0016_core_and_chat_rls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index_concurrently(
        "ix_provenance_owner",
        "provenance",
        [sa.literal_column("coalesce(acquired_by, '00000000-0000-0000-0000-000000000000'::uuid)")],
        unique=False,
        schema="public",
    )
    op.create_function(
        "look_up_identity",
        "SELECT concat_ws(' ', u.id, u.role, u.clerk_id)\n"
        "  FROM public.users AS u\n"
        " WHERE u.clerk_id = nullif(current_setting('app.current_user_id', true), '')",
        returns="text",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.create_function(
        "current_identity",
        "DECLARE\n"
        "  person CONSTANT text := nullif(current_setting('app.current_user_id', true), '');\n"
        "  known  CONSTANT text := current_setting('app.identity', true);\n"
        "BEGIN\n"
        "  IF person IS NULL THEN\n"
        "    RETURN NULL;\n"
        "  END IF;\n"
        "  IF known = concat_ws(' ', left(known, 36), split_part(known, ' ', 2), person) THEN\n"
        "    RETURN known;\n"
        "  END IF;\n"
        "  RETURN set_config('app.identity', coalesce(app.look_up_identity(), ''), true);\n"
        "END",
        returns="text",
        volatility="STABLE",
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.replace_function(
        "current_user_id",
        "SELECT nullif(left(app.current_identity(), 36), '')::uuid",
        returns="uuid",
        language="sql",
        volatility="STABLE",
        execute=["app_user", "service_account"],
        old={
            "body": (
                "SELECT u.id\n"
                "  FROM public.users AS u\n"
                " WHERE u.clerk_id = nullif(current_setting('app.current_user_id', true), '')"
            ),
            "security": "DEFINER",
        },
        schema="app",
    )
    op.replace_function(
        "current_user_role",
        "SELECT nullif(split_part(app.current_identity(), ' ', 2), '')",
        returns="text",
        language="sql",
        volatility="STABLE",
        execute=["app_user", "service_account"],
        old={
            "body": (
                "SELECT u.role\n"
                "  FROM public.users AS u\n"
                " WHERE u.clerk_id = nullif(current_setting('app.current_user_id', true), '')"
            ),
            "security": "DEFINER",
        },
        schema="app",
    )
    op.replace_function(
        "is_admin",
        "SELECT coalesce(app.current_user_role() = 'admin', false)",
        returns="boolean",
        language="sql",
        volatility="STABLE",
        execute=["app_user", "service_account"],
        old={"security": "DEFINER"},
        schema="app",
    )
    op.create_function(
        "first_visible_owner",
        "SELECT CASE WHEN app.is_admin() THEN '00000000-0000-0000-0000-000000000000'::uuid\n"
        "            ELSE app.current_user_id() END",
        returns="uuid",
        language="sql",
        volatility="STABLE",
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.create_function(
        "last_visible_owner",
        "SELECT CASE WHEN app.is_admin() THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid\n"
        "            ELSE app.current_user_id() END",
        returns="uuid",
        language="sql",
        volatility="STABLE",
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.replace_function(
        "my_students",
        "SELECT DISTINCT r.student_id\n"
        "  FROM public.reservations AS r\n"
        " WHERE r.mentor_id = app.current_user_id()\n"
        "   AND app.current_user_role() IN ('mentor', 'admin')\n"
        "   AND r.status IN ('approved', 'paid', 'completed')",
        returns="SETOF uuid",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        old={
            "body": (
                "SELECT DISTINCT r.student_id\n"
                "  FROM public.reservations AS r\n"
                "  JOIN public.users AS u ON u.id = r.mentor_id\n"
                " WHERE u.clerk_id = nullif(current_setting('app.current_user_id', true), '')\n"
                "   AND u.role IN ('mentor', 'admin')\n"
                "   AND r.status IN ('approved', 'paid', 'completed')"
            ),
        },
        schema="app",
    )
    op.replace_policy(
        "lesson_slots_app_user_select",
        "lesson_slots",
        for_="SELECT",
        to="app_user",
        using=(
            "(SELECT app.current_user_id()) IS NOT NULL AND (status = 'available' OR mentor_id "
            "BETWEEN (SELECT app.first_visible_owner()) AND (SELECT app.last_visible_owner()) OR "
            "id = ANY (ARRAY(SELECT app.my_booked_slots())))"
        ),
        old={
            "using": (
                "((( SELECT app.current_user_id() AS current_user_id) IS NOT NULL) AND ((status "
                "= 'available'::text) OR (mentor_id = ( SELECT app.current_user_id() AS "
                "current_user_id)) OR (id = ANY (ARRAY( SELECT app.my_booked_slots() AS "
                "my_booked_slots))) OR ( SELECT app.is_admin() AS is_admin)))"
            ),
        },
        schema="public",
    )
    op.replace_policy(
        "materials_app_user_select",
        "materials",
        for_="SELECT",
        to="app_user",
        using=(
            "(SELECT app.current_user_id()) IS NOT NULL AND (is_public OR creator_id BETWEEN "
            "(SELECT app.first_visible_owner()) AND (SELECT app.last_visible_owner()))"
        ),
        old={
            "using": (
                "((( SELECT app.current_user_id() AS current_user_id) IS NOT NULL) AND "
                "(is_public OR (creator_id = ( SELECT app.current_user_id() AS current_user_id)) "
                "OR ( SELECT app.is_admin() AS is_admin)))"
            ),
        },
        schema="public",
    )
    op.replace_policy(
        "reservations_app_user_select",
        "reservations",
        for_="SELECT",
        to="app_user",
        using=(
            "student_id BETWEEN (SELECT app.first_visible_owner()) AND (SELECT "
            "app.last_visible_owner()) OR mentor_id BETWEEN (SELECT app.first_visible_owner()) "
            "AND (SELECT app.last_visible_owner())"
        ),
        old={
            "using": (
                "((student_id = ( SELECT app.current_user_id() AS current_user_id)) OR "
                "(mentor_id = ( SELECT app.current_user_id() AS current_user_id)) OR ( SELECT "
                "app.is_admin() AS is_admin))"
            ),
        },
        schema="public",
    )
    op.replace_policy(
        "subscriptions_app_user_select",
        "subscriptions",
        for_="SELECT",
        to="app_user",
        using="user_id BETWEEN (SELECT app.first_visible_owner()) AND (SELECT app.last_visible_owner())",
        old={
            "using": (
                "((user_id = ( SELECT app.current_user_id() AS current_user_id)) OR ( SELECT "
                "app.is_admin() AS is_admin))"
            ),
        },
        schema="public",
    )
    op.replace_policy(
        "users_app_user_select",
        "users",
        for_="SELECT",
        to="app_user",
        using="id BETWEEN (SELECT app.first_visible_owner()) AND (SELECT app.last_visible_owner())",
        old={
            "using": (
                "((id = ( SELECT app.current_user_id() AS current_user_id)) OR ( SELECT "
                "app.is_admin() AS is_admin))"
            ),
        },
        schema="public",
    )
    op.replace_policy(
        "provenance_app_user_select",
        "provenance",
        for_="SELECT",
        to="app_user",
        using=(
            "coalesce(acquired_by, '00000000-0000-0000-0000-000000000000'::uuid) BETWEEN (SELECT "
            "app.first_visible_owner()) AND (SELECT app.last_visible_owner())"
        ),
        old={
            "using": (
                "((acquired_by = ( SELECT app.current_user_id() AS current_user_id)) OR ( SELECT "
                "app.is_admin() AS is_admin))"
            ),
        },
        schema="public",
    )
    op.replace_policy(
        "question_templates_app_user_select",
        "question_templates",
        for_="SELECT",
        to="app_user",
        using="(SELECT app.current_user_id()) IS NOT NULL AND enabled >= (SELECT NOT app.is_admin())",
        old={
            "using": (
                "((( SELECT app.current_user_id() AS current_user_id) IS NOT NULL) AND (enabled "
                "OR ( SELECT app.is_admin() AS is_admin)))"
            ),
        },
        schema="public",
    )
    op.replace_policy(
        "log_entries_app_user_select",
        "log_entries",
        for_="SELECT",
        to="app_user",
        using=(
            "CASE WHEN user_id = (SELECT app.current_user_id()) THEN true WHEN is_public THEN "
            "(SELECT app.current_user_id()) IS NOT NULL ELSE share_with_mentor AND user_id = ANY "
            "(ARRAY(SELECT app.my_students())) END"
        ),
        old={
            "using": (
                "((( SELECT app.current_user_id() AS current_user_id) IS NOT NULL) AND ((user_id "
                "= ( SELECT app.current_user_id() AS current_user_id)) OR is_public OR "
                "(share_with_mentor AND (user_id = ANY (ARRAY( SELECT app.my_students() AS "
                "my_students))))))"
            ),
        },
        schema="public",
    )
    op.replace_policy(
        "sessions_app_user_select",
        "sessions",
        for_="SELECT",
        to="app_user",
        using=(
            "CASE WHEN user_id = (SELECT app.current_user_id()) THEN true WHEN is_public THEN "
            "(SELECT app.current_user_id()) IS NOT NULL ELSE share_with_mentor AND user_id = ANY "
            "(ARRAY(SELECT app.my_students())) END"
        ),
        old={
            "using": (
                "((( SELECT app.current_user_id() AS current_user_id) IS NOT NULL) AND ((user_id "
                "= ( SELECT app.current_user_id() AS current_user_id)) OR is_public OR "
                "(share_with_mentor AND (user_id = ANY (ARRAY( SELECT app.my_students() AS "
                "my_students))))))"
            ),
        },
        schema="public",
    )


def downgrade() -> None:
    op.replace_policy(
        "sessions_app_user_select",
        "sessions",
        for_="SELECT",
        to="app_user",
        using=(
            "((( SELECT app.current_user_id() AS current_user_id) IS NOT NULL) AND ((user_id = ( "
            "SELECT app.current_user_id() AS current_user_id)) OR is_public OR "
            "(share_with_mentor AND (user_id = ANY (ARRAY( SELECT app.my_students() AS my_students))))))"
        ),
        old={
            "using": (
                "CASE WHEN user_id = (SELECT app.current_user_id()) THEN true WHEN is_public "
                "THEN (SELECT app.current_user_id()) IS NOT NULL ELSE share_with_mentor AND "
                "user_id = ANY (ARRAY(SELECT app.my_students())) END"
            ),
        },
        schema="public",
    )
    op.replace_policy(
        "log_entries_app_user_select",
        "log_entries",
        for_="SELECT",
        to="app_user",
        using=(
            "((( SELECT app.current_user_id() AS current_user_id) IS NOT NULL) AND ((user_id = ( "
            "SELECT app.current_user_id() AS current_user_id)) OR is_public OR "
            "(share_with_mentor AND (user_id = ANY (ARRAY( SELECT app.my_students() AS my_students))))))"
        ),
        old={
            "using": (
                "CASE WHEN user_id = (SELECT app.current_user_id()) THEN true WHEN is_public "
                "THEN (SELECT app.current_user_id()) IS NOT NULL ELSE share_with_mentor AND "
                "user_id = ANY (ARRAY(SELECT app.my_students())) END"
            ),
        },
        schema="public",
    )
    op.replace_policy(
        "question_templates_app_user_select",
        "question_templates",
        for_="SELECT",
        to="app_user",
        using=(
            "((( SELECT app.current_user_id() AS current_user_id) IS NOT NULL) AND (enabled OR ( "
            "SELECT app.is_admin() AS is_admin)))"
        ),
        old={
            "using": "(SELECT app.current_user_id()) IS NOT NULL AND enabled >= (SELECT NOT app.is_admin())",
        },
        schema="public",
    )
    op.replace_policy(
        "provenance_app_user_select",
        "provenance",
        for_="SELECT",
        to="app_user",
        using=(
            "((acquired_by = ( SELECT app.current_user_id() AS current_user_id)) OR ( SELECT "
            "app.is_admin() AS is_admin))"
        ),
        old={
            "using": (
                "coalesce(acquired_by, '00000000-0000-0000-0000-000000000000'::uuid) BETWEEN "
                "(SELECT app.first_visible_owner()) AND (SELECT app.last_visible_owner())"
            ),
        },
        schema="public",
    )
    op.replace_policy(
        "users_app_user_select",
        "users",
        for_="SELECT",
        to="app_user",
        using=(
            "((id = ( SELECT app.current_user_id() AS current_user_id)) OR ( SELECT "
            "app.is_admin() AS is_admin))"
        ),
        old={"using": "id BETWEEN (SELECT app.first_visible_owner()) AND (SELECT app.last_visible_owner())"},
        schema="public",
    )
    op.replace_policy(
        "subscriptions_app_user_select",
        "subscriptions",
        for_="SELECT",
        to="app_user",
        using=(
            "((user_id = ( SELECT app.current_user_id() AS current_user_id)) OR ( SELECT "
            "app.is_admin() AS is_admin))"
        ),
        old={
            "using": (
                "user_id BETWEEN (SELECT app.first_visible_owner()) AND (SELECT app.last_visible_owner())"
            ),
        },
        schema="public",
    )
    op.replace_policy(
        "reservations_app_user_select",
        "reservations",
        for_="SELECT",
        to="app_user",
        using=(
            "((student_id = ( SELECT app.current_user_id() AS current_user_id)) OR (mentor_id = "
            "( SELECT app.current_user_id() AS current_user_id)) OR ( SELECT app.is_admin() AS is_admin))"
        ),
        old={
            "using": (
                "student_id BETWEEN (SELECT app.first_visible_owner()) AND (SELECT "
                "app.last_visible_owner()) OR mentor_id BETWEEN (SELECT "
                "app.first_visible_owner()) AND (SELECT app.last_visible_owner())"
            ),
        },
        schema="public",
    )
    op.replace_policy(
        "materials_app_user_select",
        "materials",
        for_="SELECT",
        to="app_user",
        using=(
            "((( SELECT app.current_user_id() AS current_user_id) IS NOT NULL) AND (is_public OR "
            "(creator_id = ( SELECT app.current_user_id() AS current_user_id)) OR ( SELECT "
            "app.is_admin() AS is_admin)))"
        ),
        old={
            "using": (
                "(SELECT app.current_user_id()) IS NOT NULL AND (is_public OR creator_id BETWEEN "
                "(SELECT app.first_visible_owner()) AND (SELECT app.last_visible_owner()))"
            ),
        },
        schema="public",
    )
    op.replace_policy(
        "lesson_slots_app_user_select",
        "lesson_slots",
        for_="SELECT",
        to="app_user",
        using=(
            "((( SELECT app.current_user_id() AS current_user_id) IS NOT NULL) AND ((status = "
            "'available'::text) OR (mentor_id = ( SELECT app.current_user_id() AS "
            "current_user_id)) OR (id = ANY (ARRAY( SELECT app.my_booked_slots() AS "
            "my_booked_slots))) OR ( SELECT app.is_admin() AS is_admin)))"
        ),
        old={
            "using": (
                "(SELECT app.current_user_id()) IS NOT NULL AND (status = 'available' OR "
                "mentor_id BETWEEN (SELECT app.first_visible_owner()) AND (SELECT "
                "app.last_visible_owner()) OR id = ANY (ARRAY(SELECT app.my_booked_slots())))"
            ),
        },
        schema="public",
    )
    op.replace_function(
        "my_students",
        "SELECT DISTINCT r.student_id\n"
        "  FROM public.reservations AS r\n"
        "  JOIN public.users AS u ON u.id = r.mentor_id\n"
        " WHERE u.clerk_id = nullif(current_setting('app.current_user_id', true), '')\n"
        "   AND u.role IN ('mentor', 'admin')\n"
        "   AND r.status IN ('approved', 'paid', 'completed')",
        returns="SETOF uuid",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        old={
            "body": (
                "SELECT DISTINCT r.student_id\n"
                "  FROM public.reservations AS r\n"
                " WHERE r.mentor_id = app.current_user_id()\n"
                "   AND app.current_user_role() IN ('mentor', 'admin')\n"
                "   AND r.status IN ('approved', 'paid', 'completed')"
            ),
        },
        schema="app",
    )
    op.drop_function("last_visible_owner", schema="app")
    op.drop_function("first_visible_owner", schema="app")
    op.replace_function(
        "is_admin",
        "SELECT coalesce(app.current_user_role() = 'admin', false)",
        returns="boolean",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        old={"security": "INVOKER"},
        schema="app",
    )
    op.replace_function(
        "current_user_role",
        "SELECT u.role\n"
        "  FROM public.users AS u\n"
        " WHERE u.clerk_id = nullif(current_setting('app.current_user_id', true), '')",
        returns="text",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        old={"body": "SELECT nullif(split_part(app.current_identity(), ' ', 2), '')", "security": "INVOKER"},
        schema="app",
    )
    op.replace_function(
        "current_user_id",
        "SELECT u.id\n"
        "  FROM public.users AS u\n"
        " WHERE u.clerk_id = nullif(current_setting('app.current_user_id', true), '')",
        returns="uuid",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        old={"body": "SELECT nullif(left(app.current_identity(), 36), '')::uuid", "security": "INVOKER"},
        schema="app",
    )
    op.drop_function("current_identity", schema="app")
    op.drop_function("look_up_identity", schema="app")
    op.drop_index_concurrently("ix_provenance_owner", "provenance", schema="public")
