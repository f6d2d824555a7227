"""Events that providers send."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant
from app_schema.mued.models.base import Base
from app_schema.mued.models.enums import WebhookStatus
from app_schema.mued.models.one_of import one_of
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import CreatedAt, Json, TimeKey


class WebhookEvent(Base):
    """Every incoming provider event once, with the state of its handling.

    Claim in a separate transaction: INSERT ... ON CONFLICT (source, event_id) DO UPDATE SET attempts
    = attempts + 1 ... WHERE failed or stale RETURNING.
    """

    __tablename__ = "webhook_events"
    __table_args__ = (
        # ids are unique per provider only
        UniqueConstraint("source", "event_id"),
        one_of("source", "stripe", "clerk"),
        CheckConstraint("attempts > 0", name="attempts"),
        # a processed event has an end
        CheckConstraint("status <> 'processed' OR completed_at IS NOT NULL", name="completed"),
        Index(
            "ix_webhook_events_created_at_open", "created_at", postgresql_where=text("status <> 'processed'")
        ),
        *secured("webhook_events"),
        Grant(CRUD, to="service_account"),
        Grant("SELECT", to="app_user"),
    )

    id: Mapped[TimeKey] = mapped_column()
    event_id: Mapped[str] = mapped_column(doc="event id given by the provider")
    type: Mapped[str] = mapped_column(doc="event type")
    source: Mapped[str] = mapped_column(doc="stripe or clerk")
    processed_at: Mapped[datetime] = mapped_column(
        server_default=text("now()"), doc="time of receipt (the old name is kept)"
    )
    payload: Mapped[dict[str, Any] | None] = mapped_column(Json, doc="raw event object")
    status: Mapped[WebhookStatus] = mapped_column(
        server_default=text("'processing'"), doc="stage of the handling"
    )
    attempts: Mapped[int] = mapped_column(server_default=text("1"), doc="tries so far")
    completed_at: Mapped[datetime | None] = mapped_column(doc="time the handling ended")
    error_message: Mapped[str | None] = mapped_column(doc="last error")
    created_at: Mapped[CreatedAt] = mapped_column()
