"""The factories insert valid rows of every table, and the sessions of the plugin act as they say."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from uuid import uuid4

import pytest
import sqlalchemy as sa
from amount import ALL
from polyfactory.factories import base
from polyfactory.value_generators import constrained_strings
from sqlalchemy.exc import InvalidRequestError, ProgrammingError

from app_schema import database
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
from app_schema.mued.factories import (
    ChatMessageFactory,
    LogEntryFactory,
    MentorFactory,
    ProjectFactory,
    RowFactory,
)
from app_schema.testing.databases import Databases
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
        keys = {sa.inspect(row).identity for row in made}
        assert len(keys) == 3
        assert session.scalar(sa.select(sa.func.count()).select_from(model)) >= 3  # type: ignore[operator]


BUILDS = 3000 if ALL else 60


def test_nothing_in_a_row_is_left_to_chance() -> None:
    """A value drawn at random is refused by a CHECK once in a while, in somebody's test."""
    chance = {
        f"{model.__name__}.{field.name}"
        for model, factory in RowFactory.of.items()
        for field in factory.get_model_fields()
        if factory.should_set_field_value(field) and not hasattr(factory, field.name)
        if not isinstance(sa.inspect(model).columns[field.name].type, (sa.String, sa.Uuid))
    }
    assert chance == set()
    assert len({ProjectFactory.build().name for _ in range(100)}) == 100


def test_no_text_is_drawn_at_random(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random text is empty now and then, so the worst draw is made every time."""
    for module in (base, constrained_strings):
        monkeypatch.setattr(module, "create_random_string", lambda *_, **__: "")
    rows = {model.__name__: vars(RowFactory.of[model].build()) for model in MODELS}
    assert {f"{model}.{name}" for model, row in rows.items() for name in row if row[name] == ""} == set()


@pytest.mark.parametrize("model", MODELS, ids=lambda one: one.__name__)
def test_a_factory_never_builds_what_a_check_refuses(engine_for_checks: sa.Engine, model: type[Base]) -> None:
    mapper, factory = sa.inspect(model), RowFactory.of[model]
    parents = {
        name: getattr(factory, name).build()
        for name in mapper.relationships.keys()  # noqa: SIM118 - a collection of properties, not a dict
        if isinstance(getattr(factory, name, None), type)
    }
    keys = {column.name: uuid4() for column in mapper.local_table.columns if column.foreign_keys}
    rows = [
        keys | {column.name: built[key] for key, column in mapper.columns.items() if key in built}
        for built in (vars(factory.build(**parents)) for _ in range(BUILDS))
    ]
    table = mapper.local_table
    assert isinstance(table, sa.Table)
    copy = table.to_metadata(sa.MetaData(), schema="pg_temp", name="copy")
    with engine_for_checks.connect() as connection:
        name = f'"{table.schema or "public"}"."{table.name}"'
        including = "INCLUDING CONSTRAINTS INCLUDING DEFAULTS INCLUDING GENERATED"
        connection.exec_driver_sql(f"CREATE TEMP TABLE copy (LIKE {name} {including})")
        connection.execute(sa.insert(copy).inline(), rows)
        assert connection.scalar(sa.select(sa.func.count()).select_from(copy)) == BUILDS


@pytest.fixture(scope="module")
def engine_for_checks(databases: Databases, template: str) -> Iterator[sa.Engine]:
    """A database of the module's own; nothing stays in it."""
    name = databases.create(template)
    engine = database.engine(databases.url(name))
    yield engine
    engine.dispose()
    databases.drop(name)


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
    assert len({batch.clerk_id for batch in MentorFactory.batch(3)}) == 3


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
