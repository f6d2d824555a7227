"""The words and signs of a text of SQL, as the lexer of PostgreSQL finds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# PostgreSQL joins string literals across a line break, and reads all of them like the first one
_JOIN = r"'(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\f\v\n\r]|--[^\n\r]*[\n\r])*'"
# Names may have every character beyond ASCII. The sets leave out the others of ASCII, because Python needs
# 0.02 s to compile a set that lists all characters of Unicode.
_FIRST = r"[^\x00-@\[-^`{-\x7f]"
_FURTHER = r"[^\x00-/:-@\[-^`{-\x7f]"
_TOKEN = re.compile(
    rf"""
    (?P<skipped>[\ \t\n\r\f\v]+|--[^\n\r]*)
  | (?P<comment>/\*)
  | [eE]'(?:[^'\\]|''|\\.|{_JOIN})*'
  | '(?:[^']|'')*'
  | "(?:[^"]|"")*"
  | (?P<dollar>\$(?:{_FIRST}{_FURTHER}*)?\$)
  | {_FIRST}(?:{_FURTHER}|\$)*
  | .
""",
    re.VERBOSE | re.DOTALL,
)
_NESTED = re.compile(r"/\*|\*/")


_DEPTH = {"(": 1, "[": 1, ")": -1, "]": -1}


class Token(NamedTuple):
    """A word, a literal, a quoted name, or any other character; `end` is the index after it, `depth` the
    number of open brackets there."""

    text: str
    start: int
    end: int
    depth: int


def tokens(text: str, start: int = 0) -> Iterator[Token]:
    """The tokens from an index on, without blanks and comments. A literal is one token, in dollar quotes
    too."""
    index, depth = start, 0
    while match := _TOKEN.match(text, index):
        begin, index = index, match.end()
        if match["comment"]:
            index = _after_comment(text, index)
        elif match["dollar"]:
            end = text.find(match["dollar"], index)
            index = len(text) if end < 0 else end + len(match["dollar"])
        if not (match["skipped"] or match["comment"]):
            depth += _DEPTH.get(text[begin:index], 0)
            yield Token(text[begin:index], begin, index, depth)


def statements(text: str) -> Iterator[list[Token]]:
    """The tokens of each statement, without the semicolon; the statements of BEGIN ATOMIC ... END are part of
    CREATE FUNCTION."""
    statement: list[Token] = []
    body, before = 0, ""
    for token in tokens(text):
        word = token.text.upper()
        if token.depth == 0:
            body += (word == "ATOMIC" and before == "BEGIN") or (body > 0 and word == "CASE")
            body -= body > 0 and word == "END"
        before = word
        if token.text == ";" and token.depth == 0 and body == 0:
            yield statement
            statement = []
        else:
            statement.append(token)
    yield statement


def _after_comment(text: str, index: int) -> int:
    """The index after a comment, in which comments may be nested."""
    depth = 1
    while depth:
        sign = _NESTED.search(text, index)
        if sign is None:
            return len(text)
        index = sign.end()
        depth += 1 if sign[0] == "/*" else -1
    return index
