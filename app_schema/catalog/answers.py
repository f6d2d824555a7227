"""One query for many keys: the query for one object also reads the next ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from app_schema.ddl import Key

if TYPE_CHECKING:
    from sqlalchemy import Connection

_PARAMETER = re.compile(r"(?<![:\\]):(schema|table|name)\b")  # but not a cast, "::name", escaped or not


class Answers:
    """Results of queries of one value for a key, whose parts are ``:schema``, ``:table`` and ``:name``.

    :param likely: the keys of a kind that are queried together with the first of them.
    """

    def __init__(self, connection: Connection, likely: Callable[[str], Iterable[Key]] = lambda _: ()) -> None:
        self._connection = connection
        self._likely = likely
        self._known: dict[str, dict[Key, Any]] = {}

    def get(self, query: str, key: Key) -> Any:
        """The result for a key; None without a row."""
        results = self._known.setdefault(query, {})
        if key not in results:
            keys = [
                key,
                *(likely for likely in self._likely(key.kind) if likely not in results and likely != key),
            ]
            requests = [{"n": n, **dict(zip(Key._fields, key, strict=True))} for n, key in enumerate(keys)]
            correlated = _PARAMETER.sub(r'asked."\1"', query)
            rows = self._connection.execute(
                text(
                    f"SELECT asked.n, ({correlated}) FROM json_to_recordset(CAST(:keys AS json)) "
                    'AS asked(n int, kind text, schema text, "table" text, name text)'
                ),
                {"keys": json.dumps(requests)},
            )
            results.update({keys[number]: answer for number, answer in rows})
        return results[key]
