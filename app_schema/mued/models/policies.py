"""Which rows the web application may read and write: every policy of the database, table by table.

A table has no rule for a command that only service_account may execute. Grants, declared with the tables,
limit the columns. Five habits keep the expressions fast (docs/performance.md has the figures):

* A call is written as a sub-select, ``(SELECT f())``: PostgreSQL evaluates an InitPlan once a query, not once
  a row.
* One policy a table, role and command: PostgreSQL joins several by OR, and so would every reader.
* An index leads with the compared column, and includes the other columns of the policy if people have
  thousands of rows.
* An admin sees a wider range, ``BETWEEN (SELECT app.first_visible_owner()) AND ...``, so no OR is needed: an
  OR whose one arm names no column cannot be an index condition.
* Shared rows are tested by a CASE: PostgreSQL estimates that half of the rows pass a CASE, but 5 % for an OR,
  and then reads and sorts all rows of a person with thousands instead of the newest twenty.

If nobody is signed in, ``app.current_user_id()`` is NULL, and no policy lets a row pass.
"""

from collections.abc import Mapping
from typing import NamedTuple

from app_schema.ddl import Policy, RowSecurity

ME = "(SELECT app.current_user_id())"
IS_ADMIN = "(SELECT app.is_admin())"
IS_TEACHER = "(SELECT app.current_user_role()) IN ('mentor', 'admin')"
OWNER = f"user_id = {ME}"
NOBODY = "00000000-0000-0000-0000-000000000000"
VISIBLE = "BETWEEN (SELECT app.first_visible_owner()) AND (SELECT app.last_visible_owner())"
"""Condition on a column that names the owner: the person, and for an admin everybody."""

CRUD = ("SELECT", "INSERT", "UPDATE", "DELETE")


class AccessRule(NamedTuple):
    """USING: the existing rows that a command sees. WITH CHECK: the new rows that a command may write."""

    using: str | None = None
    with_check: str | None = None


# The names put into SQL here come from this file only.
def _owned(parent: str, alias: str, key: str) -> str:
    """The row that ``key`` names belongs to the signed-in person."""
    return f"EXISTS (SELECT 1 FROM {parent} AS {alias} WHERE {alias}.id = {key} AND {alias}.user_id = {ME})"


def _each(condition: str) -> Mapping[str, AccessRule]:
    """One policy for all four commands."""
    return {"ALL": AccessRule(condition, condition)}


def _written(readable: str, writable: str) -> Mapping[str, AccessRule]:
    """Read more than may be written."""
    return {
        "SELECT": AccessRule(readable),
        "INSERT": AccessRule(None, writable),
        "UPDATE": AccessRule(writable, writable),
        "DELETE": AccessRule(writable),
    }


def _part_of_session(table: str) -> Mapping[str, AccessRule]:
    """Visible exactly when the session is: the sub-query runs under the policy of sessions."""
    visible = f"EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = {table}.session_id)"
    return _written(visible, _owned("public.sessions", "s", f"{table}.session_id"))


# No row passes if nobody is signed in. No branch for admins: support works as service_account.
_SHARED = (
    f"CASE WHEN {OWNER} THEN true WHEN is_public THEN {ME} IS NOT NULL "
    "ELSE share_with_mentor AND user_id = ANY (ARRAY(SELECT app.my_students())) END"
)
_PUBLISHED_BY_TEACHERS = f"creator_id = {ME} AND (NOT is_public OR {IS_TEACHER})"
_OFFERED_BY_TEACHERS = f"mentor_id = {ME} AND {IS_TEACHER}"
_CHAT_OWNED = _owned("public.chat_sessions", "c", "session_tags.session_id")
_BOTH_ENDS_OWNED = " AND ".join(
    _owned("muednote_v3.fragments", "f", f"fragment_relationships.{end}_fragment_id")
    for end in ("source", "target")
)
_TAGGED_OWNED = _owned("muednote_v3.fragments", "f", "fragment_tags.fragment_id")

