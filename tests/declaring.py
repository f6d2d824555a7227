"""Applications of tests: the default one with other models, and the options of its runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from app_schema.application import Application, find
from app_schema.migrations.environment import DEFAULTS, joined

APPLICATION = find()
CONVENTION = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}
"""A naming convention of SQLAlchemy."""
OPTIONS: dict[str, Any] = {**DEFAULTS, **joined(APPLICATION.options)}
"""The options that configure a run of its revisions."""


def declaring(metadata: sa.MetaData) -> Application:
    """The default application with another metadata."""
    return replace(APPLICATION, declared=metadata)
