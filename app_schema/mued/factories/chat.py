"""Rows of conversations with the assistant."""

from __future__ import annotations

from polyfactory import Use

from app_schema.mued.factories.base import RowFactory, same, unique
from app_schema.mued.factories.core import UserFactory
from app_schema.mued.models import (
    ChatMessage,
    ChatRole,
    ChatSession,
    MemoryType,
    SessionTag,
    UserAiMemory,
    UserAiProfile,
)


class ChatSessionFactory(RowFactory[ChatSession]):
    """An active conversation."""

    user = UserFactory


class ChatMessageFactory(RowFactory[ChatMessage]):
    """A message of the conversation's owner."""

    session = ChatSessionFactory
    user = same("session", "user")
    role = ChatRole.USER


class SessionTagFactory(RowFactory[SessionTag]):
    """A tag of a conversation."""

    session = ChatSessionFactory
    tag = Use(unique, "tag")


class UserAiProfileFactory(RowFactory[UserAiProfile]):
    """The assistant as it is for everybody at first."""

    user = UserFactory


class UserAiMemoryFactory(RowFactory[UserAiMemory]):
    """A fact that was told."""

    user = UserFactory
    memory_type = MemoryType.PREFERENCE
    key = Use(unique, "key")
    value = Use(lambda: {"content": "likes jazz", "source": "explicit"})
