"""Defects of row security in the old system are impossible here. The codes are those of its list."""

from __future__ import annotations

import uuid
from typing import Any

import cast
import pytest
import sqlalchemy as sa
from logins import As, CreateLogin, login_url
from refusal import DENIED, FOREIGN_KEY, refused
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session as OrmSession

from app_schema import database
from app_schema.identity import acting_as
from app_schema.models import (
    Base,
    ChatMessage,
    InterviewAnswer,
    InterviewQuestion,
    LessonSlot,
    Message,
    RagEmbedding,
    Reservation,
    Session,
    SessionAnalysis,
    User,
)
from app_schema.mued.factories import (
    InterviewAnswerFactory,
    InterviewQuestionFactory,
    LessonSlotFactory,
    ReservationFactory,
    SessionAnalysisFactory,
    SessionFactory,
)

TABLES = list(Base.metadata.tables.values())


def changeable(table: sa.Table, session: OrmSession) -> set[str]:
    """The columns of a table that the role may update."""
    may = sa.text("SELECT has_column_privilege(:table, :column, 'UPDATE')")
    return {
        column.name
        for column in table.columns
        if session.scalar(may, {"table": table.fullname, "column": column.name})
    }


def test_a_person_reads_himself_without_recursion(as_person: As) -> None:
    """R01: the policy on users read users."""
    with as_person("ann") as session:
        assert session.scalars(sa.select(User.name)).all() == ["ann"]
    with as_person("adam") as session:
        assert set(session.scalars(sa.select(User.name))) == set(cast.PEOPLE)


@pytest.mark.parametrize("name", ["ann", "mel", "adam"])
def test_every_table_can_be_read(as_person: As, name: str) -> None:
    """R02: policies that looked the caller up recursed as well."""
    with as_person(name) as session:
        for table in TABLES:
            session.execute(sa.select(table)).all()


def test_the_owner_who_acts_as_a_person_is_bound(url: str) -> None:
    """R03: the owner in DATABASE_URL saw everything; row security does not bind him, the role does."""
    owner = database.engine(url, poolclass=sa.NullPool)
    titles = sa.select(Session.user_id).distinct()
    with OrmSession(owner) as session:
        assert len(session.scalars(titles).all()) == 2
        with acting_as(session, "user_nat"):
            assert session.scalars(sa.select(Session.is_public)).all() == [True]
        owners = sa.text("SELECT DISTINCT relowner::regrole::text FROM pg_class")
        assert not {"app_user", "service_account"} & set(session.scalars(owners))


def test_nobody_makes_himself_admin(as_person: As) -> None:
    """R04: the policy limited the row, not the column."""
    with as_person("ann") as session:
        assert changeable(User.__table__, session) == {"name", "bio", "skills", "profile_image_url"}  # type: ignore[arg-type]
        for column, value in (("role", "admin"), ("clerk_id", "user_adam"), ("stripe_customer_id", "cus_1")):
            with refused(session, DENIED):
                session.execute(sa.update(User).values({column: value}))
        with refused(session, DENIED):
            session.execute(
                sa.insert(User).values(clerk_id="user_new", email="new@example.com", role="admin")
            )
        session.execute(sa.update(User).values(bio="plays the cello"))
        assert session.scalars(sa.select(User.bio)).all() == ["plays the cello"]


def test_nobody_rewrites_what_another_wrote(as_person: As) -> None:
    """R05: the receiver of a message could change its text and its sender."""
    with as_person("mel") as session:
        assert changeable(Message.__table__, session) == {"is_read"}  # type: ignore[arg-type]
        with refused(session, DENIED):
            session.execute(sa.update(Message).values(content="something else"))
        assert session.execute(sa.update(Message).values(is_read=True)).rowcount == 2  # type: ignore[attr-defined]
    with as_person("ann") as session:
        read = (
            sa.update(Message).where(Message.sender_id == sa.func.app.current_user_id()).values(is_read=True)
        )
        assert session.execute(read).rowcount == 0  # type: ignore[attr-defined]


