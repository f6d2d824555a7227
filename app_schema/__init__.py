"""The database schema as a package: models, revisions, and migrations that converge or refuse."""

from __future__ import annotations

from app_schema.errors import (
    AppSchemaError,
    ConfigurationError,
    DifferentError,
    IdentityError,
    ModelError,
    ServerError,
    StatementError,
)

__all__ = [
    "AppSchemaError",
    "ConfigurationError",
    "DifferentError",
    "IdentityError",
    "ModelError",
    "ServerError",
    "StatementError",
]
