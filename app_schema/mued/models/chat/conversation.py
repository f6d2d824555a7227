"""Conversations with the assistant."""

import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant, Trigger
from app_schema.mued.models.base import Base, Touched, referred_by, refers_to
from app_schema.mued.models.enums import ChatRole
from app_schema.mued.models.json_shapes import ChatMessageMetadata, ChatSummary
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import APPENDED, LEFT_OUT, CreatedAt, Json, Owner, TimeKey, UuidKey

if TYPE_CHECKING:
    from app_schema.mued.models.chat.assistant import UserAiMemory
    from app_schema.mued.models.core.user import User


class ChatSession(Touched, Base):
    """A conversation with the assistant."""

    __tablename__ = "chat_sessions"
    __table_args__ = (
        # target of the composite key of chat_messages
        UniqueConstraint("id", "user_id"),
        CheckConstraint("message_count >= 0", name="message_count"),
        CheckConstraint("NOT (is_active AND archived_at IS NOT NULL)", name="archived"),
        CheckConstraint("jsonb_typeof(summary) = 'object'", name="summary_object"),
        # Not partial, so that it serves the foreign key as well. The day, not the time: a message changes
        # no indexed column but the first of a day, so PostgreSQL updates the conversation in its page
        # (HOT). The list orders by is_pinned DESC, last_message_on DESC NULLS LAST, last_message_at DESC
        # NULLS LAST.
        Index(
            "ix_chat_sessions_user_id_active_pinned_day",
            "user_id",
            "is_active",
            text("is_pinned DESC"),
            text("last_message_on DESC NULLS LAST"),
        ),
        *secured("chat_sessions"),
        Grant(CRUD, to="service_account"),
        Grant(["SELECT", "DELETE"], to="app_user"),
        Grant(
            "INSERT",
            to="app_user",
            columns=[
                "id",
                "user_id",
                "device_id",
                "title",
                "summary",
                "is_active",
                "is_pinned",
                "archived_at",
            ],
        ),
        Grant(
            "UPDATE",
            to="app_user",
            columns=["device_id", "title", "summary", "is_active", "is_pinned", "archived_at"],
        ),
        {"postgresql_with": {"fillfactor": 70}},
    )

    id: Mapped[UuidKey] = mapped_column()
    user_id: Mapped[Owner] = mapped_column()
    device_id: Mapped[str | None] = mapped_column(doc="device that began the chat")
    title: Mapped[str | None] = mapped_column(doc="title")
    summary: Mapped[ChatSummary | None] = mapped_column(Json, doc="summary by the assistant")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"), doc="not archived")
    message_count: Mapped[int] = mapped_column(
        server_default=text("0"), doc="number of messages, kept by trigger"
    )
    is_pinned: Mapped[bool] = mapped_column(server_default=text("false"), doc="kept on top")
    last_message_at: Mapped[datetime | None] = mapped_column(
        server_default=LEFT_OUT, doc="time of the newest message, kept by trigger"
    )
    archived_at: Mapped[datetime | None] = mapped_column(doc="time it was archived")
    last_message_on: Mapped[date | None] = mapped_column(
        Computed("(last_message_at AT TIME ZONE 'UTC')::date", persisted=True),
        doc="day of the newest message, UTC",
        sort_order=1,
    )

    user: Mapped["User"] = refers_to(back_populates="chat_sessions")
    messages: Mapped[list["ChatMessage"]] = referred_by(
        back_populates="session", foreign_keys="ChatMessage.session_id"
    )
    memories: Mapped[list["UserAiMemory"]] = referred_by(back_populates="source_session")
    tags: Mapped[list["SessionTag"]] = referred_by(back_populates="session")


