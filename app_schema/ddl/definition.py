"""Definitions in parts: the text that is compared and shown, and the values that comparators read.

No part is parsed out of a text: a default, a body or a quoted name may contain any words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Parts:
    """The parts of a definition, in the order in which the catalog query selects the fields of a subclass."""

    @classmethod
    def of(cls, definition: str) -> Self:
        """The parts of a definition in a snapshot."""
        assert isinstance(definition, Definition)
        assert definition.printed_as is cls
        return cls(*definition.parts)

    @classmethod
    def text(cls, *parts: Any) -> str:
        """The definition: the texts that are not empty."""
        return " ".join([part for part in parts if part and isinstance(part, str)])

    @classmethod
    def renamed(cls, rename: Callable[[str], str], *parts: Any) -> Sequence[Any]:
        """The parts with other names of objects in the texts."""
        return [rename(part) if isinstance(part, str) else part for part in parts]


class Definition(str):
    """A definition of which a snapshot has the parts."""

    __slots__ = ("parts", "printed_as")
    printed_as: type[Parts]
    parts: Sequence[Any]

    def __new__(cls, printed_as: type[Parts], parts: Sequence[Any]) -> Self:
        self = super().__new__(cls, printed_as.text(*parts))
        self.printed_as, self.parts = printed_as, parts
        return self

    def renamed(self, rename: Callable[[str], str]) -> Self:
        """The definition with other names of objects."""
        return type(self)(self.printed_as, self.printed_as.renamed(rename, *self.parts))
