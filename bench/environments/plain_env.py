"""env.py as Alembic's generic template has it, online, with the schemas included and types compared."""
# ruff: noqa: INP001 - copied into an Alembic environment

from __future__ import annotations

import os
from logging.config import fileConfig

import models
import sqlalchemy as sa
from alembic import context

fileConfig(context.config.config_file_name)
tables, schemas, _ = models.shape()

with sa.create_engine(os.environ["DATABASE_URL"], poolclass=sa.NullPool).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=models.build(tables, schemas),
        include_schemas=True,
        compare_type=True,
        compare_server_default=False,
    )
    with context.begin_transaction():
        context.run_migrations()
