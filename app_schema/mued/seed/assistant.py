"""Conversations, memories and log of the assistant, and vectors."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from app_schema.mued.models import (
    AiDialogue,
    ChatMessage,
    ChatSession,
    Plugin,
    Provenance,
    RagEmbedding,
    SessionTag,
    UserAiMemory,
    UserAiProfile,
)
from app_schema.mued.seed.journal import sources
from app_schema.mued.seed.people import STUDENTS, person
from app_schema.mued.seed.row import Row, key

MODEL = "text-embedding-3-small"
DIMENSIONS = 1536
PLUGINS = ("seed-notes", "seed-lessons")

_CHATS = {
    "hana": [
        ("Why does the bridge sound finished?", "The pedal point resolves on the first beat of bar 24."),
        ("So I move it?", "Delay it by half a bar, and sing the bass once."),
    ],
    "ren": [
        ("ベースとギターが濁ります。", "80 Hz より下をギターから外してみましょう。"),
        ("それでも濁る。", "次はキックの長さです。"),
    ],
    "yui": [("Which nocturne first?", "The slow one, twice, without the score.")],
}
_DAYS, _A_DAY = 7, 6


def rows(day: datetime) -> Iterator[Row]:
    """Rows of the week before `day`."""
    for name, turns in _CHATS.items():
        yield from _chat(day, name, turns)
    for number, name in enumerate(STUDENTS):
        yield Row(UserAiProfile, {"id": key("profile", name), "user_id": person(name)})
        memory = {
            "id": key("memory", name),
            "user_id": person(name),
            "memory_type": "preference",
            "key": "practice_time",
            "value": {"content": f"Practises at {18 + number}:00.", "source": "observed"},
            "source_session_id": key("chat", name),
        }
        yield Row(UserAiMemory, memory)
    for number in range(_DAYS * _A_DAY):
        yield _dialogue(day, number)
    for plugin in PLUGINS:
        can = {"list": True, "search": True, "filter": False, "fetch": True, "transform": False}
        values = {"id": key("plugin", plugin), "name": plugin.title(), "source": plugin, "version": "1.0.0"}
        yield Row(Plugin, {**values, "capabilities": can})
    values = {
        "id": key("provenance"),
        "content_id": key("material", 0),
        "content_type": "material",
        "license_type": "cc_by",
        "acquisition_method": "manual_upload",
        "acquired_by": person("kenji"),
        "acquired_at": day - timedelta(days=30),
        "retention_years": 5,
    }
    yield Row(Provenance, values)
    for kind, source, text in sources():
        yield _embedding(kind, source, text)


def vector(text: str) -> list[float]:
    """A unit vector of the right dimensions, the same for the same text, without meaning."""
    numbers = random.Random(text)
    values = [numbers.gauss(0, 1) for _ in range(DIMENSIONS)]
    length = math.hypot(*values)
    return [value / length for value in values]


def _chat(day: datetime, name: str, turns: list[tuple[str, str]]) -> Iterator[Row]:
    chat, user = key("chat", name), person(name)
    begin = day - timedelta(days=2)
    yield Row(ChatSession, {"id": chat, "user_id": user, "title": turns[0][0], "created_at": begin})
    messages = [
        (role, text) for turn in turns for role, text in zip(("user", "assistant"), turn, strict=True)
    ]
    for number, (role, text) in enumerate(messages):
        values = {
            "id": key("chat message", name, number),
            "session_id": chat,
            "user_id": user,
            "role": role,
            "content": text,
            "created_at": begin + timedelta(minutes=number),
        }
        yield Row(ChatMessage, values)
    yield Row(SessionTag, {"id": key("chat tag", name), "session_id": chat, "tag": "seed"})


def _dialogue(day: datetime, number: int) -> Row:
    name = STUDENTS[number % len(STUDENTS)]
    prompt_tokens, completion_tokens = 200 + 10 * number, 90 + 5 * number
    values = {
        "id": key("dialogue", number),
        "user_id": person(name),
        "session_id": key("chat", name),
        "query": f"What should I practise next? ({number})",
        "response": "Ten minutes of the bridge, slowly, then the whole piece once.",
        "model_used": "gpt-4o-mini",
        "citations": [{"source": f"lesson-{number % 4}"}] if number % 5 else [],
        "latency_ms": 700 + number * 53 % 900,
        "token_cost_jpy": Decimal("0.35") + Decimal(number) / 100,
        "citation_rate": 100 if number % 5 else 0,
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "relevance_score": Decimal("0.75"),
        "user_feedback": (1, 1, 0, -1)[number % 4],
        "created_at": day - timedelta(days=_DAYS) + timedelta(hours=number * 24 / _A_DAY + 1),
    }
    return Row(AiDialogue, values)


def _embedding(kind: str, source: object, text: str) -> Row:
    values = {
        "id": key("embedding", source),
        "source_type": kind,
        "source_id": source,
        "status": "ready",
        "embedding": vector(text),
        "embedding_model": MODEL,
        "embedding_hash": hashlib.sha256(text.encode()).hexdigest(),
        "token_count": len(text) // 4,
    }
    return Row(RagEmbedding, values)
