"""Who asks, and what for."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app_schema.models import Session as MusicSession

WHO = sa.text("SELECT current_user, current_setting('app.current_user_id', true)")
TITLES = sa.select(MusicSession.title).order_by(MusicSession.title)


def who(target: Session | sa.Connection) -> tuple[str, str]:
    role, person = target.execute(WHO).one()
    return str(role), person or ""


def login(target: Session | sa.Connection) -> tuple[str, str]:
    bind = target.get_bind() if isinstance(target, Session) else target
    return str(bind.engine.url.username), ""
