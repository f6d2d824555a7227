"""Reusable interview questions."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant, Trigger
from app_schema.mued.models.base import Base, Touched, referred_by
from app_schema.mued.models.enums import FocusArea, InterviewDepth
from app_schema.mued.models.json_shapes import TemplateVariables
from app_schema.mued.models.one_of import one_of
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import LEFT_OUT, UPDATED, Json, Str10, UuidKey

if TYPE_CHECKING:
    from app_schema.mued.models.session.interview import InterviewQuestion


class QuestionTemplate(Touched, Base):
    """Reusable interview questions by focus and depth."""

    __tablename__ = "question_templates"
    __table_args__ = (
        # natural key, conflict target of the seed
        UniqueConstraint("language", "focus", "depth", "template_text"),
        # the upper bound keeps the text inside a btree entry
        CheckConstraint("char_length(template_text) BETWEEN 5 AND 500", name="template_text_length"),
        one_of("category", "technical", "creative", "reflective", "diagnostic"),
        CheckConstraint("priority BETWEEN 0 AND 100", name="priority"),
        CheckConstraint("usage_count >= 0", name="usage_count"),
        # coalesce: a check that is NULL passes
        CheckConstraint(
            "jsonb_typeof(variables) = 'object' AND (variables = '{}'::jsonb "
            "OR coalesce(jsonb_typeof(variables -> 'placeholders') = 'array', false))",
            name="variables",
        ),
        Index(
            "ix_question_templates_focus_priority_enabled",
            "focus",
            text("priority DESC"),
            postgresql_where=text("enabled"),
        ),
        # finds parts of words and Japanese text; needs a UTF-8 locale other than C
        Index(
            "ix_question_templates_template_text_trgm",
            "template_text",
            postgresql_using="gin",
            postgresql_ops={"template_text": "gin_trgm_ops"},
        ),
        Trigger(
            "tr_question_templates_queue_embedding",
            after="INSERT",
            for_each="STATEMENT",
            referencing="NEW TABLE AS inserted",
            execute="app.queue_template_embedding()",
        ),
        Trigger(
            "tr_question_templates_stale_embedding",
            after="UPDATE OF template_text",
            when="OLD.template_text IS DISTINCT FROM NEW.template_text",
            execute="app.mark_embedding_stale('template')",
        ),
        Trigger(
            "tr_question_templates_drop_embedding",
            after="DELETE",
            for_each="STATEMENT",
            referencing="OLD TABLE AS deleted",
            execute="app.drop_embedding('template')",
        ),
        *secured("question_templates"),
        Grant(CRUD, to="service_account"),
        Grant(["SELECT", "DELETE"], to="app_user"),
        Grant(
            "INSERT",
            to="app_user",
            columns=[
                "id",
                "focus",
                "depth",
                "template_text",
                "variables",
                "category",
                "language",
                "tags",
                "priority",
                "enabled",
            ],
        ),
        Grant(
            "UPDATE",
            to="app_user",
            columns=[
                "focus",
                "depth",
                "template_text",
                "variables",
                "category",
                "language",
                "tags",
                "priority",
                "enabled",
            ],
        ),
        {"postgresql_with": UPDATED},
    )

    id: Mapped[UuidKey] = mapped_column()
    focus: Mapped[FocusArea] = mapped_column(doc="musical focus")
    depth: Mapped[InterviewDepth] = mapped_column(doc="how deep")
    template_text: Mapped[str] = mapped_column(doc="question with {placeholders}, 5 to 500 characters")
    variables: Mapped[TemplateVariables] = mapped_column(
        Json, server_default=text("'{}'::jsonb"), doc="empty, or an object with an array of placeholders"
    )
    category: Mapped[str | None] = mapped_column(doc="technical, creative, reflective or diagnostic")
    language: Mapped[Str10] = mapped_column(server_default=text("'ja'"), doc="language tag")
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"), doc="tags")
    priority: Mapped[int] = mapped_column(server_default=text("50"), doc="0 to 100, higher first")
    usage_count: Mapped[int] = mapped_column(server_default=text("0"), doc="times used, kept by trigger")
    last_used_at: Mapped[datetime | None] = mapped_column(
        server_default=LEFT_OUT, doc="last use, kept by trigger"
    )
    enabled: Mapped[bool] = mapped_column(server_default=text("true"), doc="in use")

    questions: Mapped[list["InterviewQuestion"]] = referred_by(back_populates="template")
