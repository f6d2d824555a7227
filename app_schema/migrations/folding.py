"""A script of a few lines a statement: what its blocks have in common is written once, in a prologue.

The blocks of one kind of statement differ in names, literals and statements only. The prologue creates, for
each text that several blocks share, a function in ``pg_temp`` that returns the text around its arguments; a
block becomes a call with what differs. The functions return the block character for character, and EXECUTE
runs it, so a folded script does what the blocks do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app_schema.ddl.sql import dollar

_RUN = "pg_temp.run"
_CALL = 40
"""The characters of a call besides its arguments, roughly."""
_END = ";\n\n"
_MANY = 8
"""Blocks that differ in literals only, and so get a function without others inside."""
_BLOCK = "DO $"
_VARIABLE = re.compile(
    r"""ARRAY\[(?:E?'(?:[^']|'')*'(?:,\ )?)*\]      # a list of names differs as a whole
    | E?'(?:[^']|'')*'
    | (?P<tag>\$\w+\$)(?P<body>.*?)(?P=tag)""",
    re.DOTALL | re.VERBOSE,
)
_CODE = re.compile(r"\s*(DO |SELECT |DECLARE\b|BEGIN\b)")
"""The start of a body in dollar quotes that has parts of its own."""


class _Literal(str):
    """A literal or a list of literals: it may differ."""

    __slots__ = ()


class _Statement(_Literal):
    """A body in dollar quotes without parts of its own, as the statement that a block executes."""

    __slots__ = ()


@dataclass
class _Text:
    """A block or a body in dollar quotes: fixed strings, literals, and bodies within."""

    parts: list[str | _Text]

    @cached_property
    def key(self) -> Hashable:
        """Equal for texts that one function can return."""
        return tuple(part if type(part) is str else type(part) for part in self.parts)

    @property
    def whole(self) -> str:
        return "".join(part.whole if isinstance(part, _Text) else part for part in self.parts)

    def walk(self) -> Iterator[_Text]:
        """This text and those within."""
        yield self
        for part in self.parts:
            if isinstance(part, _Text):
                yield from part.walk()


def _parts(text: str, *, flat: bool) -> list[str | _Text]:
    """The parts of a text; `flat`: those of the bodies too."""
    parts: list[str | _Text] = []
    end = 0
    for match in _VARIABLE.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
        body, tag = match["body"], match["tag"]
        if body is None:
            parts.append(_Literal(match[0]))
        elif not _CODE.match(body):
            parts += [tag, _Statement(body), tag]
        elif flat:
            parts += [tag, *_parts(body, flat=True), tag]
        else:
            parts += [tag, _Text(_parts(body, flat=False)), tag]
    parts.append(text[end:])
    return parts


class _Texts(list[str]):
    """An output buffer that keeps what is written apart."""

    def write(self, text: str) -> None:
        self.append(text)

    def flush(self) -> None:
        """Alembic calls it after each statement."""


@contextmanager
def folding(impl: Any) -> Iterator[None]:
    """Folds the script that an impl writes in the block; nothing is written if the block fails."""
    output, texts = impl.output_buffer, _Texts()
    impl.output_buffer = texts
    try:
        yield
    finally:
        impl.output_buffer = output
    output.write("".join(folded(texts)))
    output.flush()


def folded(script: Sequence[str]) -> list[str]:
    """A script behind its prologue, as long as it is where its blocks share nothing.

    :param script: the statements, each with its terminator.
    """
    blocks = sorted({text.removesuffix(_END) for text in script if text.startswith(_BLOCK)})
    shared = _Shared(blocks)
    calls = {f"{block}{_END}": f"CALL {_RUN}({call}){_END}" for block, call in shared.calls.items()}
    run = f"CREATE OR REPLACE PROCEDURE {_RUN}(block text) LANGUAGE plpgsql AS 'BEGIN EXECUTE block; END'"
    prologue = [f"{function}{_END}" for function in (run, *shared.functions)] if calls else []
    return [*prologue, *(calls.get(text, text) for text in script)]


class _Shared:
    """The functions for what blocks share, and the expression of each block that calls one."""

    def __init__(self, blocks: Sequence[str]) -> None:
        self.functions: list[str] = []
        self._members: dict[Hashable, list[_Text]] = defaultdict(list)
        self._arguments: dict[int, str] = {}
        self._names: dict[Hashable, str] = {}
        texts = {block: _Text(_parts(block, flat=True)) for block in blocks}
        for text in texts.values():
            self._members[text.key].append(text)
        for block, text in texts.items():
            if len(self._members[text.key]) < _MANY:  # its bodies may be like those of other blocks
                del self._members[text.key]
                texts[block] = nested = _Text(_parts(block, flat=False))
                for inner in nested.walk():
                    self._members[inner.key].append(inner)
        self.calls = {block: self._expression(text) for block, text in texts.items() if self._calls(text)}

    def _is_shared(self, text: _Text) -> bool:
        count = len(self._members[text.key])
        fixed = sum(len(part) for part in text.parts if type(part) is str)
        return (count - 1) * fixed > (count + 2) * _CALL

    def _calls(self, text: _Text) -> bool:
        """True if the expression of the text calls a function."""
        return any(map(self._is_shared, text.walk()))

    def _expression(self, text: _Text) -> str:
        """SQL of the text: a call, or literals and calls joined."""
        if self._is_shared(text):
            if text.key not in self._names:
                self._names[text.key] = self._function(self._members[text.key])
            return f"{self._names[text.key]}({self._arguments[id(text)]})"
        joined: list[str] = []
        literal = ""
        for part in text.parts:
            if isinstance(part, _Text) and self._calls(part):
                joined += [_quoted(literal), self._expression(part)]
                literal = ""
            else:
                literal += part.whole if isinstance(part, _Text) else part
        return " || ".join([*joined, _quoted(literal)])

    def _function(self, members: Sequence[_Text]) -> str:
        """Creates the function of texts with one key, notes their arguments, and returns its name."""
        template = ""
        columns: dict[tuple[str, ...], int] = {}
        for parts in zip(*(text.parts for text in members), strict=True):
            before, after, differing = self._differing(parts)
            template += before.replace("%", "%%")
            if differing:
                template += f"%{columns.setdefault(differing, len(columns) + 1)}$s"
            template += after.replace("%", "%%")
        for number, text in enumerate(members):
            self._arguments[id(text)] = ", ".join(column[number] for column in columns)
        name = f"pg_temp.text_{len(self.functions) + 1}"
        body = dollar(f"SELECT format({dollar(template, 'text')}, VARIADIC $1)", "function")
        head = f"CREATE OR REPLACE FUNCTION {name}(VARIADIC text[] DEFAULT '{{}}')"
        self.functions.append(f"{head} RETURNS text LANGUAGE sql AS {body}")
        return name

    def _differing(self, parts: Sequence[str | _Text]) -> tuple[str, str, tuple[str, ...]]:
        """The common beginning and end of the parts at one place, and their middles, as expressions."""
        texts = [part.whole if isinstance(part, _Text) else part for part in parts]
        inner = [part for part in parts if isinstance(part, _Text)]
        if len(set(texts)) == 1 and not any(map(self._calls, inner)):
            return texts[0], "", ()
        if inner:
            return "", "", tuple(map(self._expression, inner))
        if type(parts[0]) is _Statement:
            return "", "", tuple(map(_quoted, texts))
        before = _common_start(texts)
        after = _common_start([text[len(before) :][::-1] for text in texts])[::-1]
        return before, after, tuple(_quoted(text[len(before) : len(text) - len(after)]) for text in texts)


def _common_start(texts: Sequence[str]) -> str:
    """The common beginning of all texts, without a word that they share in part."""
    low, high = min(texts), max(texts)
    pairs = enumerate(zip(low, high, strict=False))
    length = next((index for index, (left, right) in pairs if left != right), len(low))
    return re.sub(r"\w+$", "", low[:length])


def _quoted(text: str) -> str:
    """The literal; the script sets standard_conforming_strings, so a backslash is one."""
    return "'" + text.replace("'", "''") + "'"
