"""Questions about a session and their answers."""

import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant, Trigger
from app_schema.mued.models.base import Base, Touched, referred_by, refers_to
from app_schema.mued.models.enums import FocusArea, InterviewDepth
from app_schema.mued.models.json_shapes import AnswerInsights
from app_schema.mued.models.one_of import one_of
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import CreatedAt, Json, TimeKey

if TYPE_CHECKING:
    from app_schema.mued.models.rag.template import QuestionTemplate
    from app_schema.mued.models.session.session import Session


class InterviewQuestion(Base):
    """Questions asked about a session."""

    __tablename__ = "interview_questions"
    __table_args__ = (
        # target of the composite key of interview_answers
        UniqueConstraint("id", "session_id"),
        # deferred, so that two places can be swapped in one transaction; ON CONFLICT cannot use it
        UniqueConstraint("session_id", "order", deferrable=True, initially="DEFERRED"),
        CheckConstraint("char_length(text) >= 5", name="text_length"),
        CheckConstraint('"order" >= 0', name="order"),
        one_of("generated_by", "ai", "template", "custom"),
        Index(
            "ix_interview_questions_template_id",
            "template_id",
            postgresql_where=sql_text("template_id IS NOT NULL"),
        ),
        Trigger(
            "tr_interview_questions_template_use",
            after="INSERT",
            for_each="STATEMENT",
            referencing="NEW TABLE AS inserted",
            execute="app.count_template_use()",
        ),
        *secured("interview_questions"),
        Grant(CRUD, to="service_account"),
        Grant(CRUD, to="app_user"),
    )

    id: Mapped[TimeKey] = mapped_column()
    session_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("public.sessions.id", ondelete="CASCADE"), doc="asked about this session"
    )
    text: Mapped[str] = mapped_column(doc="question, at least 5 characters")
    focus: Mapped[FocusArea] = mapped_column(doc="musical focus")
    depth: Mapped[InterviewDepth] = mapped_column(doc="how deep")
    position: Mapped[int] = mapped_column(
        "order", server_default=sql_text("0"), doc="place in the interview, from 0"
    )
    generated_by: Mapped[str] = mapped_column(server_default=sql_text("'ai'"), doc="ai, template or custom")
    template_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("public.question_templates.id", ondelete="SET NULL"), doc="template used"
    )
    rag_context: Mapped[dict[str, Any] | None] = mapped_column(
        Json, doc="what the search gave to the generator"
    )
    created_at: Mapped[CreatedAt] = mapped_column()

    session: Mapped["Session"] = refers_to(back_populates="questions")
    template: Mapped["QuestionTemplate | None"] = refers_to(back_populates="questions")
    answer: Mapped["InterviewAnswer | None"] = referred_by(
        back_populates="question", foreign_keys="InterviewAnswer.question_id"
    )


class InterviewAnswer(Touched, Base):
    """The answer to a question, one per question."""

    __tablename__ = "interview_answers"
    __table_args__ = (
        # an answer cannot point into a foreign session
        ForeignKeyConstraint(
            ["question_id", "session_id"],
            ["public.interview_questions.id", "public.interview_questions.session_id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("char_length(text) >= 1", name="text_length"),
        CheckConstraint("jsonb_typeof(ai_insights) = 'object'", name="ai_insights_object"),
        *secured("interview_answers"),
        Grant(CRUD, to="service_account"),
        Grant(CRUD, to="app_user"),
    )

    id: Mapped[TimeKey] = mapped_column()
    session_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("public.sessions.id", ondelete="CASCADE"), index=True, doc="session of the question"
    )
    question_id: Mapped[uuid.UUID] = mapped_column(unique=True, doc="answered question")
    text: Mapped[str] = mapped_column(doc="answer")
    ai_insights: Mapped[AnswerInsights] = mapped_column(
        Json, server_default=sql_text("'{}'::jsonb"), doc="what the assistant read in it"
    )

    session: Mapped["Session"] = refers_to(back_populates="answers")
    question: Mapped["InterviewQuestion"] = refers_to(
        back_populates="answer", foreign_keys="InterviewAnswer.question_id"
    )
