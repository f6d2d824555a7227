"""When a function must be there early, or goes late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app_schema.ddl import Key

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison


def early(key: Key, side: Any) -> bool:
    """Whether a column, constraint or index names the function, so that it must be there before them."""
    call = f"{key.schema}.{key.name.partition('(')[0]}("
    return any(
        call in definition
        for other, definition in side.items()
        if other.kind in {"column", "constraint", "index", "domain"}
    )


def survives(comparison: Comparison, key: Key) -> bool:
    """Whether something that stays calls the function until it is altered, so that the function goes
    last."""
    call = f"{key.schema}.{key.name.partition('(')[0]}("
    return any(
        call in definition and other in comparison.wanted
        for other, definition in comparison.found.items()
        if other.kind != "function"
    )
