"""env.py as Alembic's generic template has it, online."""
# ruff: noqa: INP001 - copied into an Alembic environment

from __future__ import annotations

import os

import sqlalchemy as sa
from alembic import context

with sa.create_engine(os.environ["DATABASE_URL"], poolclass=sa.NullPool).connect() as connection:
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()
