"""Folders of notes."""

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant
from app_schema.mued.models.base import Base, Touched, referred_by, refers_to
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import Owner, Str7, Str50, Str255, UuidKey

if TYPE_CHECKING:
    from app_schema.mued.models.core.user import User
    from app_schema.mued.models.muednote.fragment import Fragment


class Project(Touched, Base):
    """Folders that group the fragments of a user."""

    __tablename__ = "projects"
    __table_args__ = (
        # target of the composite key of fragments
        UniqueConstraint("id", "user_id"),
        CheckConstraint("name <> ''", name="name_set"),
        CheckConstraint("color ~ '^#[0-9A-Fa-f]{6}$'", name="color"),
        Index("ix_projects_user_id_created_at", "user_id", text("created_at DESC")),
        *secured("projects"),
        Grant(CRUD, to="service_account"),
        Grant(CRUD, to="app_user"),
        {"schema": "muednote_v3"},
    )

    id: Mapped[UuidKey] = mapped_column()
    user_id: Mapped[Owner] = mapped_column()
    name: Mapped[Str255] = mapped_column(doc="name")
    description: Mapped[str | None] = mapped_column(doc="free text")
    color: Mapped[Str7 | None] = mapped_column(doc="hex colour")
    icon: Mapped[Str50 | None] = mapped_column(doc="icon name")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"), doc="not archived")

    user: Mapped["User"] = refers_to(back_populates="note_projects")
    fragments: Mapped[list["Fragment"]] = referred_by(
        back_populates="project", foreign_keys="Fragment.project_id"
    )
