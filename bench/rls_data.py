"""The rows of the row security benchmark, loaded by COPY and the same for the same seed."""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg import sql

END = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 730
HEAVY_SESSIONS = 2_000
"""Sessions of a heavy user; there is one such user in 5,000."""
STUDENTS = 25
"""Students of a mentor; there is one mentor in 100 users."""
CHATS = 40
"""Messages of a chat."""
BLOCK = 1_000
"""Rows in one message of COPY."""


@dataclass(frozen=True)
class Size:
    """Numbers of rows."""

    users: int = 50_000
    sessions: int = 500_000
    messages: int = 2_000_000
    entries: int = 1_000_000
    dialogues: int = 1_000_000

    def times(self, scale: float) -> Size:
        """The same, larger or smaller; at least a thousand users, so that every kind of person is there."""
        return Size(
            *(max(1_000, round(n * scale)) for n in (self.users, self.sessions, self.messages)),
            *(max(1_000, round(n * scale)) for n in (self.entries, self.dialogues)),
        )


class Rows:
    """Draws everything from one seeded generator, in one order."""

    def __init__(self, size: Size, seed: int) -> None:
        self.size = size
        self._random = random.Random(seed)
        self.users = [self._key() for _ in range(size.users)]
        self.heavy = self.users[:: max(5_000, size.users // 10)][: max(1, size.users // 5_000)]
        self.mentors = self.users[50::100]
        self.students = sorted(set(self.users) - set(self.mentors))

    def _key(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def _time(self) -> str:
        return (END - timedelta(seconds=self._random.randrange(DAYS * 86_400))).isoformat()

    def _flag(self, share: float) -> str:
        return "t" if self._random.random() < share else "f"

    def _owners(self, rows: int, heavy: int = 0) -> list[str]:
        """A user for each row; those of the heavy ones lie as far apart in the table as everybody else's."""
        owners = [user for user in self.heavy for _ in range(min(heavy, rows // 20))]
        owners += self._random.choices(self.users, k=rows - len(owners))
        self._random.shuffle(owners)
        return owners

    def people(self) -> Iterator[tuple[str, ...]]:
        mentors = set(self.mentors)
        for number, key in enumerate(self.users):
            role = "mentor" if key in mentors else "student"
            yield key, f"clerk_{number}", f"{number}@example.org", f"Person {number}", role

    def slots(self) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Slots, and the reservation that goes with each."""
        for mentor in self.mentors:
            for hour, student in enumerate(self._random.sample(self.students, STUDENTS)):
                begin = END + timedelta(hours=hour)
                slot = self._key()
                status = self._random.choice(["approved", "paid", "completed", "completed", "pending"])
                end = begin + timedelta(hours=1)
                yield (
                    (slot, mentor, begin.isoformat(), end.isoformat(), "3000", "booked", "1", "1"),
                    (self._key(), slot, student, mentor, status, "3000"),
                )

    def sessions(self) -> Iterator[tuple[str, ...]]:
        note = "what I tried today, and how it sounded " * 4
        for number, user in enumerate(self._owners(self.size.sessions, HEAVY_SESSIONS)):
            shared, public = self._flag(0.9), self._flag(0.05)
            yield self._key(), user, "practice", f"Session {number}", note, public, shared, self._time()

    def entries(self) -> Iterator[tuple[str, ...]]:
        text = "scales, slowly, then the middle part " * 5
        for user in self._owners(self.size.entries, HEAVY_SESSIONS):
            yield self._key(), user, "practice", text, self._flag(0.05), self._flag(0.9), self._time()

    def chats(self) -> Iterator[tuple[str, str]]:
        for user in self._owners(self.size.messages // CHATS):
            yield self._key(), user

    def messages(self, chats: Iterable[tuple[str, str]]) -> Iterator[tuple[str, ...]]:
        for chat, user in chats:
            for number in range(CHATS):
                role = "assistant" if number % 2 else "user"
                yield self._key(), chat, user, role, "how do I voice this chord?", self._time()

    def dialogues(self) -> Iterator[tuple[str, ...]]:
        for user in self._owners(self.size.dialogues, HEAVY_SESSIONS):
            answer = "drop the fifth and put the seventh in the bass " * 4
            yield self._key(), user, self._key(), "how do I voice this?", answer, "a model", self._time()


def load(connection: psycopg.Connection[object], size: Size, seed: int) -> Rows:
    """Fills the tables of a migrated database and gives them statistics; takes minutes at full size.

    Triggers and foreign keys are off while it loads: the rows are right by construction, and a check for each
    of five million would take longer than all the rest.
    """
    rows = Rows(size, seed)
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        columns = "id clerk_id email name role"
        _copy(connection, "users", columns, rows.people())
        slots, reservations = zip(*rows.slots(), strict=True)
        columns = "id mentor_id start_time end_time price status max_capacity current_capacity"
        _copy(connection, "lesson_slots", columns, slots)
        _copy(connection, "reservations", "id slot_id student_id mentor_id status amount", reservations)
        columns = "id user_id type title user_short_note is_public share_with_mentor created_at"
        _copy(connection, "sessions", columns, rows.sessions())
        columns = "id user_id type content is_public share_with_mentor created_at"
        _copy(connection, "log_entries", columns, rows.entries())
        chats = list(rows.chats())
        _copy(connection, "chat_sessions", "id user_id", chats)
        columns = "id session_id user_id role content created_at"
        _copy(connection, "chat_messages", columns, rows.messages(chats))
        columns = "id user_id session_id query response model_used created_at"
        _copy(connection, "ai_dialogue_log", columns, rows.dialogues())
    connection.execute("VACUUM (ANALYZE)")
    return rows


def _copy(
    connection: psycopg.Connection[object], table: str, columns: str, rows: Iterable[tuple[str, ...]]
) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns.split()))
    statement = sql.SQL("COPY public.{} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        block: list[str] = []
        for row in rows:  # no value here holds a tab, a line break or a backslash
            block.append("\t".join(row) + "\n")
            if len(block) == BLOCK:
                copy.write("".join(block))
                block.clear()
        copy.write("".join(block))
