"""Sessions and the results of the analyser."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant, Trigger
from app_schema.mued.models.base import Base, Touched, referred_by, refers_to
from app_schema.mued.models.enums import SessionStatus, SessionType
from app_schema.mued.models.json_shapes import AnalysisData, DawMeta, SessionAnnotations, UploadedAttachment
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import Json, Owner, TimeKey

if TYPE_CHECKING:
    from app_schema.mued.models.core.user import User
    from app_schema.mued.models.session.interview import InterviewAnswer, InterviewQuestion


class Session(Touched, Base):
    """One composing or practising session a user writes about."""

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("char_length(title) BETWEEN 1 AND 200", name="title_length"),
        CheckConstraint("char_length(user_short_note) >= 1", name="user_short_note_length"),
        CheckConstraint("jsonb_typeof(daw_meta) = 'object'", name="daw_meta_object"),
        CheckConstraint("jsonb_typeof(ai_annotations) = 'object'", name="ai_annotations_object"),
        CheckConstraint("jsonb_typeof(attachments) = 'array'", name="attachments_array"),
        # includes the columns of the policy, so that a count under row security is an index-only scan
        Index(
            "ix_sessions_user_id_created_at",
            "user_id",
            text("created_at DESC"),
            postgresql_include=["is_public", "share_with_mentor"],
        ),
        # includes what app.newest_public_authors() lists
        Index(
            "ix_sessions_created_at_public_author",
            text("created_at DESC"),
            postgresql_include=["id", "user_id"],
            postgresql_where=text("is_public"),
        ),
        Index("ix_sessions_user_id_public", "user_id", postgresql_where=text("is_public")),
        # the newest of all that somebody may see
        Index("ix_sessions_created_at", text("created_at DESC")),
        Trigger(
            "tr_sessions_stale_embedding",
            after="UPDATE OF title, user_short_note",
            when="OLD.title IS DISTINCT FROM NEW.title "
            "OR OLD.user_short_note IS DISTINCT FROM NEW.user_short_note",
            execute="app.mark_embedding_stale('session')",
        ),
        Trigger(
            "tr_sessions_drop_embedding",
            after="DELETE",
            for_each="STATEMENT",
            referencing="OLD TABLE AS deleted",
            execute="app.drop_embedding('session')",
        ),
        *secured("sessions"),
        Grant(CRUD, to="service_account"),
        Grant(CRUD, to="app_user"),
    )

    id: Mapped[TimeKey] = mapped_column()
    user_id: Mapped[Owner] = mapped_column()
    type: Mapped[SessionType] = mapped_column(doc="kind of activity")
    status: Mapped[SessionStatus] = mapped_column(server_default=text("'draft'"), doc="stage")
    title: Mapped[str] = mapped_column(doc="title, 1 to 200 characters")
    project_id: Mapped[uuid.UUID | None] = mapped_column(
        doc="key of a project kept elsewhere, no foreign key"
    )
    project_name: Mapped[str | None] = mapped_column(doc="name of that project")
    user_short_note: Mapped[str] = mapped_column(doc="what the user wrote first")
    daw_meta: Mapped[DawMeta] = mapped_column(
        Json, server_default=text("'{}'::jsonb"), doc="facts read from the audio workstation"
    )
    ai_annotations: Mapped[SessionAnnotations] = mapped_column(
        Json, server_default=text("'{}'::jsonb"), doc="hypothesis of the assistant"
    )
    attachments: Mapped[list[UploadedAttachment]] = mapped_column(
        Json, server_default=text("'[]'::jsonb"), doc="array of files"
    )
    is_public: Mapped[bool] = mapped_column(
        server_default=text("false"), doc="readable by every signed-in user"
    )
    share_with_mentor: Mapped[bool] = mapped_column(
        server_default=text("true"), doc="readable by the mentors of the owner"
    )
    completed_at: Mapped[datetime | None] = mapped_column(doc="when it was closed", sort_order=1)

    user: Mapped["User | None"] = refers_to(back_populates="sessions")
    analysis: Mapped["SessionAnalysis | None"] = referred_by(back_populates="session")
    questions: Mapped[list["InterviewQuestion"]] = referred_by(back_populates="session")
    answers: Mapped[list["InterviewAnswer"]] = referred_by(back_populates="session")


class SessionAnalysis(Touched, Base):
    """Analyser result of a session, one per session.

    The owner may write: the request that inserts a session also inserts its analysis and questions.
    """

    __tablename__ = "session_analyses"
    __table_args__ = (
        CheckConstraint("confidence BETWEEN 0 AND 100", name="confidence"),
        CheckConstraint("jsonb_typeof(analysis_data) = 'object'", name="analysis_data_object"),
        *secured("session_analyses"),
        Grant(CRUD, to="service_account"),
        Grant(CRUD, to="app_user"),
    )

    id: Mapped[TimeKey] = mapped_column()
    session_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("public.sessions.id", ondelete="CASCADE"), unique=True, doc="analysed session"
    )
    analysis_data: Mapped[AnalysisData] = mapped_column(Json, doc="the result")
    analysis_version: Mapped[str] = mapped_column(server_default=text("'mvp-1.0'"), doc="analyser version")
    confidence: Mapped[int] = mapped_column(server_default=text("0"), doc="0 to 100")

    session: Mapped["Session"] = refers_to(back_populates="analysis")
