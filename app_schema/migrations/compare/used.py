"""Objects that PostgreSQL refuses to change while others use them: the revision notes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.migrations.compare import kinds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app_schema.catalog import Difference
    from app_schema.ddl import Key
    from app_schema.migrations.compare.sides import Sides


def refused(sides: Sides, differences: Iterable[Difference]) -> dict[Key, str]:
    """The objects that cannot be changed, each with the sentence of the refusal."""
    sentences: dict[Key, str] = {}
    for key, declared, reflected in differences:
        if declared is not None and reflected is not None:
            sentence = kinds.of(key.kind).cannot_change(sides, key, declared, reflected)
            if sentence is not None:
                sentences[key] = sentence
    return sentences
