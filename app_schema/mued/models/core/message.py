"""Direct messages."""

import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant
from app_schema.mued.models.base import Base, refers_to
from app_schema.mued.models.json_shapes import Attachment
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import APPENDED, CreatedAt, Json, TimeKey

if TYPE_CHECKING:
    from app_schema.mued.models.core.reservation import Reservation
    from app_schema.mued.models.core.user import User


class Message(Base):
    """Direct message between two users, optionally about a reservation."""

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("sender_id <> receiver_id", name="parties"),
        CheckConstraint("jsonb_typeof(attachments) = 'array'", name="attachments_array"),
        # includes the columns of the policy, so that a count under row security is an index-only scan
        Index(
            "ix_messages_receiver_id_unread_sender",
            "receiver_id",
            text("created_at DESC"),
            postgresql_include=["sender_id"],
            postgresql_where=text("NOT is_read"),
        ),
        # for app.my_unread_count(): equal keys share an entry, so thousands of messages are a few pages
        Index("ix_messages_receiver_id_unread_count", "receiver_id", postgresql_where=text("NOT is_read")),
        # the inbox, and the index of the foreign key: the partial index holds unread rows only
        Index("ix_messages_receiver_id_created_at", "receiver_id", text("created_at DESC")),
        Index("ix_messages_sender_id_created_at", "sender_id", text("created_at DESC")),
        Index(
            "ix_messages_reservation_id_created_at",
            "reservation_id",
            text("created_at DESC"),
            postgresql_where=text("reservation_id IS NOT NULL"),
        ),
        *secured("messages"),
        Grant(CRUD, to="service_account"),
        Grant("SELECT", to="app_user"),
        Grant(
            "INSERT",
            to="app_user",
            columns=["id", "reservation_id", "sender_id", "receiver_id", "content", "attachments"],
        ),
        Grant("UPDATE", to="app_user", columns=["is_read"]),
        {"postgresql_with": APPENDED},
    )

    id: Mapped[TimeKey] = mapped_column()
    reservation_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("public.reservations.id", ondelete="SET NULL"), doc="reservation it is about"
    )
    sender_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("public.users.id", ondelete="RESTRICT"), doc="from"
    )
    receiver_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("public.users.id", ondelete="RESTRICT"), doc="to"
    )
    content: Mapped[str] = mapped_column(doc="text")
    attachments: Mapped[list[Attachment] | None] = mapped_column(Json, doc="array of files")
    is_read: Mapped[bool] = mapped_column(server_default=text("false"), doc="the receiver has seen it")
    created_at: Mapped[CreatedAt] = mapped_column()

    reservation: Mapped["Reservation | None"] = refers_to(back_populates="messages")
    sender: Mapped["User | None"] = refers_to(
        back_populates="sent_messages", foreign_keys="Message.sender_id"
    )
    receiver: Mapped["User | None"] = refers_to(
        back_populates="received_messages", foreign_keys="Message.receiver_id"
    )
