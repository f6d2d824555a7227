"""The journal."""

import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant, Trigger
from app_schema.mued.models.base import Base, Touched, refers_to
from app_schema.mued.models.enums import LogType, TargetType
from app_schema.mued.models.json_shapes import FileAttachment, LogSummary
from app_schema.mued.models.one_of import one_of
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import APPENDED, Json, Owner, TimeKey

if TYPE_CHECKING:
    from app_schema.mued.models.core.user import User


class LogEntry(Touched, Base):
    """Journal of learning and creating, with an optional pointer to any object."""

    __tablename__ = "log_entries"
    __table_args__ = (
        one_of("difficulty", "easy", "medium", "hard", "very_hard"),
        CheckConstraint("(target_id IS NULL) = (target_type IS NULL)", name="target"),
        CheckConstraint("jsonb_typeof(tags) = 'array'", name="tags_array"),
        CheckConstraint("jsonb_typeof(attachments) = 'array'", name="attachments_array"),
        CheckConstraint("jsonb_typeof(ai_summary) = 'object'", name="ai_summary_object"),
        # includes the columns of the policy, so that a count under row security is an index-only scan
        Index(
            "ix_log_entries_user_id_created_at",
            "user_id",
            text("created_at DESC"),
            postgresql_include=["is_public", "share_with_mentor"],
        ),
        Index(
            "ix_log_entries_created_at_public", text("created_at DESC"), postgresql_where=text("is_public")
        ),
        Index("ix_log_entries_user_id_public", "user_id", postgresql_where=text("is_public")),
        Index(
            "ix_log_entries_target_type_target_id",
            "target_type",
            "target_id",
            postgresql_where=text("target_id IS NOT NULL"),
        ),
        # for service_account: @> is not leakproof, so no index condition under row security
        Index(
            "ix_log_entries_tags", "tags", postgresql_using="gin", postgresql_ops={"tags": "jsonb_path_ops"}
        ),
        Trigger(
            "tr_log_entries_stale_embedding",
            after="UPDATE OF content",
            when="OLD.content IS DISTINCT FROM NEW.content",
            execute="app.mark_embedding_stale('log_entry')",
        ),
        Trigger(
            "tr_log_entries_drop_embedding",
            after="DELETE",
            for_each="STATEMENT",
            referencing="OLD TABLE AS deleted",
            execute="app.drop_embedding('log_entry')",
        ),
        *secured("log_entries"),
        Grant(CRUD, to="service_account"),
        Grant(CRUD, to="app_user"),
        {"postgresql_with": APPENDED},
    )

    id: Mapped[TimeKey] = mapped_column()
    user_id: Mapped[Owner] = mapped_column()
    type: Mapped[LogType] = mapped_column(doc="kind of entry")
    target_id: Mapped[uuid.UUID | None] = mapped_column(doc="id of the object it is about")
    target_type: Mapped[TargetType | None] = mapped_column(doc="table family target_id belongs to")
    content: Mapped[str] = mapped_column(doc="Markdown text")
    ai_summary: Mapped[LogSummary | None] = mapped_column(Json, doc="summary by the assistant")
    tags: Mapped[list[str]] = mapped_column(Json, server_default=text("'[]'::jsonb"), doc="array of tags")
    difficulty: Mapped[str | None] = mapped_column(doc="easy, medium, hard or very_hard")
    emotion: Mapped[str | None] = mapped_column(doc="free word")
    attachments: Mapped[list[FileAttachment]] = mapped_column(
        Json, server_default=text("'[]'::jsonb"), doc="array of files"
    )
    is_public: Mapped[bool] = mapped_column(
        server_default=text("false"), doc="readable by every signed-in user"
    )
    share_with_mentor: Mapped[bool] = mapped_column(
        server_default=text("true"), doc="readable by the mentors of the owner"
    )

    user: Mapped["User | None"] = refers_to(back_populates="log_entries")
