"""Rows for load: any number, by COPY, in blocks that are committed as a whole.

The ids of a block follow from the number of the block: a second load adds only missing blocks, and continues
an interrupted load.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import Any

import psycopg

from app_schema.mued.seed.block import BLOCK, COPIES, Block, number_of

TOGETHER = 20
"""Blocks a transaction: an interruption loses few rows, and the cost of a COPY is spread over many."""

_PRESENT = "SELECT id FROM public.users WHERE starts_with(clerk_id, 'seed_load_')"
# The rows of the chats hold their counts already; the trigger would update a chat once per COPY of messages.
_COUNT = "ALTER TABLE public.chat_messages {} TRIGGER tr_chat_messages_count_inserted"


def load(
    connection: psycopg.Connection[Any],
    rows: int,
    day: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Inserts rows for load until at least `rows` exist, rounded up to whole blocks.

    :param day: the first moment after the newest row; the oldest row is ninety days older.
    :param progress: called with the number of existing rows after each transaction.
    :returns: the number of inserted rows.
    """
    requested = range(-(-rows // BLOCK))
    with connection.transaction():
        present = {number_of(user.int) for (user,) in connection.execute(_PRESENT)}
    missing = iter([number for number in requested if number not in present])
    before = len(present.intersection(requested)) * BLOCK
    block = Block(day)
    inserted = 0
    while numbers := list(islice(missing, TOGETHER)):
        with connection.transaction():
            _copy(connection, block, numbers)
        inserted += len(numbers) * BLOCK
        progress(before + inserted)
    return inserted


def _copy(connection: psycopg.Connection[Any], block: Block, numbers: list[int]) -> None:
    connection.execute(_COUNT.format("DISABLE"))
    with connection.cursor() as cursor:
        for table, target in COPIES.items():
            with cursor.copy(f"COPY {target} FROM STDIN") as copy:
                for number in numbers:
                    copy.write(block.rows(table, number))
    connection.execute(_COUNT.format("ENABLE"))
