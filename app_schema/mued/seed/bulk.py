"""Rows for load: any number of them, by COPY, in blocks that are there as a whole or not at all.

The ids of a block follow from its number. So loading again adds what is missing and nothing else, and a load
that was cut short goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import Any

import psycopg

from app_schema.mued.seed.block import BLOCK, COPIES, Block, number_of

TOGETHER = 20
"""Blocks a transaction: few enough that a cut loses little, and many enough that COPY pays."""

_THERE = "SELECT id FROM public.users WHERE starts_with(clerk_id, 'seed_load_')"
# The counts of the chats come along with them; the trigger would update a chat once for each message.
_COUNT = "ALTER TABLE public.chat_messages {} TRIGGER tr_chat_messages_count_inserted"


def load(
    connection: psycopg.Connection[Any],
    rows: int,
    day: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Makes sure that at least `rows` rows for load are there, rounded up to whole blocks.

    :param day: the first moment after the newest row; the rows go back ninety days from there.
    :param progress: is told how many rows are there, after each transaction.
    :returns: the number of rows that were missing.
    """
    wanted = range(-(-rows // BLOCK))
    with connection.transaction():
        there = {number_of(user.int) for (user,) in connection.execute(_THERE)}
    missing = iter([number for number in wanted if number not in there])
    before = len(there.intersection(wanted)) * BLOCK
    block = Block(day)
    made = 0
    while numbers := list(islice(missing, TOGETHER)):
        with connection.transaction():
            _copy(connection, block, numbers)
        made += len(numbers) * BLOCK
        progress(before + made)
    return made


def _copy(connection: psycopg.Connection[Any], block: Block, numbers: list[int]) -> None:
    connection.execute(_COUNT.format("DISABLE"))
    with connection.cursor() as cursor:
        for table, target in COPIES.items():
            with cursor.copy(f"COPY {target} FROM STDIN") as copy:
                for number in numbers:
                    copy.write(block.rows(table, number))
    connection.execute(_COUNT.format("ENABLE"))
