"""Booked seats and their payment."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant, Trigger
from app_schema.mued.models.base import Base, Touched, referred_by, refers_to
from app_schema.mued.models.one_of import one_of
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import LEFT_OUT, UPDATED, UuidKey, Yen

if TYPE_CHECKING:
    from app_schema.mued.models.core.lesson_slot import LessonSlot
    from app_schema.mued.models.core.message import Message
    from app_schema.mued.models.core.user import User


class Reservation(Touched, Base):
    """A student's reservation of a seat in a slot, with the state of the payment."""

    __tablename__ = "reservations"
    __table_args__ = (
        # money is kept; the composite key ties the mentor to the slot
        ForeignKeyConstraint(
            ["slot_id", "mentor_id"],
            ["public.lesson_slots.id", "public.lesson_slots.mentor_id"],
            ondelete="RESTRICT",
        ),
        one_of("status", "pending", "approved", "paid", "completed", "cancelled"),
        one_of(
            "payment_status",
            "pending",
            "processing",
            "completed",
            "failed",
            "refunded",
            "partial_refund",
            "cancelled",
        ),
        CheckConstraint("amount BETWEEN 0 AND 99999999.99", name="amount"),
        CheckConstraint("student_id <> mentor_id", name="parties"),
        # one live seat per student and slot
        Index(
            "uq_reservations_slot_id_student_id_active",
            "slot_id",
            "student_id",
            unique=True,
            postgresql_where=text("status <> 'cancelled'"),
        ),
        Index("ix_reservations_slot_id_mentor_id", "slot_id", "mentor_id"),
        Index("ix_reservations_student_id_created_at", "student_id", text("created_at DESC")),
        Index("ix_reservations_mentor_id_created_at", "mentor_id", text("created_at DESC")),
        # index-only scan for the list of the revenue; the policy reads student_id
        Index(
            "ix_reservations_mentor_id_revenue_amount",
            "mentor_id",
            text("created_at DESC"),
            postgresql_include=["amount", "student_id", "id"],
            postgresql_where=text("status = 'completed' AND payment_status = 'completed'"),
        ),
        Index(
            "uq_reservations_stripe_payment_intent_id",
            "stripe_payment_intent_id",
            unique=True,
            postgresql_where=text("stripe_payment_intent_id IS NOT NULL"),
        ),
        Index(
            "uq_reservations_stripe_session_id",
            "stripe_session_id",
            unique=True,
            postgresql_where=text("stripe_session_id IS NOT NULL"),
        ),
        Trigger(
            "tr_reservations_seats",
            after=["INSERT", "UPDATE OF slot_id, status", "DELETE"],
            execute="app.sync_slot_seats()",
        ),
        Trigger(
            "tr_reservations_stamp",
            before=["INSERT", "UPDATE OF status"],
            when="NEW.status = 'completed' AND NEW.completed_at IS NULL",
            execute="app.stamp_completed_at()",
        ),
        *secured("reservations"),
        Grant(CRUD, to="service_account"),
        Grant("SELECT", to="app_user"),
        Grant(
            "INSERT", to="app_user", columns=["id", "slot_id", "student_id", "mentor_id", "amount", "notes"]
        ),
        Grant("UPDATE", to="app_user", columns=["status", "cancel_reason", "notes"]),
        {"postgresql_with": UPDATED},
    )

    id: Mapped[UuidKey] = mapped_column()
    slot_id: Mapped[uuid.UUID] = mapped_column(doc="slot taken")
    student_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("public.users.id", ondelete="RESTRICT"), doc="who learns"
    )
    mentor_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("public.users.id", ondelete="RESTRICT"), doc="who teaches, always the mentor of the slot"
    )
    status: Mapped[str] = mapped_column(server_default=text("'pending'"), doc="stage of the booking")
    payment_status: Mapped[str] = mapped_column(server_default=text("'pending'"), doc="stage of the payment")
    stripe_session_id: Mapped[str | None] = mapped_column(
        server_default=LEFT_OUT, doc="checkout session at the payment provider"
    )
    stripe_payment_intent_id: Mapped[str | None] = mapped_column(
        server_default=LEFT_OUT, doc="payment at the payment provider, look-up key of refunds"
    )
    amount: Mapped[Yen] = mapped_column(doc="price at booking time in yen")
    notes: Mapped[str | None] = mapped_column(doc="wish of the student")
    cancel_reason: Mapped[str | None] = mapped_column(server_default=LEFT_OUT, doc="why it was cancelled")
    completed_at: Mapped[datetime | None] = mapped_column(
        server_default=LEFT_OUT, doc="when the lesson was held"
    )

    slot: Mapped["LessonSlot"] = refers_to(back_populates="reservations", foreign_keys="Reservation.slot_id")
    student: Mapped["User | None"] = refers_to(
        back_populates="reservations_as_student", foreign_keys="Reservation.student_id"
    )
    mentor: Mapped["User | None"] = refers_to(
        back_populates="reservations_as_mentor", foreign_keys="Reservation.mentor_id"
    )
    messages: Mapped[list["Message"]] = referred_by(back_populates="reservation")
