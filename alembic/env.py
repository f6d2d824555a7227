"""Alembic's entry: the declared metadata meets the guarded environment here, and nowhere else."""

from __future__ import annotations

from alembic import context
from sqlalchemy import MetaData

from app_schema.migrations import entry


def declared() -> MetaData:
    """The models' metadata, for the commands that compare."""
    from app_schema.models import Base

    return Base.metadata


entry.run(context, declared)
