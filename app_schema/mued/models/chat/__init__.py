"""Conversations with the assistant."""

from app_schema.mued.models.chat.assistant import UserAiMemory, UserAiProfile
from app_schema.mued.models.chat.conversation import ChatMessage, ChatSession, SessionTag

__all__ = ["ChatMessage", "ChatSession", "SessionTag", "UserAiMemory", "UserAiProfile"]
