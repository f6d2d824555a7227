"""Defects of the data of the assistant in the old system. The codes are those of its list."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from refusal import CHECK, FOREIGN_KEY, NOT_NULL, UNIQUE, count, refused
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session as OrmSession

from app_schema.models import (
    AiDialogue,
    Base,
    InterviewQuestion,
    QuestionTemplate,
    RagEmbedding,
    RagMetrics,
    Session,
)
from app_schema.mued.factories import (
    AiDialogueFactory,
    InterviewQuestionFactory,
    LogEntryFactory,
    QuestionTemplateFactory,
    RagEmbeddingFactory,
    RagMetricsFactory,
    SessionFactory,
    UserFactory,
)


def test_vectors_go_with_their_source(service: OrmSession) -> None:
    """D07: they stayed behind, and an orphan could not even be updated."""
    source = SessionFactory.create(service)
    entry = LogEntryFactory.create(service)
    question = QuestionTemplateFactory.create(service)
    RagEmbeddingFactory.create(service, source_id=source.id)
    RagEmbeddingFactory.create(service, source_type="log_entry", source_id=entry.id)
    for row in (source, entry, question):
        assert count(service, RagEmbedding, RagEmbedding.source_id == row.id) == 1
        service.delete(row)
        service.flush()
        assert count(service, RagEmbedding, RagEmbedding.source_id == row.id) == 0
    for kind in ("session", "log_entry", "template"):
        with refused(service, FOREIGN_KEY):
            RagEmbeddingFactory.create(service, source_type=kind, source_id=uuid.uuid4())


def test_a_changed_text_is_embedded_anew(service: OrmSession) -> None:
    """D07: checked only when its source changes; the vector of an old text does not pass for the new one."""
    embedding = RagEmbeddingFactory.create(service, embedding=[0.1] * 1536, status="ready")
    source = service.get_one(Session, embedding.source_id)
    source.title = "another title"
    service.flush()
    service.refresh(embedding)
    assert (embedding.status, embedding.embedding) == ("pending", None)


def test_two_sources_may_have_the_same_text(service: OrmSession) -> None:
    """D08: the hash of the text was unique."""
    for _ in range(2):
        RagEmbeddingFactory.create(service, embedding_hash="a" * 64)


def test_a_vector_that_is_not_computed_passes_no_threshold(service: OrmSession) -> None:
    """D09: the distance of a zero vector is NaN, which is greater than every number."""
    with refused(service, CHECK, "22000"):
        RagEmbeddingFactory.create(service, embedding=[0.0] * 1536, status="ready")
    with refused(service, CHECK):
        RagEmbeddingFactory.create(service, status="ready")
    waiting = RagEmbeddingFactory.create(service)
    ready = RagEmbeddingFactory.create(service, embedding=[0.1] * 1536, status="ready")
    near = sa.select(RagEmbedding.id).where(1 - RagEmbedding.embedding.cosine_distance([0.1] * 1536) >= 0.7)
    found = service.scalars(near).all()
    assert ready.id in found
    assert waiting.id not in found


def test_the_journal_can_be_embedded(service: OrmSession) -> None:
    """D10: the application knew a source type that the database refused."""
    entry = LogEntryFactory.create(service)
    made = RagEmbeddingFactory.create(service, source_type="log_entry", source_id=entry.id)
    assert made.user_id == entry.user_id


def test_the_unknown_is_refused_and_does_not_pass_as_null(service: OrmSession) -> None:
    """D11: an unknown source type skipped its check, and a check that is NULL passes."""
    with refused(service, CHECK):
        RagEmbeddingFactory.create(service, source_type="material", source_id=uuid.uuid4())
    wrong: tuple[Any, ...] = (["placeholders"], {"placeholders": "x"}, {"other": []}, "text", None)
    for variables in wrong:
        with refused(service, CHECK, NOT_NULL):
            service.execute(sa.update(QuestionTemplate).values(variables=variables))
    service.execute(sa.update(QuestionTemplate).values(variables={"placeholders": [{"key": "k"}]}))


def test_a_business_day_has_one_row_and_can_be_counted_again(service: OrmSession) -> None:
    """D13, D14: a day in Tokyo had two rows, and the second run of a night failed."""
    day = RagMetricsFactory.build().date
    for answers in (3, 5):
        row = insert(RagMetrics).values(date=day, total_queries=answers)
        again = {"total_queries": row.excluded.total_queries}
        service.execute(row.on_conflict_do_update(index_elements=["date"], set_=again))
    assert service.scalars(sa.select(RagMetrics.total_queries).where(RagMetrics.date == day)).all() == [5]
    with refused(service, UNIQUE):
        RagMetricsFactory.create(service, date=day)
    assert isinstance(Base.metadata.tables["public.rag_metrics_history"].c.date.type, sa.Date)


def test_the_metrics_of_a_day_are_counted_in_sql(service: OrmSession) -> None:
    """D15, D16, D17: the query was not valid, percentiles were no integers, and sources were not counted."""
    owner = UserFactory.create(service)
    conversation = uuid.uuid4()
    for latency, sources in ((100, ["a", "b"]), (151, ["a"]), (900, None)):
        citations = None if sources is None else [{"source": source} for source in sources]
        AiDialogueFactory.create(
            service, user=owner, session_id=conversation, latency_ms=latency, citations=citations
        )
    service.execute(
        sa.text("""
            INSERT INTO public.rag_metrics_history (
                     date, citation_count, unique_sources_count,
                     latency_p50_ms, latency_p95_ms, latency_p99_ms)
            SELECT '1999-12-31', sum(cited.n), max(cited.sources), p50, p95, p99
              FROM (SELECT round(percentile_cont(0.50) WITHIN GROUP (ORDER BY latency_ms))::int AS p50,
                           round(percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms))::int AS p95,
                           round(percentile_cont(0.99) WITHIN GROUP (ORDER BY latency_ms))::int AS p99
                      FROM public.ai_dialogue_log WHERE session_id = :conversation) AS speed
             CROSS JOIN (SELECT count(elem) AS n, count(DISTINCT elem ->> 'source') AS sources
                           FROM public.ai_dialogue_log AS d
                           LEFT JOIN LATERAL jsonb_array_elements(d.citations) AS elem ON true
                          WHERE d.session_id = :conversation) AS cited
             GROUP BY p50, p95, p99"""),
        {"conversation": conversation},
    )
    day = service.scalars(sa.select(RagMetrics).where(RagMetrics.date == date(1999, 12, 31))).one()
    assert (day.citation_count, day.unique_sources_count) == (3, 2)
    assert (day.latency_p50_ms, day.latency_p95_ms, day.latency_p99_ms) == (151, 825, 885)
    with refused(service, CHECK):  # else jsonb_array_elements() would fail at night
        service.execute(sa.update(AiDialogue).values(citations={"source": "a"}))


def test_the_cost_of_a_small_model_is_not_nothing(service: OrmSession) -> None:
    """D18: costs were rounded to 0.00."""
    cost = Decimal("0.000123")
    made = AiDialogueFactory.create(service, token_cost_jpy=cost)
    service.refresh(made)
    assert made.token_cost_jpy == cost


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("ai_dialogue_log", "citation_rate", (-1, 101, "NaN")),
        ("ai_dialogue_log", "relevance_score", (-0.1, 1.1, "NaN")),
        ("ai_dialogue_log", "latency_ms", (-1,)),
        ("ai_dialogue_log", "prompt_tokens", (-1,)),
        ("ai_dialogue_log", "token_cost_jpy", (-1, "NaN")),
        ("ai_dialogue_log", "temperature", (-0.1, 2.1)),
        ("ai_dialogue_log", "user_feedback", (-2, 2)),
        ("rag_metrics_history", "positive_votes_rate", (-1, 101)),
        ("rag_metrics_history", "average_relevance_score", (1.1,)),
        ("rag_metrics_history", "total_queries", (-1,)),
        ("session_analyses", "confidence", (-1, 101)),
        ("user_ai_memories", "confidence", (-0.1, 1.1)),
        ("materials", "playability_score", (-0.1, 10.1)),
        ("question_templates", "priority", (-1, 101)),
        ("reservations", "amount", (-1, "NaN")),
        ("subscriptions", "ai_materials_used", (-1,)),
    ],
)
def test_rates_scores_and_counts_are_bounded(
    service: OrmSession, table: str, column: str, values: tuple[Any, ...]
) -> None:
    """D19: they were not."""
    write = sa.text(f"UPDATE public.{table} SET {column} = CAST(:value AS text)::numeric")
    for value in values:
        with refused(service, CHECK):
            service.execute(write, {"value": str(value)})


def test_a_vector_names_the_model_that_made_it(service: OrmSession) -> None:
    """D23: embedding again kept the name of the old model."""
    nameless = sa.text("INSERT INTO public.rag_embeddings (source_type, source_id) VALUES ('session', :id)")
    with refused(service, NOT_NULL):
        service.execute(nameless, {"id": SessionFactory.create(service).id})
    first = RagEmbeddingFactory.create(service, embedding_model="old")
    source = {"source_type": "session", "source_id": first.source_id}
    for _ in range(2):
        row = insert(RagEmbedding).values(**source, embedding_model="new", status="failed")
        keys = ["source_type", "source_id", "embedding_model", "chunk_no"]
        service.execute(row.on_conflict_do_update(index_elements=keys, set_={"status": "pending"}))
    found = sa.select(RagEmbedding.embedding_model, RagEmbedding.status).where(
        RagEmbedding.source_id == first.source_id
    )
    assert sorted(map(tuple, service.execute(found))) == [("new", "pending"), ("old", "pending")]


def test_questions_have_an_order(service: OrmSession) -> None:
    """D26: a place could be taken twice; two questions may still change places in one transaction."""
    made = SessionFactory.create(service)
    first, second = (InterviewQuestionFactory.create(service, session=made, position=item) for item in (0, 1))
    first.position, second.position = 1, 0
    service.flush()
    service.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
    with refused(service, UNIQUE):
        mine = InterviewQuestion.session_id == made.id
        service.execute(sa.update(InterviewQuestion).where(mine).values(position=3))