class ChatMessage(Base):
    """One turn of a conversation."""

    __tablename__ = "chat_messages"
    __table_args__ = (
        # message and conversation have the same owner; a key from user_id to users would say no more, and
        # lock a row of users for each message
        ForeignKeyConstraint(
            ["session_id", "user_id"],
            ["public.chat_sessions.id", "public.chat_sessions.user_id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("jsonb_typeof(tags) = 'array'", name="tags_array"),
        CheckConstraint("jsonb_typeof(metadata) = 'object'", name="metadata_object"),
        CheckConstraint("edited_at IS NULL OR is_edited", name="edited"),
        Index("ix_chat_messages_session_id_created_at", "session_id", text("created_at DESC"), "id"),
        Index("ix_chat_messages_user_id_created_at", "user_id", text("created_at DESC")),
        Index(
            "ix_chat_messages_parent_message_id",
            "parent_message_id",
            postgresql_where=text("parent_message_id IS NOT NULL"),
        ),
        Trigger(
            "tr_chat_messages_count_inserted",
            after="INSERT",
            for_each="STATEMENT",
            referencing="NEW TABLE AS inserted",
            execute="app.count_chat_messages()",
        ),
        Trigger(
            "tr_chat_messages_count_deleted",
            after="DELETE",
            for_each="STATEMENT",
            referencing="OLD TABLE AS deleted",
            execute="app.count_chat_messages()",
        ),
        *secured("chat_messages"),
        Grant(CRUD, to="service_account"),
        Grant(["SELECT", "INSERT", "DELETE"], to="app_user"),
        Grant(
            "UPDATE",
            to="app_user",
            columns=["content", "processed_content", "tags", "metadata", "is_edited", "edited_at"],
        ),
        {"postgresql_with": APPENDED},
    )

    id: Mapped[TimeKey] = mapped_column()
    session_id: Mapped[uuid.UUID] = mapped_column(doc="conversation")
    user_id: Mapped[uuid.UUID] = mapped_column(doc="owner of the conversation")
    role: Mapped[ChatRole] = mapped_column(doc="who speaks")
    content: Mapped[str] = mapped_column(doc="text as sent")
    processed_content: Mapped[str | None] = mapped_column(doc="text after clean-up by the assistant")
    parent_message_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("public.chat_messages.id", ondelete="SET NULL"), doc="message answered to"
    )
    tags: Mapped[list[str]] = mapped_column(Json, server_default=text("'[]'::jsonb"), doc="array of tags")
    metadata_: Mapped[ChatMessageMetadata | None] = mapped_column(
        "metadata", Json, doc="data of the model run"
    )
    is_edited: Mapped[bool] = mapped_column(server_default=text("false"), doc="changed after sending")
    edited_at: Mapped[datetime | None] = mapped_column(doc="time of that change")
    created_at: Mapped[CreatedAt] = mapped_column()

    session: Mapped["ChatSession"] = refers_to(
        back_populates="messages", foreign_keys="ChatMessage.session_id"
    )
    user: Mapped["User"] = refers_to(
        back_populates="chat_messages", primaryjoin="foreign(ChatMessage.user_id) == User.id"
    )
    parent_message: Mapped["ChatMessage | None"] = refers_to(
        back_populates="replies", remote_side="ChatMessage.id"
    )
    replies: Mapped[list["ChatMessage"]] = referred_by(back_populates="parent_message")
    memories: Mapped[list["UserAiMemory"]] = referred_by(back_populates="source_message")


class SessionTag(Base):
    """Tags of a chat session with their count."""

    __tablename__ = "session_tags"
    __table_args__ = (
        UniqueConstraint("session_id", "tag"),
        CheckConstraint("tag <> ''", name="tag_set"),
        CheckConstraint("frequency > 0", name="frequency"),
        *secured("session_tags"),
        Grant(CRUD, to="service_account"),
        Grant(CRUD, to="app_user"),
    )

    id: Mapped[UuidKey] = mapped_column()
    session_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("public.chat_sessions.id", ondelete="CASCADE"), doc="chat session"
    )
    tag: Mapped[str] = mapped_column(index=True, doc="tag")
    frequency: Mapped[int] = mapped_column(server_default=text("1"), doc="times used")
    created_at: Mapped[CreatedAt] = mapped_column()

    session: Mapped["ChatSession"] = refers_to(back_populates="tags")
