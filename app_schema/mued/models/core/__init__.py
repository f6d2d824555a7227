"""People, bookings, material and messages."""

from app_schema.mued.models.core.lesson_slot import LessonSlot
from app_schema.mued.models.core.material import Material
from app_schema.mued.models.core.message import Message
from app_schema.mued.models.core.reservation import Reservation
from app_schema.mued.models.core.subscription import Subscription
from app_schema.mued.models.core.user import User
from app_schema.mued.models.core.webhook_event import WebhookEvent

__all__ = ["LessonSlot", "Material", "Message", "Reservation", "Subscription", "User", "WebhookEvent"]
