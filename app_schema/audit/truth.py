"""Expressions of a policy that are true for every row, as far as their form shows.

``true OR ...``, ``1 = 1``, ``id = id``, ``a IS NULL OR a IS NOT NULL``. The server evaluates nothing: a
policy may call a hostile function, and the planner calls immutable ones. ``a = a`` is NULL if ``a`` is; it
counts as true. An expression that reads a table or calls a function unknown here is undecided.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app_schema.audit.expression import (
    EXISTS,
    SCALAR,
    aggregates,
    bare,
    holds_for_lengths,
    is_count,
    is_length,
    is_plain,
    value_of,
    written,
)
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
_FLIPPED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NEGATED = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_ARITHMETIC: Mapping[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_ANY_TEXT = {"", "^", "$", ".*", "^.*", ".*$", "^.*$"}
_FITS_ALL = {"~~": {"%"}, "~~*": {"%"}, "~": _ANY_TEXT, "~*": _ANY_TEXT}
"""Operators of text -> patterns that each text matches."""
_BYTEWISE = {"100", "950", "951"}
"""OIDs of the collations in which different bytes differ; nondeterministic collations of users are
excluded."""
_INT4_TO_BOOL = "2557"
_NOW = {"1299", "2647", "2648", "2649"}
_CURRENT_SCHEMA = "14"
_GREATEST = "0"
_OPPOSITE_TESTS = ({"0", "1"}, {"2", "3"}, {"4", "5"})
_NEVER_NULL = {"ARRAYEXPR", "BOOLEANTEST", "DISTINCTEXPR", "NULLTEST"}
_WORDS = {True: {"t", "true", "y", "yes", "on", "1"}, False: {"f", "false", "n", "no", "off", "0"}}


@dataclass(frozen=True)
class Truth:
    """A judge of expressions, with facts that the trees lack.

    :param operators: OID of an operator -> its name and the OID of its negator.
    :param volatile: OIDs of the functions whose result may differ between calls.
    :param not_null: numbers of the columns that are NOT NULL.
    """

    operators: Mapping[str, tuple[str, str]]
    volatile: frozenset[str]
    not_null: frozenset[str]

    def always(self, node: Node, value: bool = True) -> bool:  # noqa: FBT001, FBT002 - the truth value itself
        """True if the expression provably has the value for every row."""
        judge = getattr(self, f"_{node.kind.lower()}", None)
        return bool(judge is not None and judge(node, value))

    def _const(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        return node.word("constisnull") == "false" and bool(value_of(node)) == value

    def _boolexpr(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        args = node.nodes("args")
        if node.word("boolop") == "not":
            return self.always(args[0], not value)
        results = [self.always(arg, value) for arg in args]
        if (node.word("boolop") == "or") != value:
            return all(results)
        return any(results) or any(
            self._opposite(arg, other) for n, arg in enumerate(args) for other in args[n + 1 :]
        )

    def _opexpr(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        args = [bare(arg) for arg in node.nodes("args")]
        name = self._name(node)
        positive = name.removeprefix("!")
        if positive in _FITS_ALL:
            pattern = value_of(args[1]) if args[1].word("consttype") == "25" else None
            return pattern in _FITS_ALL[positive] and value == (name == positive)
        if name not in _COMPARE or len(args) != 2:  # noqa: PLR2004 - two sides
            return False
        if self._same(*args):
            return name in (_REFLEXIVE if value else _IRREFLEXIVE)
        left, right = map(self._constant, args)
        if isinstance(left, str) and isinstance(right, str):
            comparable = left == right or node.word("inputcollid") in _BYTEWISE
            return comparable and name in {"=", "<>"} and _COMPARE[name](left, right) == value
        if isinstance(left, int) and isinstance(right, int):
            return _COMPARE[name](left, right) == value
        name = name if value else _NEGATED[name]
        if isinstance(left, int):
            name, args, right = _FLIPPED[name], args[::-1], left
        return isinstance(right, int) and is_length(args[0]) and holds_for_lengths(name, right)

    def _name(self, node: Node) -> str:
        return self.operators.get(node.word("opno"), ("", ""))[0]

    def _constant(self, node: Node) -> int | str | None:
        """The value of a constant or of arithmetic on integers; None: unknown."""
        if node.kind != "OPEXPR" or self._name(node) not in _ARITHMETIC:
            return value_of(node)
        sides = [self._constant(bare(arg)) for arg in node.nodes("args")]
        numbers = [side for side in sides if isinstance(side, int)]
        return _ARITHMETIC[self._name(node)](*numbers) if len(numbers) == 2 else None  # noqa: PLR2004

    def _distinctexpr(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        return not value and self._same(*map(bare, node.nodes("args")))

    def _scalararrayopexpr(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        element, array = map(bare, node.nodes("args"))
        if array.kind != "ARRAYEXPR" or array.word("multidims") != "false":
            return False
        equal = [self._same(element, bare(item)) for item in array.nodes("elements")]
        any_ = node.word("useOr") == "true"
        if value:
            return self._name(node) == "=" and (any(equal) if any_ else all(equal))
        return self._name(node) == "<>" and not any_ and any(equal)

    def _nulltest(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        (arg,) = map(bare, node.nodes("arg"))
        is_not_null = node.word("nulltesttype") == "1"
        if node.word("argisrow") == "true":  # a row is NULL, or not, if each of its columns is
            return False
        if arg.kind == "CONST":
            return (arg.word("constisnull") == "false") == (is_not_null == value)
        return self._never_null(arg) and is_not_null == value

    def _never_null(self, node: Node) -> bool:
        """True if the expression is provably never NULL."""
        node = bare(node)
        args = node.nodes("args")
        match node.kind:
            case "CONST":
                is_never_null = node.word("constisnull") == "false"
            case "VAR":
                is_never_null = node.word("varlevelsup") == "0" and node.word("varattno") in self.not_null
            case "SQLVALUEFUNCTION":
                is_never_null = node.word("op") != _CURRENT_SCHEMA
            case "FUNCEXPR":
                is_never_null = node.word("funcid") in _NOW or (
                    is_length(node) and all(map(self._never_null, args))
                )
            case "OPEXPR":
                is_strict = self._name(node) in {*_COMPARE, *_ARITHMETIC, *_FITS_ALL}
                is_never_null = is_strict and all(map(self._never_null, args))
            case "BOOLEXPR":
                is_never_null = all(map(self._never_null, args))
            case "COALESCEEXPR" | "MINMAXEXPR":
                is_never_null = any(map(self._never_null, args))
            case "SUBLINK":
                is_never_null = node.word("subLinkType") == EXISTS or is_count(node)
            case kind:
                is_never_null = kind in _NEVER_NULL
        return is_never_null

    def _booleantest(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        (arg,) = node.nodes("arg")
        test = node.word("booltesttype")  # IS [NOT] TRUE, IS [NOT] FALSE, IS [NOT] UNKNOWN
        if test not in {"0", "1", "2", "3"}:
            return self._never_null(arg) and (test == "5") == value
        return self.always(arg, (test in {"0", "3"}) == value)

    def _coalesceexpr(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        args = [arg for arg in node.nodes("args") if arg.word("constisnull") != "true"]
        for arg in args:
            if not self.always(arg, value):
                return False
            if self._never_null(arg):
                return True
        return bool(args)

    def _minmaxexpr(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        results = [self.always(arg, value) for arg in node.nodes("args")]  # COALESCE skips NULLs
        return any(results) if (node.word("op") == _GREATEST) == value else all(results)

    def _caseexpr(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        for when in node.nodes("args"):
            (condition,), (result,) = when.nodes("expr"), when.nodes("result")
            if self.always(condition, value=False):
                continue
            if not self.always(result, value):
                return False
            if self.always(condition) and self._never_null(condition):
                return True
        return any(self.always(result, value) for result in node.nodes("defresult"))

    def _relabeltype(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        return self.always(node.nodes("arg")[0], value)

    _collateexpr = _relabeltype

    def _coerceviaio(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        text = value_of(bare(node.nodes("arg")[0]))
        return isinstance(text, str) and text.strip().lower() in _WORDS[value]

    def _funcexpr(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        if node.word("funcid") != _INT4_TO_BOOL:
            return False
        number = value_of(bare(node.nodes("args")[0]))
        return isinstance(number, int) and bool(number) == value

    def _sublink(self, node: Node, value: bool) -> bool:  # noqa: FBT001
        (query,) = node.nodes("subselect")
        exists = node.word("subLinkType") == EXISTS
        if aggregates(query):  # exactly one row, regardless of the rows read
            return exists and value
        (tree,) = query.nodes("jointree")
        quals = tree.nodes("quals")
        if query.word("rtable") != NOTHING or not is_plain(query):
            return False
        if exists:
            return (
                all(map(self.always, quals))
                if value
                else any(self.always(qual, value=False) for qual in quals)
            )
        if node.word("subLinkType") != SCALAR or not all(map(self.always, quals)):
            return False
        return self.always(query.nodes("targetList")[0].nodes("expr")[0], value)

    def _same(self, left: Node, right: Node) -> bool:
        """True if both have the same text and neither is volatile."""
        return written(left) == written(right) and self._is_stable(left)

    def _is_stable(self, node: Node) -> bool:
        called = {node.word("funcid"), node.word("opfuncid")}
        if called & self.volatile or node.word("constisnull") == "true":
            return False
        return all(self._is_stable(child) for child in node.children)

    def _opposite(self, left: Node, right: Node) -> bool:
        """True if one expression is the negation of the other."""
        for positive, negative in ((left, right), (right, left)):
            if negative.word("boolop") == "not" and self._same(positive, negative.nodes("args")[0]):
                return True
        if left.kind != right.kind:
            return False
        if left.kind == "NULLTEST":
            tests = {left.word("nulltesttype"), right.word("nulltesttype")}
            return len(tests) == 2 and self._same(left.nodes("arg")[0], right.nodes("arg")[0])  # noqa: PLR2004
        if left.kind == "BOOLEANTEST":  # IS TRUE and IS NOT TRUE, and so on, are adjacent
            tests = {left.word("booltesttype"), right.word("booltesttype")}
            return tests in _OPPOSITE_TESTS and self._same(left.nodes("arg")[0], right.nodes("arg")[0])
        if left.kind != "OPEXPR" or self.operators.get(left.word("opno"), ("", ""))[1] != right.word("opno"):
            return False
        pairs = zip(left.nodes("args"), right.nodes("args"), strict=True)
        return all(self._same(left_arg, right_arg) for left_arg, right_arg in pairs)
