"""Brackets and commas of SQL outside strings and quoted names."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[()\[\],]")
_DEPTH = {"(": 1, "[": 1, ")": -1, "]": -1}


def closing(text: str, start: int) -> int:
    """The index after the bracket that closes the bracket before `start`; without it, the text's length."""
    return next((end for end, depth, _ in _signs(text, start) if depth < 0), len(text))


def enclosed(text: str) -> tuple[str, str]:
    """For a text that starts with a bracket: the text inside the brackets, and the text after them."""
    end = closing(text, 1)
    return text[1 : end - 1], text[end:]


def between_commas(text: str) -> list[str]:
    """The parts between the commas outside all brackets."""
    parts, last = [], 0
    for end, depth, sign in _signs(text, 0):
        if sign == "," and depth == 0:
            parts.append(text[last : end - 1].strip())
            last = end
    return [*parts, text[last:].strip()]


def _signs(text: str, start: int) -> Iterator[tuple[int, int, str]]:
    """Each sign as (index after it, depth of brackets after it, sign)."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        depth += _DEPTH.get(token[0], 0)
        yield token.end(), depth, token[0]
