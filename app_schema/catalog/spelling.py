"""The two things that PostgreSQL prints in another way once it has read its own print, as from a dump.

How the members of an AND or OR are grouped: a parsed ``a AND b AND c`` is one list; what was printed with
inner brackets is parsed into nested ones, and prints like that ever after. The brackets of an AND within an
AND, or of an OR within an OR, mean nothing.

Where the elements of an array are cast: ``name IN ('a', 'b')`` of a varchar prints as
``(ARRAY['a'::character varying, 'b'::character varying])::text[]``, and that, read again, as
``ARRAY[('a'::character varying)::text, ('b'::character varying)::text]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from app_schema.catalog.snapshot import Difference

PARSED = {"column", "constraint", "domain", "index", "materialized_view", "policy", "rule", "trigger", "view"}
"""The kinds that PostgreSQL prints from a parse tree. In the body of a function every space may count."""
_PIECE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|::|[()\[\],]|[^\s()\[\],'\":]+|:|\s+")
_CLOSED_BY = {")": "(", "]": "["}


@dataclass
class _Group:
    """What stands between two brackets: words, and groups."""

    bracket: str
    items: list[str | _Group] = field(default_factory=list)

    def __str__(self) -> str:
        text = " ".join(str(one) for one in self.items)
        return {"(": f"({text})", "[": f"[{text}]"}.get(self.bracket, text)

    @property
    def connective(self) -> str | None:
        """AND or OR, where it is the only one of the two."""
        words = {one for one in self.items if one in ("AND", "OR")}
        return str(words.pop()) if len(words) == 1 else None


def in_more_than_spelling(differences: Iterable[Difference]) -> list[Difference]:
    """The differences that are one whatever the spelling."""
    return [one for one in differences if one.key.kind not in PARSED or not same(one.left, one.right)]


def same(left: str | None, right: str | None) -> bool:
    """Whether two printed definitions differ in spelling at most."""
    if left is None or right is None or left == right:
        return left == right
    return "(" in left and "(" in right and flat(left) == flat(right)


def flat(text: str) -> str:
    """The definition in the spelling that both prints have in common, and with single spaces."""
    stack = [_Group("")]
    for piece in _PIECE.findall(text):
        if piece in ("(", "["):
            stack.append(_Group(piece))
        elif piece in _CLOSED_BY and stack[-1].bracket == _CLOSED_BY[piece]:
            done = _finished(stack.pop())
            stack[-1].items.append(done)
        elif not piece.isspace():
            stack[-1].items.append(piece)
    return " ".join(str(_finished(group)) for group in stack)


def _finished(group: _Group) -> _Group:
    return _Group(group.bracket, _cast_within(_spliced(group)))


def _spliced(group: _Group) -> list[str | _Group]:
    """Members of the same connective in the place of their brackets."""
    word, items = group.connective, group.items
    spliced: list[str | _Group] = []
    for number, one in enumerate(items):
        before = items[number - 1] if number else word
        after = items[number + 1] if number + 1 < len(items) else word
        inner = isinstance(one, _Group) and word is not None and one.connective == word and one.bracket == "("
        if isinstance(one, _Group) and inner and before == word == after:
            spliced += one.items
        else:
            spliced.append(one)
    return spliced


def _cast_within(items: list[str | _Group]) -> list[str | _Group]:
    """``(ARRAY[a, b])::t[]`` as ``ARRAY[(a)::t, (b)::t]``."""
    for number, one in enumerate(items[:-1]):
        if not isinstance(one, _Group) or one.items[:1] != ["ARRAY"] or items[number + 1] != "::":
            continue
        end = next((n for n in range(number + 2, len(items)) if items[n] == _Group("[")), None)
        elements = one.items[1]
        if end is None or len(one.items) != 2 or not isinstance(elements, _Group):  # noqa: PLR2004 - ARRAY and [...]
            continue
        cast = items[number + 1 : end]
        return [*items[:number], "ARRAY", _each_cast(elements, cast), *_cast_within(items[end + 1 :])]
    return items


def _each_cast(elements: _Group, cast: list[str | _Group]) -> _Group:
    made: list[str | _Group] = []
    for is_comma, members in groupby(elements.items, key=lambda one: one == ","):
        made += [","] if is_comma else [_Group("(", list(members)), *cast]
    return _Group("[", made)
