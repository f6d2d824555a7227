"""People, bookings, material and messages."""

from app_schema.models.core.lesson_slot import LessonSlot
from app_schema.models.core.material import Material
from app_schema.models.core.message import Message
from app_schema.models.core.reservation import Reservation
from app_schema.models.core.subscription import Subscription
from app_schema.models.core.user import User
from app_schema.models.core.webhook_event import WebhookEvent

__all__ = ["LessonSlot", "Material", "Message", "Reservation", "Subscription", "User", "WebhookEvent"]
