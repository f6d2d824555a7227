"""Settings of the note client."""

import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant
from app_schema.mued.models.base import Base, Touched, refers_to
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import Json, Str20

if TYPE_CHECKING:
    from app_schema.mued.models.core.user import User


class UserPreferences(Touched, Base):
    """Settings of the note client, one row per user."""

    __tablename__ = "user_preferences"
    __table_args__ = (
        CheckConstraint("fragments_per_page BETWEEN 1 AND 500", name="fragments_per_page"),
        CheckConstraint(
            "auto_archive_after_days > 0 AND auto_delete_after_days > 0 "
            "AND auto_delete_after_days >= auto_archive_after_days",
            name="retention",
        ),
        CheckConstraint("jsonb_typeof(hotkeys) = 'object'", name="hotkeys_object"),
        *secured("user_preferences"),
        Grant(CRUD, to="service_account"),
        Grant(CRUD, to="app_user"),
        {"schema": "muednote_v3"},
    )

    user_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("public.users.id", ondelete="CASCADE"), primary_key=True, doc="owner"
    )
    auto_process_fragments: Mapped[bool] = mapped_column(
        server_default=text("true"), doc="process new fragments"
    )
    auto_tag_fragments: Mapped[bool] = mapped_column(server_default=text("true"), doc="tag new fragments")
    auto_summarize: Mapped[bool] = mapped_column(server_default=text("true"), doc="summarise new fragments")
    theme: Mapped[Str20] = mapped_column(server_default=text("'dark'"), doc="colour theme, open set")
    default_view: Mapped[Str20] = mapped_column(server_default=text("'timeline'"), doc="first view, open set")
    fragments_per_page: Mapped[int] = mapped_column(server_default=text("20"), doc="page size")
    hotkeys: Mapped[dict[str, str]] = mapped_column(
        Json, server_default=text("'{}'::jsonb"), doc="action to key"
    )
    notify_on_processing_complete: Mapped[bool] = mapped_column(
        server_default=text("true"), doc="tell when done"
    )
    notify_on_error: Mapped[bool] = mapped_column(server_default=text("true"), doc="tell on errors")
    auto_archive_after_days: Mapped[int | None] = mapped_column(
        server_default=text("30"), doc="archive after, none is never"
    )
    auto_delete_after_days: Mapped[int | None] = mapped_column(
        server_default=text("365"), doc="delete after, none is never"
    )

    user: Mapped["User"] = refers_to(back_populates="note_preferences")
