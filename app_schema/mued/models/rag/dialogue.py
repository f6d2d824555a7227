"""Cost and rating of every answer of the assistant."""

import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant
from app_schema.mued.models.base import Base, Touched, refers_to
from app_schema.mued.models.json_shapes import Citation
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import APPENDED, FineYen, Json, Percent, Ratio, Str100, TimeKey

if TYPE_CHECKING:
    from app_schema.mued.models.core.user import User


class AiDialogue(Touched, Base):
    """Every answer of the assistant with sources, speed, cost and feedback."""

    __tablename__ = "ai_dialogue_log"
    __table_args__ = (
        CheckConstraint("user_feedback IN (-1, 0, 1)", name="user_feedback"),
        CheckConstraint("citation_rate BETWEEN 0 AND 100", name="citation_rate"),
        CheckConstraint("relevance_score BETWEEN 0 AND 1", name="relevance_score"),
        CheckConstraint("latency_ms >= 0", name="latency_ms"),
        CheckConstraint("prompt_tokens >= 0 AND completion_tokens >= 0 AND total_tokens >= 0", name="tokens"),
        CheckConstraint("token_cost_jpy BETWEEN 0 AND 999999.999999", name="token_cost_jpy"),
        CheckConstraint("temperature BETWEEN 0 AND 2", name="temperature"),
        CheckConstraint("context_window_size > 0", name="context_window_size"),
        CheckConstraint("jsonb_typeof(citations) = 'array'", name="citations_array"),
        Index("ix_ai_dialogue_log_user_id_created_at", "user_id", text("created_at DESC")),
        # the figures of a day or a month by the index alone
        Index(
            "ix_ai_dialogue_log_created_at_figures",
            "created_at",
            postgresql_include=["user_id", "citation_rate", "latency_ms", "token_cost_jpy"],
        ),
        *secured("ai_dialogue_log"),
        Grant(CRUD, to="service_account"),
        Grant("SELECT", to="app_user"),
        Grant("UPDATE", to="app_user", columns=["user_feedback"]),
        {"postgresql_with": APPENDED},
    )

    id: Mapped[TimeKey] = mapped_column()
    user_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("public.users.id", ondelete="CASCADE"), doc="who asked"
    )
    session_id: Mapped[uuid.UUID] = mapped_column(doc="conversation id, a soft reference without foreign key")
    query: Mapped[str] = mapped_column(doc="question")
    response: Mapped[str] = mapped_column(doc="answer")
    model_used: Mapped[Str100] = mapped_column(doc="model name")
    citations: Mapped[list[Citation] | None] = mapped_column(Json, doc="array of sources")
    latency_ms: Mapped[int | None] = mapped_column(doc="time to answer")
    token_cost_jpy: Mapped[FineYen | None] = mapped_column(doc="cost in yen, six decimals")
    citation_rate: Mapped[Percent | None] = mapped_column(doc="share of the answer with a source, 0 to 100")
    prompt_tokens: Mapped[int | None] = mapped_column(doc="tokens in")
    completion_tokens: Mapped[int | None] = mapped_column(doc="tokens out")
    total_tokens: Mapped[int | None] = mapped_column(doc="sum")
    relevance_score: Mapped[Ratio | None] = mapped_column(doc="0.00 to 1.00")
    user_feedback: Mapped[int | None] = mapped_column(doc="-1, 0 or 1")
    context_window_size: Mapped[int | None] = mapped_column(doc="window of the model")
    temperature: Mapped[Ratio | None] = mapped_column(doc="sampling temperature")

    user: Mapped["User"] = refers_to(back_populates="dialogues")
