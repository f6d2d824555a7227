"""Labels of notes."""

import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant
from app_schema.mued.models.base import Base, Touched, referred_by, refers_to
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import CreatedAt, Owner, Ratio, Str7, Str100, UuidKey

if TYPE_CHECKING:
    from app_schema.mued.models.core.user import User
    from app_schema.mued.models.muednote.fragment import Fragment


class Tag(Touched, Base):
    """Labels of a user, made by hand or by the assistant."""

    __tablename__ = "tags"
    __table_args__ = (
        UniqueConstraint("user_id", "name"),
        CheckConstraint("name <> ''", name="name_set"),
        CheckConstraint("color ~ '^#[0-9A-Fa-f]{6}$'", name="color"),
        CheckConstraint("usage_count >= 0", name="usage_count"),
        *secured("tags"),
        Grant(CRUD, to="service_account"),
        Grant(CRUD, to="app_user"),
        {"schema": "muednote_v3"},
    )

    id: Mapped[UuidKey] = mapped_column()
    user_id: Mapped[Owner] = mapped_column()
    name: Mapped[Str100] = mapped_column(doc="label")
    color: Mapped[Str7 | None] = mapped_column(doc="hex colour")
    description: Mapped[str | None] = mapped_column(doc="free text")
    usage_count: Mapped[int] = mapped_column(server_default=text("0"), doc="times used")
    is_system: Mapped[bool] = mapped_column(server_default=text("false"), doc="made by the system")

    user: Mapped["User"] = refers_to(back_populates="note_tags")
    fragment_links: Mapped[list["FragmentTag"]] = referred_by(back_populates="tag")


class FragmentTag(Base):
    """Which fragment carries which tag."""

    __tablename__ = "fragment_tags"
    __table_args__ = (
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
        *secured("fragment_tags"),
        Grant(CRUD, to="service_account"),
        Grant(CRUD, to="app_user"),
        {"schema": "muednote_v3"},
    )

    fragment_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("muednote_v3.fragments.id", ondelete="CASCADE"), primary_key=True, doc="fragment"
    )
    tag_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("muednote_v3.tags.id", ondelete="CASCADE"), primary_key=True, index=True, doc="tag"
    )
    confidence: Mapped[Ratio] = mapped_column(
        server_default=text("1.00"), doc="certainty of an automatic tag"
    )
    is_auto_generated: Mapped[bool] = mapped_column(server_default=text("false"), doc="set by the assistant")
    created_at: Mapped[CreatedAt] = mapped_column()

    fragment: Mapped["Fragment"] = refers_to(back_populates="tag_links")
    tag: Mapped["Tag"] = refers_to(back_populates="fragment_links")
