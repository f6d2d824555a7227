"""Brackets and commas of SQL outside literals and quoted names."""

from __future__ import annotations

from app_schema.ddl.lexer import tokens


def closing(text: str, start: int) -> int:
    """The index after the bracket that closes the bracket before `start`; without it, the text's length."""
    return next((token.end for token in tokens(text, start) if token.depth < 0), len(text))


def enclosed(text: str) -> tuple[str, str]:
    """For a text that starts with a bracket: the text inside the brackets, and the text after them."""
    end = closing(text, 1)
    return text[1 : end - 1], text[end:]


def between_commas(text: str) -> list[str]:
    """The parts between the commas outside all brackets."""
    parts, last = [], 0
    for token in tokens(text):
        if token.text == "," and token.depth == 0:
            parts.append(text[last : token.start].strip())
            last = token.end
    return [*parts, text[last:].strip()]
