"""Teaching material."""

import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant
from app_schema.mued.models.base import Base, Touched, refers_to
from app_schema.mued.models.json_shapes import AbcAnalysis, MaterialMetadata
from app_schema.mued.models.one_of import one_of
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import LEFT_OUT, UPDATED, Json, Score, UuidKey

if TYPE_CHECKING:
    from app_schema.mued.models.core.user import User


class Material(Touched, Base):
    """Teaching material, uploaded or generated.

    Scores, quality_status, abc_analysis and view_count are written by service_account.
    """

    __tablename__ = "materials"
    __table_args__ = (
        one_of(
            "type",
            "video",
            "pdf",
            "text",
            "interactive",
            "quiz",
            "music",
            "summary",
            "flashcards",
            "practice",
        ),
        one_of("difficulty", "beginner", "intermediate", "advanced"),
        one_of("quality_status", "pending", "draft", "approved"),
        CheckConstraint("playability_score BETWEEN 0 AND 10", name="playability_score"),
        CheckConstraint("learning_value_score BETWEEN 0 AND 10", name="learning_value_score"),
        CheckConstraint("view_count >= 0", name="view_count"),
        CheckConstraint("jsonb_typeof(tags) = 'array'", name="tags_array"),
        CheckConstraint("jsonb_typeof(metadata) = 'object'", name="metadata_object"),
        CheckConstraint("jsonb_typeof(abc_analysis) = 'object'", name="abc_analysis_object"),
        Index(
            "ix_materials_created_at_library",
            text("created_at DESC"),
            postgresql_where=text("is_public AND quality_status = 'approved'"),
        ),
        Index("ix_materials_creator_id_created_at", "creator_id", text("created_at DESC")),
        *secured("materials"),
        Grant(CRUD, to="service_account"),
        Grant(["SELECT", "DELETE"], to="app_user"),
        Grant(
            "INSERT",
            to="app_user",
            columns=[
                "id",
                "creator_id",
                "title",
                "description",
                "content",
                "type",
                "url",
                "tags",
                "difficulty",
                "is_public",
                "metadata",
            ],
        ),
        Grant(
            "UPDATE",
            to="app_user",
            columns=[
                "title",
                "description",
                "content",
                "type",
                "url",
                "tags",
                "difficulty",
                "is_public",
                "metadata",
            ],
        ),
        {"postgresql_with": UPDATED},
    )

    id: Mapped[UuidKey] = mapped_column()
    creator_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("public.users.id", ondelete="RESTRICT"), doc="author"
    )
    title: Mapped[str] = mapped_column(doc="title")
    description: Mapped[str | None] = mapped_column(doc="summary")
    content: Mapped[str | None] = mapped_column(doc="text or JSON body")
    type: Mapped[str] = mapped_column(doc="kind of material")
    url: Mapped[str | None] = mapped_column(doc="file address")
    tags: Mapped[list[str] | None] = mapped_column(Json, doc="array of tags")
    difficulty: Mapped[str | None] = mapped_column(doc="beginner, intermediate or advanced")
    is_public: Mapped[bool] = mapped_column(server_default=text("false"), doc="shown in the library")
    view_count: Mapped[int] = mapped_column(server_default=text("0"), doc="times opened")
    metadata_: Mapped[MaterialMetadata | None] = mapped_column("metadata", Json, doc="data of the generator")
    playability_score: Mapped[Score | None] = mapped_column(
        server_default=LEFT_OUT, doc="0.0 to 10.0", sort_order=1
    )
    learning_value_score: Mapped[Score | None] = mapped_column(
        server_default=LEFT_OUT, doc="0.0 to 10.0", sort_order=1
    )
    quality_status: Mapped[str] = mapped_column(
        server_default=text("'pending'"), doc="pending, draft or approved", sort_order=1
    )
    abc_analysis: Mapped[AbcAnalysis | None] = mapped_column(
        Json, server_default=LEFT_OUT, doc="result of the ABC notation check", sort_order=1
    )

    creator: Mapped["User | None"] = refers_to(back_populates="materials")
