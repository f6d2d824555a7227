"""Who may do what to a row, as the data dictionary says it in words.

Nothing here is read from the models or from the database: it is the other side of the comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Row = Mapping[str, Any]


class Person(NamedTuple):
    """Who is signed in: the id and role of a row of users, or None and None."""

    id: str | None
    role: str | None


@dataclass(frozen=True)
class World:
    """All rows by table and id, as JSON has them."""

    rows: Mapping[str, list[Row]]

    def find(self, table: str, key: str) -> Row:
        return next(row for row in self.rows[table] if row["id"] == key)

    def booked(self, *, slot: str, student: str | None) -> bool:
        return any(
            row["slot_id"] == slot and row["student_id"] == student
            for row in self.rows["public.reservations"]
        )

    def teaches(self, mentor: Person, student: str) -> bool:
        return mentor.role in {"mentor", "admin"} and any(
            (row["mentor_id"], row["student_id"]) == (mentor.id, student)
            and row["status"] in {"approved", "paid", "completed"}
            for row in self.rows["public.reservations"]
        )


@dataclass(frozen=True)
class Who:
    """A condition on a row and the person who asks."""

    holds: Callable[[Row, Person, World], bool]

    def __or__(self, other: Who) -> Who:
        return Who(lambda *asked: self.holds(*asked) or other.holds(*asked))

    def __and__(self, other: Who) -> Who:
        return Who(lambda *asked: self.holds(*asked) and other.holds(*asked))


def mine(column: str = "user_id") -> Who:
    return Who(lambda row, me, _: me.id is not None and row.get(column) == me.id)


def is_(column: str, *values: object) -> Who:
    return Who(lambda row, _, __: row.get(column) in values)


def of(table: str, column: str, rule: Who) -> Who:
    """The rule holds for the row of another table that the column names."""
    return Who(lambda row, me, world: rule.holds(world.find(table, row[column]), me, world))


NOBODY = Who(lambda *_: False)
SIGNED_IN = Who(lambda _, me, __: me.id is not None)
ADMIN = Who(lambda _, me, __: me.role == "admin")
TEACHER = Who(lambda _, me, __: me.role in {"mentor", "admin"})

_MY_STUDENTS = Who(lambda row, me, world: world.teaches(me, row["user_id"]))
_I_BOOKED = Who(lambda row, me, world: world.booked(slot=row["id"], student=me.id))
_OPEN = is_("status", "pending", "approved", "paid")
_BOOKABLE = of("public.lesson_slots", "slot_id", is_("status", "available"))
_PARTIES = Who(
    lambda row, _, world: (
        {row["sender_id"], row["receiver_id"]}
        == {
            world.find("public.reservations", row["reservation_id"])[column]
            for column in ("student_id", "mentor_id")
        }
    )
)
_THREAD = is_("reservation_id", None) | _PARTIES
_SHARED = SIGNED_IN & (mine() | is_("is_public", True) | (is_("share_with_mentor", True) & _MY_STUDENTS))
_IN_SEEN_SESSION = of("public.sessions", "session_id", _SHARED)
_IN_MY_SESSION = of("public.sessions", "session_id", mine())
_IN_MY_CHAT = of("public.chat_sessions", "session_id", mine())
_ON_MY_NOTE = of("muednote_v3.fragments", "fragment_id", mine())
_BOTH_NOTES_MINE = of("muednote_v3.fragments", "source_fragment_id", mine()) & of(
    "muednote_v3.fragments", "target_fragment_id", mine()
)
_PUBLISHES = mine("creator_id") & (is_("is_public", False) | TEACHER)


class Rule(NamedTuple):
    """The privileges of app_user; it may change `column`, and `owner` names the owner of a row.

    `owner` refers to a row of `parent`.
    """

    see: Who
    insert: Who = NOBODY
    update: Who = NOBODY
    delete: Who = NOBODY
    column: str = "created_at"
    owner: str | None = None
    parent: str = "public.users"


def _own(column: str = "created_at") -> Rule:
    return Rule(mine(), mine(), mine(), mine(), column, "user_id")


def _of_session() -> Rule:
    mine_ = _IN_MY_SESSION
    return Rule(_IN_SEEN_SESSION, mine_, mine_, mine_, owner="session_id", parent="public.sessions")


RULES: dict[str, Rule] = {
    "public.users": Rule(mine("id") | ADMIN, update=mine("id"), column="name"),
    "public.subscriptions": Rule(mine() | ADMIN, owner="user_id"),
    "public.lesson_slots": Rule(
        SIGNED_IN & (is_("status", "available") | mine("mentor_id") | _I_BOOKED | ADMIN),
        mine("mentor_id") & TEACHER,
        mine("mentor_id") & TEACHER,
        mine("mentor_id"),
        "price",
        "mentor_id",
    ),
    "public.reservations": Rule(
        mine("student_id") | mine("mentor_id") | ADMIN,
        mine("student_id") & _BOOKABLE,
        (mine("student_id") | mine("mentor_id")) & _OPEN,
        column="status = 'cancelled'",
        owner="student_id",
    ),
    "public.materials": Rule(
        SIGNED_IN & (is_("is_public", True) | mine("creator_id") | ADMIN),
        _PUBLISHES,
        _PUBLISHES,
        mine("creator_id"),
        "title",
        "creator_id",
    ),
    "public.messages": Rule(
        mine("sender_id") | mine("receiver_id"),
        mine("sender_id") & _THREAD,
        mine("receiver_id"),
        column="is_read",
        owner="sender_id",
    ),
    "public.webhook_events": Rule(ADMIN),
    "public.log_entries": Rule(_SHARED, mine(), mine(), mine(), owner="user_id"),
    "public.sessions": Rule(_SHARED, mine(), mine(), mine(), owner="user_id"),
    "public.session_analyses": _of_session(),
    "public.interview_questions": _of_session(),
    "public.interview_answers": _of_session(),
    "public.chat_sessions": _own("title"),
    "public.chat_messages": Rule(
        mine(),
        mine() & is_("role", "user", "assistant"),
        mine() & is_("role", "user", "assistant"),
        mine(),
        "content",
        "user_id",
    ),
    "public.session_tags": Rule(
        _IN_MY_CHAT,
        _IN_MY_CHAT,
        _IN_MY_CHAT,
        _IN_MY_CHAT,
        owner="session_id",
        parent="public.chat_sessions",
    ),
    "public.user_ai_profiles": _own(),
    "public.user_ai_memories": _own(),
    "public.ai_dialogue_log": Rule(mine(), update=mine(), column="user_feedback", owner="user_id"),
    "public.provenance": Rule(mine("acquired_by") | ADMIN, owner="acquired_by"),
    "public.rag_metrics_history": Rule(ADMIN),
    "public.plugin_registry": Rule(ADMIN),
    "public.rag_embeddings": Rule(SIGNED_IN & (mine() | is_("user_id", None))),
    "public.question_templates": Rule(
        SIGNED_IN & (is_("enabled", True) | ADMIN), ADMIN, ADMIN, ADMIN, "priority"
    ),
    "muednote_v3.projects": _own(),
    "muednote_v3.fragments": _own(),
    "muednote_v3.tags": _own(),
    "muednote_v3.fragment_tags": Rule(
        _ON_MY_NOTE,
        _ON_MY_NOTE & of("muednote_v3.tags", "tag_id", mine()),
        _ON_MY_NOTE & of("muednote_v3.tags", "tag_id", mine()),
        _ON_MY_NOTE,
        owner="fragment_id",
        parent="muednote_v3.fragments",
    ),
    "muednote_v3.fragment_processing_history": Rule(
        _ON_MY_NOTE, owner="fragment_id", parent="muednote_v3.fragments"
    ),
    "muednote_v3.fragment_relationships": Rule(
        _BOTH_NOTES_MINE,
        _BOTH_NOTES_MINE,
        _BOTH_NOTES_MINE,
        _BOTH_NOTES_MINE,
        owner="source_fragment_id",
        parent="muednote_v3.fragments",
    ),
    "muednote_v3.user_preferences": _own(),
}
# each shows what its first table shows
VIEWS = {
    "public.v_session_details": ("public.sessions", "id"),
    "public.v_interview_qa_pairs": ("public.interview_questions", "question_id"),
    "public.v_rag_embeddings_with_source": ("public.rag_embeddings", "id"),
}
