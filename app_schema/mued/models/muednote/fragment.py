"""Notes, their processing and their links."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant
from app_schema.mued.models.base import Base, Touched, referred_by, refers_to
from app_schema.mued.models.enums import FragmentImportance, FragmentStatus
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import CreatedAt, Json, Owner, Ratio, Str50, Str100, UuidKey

if TYPE_CHECKING:
    from app_schema.mued.models.core.user import User
    from app_schema.mued.models.muednote.project import Project
    from app_schema.mued.models.muednote.tag import FragmentTag


class Fragment(Touched, Base):
    """A thought or note captured by the desktop client, with what the assistant found in it.

    No full-text or GIN indexes: the old English configuration does not fit Japanese, no query reads the
    JSON columns, and under RLS a non-leakproof search operator cannot use an index.
    """

    __tablename__ = "fragments"
    __table_args__ = (
        # a fragment lies in a project of the same owner; only project_id is emptied
        ForeignKeyConstraint(
            ["project_id", "user_id"],
            ["muednote_v3.projects.id", "muednote_v3.projects.user_id"],
            ondelete="SET NULL (project_id)",
        ),
        CheckConstraint("char_length(content) >= 1", name="content_length"),
        CheckConstraint("sentiment_score BETWEEN -1 AND 1", name="sentiment_score"),
        CheckConstraint("jsonb_typeof(emotions) = 'object'", name="emotions_object"),
        Index("ix_fragments_user_id_created_at", "user_id", text("created_at DESC")),
        Index(
            "ix_fragments_project_id_user_id",
            "project_id",
            "user_id",
            postgresql_where=text("project_id IS NOT NULL"),
        ),
        # work list of the processor
        Index("ix_fragments_captured_at_pending", "captured_at", postgresql_where=text("status = 'pending'")),
        *secured("fragments"),
        Grant(CRUD, to="service_account"),
        Grant(CRUD, to="app_user"),
        {"schema": "muednote_v3"},
    )

    id: Mapped[UuidKey] = mapped_column()
    user_id: Mapped[Owner] = mapped_column()
    project_id: Mapped[uuid.UUID | None] = mapped_column(doc="project it lies in")
    content: Mapped[str] = mapped_column(doc="text as captured")
    processed_content: Mapped[str | None] = mapped_column(doc="text after the assistant")
    status: Mapped[FragmentStatus] = mapped_column(
        server_default=text("'pending'"), doc="stage of the processing"
    )
    importance: Mapped[FragmentImportance] = mapped_column(server_default=text("'medium'"), doc="weight")
    ai_summary: Mapped[str | None] = mapped_column(doc="summary")
    sentiment_score: Mapped[Ratio | None] = mapped_column(doc="-1.00 to 1.00")
    emotions: Mapped[dict[str, float] | None] = mapped_column(Json, doc="emotion name to strength")
    technical_terms: Mapped[list[str] | None] = mapped_column(Json, doc="terms found")
    key_concepts: Mapped[list[str] | None] = mapped_column(Json, doc="concepts found")
    action_items: Mapped[list[str] | None] = mapped_column(Json, doc="tasks found")
    captured_at: Mapped[datetime] = mapped_column(server_default=text("now()"), doc="time of capture")
    processed_at: Mapped[datetime | None] = mapped_column(doc="time processed")
    archived_at: Mapped[datetime | None] = mapped_column(doc="time archived")

    user: Mapped["User"] = refers_to(back_populates="fragments")
    project: Mapped["Project | None"] = refers_to(
        back_populates="fragments", foreign_keys="Fragment.project_id"
    )
    tag_links: Mapped[list["FragmentTag"]] = referred_by(back_populates="fragment")
    processing_history: Mapped[list["FragmentProcessing"]] = referred_by(back_populates="fragment")
    outgoing_links: Mapped[list["FragmentRelationship"]] = referred_by(
        back_populates="source_fragment", foreign_keys="FragmentRelationship.source_fragment_id"
    )
    incoming_links: Mapped[list["FragmentRelationship"]] = referred_by(
        back_populates="target_fragment", foreign_keys="FragmentRelationship.target_fragment_id"
    )


class FragmentProcessing(Base):
    """Audit trail of the processing of fragments."""

    __tablename__ = "fragment_processing_history"
    __table_args__ = (
        CheckConstraint("processing_time_ms >= 0 AND tokens_used >= 0", name="numbers"),
        Index(
            "ix_fragment_processing_history_fragment_id_created_at", "fragment_id", text("created_at DESC")
        ),
        *secured("fragment_processing_history"),
        Grant(CRUD, to="service_account"),
        Grant("SELECT", to="app_user"),
        {"schema": "muednote_v3"},
    )

    id: Mapped[UuidKey] = mapped_column()
    fragment_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("muednote_v3.fragments.id", ondelete="CASCADE"), doc="fragment"
    )
    processing_type: Mapped[Str50] = mapped_column(doc="step name, open set (summary, sentiment, tags ...)")
    model_used: Mapped[Str100 | None] = mapped_column(doc="model name")
    processing_time_ms: Mapped[int | None] = mapped_column(doc="duration")
    tokens_used: Mapped[int | None] = mapped_column(doc="tokens spent")
    success: Mapped[bool] = mapped_column(doc="went well")
    error_message: Mapped[str | None] = mapped_column(doc="last error")
    result: Mapped[dict[str, Any] | None] = mapped_column(Json, doc="what came out")
    created_at: Mapped[CreatedAt] = mapped_column()

    fragment: Mapped["Fragment"] = refers_to(back_populates="processing_history")


class FragmentRelationship(Base):
    """Directed link between two fragments of one owner."""

    __tablename__ = "fragment_relationships"
    __table_args__ = (
        # a short name: with all columns it would not fit into 63 bytes
        UniqueConstraint(
            "source_fragment_id",
            "target_fragment_id",
            "relationship_type",
            name="uq_fragment_relationships_source_target_type",
        ),
        CheckConstraint("source_fragment_id <> target_fragment_id", name="not_self"),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
        *secured("fragment_relationships"),
        Grant(CRUD, to="service_account"),
        Grant(CRUD, to="app_user"),
        {"schema": "muednote_v3"},
    )

    id: Mapped[UuidKey] = mapped_column()
    source_fragment_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("muednote_v3.fragments.id", ondelete="CASCADE"), doc="from"
    )
    target_fragment_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("muednote_v3.fragments.id", ondelete="CASCADE"), index=True, doc="to"
    )
    relationship_type: Mapped[Str50] = mapped_column(
        doc="kind of link, open set (references, continues, contradicts ...)"
    )
    confidence: Mapped[Ratio] = mapped_column(
        server_default=text("1.00"), doc="certainty of an automatic link"
    )
    is_auto_generated: Mapped[bool] = mapped_column(server_default=text("false"), doc="set by the assistant")
    created_at: Mapped[CreatedAt] = mapped_column()

    source_fragment: Mapped["Fragment"] = refers_to(
        back_populates="outgoing_links", foreign_keys="FragmentRelationship.source_fragment_id"
    )
    target_fragment: Mapped["Fragment"] = refers_to(
        back_populates="incoming_links", foreign_keys="FragmentRelationship.target_fragment_id"
    )
