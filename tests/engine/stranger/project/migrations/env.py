"""The shop meets the guarded environment."""

from __future__ import annotations

from alembic import context
from shop.application import APPLICATION

from app_schema.migrations import entry

entry.run(context, APPLICATION)
