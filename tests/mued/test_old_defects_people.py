"""Defects of people, bookings and money in the old system. The codes are those of its list."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from dictionary import DICTIONARY
from refusal import CHECK, EXCLUSION, FOREIGN_KEY, NO_SUCH_VALUE, UNIQUE, count, refused
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session as OrmSession

from app_schema.models import (
    AiDialogue,
    Base,
    LessonSlot,
    LogEntry,
    Reservation,
    Subscription,
    User,
    UserAiProfile,
    WebhookEvent,
    WebhookStatus,
)
from app_schema.mued.factories import (
    AiDialogueFactory,
    LessonSlotFactory,
    LogEntryFactory,
    ReservationFactory,
    SubscriptionFactory,
    UserAiProfileFactory,
    UserFactory,
    WebhookEventFactory,
)

TABLES = list(Base.metadata.tables.values())
CLOSED_SETS = [
    (f"{table['schema']}.{table['name']}", column["name"])
    for table in DICTIONARY["tables"]
    for column in table["columns"]
    for check in table["checks"]
    if column["type"] == "text" and check["expression"].startswith(f"{column['name']} IN (")
]


@pytest.mark.parametrize(("table", "column"), CLOSED_SETS)
def test_no_word_outside_of_a_closed_set_is_stored(service: OrmSession, table: str, column: str) -> None:
    """D01: typos were stored."""
    declared = Base.metadata.tables[table]
    for word in ("no such word", "", "Pending", "succeeded"):
        with refused(service, CHECK):
            service.execute(sa.update(declared).values({column: word}))


def test_every_column_that_lists_its_words_has_a_closed_set() -> None:
    """D01: the dictionary names the words of a column in its checks."""
    checks = [check for table in DICTIONARY["tables"] for check in table["checks"]]
    assert len(CLOSED_SETS) == sum("values" in check for check in checks)


def test_a_slot_is_possible(service: OrmSession) -> None:
    """D02: slots ended before they began, cost less than nothing, were overfull and overlapped."""
    slot = LessonSlotFactory.create(service)
    later = {"start_time": slot.end_time, "end_time": slot.end_time + timedelta(hours=1)}
    for wrong in (
        {"end_time": slot.start_time},
        {"end_time": slot.start_time - timedelta(hours=1)},
        {"price": Decimal(-1)},
        {"price": Decimal("NaN")},
        {"max_capacity": 0},
        {"current_capacity": 2},
        {"current_capacity": -1},
    ):
        with refused(service, CHECK):
            service.execute(sa.update(LessonSlot).where(LessonSlot.id == slot.id).values(wrong))
    overlap = {"mentor_id": slot.mentor_id, "start_time": slot.start_time, "end_time": slot.end_time}
    with refused(service, EXCLUSION):
        LessonSlotFactory.create(service, **overlap)
    LessonSlotFactory.create(service, **overlap, status="cancelled")
    LessonSlotFactory.create(service, mentor_id=slot.mentor_id, **later)


def test_seats_are_counted(service: OrmSession) -> None:
    """D03: the same student held a seat twice, and nothing tied reservations to seats."""
    slot = LessonSlotFactory.create(service, max_capacity=2)
    first = ReservationFactory.create(service, slot=slot)
    with refused(service, UNIQUE):
        ReservationFactory.create(service, slot=slot, student_id=first.student_id)
    with refused(service, FOREIGN_KEY):
        ReservationFactory.create(service, slot=slot, mentor_id=UserFactory.create(service).id)
    ReservationFactory.create(service, slot=slot)
    with refused(service, CHECK):
        ReservationFactory.create(service, slot=slot)
    service.refresh(slot)
    assert (slot.current_capacity, slot.status) == (2, "booked")
    first.status = "cancelled"
    service.flush()
    service.refresh(slot)
    assert (slot.current_capacity, slot.status) == (1, "available")
    ReservationFactory.create(service, slot=slot, student_id=first.student_id)


def test_the_last_seat_goes_to_one(filled_engine: sa.Engine) -> None:
    """D03: two bookings at the same moment."""
    with OrmSession(filled_engine, expire_on_commit=False) as session:
        slot = LessonSlotFactory.create(session)
        students = [UserFactory.create(session).id for _ in range(4)]
        session.commit()
    barrier = threading.Barrier(len(students))
    results: list[str | None] = []

    def book(student: uuid.UUID) -> None:
        with OrmSession(filled_engine) as session:
            barrier.wait(10)
            try:
                ReservationFactory.create(
                    session, slot_id=slot.id, mentor_id=slot.mentor_id, student_id=student, amount=slot.price
                )
                session.commit()
                results.append(None)
            except DBAPIError as error:
                results.append(getattr(error.orig, "sqlstate", "?"))

    threads = [threading.Thread(target=book, args=[student]) for student in students]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(results, key=str) == [CHECK, CHECK, CHECK, None]
    with OrmSession(filled_engine) as session:
        assert count(session, Reservation, Reservation.slot_id == slot.id) == 1


def claim(session: OrmSession, event_id: str) -> WebhookEvent | None:
    """The claim as the model documents it."""
    new = insert(WebhookEvent).values(event_id=event_id, source="stripe", type="charge")
    stale = WebhookEvent.created_at < sa.func.now() - sa.text("interval '10 minutes'")
    taken = new.on_conflict_do_update(
        index_elements=["source", "event_id"],
        set_={"attempts": WebhookEvent.attempts + 1, "status": "processing"},
        where=(WebhookEvent.status == WebhookStatus.FAILED)
        | ((WebhookEvent.status == WebhookStatus.PROCESSING) & stale),
    ).returning(WebhookEvent)
    return session.scalars(taken, execution_options={"populate_existing": True}).one_or_none()


def test_a_failed_webhook_leaves_a_trace(service: OrmSession) -> None:
    """D04: its row was written in the transaction that rolled back."""
    event = claim(service, "evt_1")
    assert event is not None
    assert claim(service, "evt_1") is None  # somebody works on it
    with pytest.raises(RuntimeError), service.begin_nested():
        raise RuntimeError
    event.status, event.error_message = WebhookStatus.FAILED, "no answer"
    service.flush()
    again = claim(service, "evt_1")
    assert again is not None
    assert (again.attempts, again.status) == (2, WebhookStatus.PROCESSING)
    with refused(service, CHECK):
        service.execute(sa.update(WebhookEvent).values(status="processed"))


def test_ids_of_events_are_those_of_one_provider(service: OrmSession) -> None:
    """D05: a Clerk event with the id of a Stripe event was refused."""
    event = WebhookEventFactory.create(service)
    WebhookEventFactory.create(service, event_id=event.event_id, source="clerk")
    with refused(service, UNIQUE):
        WebhookEventFactory.create(service, event_id=event.event_id)


def test_deleting_a_user_is_decided_table_by_table(service: OrmSession) -> None:
    """D06, D24: it failed at one subscription, and left profiles of the assistant behind."""
    ann = UserFactory.create(service)
    SubscriptionFactory.create(service, user=ann)
    UserAiProfileFactory.create(service, user=ann)
    LogEntryFactory.create(service, user=ann)
    AiDialogueFactory.create(service, user=ann)
    service.execute(sa.delete(User).where(User.id == ann.id))
    for model in (Subscription, UserAiProfile, LogEntry, AiDialogue):
        owner: Any = model
        assert count(service, model, owner.user_id == ann.id) == 0
    booked = ReservationFactory.create(service)
    for kept in (booked.student_id, booked.mentor_id):
        with refused(service, FOREIGN_KEY, "23001"):
            service.execute(sa.delete(User).where(User.id == kept))
    erased = {"clerk_id": f"erased_{booked.student_id}", "email": "unknown", "name": None}
    service.execute(sa.update(User).where(User.id == booked.student_id).values(erased))


def test_a_moment_is_one_moment_in_every_time_zone(service: OrmSession) -> None:
    """D12: naive timestamps of two clients lay nine hours apart."""
    naive = sa.text("""
        SELECT count(*) FROM information_schema.columns
         WHERE table_schema IN ('public', 'muednote_v3') AND data_type = 'timestamp without time zone'""")
    assert service.scalar(naive) == 0
    made = []
    for zone in ("UTC", "Asia/Tokyo"):
        service.execute(sa.text(f"SET LOCAL TimeZone = '{zone}'"))
        made.append(LogEntryFactory.create(service).created_at)
    assert made[0] == made[1]


@pytest.mark.parametrize(
    "table", [other for other in TABLES if "updated_at" in other.columns], ids=lambda table: table.fullname
)
def test_updated_at_moves(service: OrmSession, table: sa.Table) -> None:
    """D20: it stood still on the older tables."""
    key = next(column for column in table.primary_key)
    old = datetime(2000, 1, 1, tzinfo=UTC)
    moved = sa.update(table).values(updated_at=old, **{key.name: key}).returning(table.c.updated_at)
    found = service.scalars(moved).all()
    assert found
    assert old not in found


def test_a_user_has_one_running_plan_with_one_counter(service: OrmSession) -> None:
    """D21: the quota was added to all plans and read from one."""
    plan = SubscriptionFactory.create(service)
    for status in ("active", "past_due"):
        with refused(service, UNIQUE):
            SubscriptionFactory.create(service, user_id=plan.user_id, status=status)
    SubscriptionFactory.create(service, user_id=plan.user_id, status="cancelled")
    running = (Subscription.user_id == plan.user_id) & Subscription.status.in_(["active", "past_due"])
    used = (
        sa.update(Subscription)
        .where(running, Subscription.ai_materials_used < 2)
        .values(ai_materials_used=Subscription.ai_materials_used + 1)
        .returning(Subscription.ai_materials_used)
    )
    assert [service.execute(used).all() for _ in range(3)] == [[(1,)], [(2,)], []]


def test_a_user_is_named_by_his_internal_id(service: OrmSession) -> None:
    """D22: routes compared the internal id with that of the identity provider, and found nothing."""
    people = {"user_id", "mentor_id", "student_id", "creator_id", "sender_id", "receiver_id"}
    columns = [column for table in TABLES for column in table.columns if column.name in people]
    assert {column.name for column in columns} == people
    for column in columns:
        assert isinstance(column.type, sa.Uuid)
        query = f"SELECT FROM {column.table.fullname} WHERE {column.name} = CAST(:id AS text)::uuid"
        with refused(service, NO_SUCH_VALUE):
            service.execute(sa.text(query), {"id": "user_2abc"})


def test_what_points_at_a_row_is_a_foreign_key() -> None:
    """D24: 12 tables had none. What points at no table, or at one of several, is listed here."""
    soft = {
        "public.ai_dialogue_log.session_id",
        "public.lesson_slots.recurring_id",
        "public.log_entries.target_id",
        "public.provenance.content_id",
        "public.rag_embeddings.source_id",
        "public.sessions.project_id",
    }
    found = {
        f"{table.fullname}.{column.name}"
        for table in TABLES
        for column in table.columns
        if isinstance(column.type, sa.Uuid) and column.name != "id" and not column.foreign_keys
    }
    assert found == soft


def test_an_address_belongs_to_one_account(service: OrmSession) -> None:
    """D25: two accounts had one address, in another case."""
    UserFactory.create(service, email="Ann@Example.com")
    for email in ("ann@example.com", "ANN@EXAMPLE.COM"):
        with refused(service, UNIQUE):
            UserFactory.create(service, email=email)
    for _ in range(2):
        UserFactory.create(service, email="unknown")
