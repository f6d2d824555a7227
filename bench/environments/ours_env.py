"""env.py of this project: the generated tables, their schemas and, where the shape has them, the triggers."""
# ruff: noqa: INP001 - copied into an Alembic environment

from __future__ import annotations

import models
from alembic import context

from app_schema.ddl import Function, Schema, Trigger, attach
from app_schema.migrations import environment

tables, schemas, triggers = models.shape()

if triggers:
    metadata = models.build(
        tables, schemas, lambda _: [Trigger("touch", before="UPDATE", execute="s0.touch()")]
    )
    attach(metadata, Function("touch", models.TOUCH, returns="trigger", schema="s0"))
else:
    metadata = models.build(tables, schemas)
attach(metadata, *(Schema(f"s{number}") for number in range(schemas)))

environment.run(context, metadata)
