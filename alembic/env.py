"""Alembic's entry: the declared metadata meets the guarded environment here, and nowhere else."""

from __future__ import annotations

from alembic import context

from app_schema.migrations import environment
from app_schema.models import Base

environment.run(context, Base.metadata)
