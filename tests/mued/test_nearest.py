"""The nearest neighbours of a vector: exact for one owner, by the graph for shared rows, and in the row."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app_schema import database
from app_schema.identity import acting_as
from app_schema.mued.queries import current_user_id, nearest
from app_schema.testing.databases import Databases

ANN = uuid.UUID(int=1)
VECTOR = "(SELECT array_agg(random() - 0.5 + 0 * (n + {}))::vector(1536) FROM generate_series(1, 1536) AS n)"
ROWS = f"""
    INSERT INTO public.users (id, clerk_id, email)
    VALUES ('{ANN}', 'user_ann', 'ann@example.com'), (gen_random_uuid(), 'user_bob', 'bob@example.com');
    INSERT INTO public.sessions (user_id, type, title, user_short_note)
    SELECT u.id, 'composition', 'Song', 'note' FROM public.users AS u, generate_series(1, 25);
    INSERT INTO public.question_templates (focus, depth, template_text, category)
    SELECT 'melody', 'shallow', 'Which voice leads here, number ' || n || '?', 'reflective'
      FROM generate_series(1, 60) AS n;
    INSERT INTO public.rag_embeddings (source_type, source_id, status, embedding, embedding_model)
    SELECT 'session', s.id, 'ready', {VECTOR.format("length(s.title)")}, 'm' FROM public.sessions AS s;
    UPDATE public.rag_embeddings SET status = 'ready', embedding = {VECTOR.format("length(source_type)")}
     WHERE source_type = 'template'
"""


@pytest.fixture(scope="module")
def engine(databases: Databases, template: str) -> Iterator[sa.Engine]:
    name = databases.create(template)
    engine = database.engine(databases.url(name))
    with engine.begin() as connection:
        connection.exec_driver_sql(ROWS)
    yield engine
    engine.dispose()
    databases.drop(name)


@pytest.fixture
def session(engine: sa.Engine) -> Iterator[Session]:
    with Session(engine) as session:
        # the tables are so small that no index pays
        session.execute(sa.text("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off"))
        yield session
        session.rollback()


def _vector(session: Session) -> list[float]:
    text = session.scalar(sa.text("SELECT embedding::text FROM public.rag_embeddings ORDER BY id LIMIT 1"))
    return [float(number) for number in text.strip("[]").split(",")]


def _plan(session: Session, *arguments: Any, **options: Any) -> str:
    """The plan of the query that nearest() sends."""
    sent: list[tuple[str, Any]] = []

    def keep(_1: Any, _2: Any, statement: str, parameters: Any, *_3: Any) -> None:
        sent.append((statement, parameters))

    connection = session.connection()
    sa.event.listen(connection, "before_cursor_execute", keep)
    nearest(session, *arguments, **options)
    sa.event.remove(connection, "before_cursor_execute", keep)
    statement, parameters = sent[-1]
    return "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())


def test_rows_of_one_owner_are_compared_one_by_one(session: Session) -> None:
    vector = _vector(session)
    found = nearest(session, vector, 10, source_type="session", owner=ANN)
    exact = session.execute(
        sa.text(
            "SELECT id, embedding <=> CAST(:vector AS vector) FROM public.rag_embeddings "
            "WHERE source_type = 'session' AND user_id = :ann ORDER BY 2 LIMIT 10"
        ),
        {"vector": str(vector), "ann": ANN},
    ).all()
    assert len(found) == 10
    assert [(item.id, distance) for item, distance in found] == [tuple(row) for row in exact]
    # no graph can serve it, though a sort is made to look dear
    assert "hnsw" not in (plan := _plan(session, vector, 10, source_type="session", owner=ANN))
    assert "halfvec" not in plan
    assert "ix_rag_embeddings_owner_source_type" in plan


def test_what_all_share_is_found_by_the_graph(session: Session) -> None:
    vector = _vector(session)
    assert "ix_rag_embeddings_halfvec_template" in _plan(session, vector, 10, source_type="template")
    found = nearest(session, vector, 50, source_type="template")
    assert len(found) == 50, "more than hnsw.ef_search has by default"
    assert [distance for _, distance in found] == sorted(distance for _, distance in found)


@pytest.mark.parametrize("source_type", ["session", "template"])
def test_a_person_finds_what_the_policy_shows(session: Session, source_type: str) -> None:
    vector = _vector(session)
    with acting_as(session, "user_ann"):
        mine = nearest(session, vector, 30, source_type="session", owner=current_user_id())
        assert {other.user_id for other, _ in mine} == {ANN}
        assert len(mine) == 25
        assert len(nearest(session, vector, 30, source_type="template")) == 30
    with acting_as(session, None):
        assert nearest(session, vector, 30, source_type=source_type) == []


def test_policy_reads_the_index_of_owners(session: Session) -> None:
    with acting_as(session, "user_ann"):
        plan = session.scalars(
            sa.text("EXPLAIN SELECT id FROM public.rag_embeddings WHERE source_type = 'session'")
        ).all()
    assert sum("Index Scan on ix_rag_embeddings_owner_source_type" in line for line in plan) == 2, (
        "mine, nobody's"
    )


def test_a_vector_stands_in_the_row(session: Session) -> None:
    toast = "SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE relname = 'rag_embeddings'"
    assert session.scalar(sa.text(toast)) == 0
    # PLAIN would refuse what is longer than a page
    long = "(SELECT jsonb_object_agg(n, md5(n::text)) FROM generate_series(1, 200) AS n)"
    session.execute(
        sa.text(f"UPDATE public.rag_embeddings SET metadata = {long} WHERE user_id = :ann"), {"ann": ANN}
    )
    assert session.scalar(sa.text(toast)) > 0
