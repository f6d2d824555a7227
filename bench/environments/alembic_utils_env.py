"""env.py with alembic_utils: as plain.py, and a function and the triggers registered."""
# ruff: noqa: INP001 - copied into an Alembic environment

from __future__ import annotations

import os
from logging.config import fileConfig

import models
import sqlalchemy as sa
from alembic import context
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.replaceable_entity import register_entities

fileConfig(context.config.config_file_name)
tables, schemas, _ = models.shape()

touch = PGFunction(
    schema="s0",
    signature="touch()",
    definition=f"RETURNS trigger LANGUAGE plpgsql SET search_path TO '' AS $${models.TOUCH}$$",
)
triggers = [
    PGTrigger(
        schema=schema,
        signature="touch",
        on_entity=f"{schema}.{name}",
        definition=f"BEFORE UPDATE ON {schema}.{name} FOR EACH ROW EXECUTE FUNCTION s0.touch()",
    )
    for schema, name in models.names(tables, schemas)
]
register_entities([touch, *triggers], entity_types=[PGFunction, PGTrigger])

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
