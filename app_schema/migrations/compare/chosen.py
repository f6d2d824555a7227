"""``-x kinds=``: the kinds of objects that a comparison leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app_schema.ddl.catalog_query import Kind
from app_schema.errors import ConfigurationError

_OF_OBJECTS = ("owner", "object_comment")
"""The parts of a snapshot that objects of every kind have."""


@dataclass(frozen=True)
class Chosen:
    """The excluded kinds.

    :param with_parts: the parts of objects of these kinds are excluded, too.
    """

    left_out: frozenset[str]
    with_parts: bool
    words: str
    """The choice in words."""

    @classmethod
    def read(cls, text: str) -> Chosen:
        """Excludes the kinds with a hyphen, with their parts; without hyphens all kinds that are not given.

        ``grant`` means each kind of grant; so do ``comment`` and ``view``.

        :raises ConfigurationError: for a word that is no kind, or if only some words have a hyphen.
        """
        words = [word.strip() for word in text.split(",")]
        excluded = [word.removeprefix("-") for word in words if word.startswith("-")]
        if excluded and len(excluded) < len(words):
            raise ConfigurationError(
                f"-x kinds={text}: either the kinds to compare, as table,column, or those to leave out, as "
                "-grant,-owner"
            )
        known = sorted({*Kind.by_key, *_OF_OBJECTS})
        chosen = frozenset(kind for word in excluded or words for kind in _meant(word, text, known))
        named = ", ".join(sorted(chosen))
        if excluded:
            return cls(chosen, with_parts=True, words=f"without {named}")
        return cls(frozenset(known) - chosen, with_parts=False, words=f"by {named} alone")


def _meant(word: str, text: str, known: Iterable[str]) -> list[str]:
    kinds = [kind for kind in known if kind == word or kind.endswith(f"_{word}")] if word else []
    if not kinds:
        raise ConfigurationError(
            f"-x kinds={text}: no kind {word or 'without a name'} exists; write {', '.join(known)}"
        )
    return kinds
