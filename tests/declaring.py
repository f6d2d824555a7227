"""Applications of tests: MUED's with other models, and the options of its runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from app_schema.application import Application
from app_schema.migrations.environment import DEFAULTS, joined
from app_schema.mued.application import APPLICATION

OPTIONS: dict[str, Any] = {**DEFAULTS, **joined(APPLICATION.options)}
"""What a run of MUED's revisions is configured with."""


def declaring(metadata: sa.MetaData) -> Application:
    """MUED with another metadata."""
    return replace(APPLICATION, declared=metadata)
