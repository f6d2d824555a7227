"""Row-level security, policies and app_user grants of the core and chat tables; my_booked_slots, can_book.

Locks: CREATE POLICY and ENABLE ROW LEVEL SECURITY take ACCESS EXCLUSIVE on the twelve tables for a moment;
no rows are scanned.

Downgrade: loses no rows; app_user loses its access before the policies go.

Revision ID: 0016_core_and_chat_rls
Revises: 0015_muednote_v3_schema
"""

from app_schema import op

revision = "0016_core_and_chat_rls"
down_revision = "0015_muednote_v3_schema"
branch_labels = None
depends_on = None

READ_WRITE = ["SELECT", "INSERT", "UPDATE", "DELETE"]
TABLES = (
    "users",
    "subscriptions",
    "lesson_slots",
    "reservations",
    "materials",
    "messages",
    "webhook_events",
    "chat_sessions",
    "chat_messages",
    "user_ai_profiles",
    "user_ai_memories",
    "session_tags",
)

ME = "(SELECT app.current_user_id())"
ADMIN = "(SELECT app.is_admin())"
TEACHER = "(SELECT app.current_user_role()) IN ('mentor', 'admin')"
OWN_ROW = f"user_id = {ME}"

VISIBLE_SLOT = (
    f"{ME} IS NOT NULL AND (status = 'available' OR mentor_id = {ME}"
    f" OR id = ANY (ARRAY(SELECT app.my_booked_slots())) OR {ADMIN})"
)
OWN_SLOT = f"mentor_id = {ME}"
NEW_SLOT = f"{OWN_SLOT} AND {TEACHER}"

# Only an open reservation can be changed: a student may cancel it, a mentor approve, complete or cancel it.
OPEN_RESERVATION = f"(student_id = {ME} OR mentor_id = {ME}) AND status IN ('pending', 'approved', 'paid')"
CHANGED_RESERVATION = (
    f"(student_id = {ME} AND status = 'cancelled')"
    f" OR (mentor_id = {ME} AND status IN ('approved', 'completed', 'cancelled'))"
)

OWN_MATERIAL = f"creator_id = {ME}"
NEW_MATERIAL = f"{OWN_MATERIAL} AND (NOT is_public OR {TEACHER})"

# A message about a reservation goes between its two parties.
SENT_MESSAGE = (
    "sender_id = (SELECT app.current_user_id()) AND (reservation_id IS NULL"
    " OR EXISTS (SELECT 1 FROM public.reservations AS r WHERE r.id = messages.reservation_id"
    " AND ((r.student_id = messages.sender_id AND r.mentor_id = messages.receiver_id)"
    " OR (r.mentor_id = messages.sender_id AND r.student_id = messages.receiver_id))))"
)

OWN_CHAT = (
    "EXISTS (SELECT 1 FROM public.chat_sessions AS c WHERE c.id = session_tags.session_id"
    " AND c.user_id = (SELECT app.current_user_id()))"
)

# table, command, using, with check
POLICIES = (
    ("users", "SELECT", f"id = {ME} OR {ADMIN}", None),
    ("users", "UPDATE", f"id = {ME}", f"id = {ME}"),
    ("subscriptions", "SELECT", f"{OWN_ROW} OR {ADMIN}", None),
    ("lesson_slots", "SELECT", VISIBLE_SLOT, None),
    ("lesson_slots", "INSERT", None, NEW_SLOT),
    ("lesson_slots", "UPDATE", OWN_SLOT, NEW_SLOT),
    ("lesson_slots", "DELETE", OWN_SLOT, None),
    ("reservations", "SELECT", f"student_id = {ME} OR mentor_id = {ME} OR {ADMIN}", None),
    ("reservations", "INSERT", None, f"student_id = {ME} AND app.can_book(slot_id, mentor_id, amount)"),
    ("reservations", "UPDATE", OPEN_RESERVATION, CHANGED_RESERVATION),
    ("materials", "SELECT", f"{ME} IS NOT NULL AND (is_public OR {OWN_MATERIAL} OR {ADMIN})", None),
    ("materials", "INSERT", None, NEW_MATERIAL),
    ("materials", "UPDATE", OWN_MATERIAL, NEW_MATERIAL),
    ("materials", "DELETE", OWN_MATERIAL, None),
    ("messages", "SELECT", f"sender_id = {ME} OR receiver_id = {ME}", None),
    ("messages", "INSERT", None, SENT_MESSAGE),
    ("messages", "UPDATE", f"receiver_id = {ME}", f"receiver_id = {ME}"),
    ("webhook_events", "SELECT", ADMIN, None),
    ("chat_sessions", "ALL", OWN_ROW, OWN_ROW),
    ("chat_messages", "ALL", OWN_ROW, f"{OWN_ROW} AND role <> 'system'"),
    ("user_ai_profiles", "ALL", OWN_ROW, OWN_ROW),
    ("user_ai_memories", "ALL", OWN_ROW, OWN_ROW),
    ("session_tags", "ALL", OWN_CHAT, OWN_CHAT),
)

