"""Definitions in a spelling that is equal for equal prints: :mod:`app_schema.ddl.spelling`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from app_schema.catalog.objects import Difference
from app_schema.catalog.reading import read
from app_schema.ddl.spelling import FOLD, FOLDED, TEXTS
from app_schema.ddl.sql import literal

if TYPE_CHECKING:
    from sqlalchemy import Connection

PARSED = {"column", "constraint", "domain", "index", "materialized_view", "policy", "rule", "trigger", "view"}
"""The kinds that PostgreSQL prints from a parse tree. In the body of a function every space may count."""


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
        setting = (
            f"SELECT set_config({literal(TEXTS)}, {literal(json.dumps(unknown, ensure_ascii=False))}, false)"
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
        pairs = [
            (difference.left, difference.right) for difference in listed if difference.key.kind in PARSED
        ]
        self.learn(text for left, right in pairs if left and right for text in (left, right))
        return [
            difference
            for difference in listed
            if difference.key.kind not in PARSED or not self.same(difference.left, difference.right)
        ]
