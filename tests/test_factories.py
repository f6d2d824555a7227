"""The factories insert valid rows of every table, and the sessions of the plugin act as they say."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import InvalidRequestError, ProgrammingError

from app_schema.errors import ModelError
from app_schema.models import (
    Base,
    ChatMessage,
    ChatSession,
    FragmentTag,
    LessonSlot,
    LogEntry,
    RagEmbedding,
    Reservation,
    Session,
    User,
)
from app_schema.testing.factories import ChatMessageFactory, LogEntryFactory, MentorFactory, RowFactory
from app_schema.testing.plugin import AsService, AsUser, Make

MODELS = sorted((mapper.class_ for mapper in Base.registry.mappers), key=lambda one: one.__name__)


def test_every_model_has_a_factory() -> None:
    assert set(RowFactory.of) == set(MODELS)
    assert len(MODELS) == 30


def test_a_model_without_a_factory_is_named() -> None:
    class Unknown(Base):
        __abstract__ = True

    with pytest.raises(ModelError, match=r"write class UnknownFactory\(RowFactory\[Unknown\]\)"):
        RowFactory.for_model(Unknown)


def test_every_factory_inserts_rows_that_pass_every_check(make: Make, as_service: AsService) -> None:
    session = as_service()
    for model in MODELS:
        made = [make(model) for _ in range(3)]
        keys = {sa.inspect(one).identity for one in made}
        assert len(keys) == 3
        assert session.scalar(sa.select(sa.func.count()).select_from(model)) >= 3  # type: ignore[operator]


def test_rows_that_are_given_are_used(make: Make) -> None:
    mentor = make(User, role="mentor")
    slots = [make(LessonSlot, mentor=mentor, price=Decimal(4000)) for _ in range(3)]
    booked = make(Reservation, slot=slots[0], student_id=make(User).id)
    assert (booked.mentor_id, booked.amount, booked.status) == (mentor.id, Decimal(4000), "pending")
    chat = make(ChatSession)
    assert make(ChatMessage, session=chat).user_id == chat.user_id
    owner = make(User)
    assert make(RagEmbedding, user=owner).user_id == owner.id
    tagged = make(FragmentTag)
    assert tagged.fragment.user_id == tagged.tag.user_id


def test_rows_that_are_not_loaded_are_fetched(make: Make, as_service: AsService) -> None:
    chat = make(ChatSession)
    session = as_service()
    again = session.get_one(ChatSession, chat.id)
    assert ChatMessageFactory.create(session, session=again).user_id == chat.user_id


def test_rows_can_be_built_without_a_database() -> None:
    assert MentorFactory.build(name="Mia").role == "mentor"
    assert len({one.clerk_id for one in MentorFactory.batch(3)}) == 3


def test_a_factory_writes_what_the_person_may_write(make: Make, as_user: AsUser) -> None:
    ann, bob = make(User), make(User)
    session = as_user(ann)
    LogEntryFactory.create(session, user_id=ann.id, content="mine")
    session.commit()
    assert as_user(ann.clerk_id).scalars(sa.select(LogEntry.content)).all() == ["mine"]
    assert as_user(bob).scalars(sa.select(LogEntry.content)).all() == []
    with pytest.raises(ProgrammingError, match="row-level security"):
        LogEntryFactory.create(as_user(bob), user_id=ann.id)


def test_sessions_act_and_end(make: Make, as_user: AsUser, as_service: AsService) -> None:
    ann = make(User)
    make(Session, user=ann)
    titles = sa.select(sa.func.count()).select_from(Session)
    assert as_user(None).scalar(titles) == 0
    assert as_service().scalar(titles) == 1
    with as_user(ann) as session:
        assert session.scalar(titles) == 1
        session.commit()
        assert session.scalar(titles) == 1
    with pytest.raises(InvalidRequestError, match="permanently closed"):
        session.scalar(titles)
