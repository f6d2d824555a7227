"""People, lessons, material and messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from app_schema.mued.models import (
    LessonSlot,
    Material,
    Message,
    Reservation,
    Subscription,
    User,
    WebhookEvent,
)
from app_schema.mued.seed.row import Row, key

MARK = "seed_"
"""The prefix of the accounts and events of the seed."""

STUDENTS = ("hana", "ren", "yui")
MENTORS = ("kenji", "clara")

_PEOPLE: tuple[tuple[str, str, str, str | None, list[str]], ...] = (
    ("sora", "Sora Ito", "admin", "Keeps the house in order.", []),
    ("kenji", "Kenji Mori", "mentor", "Jazz harmony and arranging.", ["harmony", "piano"]),
    ("clara", "Clara Weiss", "mentor", "Mixing, and ears for it.", ["mix", "ear training"]),
    ("hana", "佐藤 花", "student", "作曲をはじめて一年。", ["piano"]),
    ("ren", "Ren Tanaka", "student", "Guitar, mostly blues.", ["guitar"]),
    ("yui", "Yui Kato", "student", None, []),
)
_PLANS = (("hana", "premium"), ("ren", "starter"), ("yui", "freemium"))
_MATERIALS = (
    ("Five voicings of one ii-V-I", "pdf", "intermediate", True, "approved"),
    ("リハーモナイズ入門", "text", "beginner", True, "approved"),
    ("Blues in E, slow", "music", "beginner", False, "pending"),
)
_BOOKINGS = (  # who, whose slot and which, stage, payment
    ("hana", "kenji", 0, "completed", "completed"),
    ("hana", "kenji", 4, "paid", "completed"),
    ("ren", "clara", 1, "completed", "completed"),
    ("ren", "kenji", 5, "pending", "pending"),
    ("yui", "clara", 5, "approved", "pending"),
    ("yui", "kenji", 6, "cancelled", "refunded"),
)
_TALK = (
    ("hana", "kenji", "Could we look at the bridge again?"),
    ("kenji", "hana", "Yes. Bring the version with the pedal point."),
    ("ren", "clara", "ミックスの低音が濁ります。"),
    ("clara", "ren", "Cut below 80 Hz on the guitar first, then listen."),
)
_SLOTS, _FOR_TWO = 8, 5
_PRICE = Decimal(6000)


def person(name: str) -> object:
    """The id of a person."""
    return key("user", name)


def rows(day: datetime) -> Iterator[Row]:
    """Rows round a day: lessons that were held before it, and others that can be booked after it."""
    yield from _people(day)
    for mentor in MENTORS:
        for number in range(_SLOTS):
            yield _slot(day, mentor, number)
    for number, (student, mentor, slot, status, payment) in enumerate(_BOOKINGS):
        values = {
            "id": key("reservation", number),
            "slot_id": key("slot", mentor, slot),
            "student_id": person(student),
            "mentor_id": person(mentor),
            "status": status,
            "payment_status": payment,
            "amount": _PRICE,
            "cancel_reason": "A concert on that evening." if status == "cancelled" else None,
            "created_at": day - timedelta(days=6),
        }
        yield Row(Reservation, values)
    for number, (title, kind, difficulty, public, quality) in enumerate(_MATERIALS):
        values = {
            "id": key("material", number),
            "creator_id": person(MENTORS[0] if public else STUDENTS[1]),
            "title": title,
            "type": kind,
            "difficulty": difficulty,
            "is_public": public,
            "quality_status": quality,
            "tags": ["seed"],
        }
        yield Row(Material, values)
    for number, (sender, receiver, content) in enumerate(_TALK):
        values = {
            "id": key("message", number),
            "sender_id": person(sender),
            "receiver_id": person(receiver),
            "content": content,
            "created_at": day - timedelta(hours=10 - number),
        }
        yield Row(Message, values)


def _people(day: datetime) -> Iterator[Row]:
    for name, shown, role, bio, skills in _PEOPLE:
        values = {
            "id": person(name),
            "clerk_id": MARK + name,
            "email": f"{name}@example.com",
            "name": shown,
            "role": role,
            "bio": bio,
            "skills": skills,
            "created_at": day,
        }
        yield Row(User, values)
    for name, plan in _PLANS:
        yield Row(Subscription, {"id": key("subscription", name), "user_id": person(name), "plan": plan})
    for number, source in enumerate(("clerk", "stripe")):
        values = {
            "id": key("event", number),
            "event_id": f"{MARK}event_{number}",
            "type": "user.created" if source == "clerk" else "invoice.paid",
            "source": source,
            "status": "processed",
            "payload": {"seed": True},
            "completed_at": day,
        }
        yield Row(WebhookEvent, values)


def _slot(day: datetime, mentor: str, number: int) -> Row:
    """Slots from three days before to four days after `day`; the last slots have two seats."""
    begin = day + timedelta(days=number - 3, hours=18)
    values = {
        "id": key("slot", mentor, number),
        "mentor_id": person(mentor),
        "start_time": begin,
        "end_time": begin + timedelta(hours=1),
        "price": _PRICE,
        "max_capacity": 2 if number >= _FOR_TWO else 1,
        "tags": ["harmony" if mentor == "kenji" else "mix"],
    }
    return Row(LessonSlot, values)
