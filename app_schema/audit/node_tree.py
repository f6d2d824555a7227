"""Which functions an expression calls once a row, read from PostgreSQL's own parse tree.

The columns of type ``pg_node_tree`` print as ``{KIND :field value ...}``, with a backslash before every
special character of a name (``outToken`` in PostgreSQL's ``outfuncs.c``). The printed expression
would not do: it says nothing about what a name refers to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(r"[{}]|(?:\\.|[^\\\s{}()])+", re.DOTALL)
_NOTHING = "<>"


@dataclass
class Node:
    """A node with the first value of each of its fields, and the nodes below it."""

    kind: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)


def parse(text: str) -> Node:
    """The tree below a root without a kind."""
    open_nodes = [Node()]
    name = ""
    for word in _TOKEN.findall(text):
        if word == "{":
            open_nodes.append(Node())
        elif word == "}":
            node = open_nodes.pop()
            open_nodes[-1].children.append(node)
        elif len(open_nodes) == 1:
            continue
        elif not open_nodes[-1].kind:
            open_nodes[-1].kind = word
        elif word.startswith(":"):
            name = word[1:]
        else:
            open_nodes[-1].fields.setdefault(name, word)
    return open_nodes[0]


def calls_per_row(node: Node, *, once: bool = False) -> Iterator[int]:
    """OIDs of the functions that are called again for each row with the same arguments.

    A call is made once a query where it stands in a sub-select that reads no table and nothing of the row:
    the planner makes an InitPlan of that. A call that takes a column has to be made for each row and is not
    given.
    """
    if node.kind == "QUERY":
        once = node.fields.get("rtable") == _NOTHING and not _looks_outside(node, 0)
    if node.kind == "FUNCEXPR" and not once and not _has_column(node):
        yield int(node.fields["funcid"])
    for child in node.children:
        yield from calls_per_row(child, once=once)


def _looks_outside(node: Node, depth: int) -> bool:
    """Whether a column is that of a query further out than the one the search began with."""
    if node.kind == "VAR":
        return int(node.fields["varlevelsup"]) >= depth
    depth += node.kind == "QUERY"
    return any(_looks_outside(child, depth) for child in node.children)


def _has_column(node: Node) -> bool:
    return node.kind == "VAR" or any(_has_column(child) for child in node.children)
