"""Brackets and commas of SQL, but for those in a string or a quoted name."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[()\[\],]")
_DEPTH = {"(": 1, "[": 1, ")": -1, "]": -1}


def closing(text: str, start: int) -> int:
    """The place behind the bracket that closes the one before `start`; the end of a text without it."""
    return next((end for end, depth, _ in _signs(text, start) if depth < 0), len(text))


def enclosed(text: str) -> tuple[str, str]:
    """The text inside the brackets with which a text begins, and the text behind them."""
    end = closing(text, 1)
    return text[1 : end - 1], text[end:]


def between_commas(text: str) -> list[str]:
    """The parts between the commas that stand in no brackets."""
    parts, last = [], 0
    for end, depth, sign in _signs(text, 0):
        if sign == "," and depth == 0:
            parts.append(text[last : end - 1].strip())
            last = end
    return [*parts, text[last:].strip()]


def _signs(text: str, start: int) -> Iterator[tuple[int, int, str]]:
    """Each sign: the place behind it, how deep in brackets the text is there, and the sign."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        depth += _DEPTH.get(token[0], 0)
        yield token.end(), depth, token[0]
