"""env.py for the metadata and revisions of this project with plain Alembic, as it needs to come out clean."""
# ruff: noqa: INP001 - copied into an Alembic environment

from __future__ import annotations

import os
from logging.config import fileConfig

import sqlalchemy as sa
from alembic import context
from pgvector.sqlalchemy import Vector

from app_schema.migrations.once import TABLE as ONCE
from app_schema.models import Base

fileConfig(context.config.config_file_name)

with sa.create_engine(os.environ["DATABASE_URL"], poolclass=sa.NullPool).connect() as connection:
    # The models name every schema, public too, so Alembic must not leave out the name of any.
    connection.exec_driver_sql("SET search_path = ''")
    connection.commit()
    connection.dialect.default_schema_name = None
    connection.dialect.ischema_names["public.vector"] = Vector
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        version_table_schema="public",
        include_schemas=True,
        compare_type=True,
        compare_server_default=False,
        include_object=lambda _object, name, *_: name != ONCE,
    )
    with context.begin_transaction():
        context.run_migrations()
