"""Definitions in a spelling that is equal for equal prints: :mod:`app_schema.ddl.spelling`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from app_schema.catalog.objects import Difference
from app_schema.catalog.reading import read
from app_schema.ddl.spelling import FOLD, FOLDED, TEXTS
from app_schema.ddl.sql import literal

if TYPE_CHECKING:
    from sqlalchemy import Connection

PARSED = {"column", "constraint", "domain", "index", "materialized_view", "policy", "rule", "trigger", "view"}
"""The kinds that PostgreSQL prints from a parse tree."""
_STANDARD_BODY = re.compile(" AS (?:BEGIN ATOMIC|RETURN )")
"""A function whose body is printed from a parse tree, too. In that of another one every space may count."""
_NAMED_BY_TYPE = re.compile(r"(::([a-z][\w ]*?)(?:\([\d,]+\))?(?:\[\])?) AS (\w+)(?=[,;\s]|$)")
_INTERNAL = {
    "bigint": "int8",
    "integer": "int4",
    "smallint": "int2",
    "boolean": "bool",
    "character varying": "varchar",
    "character": "bpchar",
    "double precision": "float8",
    "real": "float4",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
}


def _is_parsed(difference: Difference) -> bool:
    if difference.key.kind in {"function", "procedure"}:
        texts = (difference.left or "", difference.right or "")
        return all(_STANDARD_BODY.search(text) is not None for text in texts)
    return difference.key.kind in PARSED


def _without_names_of_literals(text: str) -> str:
    """A column of a literal has no name; read again, the printed cast of the literal gives it one."""
    if _STANDARD_BODY.search(text) is None:
        return text
    return _NAMED_BY_TYPE.sub(
        lambda match: match[1] if match[3] == _INTERNAL.get(match[2], match[2]) else match[0], text
    )


class Spelling:
    """The folded spelling of printed definitions by one server; each is queried once, many in one message."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, str] = {}

    def learn(self, texts: Iterable[str]) -> None:
        """Queries the spelling of these texts in one message."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        unknown = [text for text in new if "(" in text]
        self._known |= {text: text for text in new if "(" not in text}
        if not unknown:
            return
        bodies = [_without_names_of_literals(text) for text in unknown]
        setting = (
            f"SELECT set_config({literal(TEXTS)}, {literal(json.dumps(bodies, ensure_ascii=False))}, false)"
        )
        rows = read(self._connection, setting, FOLD, f"SELECT current_setting({literal(FOLDED)})")
        self._known |= dict(zip(unknown, json.loads(rows[-1][0][0]), strict=True))

    def flat(self, text: str) -> str:
        """The definition in the common spelling, and with single spaces. For comparing, not for reading."""
        self.learn([text])
        return self._known[text]

    def same(self, left: str | None, right: str | None) -> bool:
        """True if two printed definitions differ at most in spelling."""
        if left is None or right is None or left == right:
            return left == right
        self.learn([left, right])
        return self._known[left] == self._known[right]

    def in_more_than_spelling(self, differences: Iterable[Difference]) -> list[Difference]:
        """The differences that are not only differences of spelling."""
        listed = list(differences)
        pairs = [(difference.left, difference.right) for difference in listed if _is_parsed(difference)]
        self.learn(text for left, right in pairs if left and right for text in (left, right))
        return [
            difference
            for difference in listed
            if not _is_parsed(difference) or not self.same(difference.left, difference.right)
        ]
