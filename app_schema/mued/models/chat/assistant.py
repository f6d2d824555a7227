"""Profiles and memories of the assistant."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant
from app_schema.mued.models.base import Base, Touched, refers_to
from app_schema.mued.models.enums import AiProfileType, MemoryType, ResponseLength
from app_schema.mued.models.json_shapes import AssistantPreferences, MemoryValue
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import UPDATED, Json, Owner, Ratio, UuidKey

if TYPE_CHECKING:
    from app_schema.mued.models.chat.conversation import ChatMessage, ChatSession
    from app_schema.mued.models.core.user import User


class UserAiProfile(Touched, Base):
    """How the assistant should behave for a user, one row per user."""

    __tablename__ = "user_ai_profiles"
    __table_args__ = (
        CheckConstraint("formality_level BETWEEN 1 AND 5", name="formality_level"),
        CheckConstraint("question_frequency BETWEEN 1 AND 5", name="question_frequency"),
        CheckConstraint("suggestion_frequency BETWEEN 1 AND 5", name="suggestion_frequency"),
        CheckConstraint("encouragement_level BETWEEN 1 AND 5", name="encouragement_level"),
        CheckConstraint("total_interactions >= 0", name="total_interactions"),
        CheckConstraint("jsonb_typeof(custom_preferences) = 'object'", name="custom_preferences_object"),
        *secured("user_ai_profiles"),
        Grant(CRUD, to="service_account"),
        Grant(CRUD, to="app_user"),
    )

    id: Mapped[UuidKey] = mapped_column()
    user_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("public.users.id", ondelete="CASCADE"), unique=True, doc="owner"
    )
    personality_preset: Mapped[AiProfileType] = mapped_column(
        server_default=text("'friendly_mentor'"), doc="character of the assistant"
    )
    response_length: Mapped[ResponseLength] = mapped_column(
        server_default=text("'standard'"), doc="length of answers"
    )
    formality_level: Mapped[int] = mapped_column(server_default=text("3"), doc="1 casual to 5 formal")
    question_frequency: Mapped[int] = mapped_column(server_default=text("3"), doc="1 to 5")
    suggestion_frequency: Mapped[int] = mapped_column(server_default=text("3"), doc="1 to 5")
    encouragement_level: Mapped[int] = mapped_column(server_default=text("3"), doc="1 to 5")
    custom_preferences: Mapped[AssistantPreferences | None] = mapped_column(Json, doc="further wishes")
    total_interactions: Mapped[int] = mapped_column(server_default=text("0"), doc="number of exchanges")
    last_interaction_at: Mapped[datetime | None] = mapped_column(doc="time of the newest exchange")

    user: Mapped["User"] = refers_to(back_populates="ai_profile")


class UserAiMemory(Touched, Base):
    """Facts the assistant keeps about a user."""

    __tablename__ = "user_ai_memories"
    __table_args__ = (
        UniqueConstraint("user_id", "memory_type", "key"),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
        CheckConstraint("frequency > 0", name="frequency"),
        CheckConstraint("key <> ''", name="key_set"),
        CheckConstraint("jsonb_typeof(value) = 'object'", name="value_object"),
        # work list of the expiry job
        Index(
            "ix_user_ai_memories_expires_at_active",
            "expires_at",
            postgresql_where=text("is_active AND expires_at IS NOT NULL"),
        ),
        Index(
            "ix_user_ai_memories_source_session_id",
            "source_session_id",
            postgresql_where=text("source_session_id IS NOT NULL"),
        ),
        Index(
            "ix_user_ai_memories_source_message_id",
            "source_message_id",
            postgresql_where=text("source_message_id IS NOT NULL"),
        ),
        *secured("user_ai_memories"),
        Grant(CRUD, to="service_account"),
        Grant(CRUD, to="app_user"),
        {"postgresql_with": UPDATED},
    )

    id: Mapped[UuidKey] = mapped_column()
    user_id: Mapped[Owner] = mapped_column()
    memory_type: Mapped[MemoryType] = mapped_column(doc="kind of memory")
    key: Mapped[str] = mapped_column(doc="name of the fact")
    value: Mapped[MemoryValue] = mapped_column(Json, doc="the fact")
    confidence: Mapped[Ratio] = mapped_column(server_default=text("0.50"), doc="0.00 to 1.00")
    frequency: Mapped[int] = mapped_column(server_default=text("1"), doc="times seen")
    last_accessed: Mapped[datetime | None] = mapped_column(doc="time last used")
    expires_at: Mapped[datetime | None] = mapped_column(doc="forget after")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"), doc="still used")
    source_session_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("public.chat_sessions.id", ondelete="SET NULL"), doc="chat it was learned in"
    )
    source_message_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("public.chat_messages.id", ondelete="SET NULL"), doc="message it was learned from"
    )

    user: Mapped["User"] = refers_to(back_populates="ai_memories")
    source_session: Mapped["ChatSession | None"] = refers_to(back_populates="memories")
    source_message: Mapped["ChatMessage | None"] = refers_to(back_populates="memories")
