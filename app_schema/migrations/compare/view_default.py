"""Defaults of the columns of views, which go with the view and come back with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl import Key
from app_schema.migrations.compare.printed_column import parts
from app_schema.migrations.directives import CallOp, Drops, Makes, OnTheWayBackOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison


def follow(comparison: Comparison) -> None:
    """Plans the defaults of views that are dropped, where they are made again, and on the way back."""
    for key, definition in comparison.found.items():
        view = Key("view", key.schema, None, key.table or "")
        if key.kind != "column" or view not in comparison.gone or parts(definition).how != "DEFAULT":
            continue
        default = parts(definition).default
        call = CallOp(
            "alter_column", key.table, key.name, server_default=default, schema=comparison.schema(key)
        )
        comparison.plan.drop(Drops.COMMENT, OnTheWayBackOp(call))
        recreate_from = comparison.recreate_from(view)
        if recreate_from == "found" or (recreate_from == "declared" and key in comparison.wanted):
            comparison.plan.make(Makes.COMMENT, call)
