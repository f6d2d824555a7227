"""Operations behind the module ``alembic.op``, for as long as revisions run on another context."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import alembic.op
from alembic.migration import MigrationContext
from alembic.operations import Operations


@contextmanager
def installed(context: MigrationContext) -> Iterator[Operations]:
    """As ``Operations.context``; afterwards ``alembic.op`` works on the context that it had before."""
    try:
        before = alembic.op.get_context()
    except (NameError, AttributeError):  # none yet, or none any more
        before = None
    manager = Operations.context(context)
    operations = manager.__enter__()
    try:
        yield operations
    finally:
        manager.__exit__(None, None, None)  # passes no error: Alembic would not remove its proxy then
        if before is not None:
            Operations.context(before).__enter__()
