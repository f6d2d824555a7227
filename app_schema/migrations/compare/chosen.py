"""``-x kinds=``: the kinds of objects that a comparison leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app_schema.ddl.catalog_query import Kind
from app_schema.errors import ConfigurationError

_OF_OBJECTS = ("owner", "object_comment")
"""The facts that a snapshot has for objects of every kind."""


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
    def read(cls, given: str) -> Chosen:
        """The kinds with a hyphen before them are left out with their parts, or all that are not given.

        ``grant`` stands for each kind of grant, as ``comment`` and ``view`` do.

        :raises ConfigurationError: for a word that is no kind, or where some have a hyphen and others none.
        """
        words = [word.strip() for word in given.split(",")]
        without = [word.removeprefix("-") for word in words if word.startswith("-")]
        if without and len(without) < len(words):
            raise ConfigurationError(
                f"-x kinds={given}: either the kinds to compare, as table,column, or those to leave out, as "
                "-grant,-owner"
            )
        known = sorted({*Kind.by_key, *_OF_OBJECTS})
        chosen = frozenset(kind for word in without or words for kind in _meant(word, given, known))
        named = ", ".join(sorted(chosen))
        if without:
            return cls(chosen, with_parts=True, words=f"without {named}")
        return cls(frozenset(known) - chosen, with_parts=False, words=f"by {named} alone")


def _meant(word: str, given: str, known: Iterable[str]) -> list[str]:
    meant = [kind for kind in known if kind == word or kind.endswith(f"_{word}")] if word else []
    if not meant:
        raise ConfigurationError(
            f"-x kinds={given}: there is no kind {word or 'without a name'}; there are {', '.join(known)}"
        )
    return meant