RULES: Mapping[str, Mapping[str, AccessRule]] = {
    # others see app.public_profile(), which never shows e-mail, clerk_id or customer id; the column grant
    # keeps role, clerk_id and customer id out of reach
    "users": {
        "SELECT": AccessRule(f"id {VISIBLE}"),
        "UPDATE": AccessRule(f"id = {ME}", f"id = {ME}"),
    },
    # plan and counters are written by service_account only, else a user could reset his quota
    "subscriptions": {"SELECT": AccessRule(f"user_id {VISIBLE}")},
    # A student sees booked slots. A definer function lists them: policies of slots and reservations that read
    # each other raise "infinite recursion detected in policy".
    "lesson_slots": {
        "SELECT": AccessRule(
            f"{ME} IS NOT NULL AND (status = 'available' OR mentor_id {VISIBLE} "
            "OR id = ANY (ARRAY(SELECT app.my_booked_slots())))"
        ),
        "INSERT": AccessRule(None, _OFFERED_BY_TEACHERS),
        "UPDATE": AccessRule(f"mentor_id = {ME}", _OFFERED_BY_TEACHERS),
        "DELETE": AccessRule(f"mentor_id = {ME}"),
    },
    "reservations": {
        "SELECT": AccessRule(f"student_id {VISIBLE} OR mentor_id {VISIBLE}"),
        # status and payment are not granted: a new row is always pending, at the price of the slot
        "INSERT": AccessRule(None, f"student_id = {ME} AND app.can_book(slot_id, mentor_id, amount)"),
        # a student may only cancel, a mentor may approve, complete or cancel; service_account sets paid
        "UPDATE": AccessRule(
            f"(student_id = {ME} OR mentor_id = {ME}) AND status IN ('pending', 'approved', 'paid')",
            f"(student_id = {ME} AND status = 'cancelled') "
            f"OR (mentor_id = {ME} AND status IN ('approved', 'completed', 'cancelled'))",
        ),
    },
    # students keep private generated material, which the quota counts; publishing needs a mentor or admin
    "materials": {
        "SELECT": AccessRule(f"CASE WHEN is_public THEN {ME} IS NOT NULL ELSE creator_id {VISIBLE} END"),
        "INSERT": AccessRule(None, _PUBLISHED_BY_TEACHERS),
        "UPDATE": AccessRule(f"creator_id = {ME}", _PUBLISHED_BY_TEACHERS),
        "DELETE": AccessRule(f"creator_id = {ME}"),
    },
    "messages": {
        "SELECT": AccessRule(f"sender_id = {ME} OR receiver_id = {ME}"),
        # a thread of a reservation is open to its two parties only
        "INSERT": AccessRule(
            None,
            f"sender_id = {ME} AND (reservation_id IS NULL OR EXISTS ("
            "SELECT 1 FROM public.reservations AS r WHERE r.id = messages.reservation_id AND ("
            "(r.student_id = messages.sender_id AND r.mentor_id = messages.receiver_id) OR "
            "(r.mentor_id = messages.sender_id AND r.student_id = messages.receiver_id))))",
        ),
        # only is_read is granted
        "UPDATE": AccessRule(f"receiver_id = {ME}", f"receiver_id = {ME}"),
    },
    "webhook_events": {"SELECT": AccessRule(IS_ADMIN)},
    "sessions": _written(_SHARED, OWNER),
    "log_entries": _written(_SHARED, OWNER),
    "session_analyses": _part_of_session("session_analyses"),
    "interview_questions": _part_of_session("interview_questions"),
    "interview_answers": _part_of_session("interview_answers"),
    "chat_sessions": _each(OWNER),
    # only service_account writes system prompts
    "chat_messages": {"ALL": AccessRule(OWNER, f"{OWNER} AND role <> 'system'")},
    "session_tags": _each(_CHAT_OWNED),
    "user_ai_profiles": _each(OWNER),
    "user_ai_memories": _each(OWNER),
    # only user_feedback is granted; answers are written by service_account
    "ai_dialogue_log": {"SELECT": AccessRule(OWNER), "UPDATE": AccessRule(OWNER, OWNER)},
    # rows without acquired_by are for admins: the least uuid represents NULL, which no range contains
    "provenance": {"SELECT": AccessRule(f"coalesce(acquired_by, '{NOBODY}'::uuid) {VISIBLE}")},
    "rag_metrics_history": {"SELECT": AccessRule(IS_ADMIN)},
    # config and endpoint are for admins
    "plugin_registry": {"SELECT": AccessRule(IS_ADMIN)},
    # own rows and templates; vectors are written by service_account, never by a claim setting
    "rag_embeddings": {"SELECT": AccessRule(f"{ME} IS NOT NULL AND ({OWNER} OR user_id IS NULL)")},
    # enabled >= true are those in use, and enabled >= false, for an admin, all
    "question_templates": _written(f"{ME} IS NOT NULL AND enabled >= (SELECT NOT app.is_admin())", IS_ADMIN),
    "projects": _each(OWNER),
    "fragments": _each(OWNER),
    "tags": _each(OWNER),
    # the person must own both ends
    "fragment_tags": {
        "ALL": AccessRule(
            _TAGGED_OWNED, f"{_TAGGED_OWNED} AND {_owned('muednote_v3.tags', 'g', 'fragment_tags.tag_id')}"
        )
    },
    # an audit trail is written by service_account only
    "fragment_processing_history": {
        "SELECT": AccessRule(_owned("muednote_v3.fragments", "f", "fragment_processing_history.fragment_id"))
    },
    "fragment_relationships": _each(_BOTH_ENDS_OWNED),
    "user_preferences": _each(OWNER),
}


def secured(table: str) -> tuple[RowSecurity | Policy, ...]:
    """Row security and policies of a table: service_account sees all rows, app_user follows RULES."""
    return (
        RowSecurity(),
        Policy(f"{table}_service_account_all", to="service_account", using="true", with_check="true"),
        *(
            Policy(f"{table}_app_user_{command.lower()}", for_=command, to="app_user", **rule._asdict())
            for command, rule in RULES[table].items()
        ),
    )