def test_nobody_marks_his_reservation_paid(as_person: As, ids: dict[str, uuid.UUID]) -> None:
    """R06: a student could pay 0 yen by an update."""
    with as_person("ann") as session:
        assert changeable(Reservation.__table__, session) == {"status", "cancel_reason", "notes"}  # type: ignore[arg-type]
        for column, value in (("payment_status", "completed"), ("amount", 0), ("stripe_session_id", "cs_1")):
            with refused(session, DENIED):
                session.execute(sa.update(Reservation).values({column: value}))
        for status in ("paid", "completed", "approved"):
            with refused(session, DENIED):
                session.execute(
                    sa.update(Reservation).where(Reservation.status == "approved").values(status=status)
                )
        slot = session.scalars(sa.select(LessonSlot).where(LessonSlot.status == "available").limit(1)).one()
        seat = {"slot_id": slot.id, "mentor_id": slot.mentor_id, "student_id": ids["ann"]}
        with refused(session, DENIED):
            ReservationFactory.create(session, **seat, amount=0)
        with refused(session, DENIED):
            ReservationFactory.create(session, **seat, amount=slot.price, payment_status="completed")
        with refused(session, DENIED):
            ReservationFactory.create(session, **seat | {"student_id": ids["bob"]}, amount=slot.price)
        booked = ReservationFactory.create(session, **seat, amount=slot.price)
        session.refresh(booked)
        assert (booked.status, booked.payment_status) == ("pending", "pending")
    with as_person("mel") as session, refused(session, DENIED):
        session.execute(sa.update(Reservation).values(status="paid"))


def test_views_show_no_private_session_and_no_address(as_person: As) -> None:
    """R07: views ran as their owner."""
    with as_person("nat") as session:
        shown = session.execute(sa.text("SELECT is_public FROM public.v_session_details")).scalars().all()
        assert shown == [True]
        for view in ("v_interview_qa_pairs", "v_rag_embeddings_with_source"):
            columns = session.execute(sa.text(f"SELECT * FROM public.{view}")).keys()
            assert not {"email", "clerk_id", "stripe_customer_id"} & set(columns)
        kinds = sa.text("SELECT DISTINCT source_type FROM public.v_rag_embeddings_with_source")
        assert session.scalars(kinds).all() == ["template"]


@pytest.mark.parametrize("path", ["pg_temp, public", "public, pg_temp", "pg_temp, pg_catalog, public"])
def test_a_temporary_table_named_users_changes_nobody(
    as_person: As, ids: dict[str, uuid.UUID], path: str
) -> None:
    """R08: a definer function without search_path read the temporary table of the caller."""
    with as_person("bob") as session:
        session.execute(sa.text("CREATE TEMP TABLE users (id uuid, clerk_id text, role text)"))
        session.execute(sa.text("INSERT INTO users VALUES (:id, 'user_bob', 'admin')"), {"id": ids["ann"]})
        session.execute(
            sa.text("CREATE TEMP TABLE reservations AS SELECT :a AS student_id"), {"a": ids["ann"]}
        )
        session.execute(sa.text(f"SET LOCAL search_path = {path}"))
        who = sa.text("SELECT app.current_user_id(), app.current_user_role(), app.is_admin()")
        assert session.execute(who).one() == (ids["bob"], "student", False)
        assert session.execute(sa.text("SELECT * FROM app.my_students()")).all() == []
        assert set(session.scalars(sa.select(User.name))) == {"bob"}


def test_no_function_is_an_oracle(url: str, create_login: CreateLogin) -> None:
    """R09: everybody could turn the id of the identity provider into the internal one."""
    engine = database.engine(login_url(url, create_login()), poolclass=sa.NullPool)
    functions = sa.text("""
        SELECT p.oid::regprocedure::text, has_function_privilege(p.oid, 'EXECUTE') OR EXISTS (
                 SELECT FROM unnest(p.proargtypes::oid[]) AS argument
                  WHERE argument IN ('text'::regtype, 'varchar'::regtype)
                    AND has_function_privilege('app_user', p.oid, 'EXECUTE'))
          FROM pg_proc AS p WHERE p.pronamespace = 'app'::regnamespace""")
    with engine.connect() as connection:
        found = connection.execute(functions).all()
        assert found
        assert [name for name, open_to_all in found if open_to_all] == []
        with pytest.raises(DBAPIError, match="permission denied for schema app"):
            connection.execute(sa.text("SELECT app.current_user_id()"))


def test_a_setting_that_names_nobody_shows_nothing(engine: sa.Engine, ids: dict[str, uuid.UUID]) -> None:
    """R10, R14: one setting had two meanings; unset, empty or no uuid was an error, or every row."""
    for setting in (None, "", "not a uuid", str(ids["ann"]), "USER_ANN", "user_ann "):
        with engine.connect() as connection:
            connection.execute(sa.text("SET LOCAL ROLE app_user"))
            if setting is not None:
                connection.execute(
                    sa.text("SELECT set_config('app.current_user_id', :setting, true)"), {"setting": setting}
                )
            seen = {table.fullname for table in TABLES if connection.execute(sa.select(table)).first()}
            assert seen == set(), setting
        engine.dispose()  # the next connection never had the setting


