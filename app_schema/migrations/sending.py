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
    """Sends through an impl, without Operations."""

    impl: DefaultImpl


def send(
    operations: Operations | Sender, construct: Executable, /, **params: Any
) -> CursorResult[Any] | None:
    """Sends a statement through the impl. ``op.execute()`` would treat it as hand-written.

    :returns: None in ``--sql`` mode.
    """
    impl = operations.impl
    assert isinstance(impl, DefaultImpl), "the impl of a batch sends nothing"
    return upstream.execute(impl, construct, params)  # type: ignore[no-any-return]
