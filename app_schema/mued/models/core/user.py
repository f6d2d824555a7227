"""The people."""

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant
from app_schema.mued.models.base import Base, Touched, referred_by
from app_schema.mued.models.one_of import one_of
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import UPDATED, Json, UuidKey

if TYPE_CHECKING:
    from app_schema.mued.models.chat.assistant import UserAiMemory, UserAiProfile
    from app_schema.mued.models.chat.conversation import ChatMessage, ChatSession
    from app_schema.mued.models.core.lesson_slot import LessonSlot
    from app_schema.mued.models.core.material import Material
    from app_schema.mued.models.core.message import Message
    from app_schema.mued.models.core.reservation import Reservation
    from app_schema.mued.models.core.subscription import Subscription
    from app_schema.mued.models.muednote.fragment import Fragment
    from app_schema.mued.models.muednote.preferences import UserPreferences
    from app_schema.mued.models.muednote.project import Project
    from app_schema.mued.models.muednote.tag import Tag
    from app_schema.mued.models.rag.dialogue import AiDialogue
    from app_schema.mued.models.rag.embedding import RagEmbedding
    from app_schema.mued.models.rag.provenance import Provenance
    from app_schema.mued.models.session.log_entry import LogEntry
    from app_schema.mued.models.session.session import Session


class User(Touched, Base):
    """People known to the platform: students, mentors and admins.

    One row per account at the identity provider.
    """

    __tablename__ = "users"
    __table_args__ = (
        one_of("role", "student", "mentor", "admin"),
        # an empty setting must never match a person
        CheckConstraint("clerk_id <> ''", name="clerk_id_set"),
        CheckConstraint("jsonb_typeof(skills) = 'array'", name="skills_array"),
        # one account per address, whatever its case; the placeholder for "no address" has no @
        Index(
            "uq_users_email_lower",
            text("lower(email)"),
            unique=True,
            postgresql_where=text("position('@' in email) > 1"),
        ),
        # for a look-up, whose WHERE does not repeat the predicate of the partial unique index
        Index("ix_users_email_lower", text("lower(email)")),
        # one customer belongs to one person
        Index(
            "uq_users_stripe_customer_id",
            "stripe_customer_id",
            unique=True,
            postgresql_where=text("stripe_customer_id IS NOT NULL"),
        ),
        *secured("users"),
        Grant(CRUD, to="service_account"),
        Grant("SELECT", to="app_user"),
        Grant("UPDATE", to="app_user", columns=["name", "bio", "skills", "profile_image_url"]),
        {"postgresql_with": UPDATED},
    )

    id: Mapped[UuidKey] = mapped_column()
    clerk_id: Mapped[str] = mapped_column(
        unique=True, doc="account id at the identity provider; the value put into app.current_user_id"
    )
    email: Mapped[str] = mapped_column(doc="contact address; the string unknown when the provider has none")
    name: Mapped[str | None] = mapped_column(doc="display name")
    role: Mapped[str] = mapped_column(server_default=text("'student'"), doc="student, mentor or admin")
    profile_image_url: Mapped[str | None] = mapped_column(doc="avatar address")
    bio: Mapped[str | None] = mapped_column(doc="free text about the person")
    skills: Mapped[list[str] | None] = mapped_column(Json, doc="array of skill names")
    stripe_customer_id: Mapped[str | None] = mapped_column(
        doc="customer id at the payment provider", sort_order=1
    )

    subscriptions: Mapped[list["Subscription"]] = referred_by(back_populates="user")
    lesson_slots: Mapped[list["LessonSlot"]] = referred_by(back_populates="mentor")
    reservations_as_student: Mapped[list["Reservation"]] = referred_by(
        back_populates="student", foreign_keys="Reservation.student_id"
    )
    reservations_as_mentor: Mapped[list["Reservation"]] = referred_by(
        back_populates="mentor", foreign_keys="Reservation.mentor_id"
    )
    materials: Mapped[list["Material"]] = referred_by(back_populates="creator")
    sent_messages: Mapped[list["Message"]] = referred_by(
        back_populates="sender", foreign_keys="Message.sender_id"
    )
    received_messages: Mapped[list["Message"]] = referred_by(
        back_populates="receiver", foreign_keys="Message.receiver_id"
    )
    log_entries: Mapped[list["LogEntry"]] = referred_by(back_populates="user")
    sessions: Mapped[list["Session"]] = referred_by(back_populates="user")
    chat_sessions: Mapped[list["ChatSession"]] = referred_by(back_populates="user")
    chat_messages: Mapped[list["ChatMessage"]] = referred_by(
        back_populates="user", primaryjoin="foreign(ChatMessage.user_id) == User.id"
    )
    ai_profile: Mapped["UserAiProfile | None"] = referred_by(back_populates="user")
    ai_memories: Mapped[list["UserAiMemory"]] = referred_by(back_populates="user")
    dialogues: Mapped[list["AiDialogue"]] = referred_by(back_populates="user")
    acquisitions: Mapped[list["Provenance"]] = referred_by(back_populates="acquirer")
    embeddings: Mapped[list["RagEmbedding"]] = referred_by(back_populates="user")
    note_projects: Mapped[list["Project"]] = referred_by(back_populates="user")
    fragments: Mapped[list["Fragment"]] = referred_by(back_populates="user")
    note_tags: Mapped[list["Tag"]] = referred_by(back_populates="user")
    note_preferences: Mapped["UserPreferences | None"] = referred_by(back_populates="user")