def test_no_setting_claims_a_role(as_person: As) -> None:
    """R11: the service role was a setting that every client may write."""
    counts = sa.union_all(
        *[sa.select(sa.literal(table.fullname), sa.func.count()).select_from(table) for table in TABLES]
    )
    with as_person("bob") as session:
        before = session.execute(counts).all()
        for name, value in (
            ("request.jwt.claims", '{"role": "service_role", "sub": "user_ann"}'),
            ("request.jwt.claim.role", "service_role"),
            ("app.role", "service_account"),
            ("app.user_id", "user_ann"),
            ("app.current_user_role", "admin"),
            ("app.is_admin", "true"),
            ("row_security", "off"),
        ):
            session.execute(sa.text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})
            if name == "row_security":
                with refused(session, DENIED):
                    session.execute(counts)
            else:
                assert session.execute(counts).all() == before
        with refused(session, DENIED):
            session.execute(sa.insert(RagEmbedding).values(source_type="session", source_id=uuid.uuid4()))


def test_what_a_transaction_leaves_of_the_setting_is_no_error(engine: sa.Engine) -> None:
    """R12: after SET LOCAL the setting is the empty string, which could not be cast."""
    with engine.connect() as connection:
        with acting_as(connection, "user_ann"):
            assert connection.execute(sa.select(ChatMessage)).first() is not None
            connection.commit()
        assert connection.scalar(sa.text("SELECT current_setting('app.current_user_id')")) == ""
        connection.execute(sa.text("SET LOCAL ROLE app_user"))
        assert [table.fullname for table in TABLES if connection.execute(sa.select(table)).first()] == []


def test_an_admin_sees_what_he_needs_and_nothing_private(
    as_person: As, url: str, ids: dict[str, uuid.UUID]
) -> None:
    """R15: an admin was a mentor without students. He has his own rows to see, and teaches like a mentor."""
    with as_person("adam") as session:
        assert len(session.scalars(sa.select(Reservation)).all()) == 3
        assert [other.is_public for other in session.scalars(sa.select(Session))] == [True]
    service = database.engine(url, poolclass=sa.NullPool)
    with OrmSession(service) as session:
        slot = LessonSlotFactory.create(session, mentor_id=ids["adam"])
        ReservationFactory.create(session, slot=slot, student_id=ids["bob"], status="approved")
        with acting_as(session, "user_adam"):
            shared = session.scalars(sa.select(Session).where(Session.user_id == ids["bob"])).all()
            assert [other.share_with_mentor for other in shared] == [True]


def test_the_owner_saves_questions_answers_and_analyses(as_person: As, ids: dict[str, uuid.UUID]) -> None:
    """R16: no policy let the owner write them."""
    with as_person("ann") as session:
        made = SessionFactory.create(session, user_id=ids["ann"])
        SessionAnalysisFactory.create(session, session_id=made.id)
        question = InterviewQuestionFactory.create(session, session_id=made.id)
        InterviewAnswerFactory.create(session, question_id=question.id, session_id=made.id)
        for model in (SessionAnalysis, InterviewAnswer, InterviewQuestion):
            rows: Any = sa.delete(model).where(model.session_id == made.id)
            assert session.execute(rows).rowcount == 1  # type: ignore[attr-defined]


def test_a_student_sees_the_slot_he_booked_and_the_name_of_his_mentor(
    as_person: As, ids: dict[str, uuid.UUID]
) -> None:
    """R17: both were hidden from him."""
    profile = sa.text("SELECT * FROM app.public_profile(:id)")
    with as_person("ann") as session:
        seen = sa.select(LessonSlot.status).where(LessonSlot.status != "available")
        assert set(session.scalars(seen)) == {"booked", "cancelled"}
        found = session.execute(profile, {"id": ids["mel"]}).mappings().one()
        assert found["name"] == "mel"
        assert set(found) == {"id", "name", "role", "profile_image_url", "bio", "skills"}
    with as_person("bob") as session:
        assert session.scalars(seen).all() == []
    with as_person("nat") as session:
        assert session.execute(profile, {"id": ids["bob"]}).all() == []
    with as_person(None) as session:
        assert session.execute(profile, {"id": ids["mel"]}).all() == []


def test_an_answer_stays_in_the_session_of_its_question(url: str, ids: dict[str, uuid.UUID]) -> None:
    """R18: an answer could point at a question of a foreign session, even as the service."""
    owner = database.engine(url, poolclass=sa.NullPool)
    with OrmSession(owner) as session:
        foreign = InterviewQuestionFactory.create(session, session=SessionFactory.build(user_id=ids["bob"]))
        mine = SessionFactory.create(session, user_id=ids["ann"])
        answer = {"question_id": foreign.id, "session_id": mine.id}
        with refused(session, FOREIGN_KEY):
            InterviewAnswerFactory.create(session, **answer)
        with acting_as(session, "user_ann"), refused(session, FOREIGN_KEY):
            InterviewAnswerFactory.create(session, **answer)
