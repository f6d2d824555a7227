"""One block of rows for load, in COPY's text format: a person with a thousand rows; blocks differ by ids."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

BLOCK = 1000
"""Rows a block."""
COPIES = {
    "users": "public.users (id, clerk_id, email, name, role)",
    "sessions": "public.sessions (id, user_id, type, status, title, user_short_note, created_at)",
    "log_entries": "public.log_entries (id, user_id, type, content, tags, created_at)",
    "chat_sessions": "public.chat_sessions (id, user_id, title, message_count, last_message_at, created_at)",
    "chat_messages": "public.chat_messages (id, session_id, user_id, role, content, created_at)",
    "ai_dialogue_log": (
        "public.ai_dialogue_log (id, user_id, session_id, query, response, model_used, citations, latency_ms,"
        " token_cost_jpy, citation_rate, prompt_tokens, completion_tokens, total_tokens, relevance_score,"
        " user_feedback, created_at)"
    ),
    "fragments": "muednote_v3.fragments (id, user_id, content, captured_at)",
}
"""The target of each COPY, referenced tables first: foreign keys are checked at the end of each COPY."""

_KINDS = {table: number for number, table in enumerate(COPIES)}
_SESSIONS, _ENTRIES, _CHATS, _DIALOGUES, _FRAGMENTS = 200, 300, 20, 150, 150
_TURNS = (BLOCK - 1 - _SESSIONS - _ENTRIES - _CHATS - _DIALOGUES - _FRAGMENTS) // _CHATS
_SPARE = BLOCK - 1 - _SESSIONS - _ENTRIES - _CHATS - _DIALOGUES - _FRAGMENTS - _TURNS * _CHATS
_PERIOD = timedelta(days=90)
_WORDS = ("tension", "voicing", "swing", "reverb", "motif", "cadence", "groove", "timbre", "離調", "転回形")
_MODELS = ("gpt-4o-mini", "claude-haiku")
_NUMBER = "{number}"
_HEX = "{hex}"


class Block:
    """The texts of all blocks, with placeholders for the number of the block."""

    def __init__(self, day: datetime) -> None:
        """`day` is the first moment after the newest row."""
        self.texts = {
            "users": _user(),
            "sessions": "".join(_sessions(day)),
            "log_entries": "".join(_entries(day)),
            "chat_sessions": "".join(_chats(day)),
            "chat_messages": "".join(_messages(day)),
            "ai_dialogue_log": "".join(_dialogues(day)),
            "fragments": "".join(_fragments(day)),
        }

    def rows(self, table: str, number: int) -> str:
        """The rows of one table in COPY's text format."""
        return self.texts[table].replace(_HEX, f"{number:08x}").replace(_NUMBER, str(number))


def number_of(user: int) -> int:
    """The block to which a person's id belongs."""
    return user >> 96


def _id(table: str, row: int = 0) -> str:
    """A UUID of version 8, whose bits are free; ascending, so that a B-tree is filled page by page."""
    return f"{_HEX}-{_KINDS[table]:04x}-8000-8000-{row:012x}"


def _times(day: datetime, count: int) -> Iterator[tuple[int, str, str]]:
    """Number, time and a word for each row."""
    step = _PERIOD / count
    for row in range(count):
        yield row, (day - step * (count - row)).isoformat(), _WORDS[row % len(_WORDS)]


def _user() -> str:
    return f"{_id('users')}\tseed_load_{_NUMBER}\tload{_NUMBER}@example.com\tLoad {_NUMBER}\tstudent\n"


def _sessions(day: datetime) -> Iterator[str]:
    for row, time, word in _times(day, _SESSIONS):
        note = f"Worked on {word} for an hour."
        key = f"{_id('sessions', row)}\t{_id('users')}"
        yield f"{key}\tpractice\tcompleted\tTake {row}: {word}\t{note}\t{time}\n"


def _entries(day: datetime) -> Iterator[str]:
    for row, time, word in _times(day, _ENTRIES):
        key = f"{_id('log_entries', row)}\t{_id('users')}"
        yield f'{key}\tpractice\tSlowly, then at tempo: {word}.\t["{word}"]\t{time}\n'


def _turns(chat: int) -> int:
    return _TURNS + (_SPARE if chat == 0 else 0)


def _chats(day: datetime) -> Iterator[str]:
    for row, time, word in _times(day, _CHATS):
        last = (datetime.fromisoformat(time) + timedelta(minutes=_turns(row) - 1)).isoformat()
        yield f"{_id('chat_sessions', row)}\t{_id('users')}\tAbout {word}\t{_turns(row)}\t{last}\t{time}\n"


def _messages(day: datetime) -> Iterator[str]:
    number = 0
    for chat, begin, word in _times(day, _CHATS):
        for turn in range(_turns(chat)):
            time = (datetime.fromisoformat(begin) + timedelta(minutes=turn)).isoformat()
            key = f"{_id('chat_messages', number)}\t{_id('chat_sessions', chat)}\t{_id('users')}"
            role = "assistant" if turn % 2 else "user"
            yield f"{key}\t{role}\tWhat about the {word} in bar {turn}?\t{time}\n"
            number += 1


def _dialogues(day: datetime) -> Iterator[str]:
    for row, time, word in _times(day, _DIALOGUES):
        key = f"{_id('ai_dialogue_log', row)}\t{_id('users')}\t{_id('chat_sessions', row % _CHATS)}"
        text = f"How do I hear {word}?\tSing the bass, then listen for {word}."
        cited = f'[{{"source": "lesson-{row % 30}"}}]'
        prompt_tokens, completion_tokens = 200 + row, 100 + row % 50
        numbers = (
            600 + row * 37 % 1900,
            f"0.{10 + row % 90}",
            row % 101,
            prompt_tokens,
            completion_tokens,
            prompt_tokens + completion_tokens,
            f"0.{10 + row % 90}",
            row % 3 - 1,
        )
        yield "\t".join([key, text, _MODELS[row % 2], cited, *map(str, numbers), time]) + "\n"


def _fragments(day: datetime) -> Iterator[str]:
    for row, time, word in _times(day, _FRAGMENTS):
        yield f"{_id('fragments', row)}\t{_id('users')}\tIdea {row}: {word}\t{time}\n"
