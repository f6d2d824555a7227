"""Sending through the choke point, from operations and from the impl itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alembic.ddl.impl import DefaultImpl
from alembic.operations import Operations
from sqlalchemy import Executable
from sqlalchemy.engine import CursorResult

from app_schema import upstream


@dataclass(frozen=True)
class Sender:
    """What sends through an impl, where no operations are at hand."""

    impl: DefaultImpl


def send(
    operations: Operations | Sender, construct: Executable, /, **params: Any
) -> CursorResult[Any] | None:
    """Sends a statement through the choke point. ``op.execute()`` would take it for one that a person wrote.

    :returns: None where a script is written.
    """
    impl = operations.impl
    assert isinstance(impl, DefaultImpl), "the impl of a batch sends nothing"
    return upstream.execute(impl, construct, params)  # type: ignore[no-any-return]
