"""Plans and their usage counters."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant
from app_schema.mued.models.base import Base, Touched, refers_to
from app_schema.mued.models.one_of import one_of
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import UPDATED, Json, Owner, UuidKey

if TYPE_CHECKING:
    from app_schema.mued.models.core.user import User


class Subscription(Touched, Base):
    """Plan of a user and the usage counters of the running period."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        one_of("plan", "freemium", "starter", "basic", "premium"),
        # the provider's words are mapped before writing: trialing is active, incomplete is past_due,
        # incomplete_expired, paused and canceled are cancelled
        one_of("status", "active", "past_due", "unpaid", "cancelled"),
        CheckConstraint("ai_materials_used >= 0 AND reservations_used >= 0", name="usage"),
        CheckConstraint("current_period_end > current_period_start", name="period"),
        CheckConstraint("jsonb_typeof(metadata) = 'object'", name="metadata_object"),
        Index("ix_subscriptions_user_id_created_at", "user_id", text("created_at DESC")),
        # one running plan per user; the count-up adds the same predicate
        Index(
            "uq_subscriptions_user_id_running",
            "user_id",
            unique=True,
            postgresql_where=text("status IN ('active', 'past_due')"),
        ),
        Index(
            "uq_subscriptions_stripe_subscription_id",
            "stripe_subscription_id",
            unique=True,
            postgresql_where=text("stripe_subscription_id IS NOT NULL"),
        ),
        Index(
            "ix_subscriptions_stripe_customer_id",
            "stripe_customer_id",
            postgresql_where=text("stripe_customer_id IS NOT NULL"),
        ),
        Index(
            "ix_subscriptions_current_period_end_active",
            "current_period_end",
            postgresql_where=text("status = 'active'"),
        ),
        *secured("subscriptions"),
        Grant(CRUD, to="service_account"),
        Grant("SELECT", to="app_user"),
        {"postgresql_with": UPDATED},
    )

    id: Mapped[UuidKey] = mapped_column()
    user_id: Mapped[Owner] = mapped_column()
    stripe_subscription_id: Mapped[str | None] = mapped_column(
        doc="subscription id at the payment provider; none for the free plan"
    )
    stripe_customer_id: Mapped[str | None] = mapped_column(doc="customer id at the payment provider")
    plan: Mapped[str] = mapped_column(
        server_default=text("'freemium'"), doc="freemium, starter, basic or premium"
    )
    status: Mapped[str] = mapped_column(
        server_default=text("'active'"), doc="active, past_due, unpaid or cancelled"
    )
    current_period_start: Mapped[datetime | None] = mapped_column(doc="start of the paid period")
    current_period_end: Mapped[datetime | None] = mapped_column(doc="end of the paid period")
    cancel_at_period_end: Mapped[bool] = mapped_column(
        server_default=text("false"), doc="runs out when the period ends"
    )
    ai_materials_used: Mapped[int] = mapped_column(
        server_default=text("0"), doc="materials generated in the period"
    )
    reservations_used: Mapped[int] = mapped_column(
        server_default=text("0"), doc="reservations made in the period"
    )
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata", Json, doc="free extra data")

    user: Mapped["User"] = refers_to(back_populates="subscriptions")
