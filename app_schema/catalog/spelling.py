"""The one thing that PostgreSQL prints in two ways: how the members of an AND or OR are grouped.

A parsed ``a AND b AND c`` is one list; what was printed with inner brackets, as by a dump, is parsed into
nested ones, and
prints like that ever after. The brackets of an AND within an AND, or of an OR within an OR, mean nothing.
"""

from __future__ import annotations

import re

_PIECE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[()]|[^\s()'\"]+|\s+")
Group = list["str | Group"]


PARSED = {"column", "constraint", "domain", "index", "materialized_view", "policy", "rule", "trigger", "view"}
"""The kinds that PostgreSQL prints from a parse tree. In the body of a function every space may count."""


def same(left: str | None, right: str | None) -> bool:
    """Whether two printed definitions differ in such brackets at most."""
    if left is None or right is None or left == right:
        return left == right
    return "(" in left and "(" in right and flat(left) == flat(right)


def flat(text: str) -> str:
    """The definition without brackets that only group members of the same AND or OR, and with single
    spaces."""
    stack: list[Group] = [[]]
    for piece in _PIECE.findall(text):
        if piece == "(":
            stack.append([])
        elif piece == ")" and len(stack) > 1:
            group = _spliced(stack.pop())
            stack[-1].append(group)
        elif not piece.isspace():
            stack[-1].append(piece)
    return _joined(_spliced(stack[0]))


def _connective(group: Group) -> str | None:
    words = {one for one in group if one in ("AND", "OR")}
    return str(words.pop()) if len(words) == 1 else None


def _spliced(group: Group) -> Group:
    """Members of the same connective in the place of their brackets."""
    word = _connective(group)
    spliced: Group = []
    for number, one in enumerate(group):
        before = group[number - 1] if number else word
        after = group[number + 1] if number + 1 < len(group) else word
        if (
            isinstance(one, list)
            and word is not None
            and _connective(one) == word
            and before == word == after
        ):
            spliced += one
        else:
            spliced.append(one)
    return spliced


def _joined(group: Group) -> str:
    return " ".join(f"({_joined(one)})" if isinstance(one, list) else one for one in group)
