"""Constants, lengths and sub-selects in a parse tree."""

from __future__ import annotations

from app_schema.audit.node_tree import NOTHING, Node

EXISTS, SCALAR = "0", "4"
_OID = "26"
_INTEGERS = {"16", "20", "21", "23", _OID}
"""OIDs of bool, bigint, smallint, integer and oid: by value, and ordered as numbers."""
_TEXTS = {"25", "1043"}
"""OIDs of text and varchar."""
_HEADER = 4
"""Bytes before the text of a constant."""
_LENGTHS = {
    *("720", "1317", "1318", "1367", "1369", "1372", "1374", "1375", "1381", "1681", "1682", "1810", "1811"),
    *("1812", "2010", "3179", "3207", "3711", "3956"),
}
"""OIDs of PostgreSQL's functions that return a length, which is never negative."""
_COUNTS = {"2147", "2803"}


def is_length(node: Node) -> bool:
    """True if the number is a length or a count: never negative."""
    return node.word("funcid") in _LENGTHS or is_count(node)


def holds_for_lengths(name: str, number: int) -> bool:
    """True if the comparison holds between every number >= 0 and this number."""
    return (name == ">=" and number <= 0) or (name in {">", "<>"} and number < 0)


def aggregates(query: Node) -> bool:
    """True if a sub-select has exactly one row: an aggregate without GROUP BY."""
    grouped = [query.word(clause) for clause in ("groupClause", "groupingSets", "havingQual")]
    return query.word("hasAggs") == "true" and set(grouped) == {NOTHING} and is_plain(query)


def is_plain(query: Node) -> bool:
    """True if only FROM and WHERE determine the number of rows of a sub-select."""
    cut = [query.word(clause) for clause in ("limitCount", "limitOffset", "havingQual", "setOperations")]
    return set(cut) == {NOTHING} and query.word("hasTargetSRFs") == "false"


def is_count(node: Node) -> bool:
    """True if a sub-select is a count."""
    if node.kind != "SUBLINK" or node.word("subLinkType") != SCALAR:
        return False
    (query,) = node.nodes("subselect")
    (shown,) = query.nodes("targetList")[0].nodes("expr")
    return aggregates(query) and shown.word("aggfnoid") in _COUNTS and shown.word("agglevelsup") == "0"


def bare(node: Node) -> Node:
    """The expression without casts, collations and a SELECT around a single value."""
    while True:
        if node.kind in {"RELABELTYPE", "COLLATEEXPR"}:
            (node,) = node.nodes("arg")
        elif node.kind == "SUBLINK" and node.word("subLinkType") == SCALAR:
            (query,) = node.nodes("subselect")
            (tree,), first = query.nodes("jointree"), query.nodes("targetList")[0].nodes("expr")[0]
            plain = query.word("rtable") == tree.word("quals") == NOTHING and first.kind == "CONST"
            if tree.nodes("quals") or not plain or not is_plain(query):
                return node
            node = first
        else:
            return node


def _bytes(node: Node) -> list[int]:
    words = [word for word in node.values.get("constvalue", ()) if isinstance(word, str)]
    return [int(byte) & 255 for byte in words[2:-1]] if "[" in words else []


def value_of(node: Node) -> int | str | None:
    """The value of a constant of a type that is compared by value or by its bytes."""
    if node.kind != "CONST" or node.word("constisnull") != "false":
        return None
    raw, type_ = bytes(_bytes(node)), node.word("consttype")
    if type_ in _INTEGERS:
        return int.from_bytes(raw[: int(node.word("constlen"))], "little", signed=type_ != _OID)
    return raw[_HEADER:].decode("utf-8", "replace") if type_ in _TEXTS else None


def written(node: Node) -> str:
    """The tree as a text, without the places in the source."""
    parts = [
        f"{name}={','.join(value if isinstance(value, str) else written(value) for value in values)}"
        for name, values in node.values.items()
        if name not in {"location", "list_start", "list_end"}
    ]
    return f"{{{node.kind} {' '.join(parts)}}}"
