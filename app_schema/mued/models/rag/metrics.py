"""The daily metrics of the assistant."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant
from app_schema.mued.models.base import Base
from app_schema.mued.models.json_shapes import SloCompliance
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import CreatedAt, FineYen, Json, Percent, Ratio, UuidKey


class RagMetrics(Base):
    """One row of metrics per business day with the verdict on the service levels."""

    __tablename__ = "rag_metrics_history"
    __table_args__ = (
        CheckConstraint(
            "citation_rate BETWEEN 0 AND 100 AND positive_votes_rate BETWEEN 0 AND 100", name="rates"
        ),
        CheckConstraint("average_relevance_score BETWEEN 0 AND 1", name="average_relevance_score"),
        CheckConstraint(
            "citation_count >= 0 AND unique_sources_count >= 0 AND total_queries >= 0 "
            "AND unique_users >= 0 AND average_tokens_per_query >= 0",
            name="counts",
        ),
        CheckConstraint(
            "latency_p50_ms >= 0 AND latency_p95_ms >= latency_p50_ms AND latency_p99_ms >= latency_p95_ms",
            name="latency",
        ),
        CheckConstraint(
            "cost_per_answer BETWEEN 0 AND 999999.999999 AND total_cost BETWEEN 0 AND 99999999.999999",
            name="cost",
        ),
        CheckConstraint("jsonb_typeof(slo_compliance) = 'object'", name="slo_compliance_object"),
        *secured("rag_metrics_history"),
        Grant(CRUD, to="service_account"),
        Grant("SELECT", to="app_user"),
    )

    id: Mapped[UuidKey] = mapped_column()
    date: Mapped[dt.date] = mapped_column(
        unique=True, doc="business day; the time zone is a setting of the job"
    )
    citation_rate: Mapped[Percent | None] = mapped_column(doc="percent")
    citation_count: Mapped[int | None] = mapped_column(doc="sources cited")
    unique_sources_count: Mapped[int | None] = mapped_column(doc="different sources cited")
    latency_p50_ms: Mapped[int | None] = mapped_column(doc="median latency")
    latency_p95_ms: Mapped[int | None] = mapped_column(doc="95th percentile")
    latency_p99_ms: Mapped[int | None] = mapped_column(doc="99th percentile")
    cost_per_answer: Mapped[FineYen | None] = mapped_column(doc="mean cost in yen")
    total_cost: Mapped[Decimal | None] = mapped_column(Numeric(14, 6), doc="sum in yen")
    total_queries: Mapped[int | None] = mapped_column(doc="answers")
    unique_users: Mapped[int | None] = mapped_column(doc="different users")
    average_tokens_per_query: Mapped[int | None] = mapped_column(doc="mean tokens")
    average_relevance_score: Mapped[Ratio | None] = mapped_column(doc="mean, 0 to 1")
    positive_votes_rate: Mapped[Percent | None] = mapped_column(doc="percent of votes that are positive")
    slo_compliance: Mapped[SloCompliance | None] = mapped_column(
        Json, doc="verdict, one shape with a version key"
    )
    created_at: Mapped[CreatedAt] = mapped_column()
