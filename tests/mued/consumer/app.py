"""The use of the package by an application; type checkers must know the types."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any, assert_type

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app_schema import database
from app_schema.identity import acting_as
from app_schema.models import LessonSlot, LogEntry, SessionType, User
from app_schema.models import PracticeSession as Practice


def newest(session: Session, clerk_id: str) -> list[Practice]:
    with acting_as(session, clerk_id) as acting:
        assert_type(acting, Session)
        query = sa.select(Practice).order_by(Practice.created_at.desc()).limit(20)
        assert_type(query, sa.Select[Practice])
        return list(acting.scalars(query))


async def count(session: AsyncSession, clerk_id: str) -> int:
    async with acting_as(session, clerk_id) as acting:
        assert_type(acting, AsyncSession)
        return await acting.scalar(sa.select(sa.func.count()).select_from(LogEntry)) or 0


def columns(user: User, practice: Practice, slot: LessonSlot) -> None:
    assert_type(user.id, uuid.UUID)
    assert_type(user.email, str)
    assert_type(user.name, str | None)
    assert_type(practice.type, SessionType)
    assert_type(practice.completed_at, datetime | None)
    assert_type(practice.user, User | None)
    assert_type(user.sessions, list[Practice])
    assert_type(slot.price, Decimal)
    assert_type(slot.metadata_, dict[str, Any] | None)


def connect() -> str | None:
    engine = database.engine()
    assert_type(engine, sa.Engine)
    with database.connect(engine) as connection:
        return connection.scalar(sa.select(User.email).limit(1))