SLOT_COLUMNS = ["start_time", "end_time", "price", "max_capacity", "tags", "recurring_id", "metadata"]
MATERIAL_COLUMNS = [
    "title",
    "description",
    "content",
    "type",
    "url",
    "tags",
    "difficulty",
    "is_public",
    "metadata",
]
CHAT_COLUMNS = ["device_id", "title", "summary", "is_active", "is_pinned", "archived_at"]
MESSAGE_COLUMNS = ["id", "reservation_id", "sender_id", "receiver_id", "content", "attachments"]
EDIT_COLUMNS = ["content", "processed_content", "tags", "metadata", "is_edited", "edited_at"]

# table, privileges, columns
GRANTS = (
    ("users", ["SELECT"], None),
    ("users", ["UPDATE"], ["name", "bio", "skills", "profile_image_url"]),
    ("subscriptions", ["SELECT"], None),
    ("lesson_slots", ["SELECT", "DELETE"], None),
    ("lesson_slots", ["INSERT"], ["id", "mentor_id", *SLOT_COLUMNS]),
    ("lesson_slots", ["UPDATE"], ["status", *SLOT_COLUMNS]),
    ("reservations", ["SELECT"], None),
    ("reservations", ["INSERT"], ["id", "slot_id", "student_id", "mentor_id", "amount", "notes"]),
    ("reservations", ["UPDATE"], ["status", "cancel_reason", "notes"]),
    ("materials", ["SELECT", "DELETE"], None),
    ("materials", ["INSERT"], ["id", "creator_id", *MATERIAL_COLUMNS]),
    ("materials", ["UPDATE"], MATERIAL_COLUMNS),
    ("messages", ["SELECT"], None),
    ("messages", ["INSERT"], MESSAGE_COLUMNS),
    ("messages", ["UPDATE"], ["is_read"]),
    ("webhook_events", ["SELECT"], None),
    ("chat_sessions", ["SELECT", "DELETE"], None),
    ("chat_sessions", ["INSERT"], ["id", "user_id", *CHAT_COLUMNS]),
    ("chat_sessions", ["UPDATE"], CHAT_COLUMNS),
    ("chat_messages", ["SELECT", "INSERT", "DELETE"], None),
    ("chat_messages", ["UPDATE"], EDIT_COLUMNS),
    ("user_ai_profiles", READ_WRITE, None),
    ("user_ai_memories", READ_WRITE, None),
    ("session_tags", READ_WRITE, None),
)

EMPTY_SEARCH_PATH = {"search_path": "''"}

MY_BOOKED_SLOTS = """\
SELECT DISTINCT r.slot_id
  FROM public.reservations AS r
 WHERE r.student_id = app.current_user_id()"""

CAN_BOOK = """\
SELECT EXISTS (
  SELECT 1
    FROM public.lesson_slots AS s
   WHERE s.id = p_slot
     AND s.mentor_id = p_mentor
     AND s.price = p_amount
     AND s.status = 'available'
     AND s.start_time > now()
     AND s.current_capacity < s.max_capacity)"""


def upgrade() -> None:
    op.create_function(
        "my_booked_slots",
        MY_BOOKED_SLOTS,
        returns="SETOF uuid",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        settings=EMPTY_SEARCH_PATH,
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.create_function(
        "can_book",
        CAN_BOOK,
        arguments="p_slot uuid, p_mentor uuid, p_amount numeric",
        returns="boolean",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        settings=EMPTY_SEARCH_PATH,
        execute=["app_user", "service_account"],
        schema="app",
    )

    for table in TABLES:
        op.create_policy(
            f"{table}_service_account_all",
            table,
            for_="ALL",
            to=["service_account"],
            using="true",
            with_check="true",
            schema="public",
        )
    for table, command, using, with_check in POLICIES:
        op.create_policy(
            f"{table}_app_user_{command.lower()}",
            table,
            for_=command,
            to=["app_user"],
            using=using,
            with_check=with_check,
            schema="public",
        )
    for table in TABLES:
        op.enable_row_security(table, schema="public")

    for table, privileges, columns in GRANTS:
        op.create_grant(privileges, to="app_user", table=table, columns=columns, schema="public")


def downgrade() -> None:
    for table, privileges, columns in reversed(GRANTS):
        op.drop_grant(privileges, to="app_user", table=table, columns=columns, schema="public")

    for table in reversed(TABLES):
        op.disable_row_security(table, schema="public")
    for table, command, _, _ in reversed(POLICIES):
        op.drop_policy(f"{table}_app_user_{command.lower()}", table, schema="public")
    for table in reversed(TABLES):
        op.drop_policy(f"{table}_service_account_all", table, schema="public")

    op.drop_function("can_book", arguments="p_slot uuid, p_mentor uuid, p_amount numeric", schema="app")
    op.drop_function("my_booked_slots", schema="app")
