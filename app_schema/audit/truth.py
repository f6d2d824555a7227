"""Expressions of a policy that are true for every row, recognised by their form, as far as that can be told.

``true OR ...``, ``1 = 1``, ``id = id``, ``a IS NULL OR a IS NOT NULL``. Nothing is evaluated by the server: a
policy may call functions that whoever wrote it chose. ``a = a`` is NULL where ``a`` is; it counts as true.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app_schema.audit.node_tree import NOTHING, Node

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_REFLEXIVE, _IRREFLEXIVE = {"=", "<=", ">="}, {"<>", "<", ">"}
_INTEGERS = {"16", "20", "21", "23", "26"}
"""OIDs of bool, bigint, smallint, integer and oid: by value, and ordered as numbers."""
_INT4_TO_BOOL = "2557"
_EXISTS, _SCALAR = "0", "4"
_WORDS = {True: {"t", "true", "y", "yes", "on", "1"}, False: {"f", "false", "n", "no", "off", "0"}}
_HEADER = 4
"""Bytes before the text of a constant."""


@dataclass(frozen=True)
class Truth:
    """A judge of expressions, with the facts that their trees do not hold.

    :param operators: OID of an operator -> its name and the OID of its negator.
    :param volatile: OIDs of the functions whose result may be another each time.
    :param not_null: numbers of the columns that are NOT NULL.
    """

    operators: Mapping[str, tuple[str, str]]
    volatile: frozenset[str]
    not_null: frozenset[str]

    def always(self, node: Node, value: bool = True) -> bool:  # noqa: FBT001, FBT002 - the truth value itself
        """True if the expression can be told to have the value for every row."""
        judge = getattr(self, f"_{node.kind.lower()}", None)
        return bool(judge is not None and judge(node, value))

    def _const(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        return node.word("constisnull") == "false" and bool(_bytes(node)[:1] != [0]) == value

    def _boolexpr(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        args = node.nodes("args")
        if node.word("boolop") == "not":
            return self.always(args[0], not value)
        each = [self.always(one, value) for one in args]
        if (node.word("boolop") == "or") != value:
            return all(each)
        return any(each) or any(
            self._opposite(one, other) for n, one in enumerate(args) for other in args[n + 1 :]
        )

    def _opexpr(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        args = [_bare(one) for one in node.nodes("args")]
        name = self.operators.get(node.word("opno"), ("", ""))[0]
        if len(args) != 2 or name not in _COMPARE:  # noqa: PLR2004 - two sides
            return False
        if self._same(*args):
            return name in (_REFLEXIVE if value else _IRREFLEXIVE)
        left, right = map(_value, args)
        if left is None or right is None or type(left) is not type(right):
            return False
        if not isinstance(left, int) and name not in {"=", "<>"}:
            return False  # a collation decides
        return _COMPARE[name](left, right) == value

    def _distinctexpr(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        return not value and self._same(*map(_bare, node.nodes("args")))

    def _scalararrayopexpr(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        if not value or node.word("useOr") != "true":
            return False
        if self.operators.get(node.word("opno"), ("", ""))[0] != "=":
            return False
        one, array = map(_bare, node.nodes("args"))
        return any(self._same(one, _bare(other)) for other in array.nodes("elements"))

    def _nulltest(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        (arg,) = node.nodes("arg")
        arg = _bare(arg)
        is_not_null = node.word("nulltesttype") == "1"
        if arg.kind == "CONST":
            return (arg.word("constisnull") == "false") == (is_not_null == value)
        own = arg.kind == "VAR" and arg.word("varlevelsup") == "0"
        return own and arg.word("varattno") in self.not_null and is_not_null == value

    def _booleantest(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        (arg,) = node.nodes("arg")
        asked = node.word("booltesttype")  # IS TRUE, IS NOT TRUE, IS FALSE, IS NOT FALSE
        if asked not in {"0", "1", "2", "3"}:
            return False
        return self.always(arg, (asked in {"0", "3"}) == value)

    def _coalesceexpr(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        args = [one for one in node.nodes("args") if one.word("constisnull") != "true"]
        return bool(args) and self.always(args[0], value)

    def _caseexpr(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        for when in node.nodes("args"):
            (condition,), (result,) = when.nodes("expr"), when.nodes("result")
            if self.always(condition, value=False):
                continue
            if not self.always(result, value):
                return False
            if self.always(condition):
                return True
        return any(self.always(one, value) for one in node.nodes("defresult"))

    def _relabeltype(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        return self.always(node.nodes("arg")[0], value)

    _collateexpr = _relabeltype

    def _coerceviaio(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        text = _value(_bare(node.nodes("arg")[0]))
        return isinstance(text, str) and text.strip().lower() in _WORDS[value]

    def _funcexpr(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        if node.word("funcid") != _INT4_TO_BOOL:
            return False
        number = _value(_bare(node.nodes("args")[0]))
        return isinstance(number, int) and bool(number) == value

    def _sublink(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        (query,) = node.nodes("subselect")
        (tree,) = query.nodes("jointree")
        quals = tree.nodes("quals")
        plain = query.word("rtable") == query.word("havingQual") == query.word("limitCount") == NOTHING
        if not plain or query.word("limitOffset") != NOTHING or not all(map(self.always, quals)):
            return False
        if node.word("subLinkType") == _EXISTS:
            return value
        if node.word("subLinkType") != _SCALAR:
            return False
        return self.always(query.nodes("targetList")[0].nodes("expr")[0], value)

    def _same(self, one: Node, other: Node) -> bool:
        """True if both are written alike and have one value."""
        return _written(one) == _written(other) and self._settled(one)

    def _settled(self, node: Node) -> bool:
        if node.word("funcid") in self.volatile or node.word("constisnull") == "true":
            return False
        return all(self._settled(child) for child in node.children)

    def _opposite(self, one: Node, other: Node) -> bool:
        """True if one of the two holds where the other does not."""
        for positive, negative in ((one, other), (other, one)):
            if negative.word("boolop") == "not" and self._same(positive, negative.nodes("args")[0]):
                return True
        if one.kind != other.kind:
            return False
        if one.kind == "NULLTEST":
            tests = {one.word("nulltesttype"), other.word("nulltesttype")}
            return len(tests) == 2 and self._same(one.nodes("arg")[0], other.nodes("arg")[0])  # noqa: PLR2004
        if one.kind != "OPEXPR" or self.operators.get(one.word("opno"), ("", ""))[1] != other.word("opno"):
            return False
        pairs = zip(one.nodes("args"), other.nodes("args"), strict=True)
        return all(self._same(mine, theirs) for mine, theirs in pairs)


def _bare(node: Node) -> Node:
    """Without what changes the type or collation alone."""
    while node.kind in {"RELABELTYPE", "COLLATEEXPR"}:
        (node,) = node.nodes("arg")
    return node


def _bytes(node: Node) -> list[int]:
    words = [one for one in node.values.get("constvalue", ()) if isinstance(one, str)]
    return [int(one) & 255 for one in words[2:-1]] if "[" in words else []


def _value(node: Node) -> int | str | None:
    """The value of a constant; the bytes of one of another type, as a text."""
    if node.kind != "CONST" or node.word("constisnull") != "false":
        return None
    found = bytes(_bytes(node))
    if node.word("consttype") in _INTEGERS:
        length = int(node.word("constlen"))
        return int.from_bytes(found[:length], "little", signed=True)
    return found[_HEADER:].decode("utf-8", "replace") if node.word("constlen") == "-1" else found.hex()


def _written(node: Node) -> str:
    """The tree as a text, without the places in the source."""
    parts = [
        f"{name}={','.join(one if isinstance(one, str) else _written(one) for one in values)}"
        for name, values in node.values.items()
        if name not in {"location", "list_start", "list_end"}
    ]
    return f"{{{node.kind} {' '.join(parts)}}}"
