"""Alembic's entry: MUED meets the guarded environment here, and nowhere else."""

from __future__ import annotations

from alembic import context

from app_schema.migrations import entry
from app_schema.mued.application import APPLICATION

entry.run(context, APPLICATION)
