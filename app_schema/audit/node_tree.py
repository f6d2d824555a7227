"""PostgreSQL's parse tree of an expression, and the functions that the expression calls once a row.

The columns of type ``pg_node_tree`` print as ``{KIND :field value ...}``, with a backslash before every
special character of a name (``outToken`` in PostgreSQL's ``outfuncs.c``). The print by pg_get_expr does not
suffice, because its names are not resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(r"[{}]|(?:\\.|[^\\\s{}()])+", re.DOTALL)
NOTHING = "<>"
"""The text of an empty field."""


@dataclass
class Node:
    """A node with the values of each of its fields, and the nodes below it."""

    kind: str = ""
    values: dict[str, list[str | Node]] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    last: str = ""
    """The field that is being read."""

    def word(self, name: str) -> str:
        """The first value of a field, if the value is a word."""
        first = next(iter(self.values.get(name, ())), "")
        return first if isinstance(first, str) else ""

    def nodes(self, name: str) -> list[Node]:
        """The nodes among the values of a field."""
        return [value for value in self.values.get(name, ()) if isinstance(value, Node)]


def parse(text: str) -> Node:
    """The tree below a root without a kind."""
    open_nodes = [Node()]
    for word in _TOKEN.findall(text):
        if word == "{":
            open_nodes.append(Node())
        elif word == "}":
            node = open_nodes.pop()
            above = open_nodes[-1]
            above.children.append(node)
            above.values.setdefault(above.last, []).append(node)
        elif len(open_nodes) == 1:
            continue
        elif not open_nodes[-1].kind:
            open_nodes[-1].kind = word
        elif word.startswith(":"):
            open_nodes[-1].last = word[1:]
        else:
            open_nodes[-1].values.setdefault(open_nodes[-1].last, []).append(word)
    return open_nodes[0]


def calls_per_row(node: Node, *, once: bool = False) -> Iterator[int]:
    """OIDs of the functions that PostgreSQL calls for each row with the same arguments.

    The planner turns a sub-select that reads no table and no column into an InitPlan, which calls the
    function once a query. A call with a column as argument must run for each row, and is not included.
    """
    if node.kind == "QUERY":
        once = node.word("rtable") == NOTHING and not _looks_outside(node, 0)
    if node.kind == "FUNCEXPR" and not once and not _has_column(node):
        yield int(node.word("funcid"))
    for child in node.children:
        yield from calls_per_row(child, once=once)


def _looks_outside(node: Node, depth: int) -> bool:
    """True for a column of a query outside the query in which the search started."""
    if node.kind == "VAR":
        return int(node.word("varlevelsup")) >= depth
    depth += node.kind == "QUERY"
    return any(_looks_outside(child, depth) for child in node.children)


def _has_column(node: Node) -> bool:
    return node.kind == "VAR" or any(_has_column(child) for child in node.children)
