"""Times that can be booked."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant
from app_schema.mued.models.base import Base, Touched, referred_by, refers_to
from app_schema.mued.models.one_of import one_of
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import Json, UuidKey, Yen

if TYPE_CHECKING:
    from app_schema.mued.models.core.reservation import Reservation
    from app_schema.mued.models.core.user import User


class LessonSlot(Touched, Base):
    """Bookable time offered by a mentor."""

    __tablename__ = "lesson_slots"
    __table_args__ = (
        # target of the composite key of reservations
        UniqueConstraint("id", "mentor_id"),
        one_of("status", "available", "booked", "cancelled"),
        CheckConstraint("end_time > start_time", name="time"),
        # the upper bound also refuses NaN
        CheckConstraint("price BETWEEN 0 AND 99999999.99", name="price"),
        CheckConstraint("max_capacity > 0", name="max_capacity"),
        CheckConstraint("current_capacity BETWEEN 0 AND max_capacity", name="current_capacity"),
        CheckConstraint("jsonb_typeof(tags) = 'array'", name="tags_array"),
        CheckConstraint("jsonb_typeof(metadata) = 'object'", name="metadata_object"),
        # no overlap per mentor; half-open ranges allow back-to-back slots
        ExcludeConstraint(
            ("mentor_id", "="),
            (text("tstzrange(start_time, end_time)"), "&&"),
            where=text("status <> 'cancelled'"),
            using="gist",
            name="ex_lesson_slots_mentor_id_time",
        ),
        Index(
            "ix_lesson_slots_start_time_available",
            "start_time",
            postgresql_where=text("status = 'available'"),
        ),
        # end_time: an overlap is told by the index alone, without a visit of all slots before it
        Index("ix_lesson_slots_mentor_id_start_time_end_time", "mentor_id", "start_time", "end_time"),
        # the times of all reservations of a mentor without a visit of each slot; with id in the index above
        # PostgreSQL would look for an overlap in the larger one of the exclusion
        Index(
            "ix_lesson_slots_mentor_id_times",
            "mentor_id",
            postgresql_include=["id", "start_time", "end_time"],
        ),
        Index(
            "ix_lesson_slots_recurring_id_start_time",
            "recurring_id",
            "start_time",
            postgresql_where=text("recurring_id IS NOT NULL"),
        ),
        *secured("lesson_slots"),
        Grant(CRUD, to="service_account"),
        Grant(["SELECT", "DELETE"], to="app_user"),
        Grant(
            "INSERT",
            to="app_user",
            columns=[
                "id",
                "mentor_id",
                "start_time",
                "end_time",
                "price",
                "max_capacity",
                "tags",
                "recurring_id",
                "metadata",
            ],
        ),
        Grant(
            "UPDATE",
            to="app_user",
            columns=[
                "start_time",
                "end_time",
                "price",
                "max_capacity",
                "status",
                "tags",
                "recurring_id",
                "metadata",
            ],
        ),
    )

    id: Mapped[UuidKey] = mapped_column()
    mentor_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("public.users.id", ondelete="RESTRICT"), doc="who teaches"
    )
    start_time: Mapped[datetime] = mapped_column(doc="begin")
    end_time: Mapped[datetime] = mapped_column(doc="end")
    price: Mapped[Yen] = mapped_column(doc="price of one seat in yen")
    max_capacity: Mapped[int] = mapped_column(server_default=text("1"), doc="seats")
    current_capacity: Mapped[int] = mapped_column(
        server_default=text("0"), doc="seats taken, kept by the seat trigger of reservations"
    )
    status: Mapped[str] = mapped_column(
        server_default=text("'available'"), doc="available, booked or cancelled"
    )
    tags: Mapped[list[str] | None] = mapped_column(Json, doc="array of instrument, subject, genre, level")
    recurring_id: Mapped[uuid.UUID | None] = mapped_column(doc="same value for all slots of a series")
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata", Json, doc="free extra data")

    mentor: Mapped["User | None"] = refers_to(back_populates="lesson_slots")
    reservations: Mapped[list["Reservation"]] = referred_by(
        back_populates="slot", foreign_keys="Reservation.slot_id"
    )
