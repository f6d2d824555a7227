"""One statement a text.

EXECUTE of PL/pgSQL and the simple protocol execute every statement of a text. An expression or a type of an
operation is part of one statement, so whatever follows the end of this statement is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app_schema.ddl.sql import NAME
from app_schema.errors import ModelError

# PostgreSQL joins string literals across a line break, and reads all of them like the first one
_JOIN = r"'(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\f\v\n\r]|--[^\n\r]*[\n\r])*'"
_FIRST = r"A-Za-z_\x80-\U0010ffff"
"""The characters that a name begins with: for PostgreSQL every one beyond ASCII."""
_SIGN = re.compile(
    rf"""
    --[^\n\r]*
  | (?P<comment>/\*)
  | [eE]'(?:[^'\\]|''|\\.|{_JOIN})*'
  | '(?:[^']|'')*'
  | "(?:[^"]|"")*"
  | (?P<dollar>\$(?:[{_FIRST}][{_FIRST}0-9]*)?\$)
  | [{_FIRST}][{_FIRST}0-9$]*
  | [()\[\];,]
""",
    re.VERBOSE | re.DOTALL,
)
_NESTED = re.compile(r"/\*|\*/")
_ACTION = re.compile(rf"\s*ALTER\s+TABLE\s+(ONLY\s+)?{NAME}(\.{NAME})?\s+(ADD|ALTER)\b", re.IGNORECASE)
"""An ALTER TABLE whose action has an expression, a type or a definition."""


def single(statement: str) -> str:
    """The statement; a semicolon at its end is allowed.

    :raises ModelError: if the text has several statements, or several actions of one ALTER TABLE.
    """
    acts = _ACTION.match(statement) is not None
    if ";" not in statement and not (acts and "," in statement):
        return statement
    depth, body, ended, before = 0, 0, False, ""
    for sign in _signs(statement):
        if ended and sign != ";":
            raise ModelError(
                "an argument of SQL text ends its statement, and another one follows: write "
                f"op.execute(...) for the other one\nin: {statement[:2000]}"
            )
        if sign == "," and acts and depth == 0:
            raise ModelError(
                "an argument of SQL text ends its action of ALTER TABLE, and another one follows: write an "
                f"operation for the other one\nin: {statement[:2000]}"
            )
        depth += (sign in "([") - (sign in ")]")
        word = sign.upper()
        if depth == 0:  # the statements of BEGIN ATOMIC ... END are part of CREATE FUNCTION
            body += (word == "ATOMIC" and before == "BEGIN") or (body > 0 and word == "CASE")
            body -= body > 0 and word == "END"
            ended = ended or (sign == ";" and body == 0)
        before = word
    return statement


def _signs(text: str) -> Iterator[str]:
    """The words, brackets, commas and semicolons, outside literals, quoted names and comments; any other
    character as it is, blanks left out."""
    at = 0
    while at < len(text):
        sign = _SIGN.match(text, at)
        if sign is None:
            at += 1
            if not text[at - 1].isspace():
                yield text[at - 1]
            continue
        at = sign.end()
        if sign["comment"]:
            at = _after_comment(text, at)
        elif sign["dollar"]:
            end = text.find(sign["dollar"], at)
            at = len(text) if end < 0 else end + len(sign["dollar"])
            yield "''"
        elif not sign[0].startswith("--"):
            yield sign[0]


def _after_comment(text: str, at: int) -> int:
    """The index after a comment, in which comments may be nested."""
    depth = 1
    while depth:
        sign = _NESTED.search(text, at)
        if sign is None:
            return len(text)
        at = sign.end()
        depth += 1 if sign[0] == "/*" else -1
    return at
