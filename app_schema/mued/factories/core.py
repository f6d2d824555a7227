"""Rows of people, bookings, material and messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from polyfactory import PostGenerated, Use

from app_schema.mued.factories.base import RowFactory, number, same, unique
from app_schema.mued.models import (
    LessonSlot,
    Material,
    Message,
    Reservation,
    Subscription,
    User,
    WebhookEvent,
)

_PRICE = Decimal("3000.00")


def _start() -> datetime:
    """An hour that no other slot has, from tomorrow on: the slots of a mentor may not overlap."""
    today = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return today + timedelta(days=1, hours=number())


class UserFactory(RowFactory[User]):
    """A student, unless another role is given."""

    clerk_id = Use(unique, "user")
    email = Use(lambda: f"{unique('mail')}@example.com")


class MentorFactory(UserFactory):
    """A mentor."""

    __model__ = User
    role = "mentor"


class SubscriptionFactory(RowFactory[Subscription]):
    """The free plan."""

    user = UserFactory


class LessonSlotFactory(RowFactory[LessonSlot]):
    """A free hour with one seat, in the future."""

    mentor = MentorFactory
    start_time = Use(_start)
    end_time = PostGenerated(lambda _, values: values["start_time"] + timedelta(hours=1))
    price = _PRICE


class ReservationFactory(RowFactory[Reservation]):
    """A pending booking at the price of the slot."""

    slot = LessonSlotFactory
    student = UserFactory
    mentor = same("slot", "mentor")
    amount = PostGenerated(lambda _, values: values["slot"].price if "slot" in values else _PRICE)


class MaterialFactory(RowFactory[Material]):
    """A private text."""

    creator = UserFactory
    type = "text"


class MessageFactory(RowFactory[Message]):
    """An unread message about no reservation."""

    sender = UserFactory
    receiver = UserFactory


class WebhookEventFactory(RowFactory[WebhookEvent]):
    """An event that is being handled."""

    event_id = Use(unique, "evt")
    source = "stripe"
