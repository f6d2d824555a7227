"""The queries of the row security benchmark, and the forms that the policy of sessions could have."""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

from dataclasses import dataclass

from app_schema.ddl import Key, declared
from app_schema.models import Base

PERSON, HEAVY, MENTOR = "a person with 10 sessions", "a person with 2,000 sessions", "a mentor"

_STUDENTS = (
    "SELECT r.student_id FROM public.reservations AS r"
    " WHERE r.mentor_id = '{me}' AND r.status IN ('approved', 'paid', 'completed')"
)
_LAST = "SELECT id, title, created_at FROM public.sessions WHERE {} ORDER BY created_at DESC LIMIT 20"


@dataclass(frozen=True)
class Query:
    """The same question twice: with the filter written by hand, and left to row security.

    {me} is the id of the person, {mine} that of one of his sessions, {chat} that of one of his chats. Where
    the policy lets through more than what is asked for, as that of sessions does, the application's own
    filter stands on both sides.
    """

    name: str
    person: str
    by_hand: str
    secured: str


_LAST_MINE = _LAST.format("user_id = '{me}'")
_COUNT_MINE = "SELECT count(*) FROM public.sessions WHERE user_id = '{me}'"

FIVE = (
    Query("my last 20", PERSON, _LAST_MINE, _LAST_MINE),
    Query("my last 20", HEAVY, _LAST_MINE, _LAST_MINE),
    Query("count mine", PERSON, _COUNT_MINE, _COUNT_MINE),
    Query("count mine", HEAVY, _COUNT_MINE, _COUNT_MINE),
    Query(
        "one of mine by id",
        PERSON,
        "SELECT id, title, created_at FROM public.sessions WHERE id = '{mine}' AND user_id = '{me}'",
        "SELECT id, title, created_at FROM public.sessions WHERE id = '{mine}'",
    ),
    Query("public newest 20", PERSON, _LAST.format("is_public"), _LAST.format("is_public")),
    Query(
        "my students' last 20",
        MENTOR,
        _LAST.format(f"(share_with_mentor OR is_public) AND user_id = ANY (ARRAY({_STUDENTS}))"),
        _LAST.format("user_id = ANY (ARRAY(SELECT app.my_students()))"),
    ),
)

_ENTRIES = "FROM public.log_entries"
_CHAT = "FROM public.chat_messages"
_DIALOGUE = "FROM public.ai_dialogue_log"
_NEWEST = "ORDER BY created_at DESC LIMIT 20"

OTHERS = (
    Query(
        "all I may see, newest 20",
        PERSON,
        _LAST.format("user_id = '{me}' OR is_public"),
        _LAST.format("true"),
    ),
    Query(
        "journal: my last 20",
        PERSON,
        f"SELECT id, content {_ENTRIES} WHERE user_id = '{{me}}' {_NEWEST}",
        f"SELECT id, content {_ENTRIES} WHERE user_id = '{{me}}' {_NEWEST}",
    ),
    Query(
        "journal: count mine",
        HEAVY,
        f"SELECT count(*) {_ENTRIES} WHERE user_id = '{{me}}'",
        f"SELECT count(*) {_ENTRIES} WHERE user_id = '{{me}}'",
    ),
    Query(
        "journal: public newest 20",
        PERSON,
        f"SELECT id, content {_ENTRIES} WHERE is_public {_NEWEST}",
        f"SELECT id, content {_ENTRIES} WHERE is_public {_NEWEST}",
    ),
    Query(
        "chat messages: my last 20",
        PERSON,
        f"SELECT id, content {_CHAT} WHERE user_id = '{{me}}' {_NEWEST}",
        f"SELECT id, content {_CHAT} {_NEWEST}",
    ),
    Query(
        "chat messages: count mine",
        PERSON,
        f"SELECT count(*) {_CHAT} WHERE user_id = '{{me}}'",
        f"SELECT count(*) {_CHAT}",
    ),
    Query(
        "dialogues: my last 20",
        HEAVY,
        f"SELECT id, query {_DIALOGUE} WHERE user_id = '{{me}}' {_NEWEST}",
        f"SELECT id, query {_DIALOGUE} {_NEWEST}",
    ),
    Query(
        "dialogues: my last 20, filtered by the application too",
        HEAVY,
        f"SELECT id, query {_DIALOGUE} WHERE user_id = '{{me}}' {_NEWEST}",
        f"SELECT id, query {_DIALOGUE} WHERE user_id = '{{me}}' {_NEWEST}",
    ),
    Query(
        "chat messages: those of a chat",
        PERSON,
        f"SELECT id, content {_CHAT} WHERE session_id = '{{chat}}' AND user_id = '{{me}}' {_NEWEST}",
        f"SELECT id, content {_CHAT} WHERE session_id = '{{chat}}' {_NEWEST}",
    ),
    Query(
        "dialogues: count mine",
        HEAVY,
        f"SELECT count(*) {_DIALOGUE} WHERE user_id = '{{me}}'",
        f"SELECT count(*) {_DIALOGUE}",
    ),
)


