"""The Alembic side: the guarded impl, the operations, and where the revisions are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config


def setup() -> None:
    """Makes Alembic use the guarded impl and know our operations. Calling it again changes nothing."""
    from alembic.ddl.impl import _impls  # noqa: PLC0415 - models users do not pay for Alembic

    from app_schema.migrations import operations  # noqa: PLC0415
    from app_schema.migrations.impl import GuardedImpl  # noqa: PLC0415

    _impls["postgresql"] = GuardedImpl
    operations.setup()


def config() -> Config:
    """Alembic's configuration for the revisions of this package: those of the checkout, or those that the wheel carries."""
    from alembic.config import Config  # noqa: PLC0415

    package = Path(__file__).resolve().parent.parent
    inside = package / "alembic.ini"
    return Config(inside if inside.exists() else package.parent / "alembic.ini")