def _declared() -> str:
    policy = declared(Base.metadata)[Key("policy", "public", "sessions", "sessions_app_user_select")]
    return str(policy.using)  # type: ignore[attr-defined]  # it is a Policy


def _policy(name: str, using: str) -> str:
    return f"CREATE POLICY {name} ON public.sessions FOR SELECT TO app_user USING ({using});"


_DROP = "DROP POLICY sessions_app_user_select ON public.sessions;"
_INDEX = (
    "DROP INDEX public.ix_sessions_user_id_created_at;"
    "CREATE INDEX ix_sessions_user_id_created_at ON public.sessions (user_id, created_at DESC);"
)
_SIGNED_IN = "(SELECT app.current_user_id()) IS NOT NULL"
_SHARED = "share_with_mentor AND user_id = ANY (ARRAY(SELECT app.my_students()))"

_BARE = _declared().replace("(SELECT app.current_user_id())", "app.current_user_id()")

# Each is DDL for a transaction that is rolled back; all mean the same.
SESSIONS = {
    "as declared": "",
    "the index without what the policy looks at": _INDEX,
    "the call of current_user_id bare": _DROP + _policy("one", _BARE),
    "three policies": _DROP
    + _policy("own", "user_id = (SELECT app.current_user_id())")
    + _policy("public", f"is_public AND {_SIGNED_IN}")
    + _policy("shared", _SHARED),
    "CASE instead of OR": _DROP
    + _policy(
        "one",
        "CASE user_id = (SELECT app.current_user_id()) WHEN true THEN true"
        f" WHEN false THEN is_public OR ({_SHARED}) ELSE false END",
    ),
    "a PL/pgSQL function for each row": _DROP
    + """
    CREATE FUNCTION app.may_read(owner uuid, open boolean, shared boolean) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
    BEGIN
      RETURN app.current_user_id() IS NOT NULL
         AND (owner = app.current_user_id() OR open OR (shared AND app.teaches(owner)));
    END $$;
    GRANT EXECUTE ON FUNCTION app.may_read TO app_user;
    """
    + _policy("one", "app.may_read(user_id, is_public, share_with_mentor)"),
}
OWNED = {
    "as declared": "",
    "the call of current_user_id bare": """
    ALTER POLICY ai_dialogue_log_app_user_select ON public.ai_dialogue_log
      USING (user_id = app.current_user_id());
    ALTER POLICY chat_messages_app_user_all ON public.chat_messages USING (user_id = app.current_user_id());
    """,
}
COMPARISONS = (
    ("policy of sessions", (*FIVE, OTHERS[0]), SESSIONS),
    ("policies of dialogues and chat messages", OTHERS[4:], OWNED),
)
