"""The errors that app_schema raises. Each message is a sentence a person can act on."""

from __future__ import annotations

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 + SIGINT."""


class AppSchemaError(Exception):
    """Any error of this package."""


class ConfigurationError(AppSchemaError):
    """A setting is missing or invalid."""


class ServerError(AppSchemaError):
    """The server cannot be reached or cannot be used."""


class LockedError(AppSchemaError):
    """Another migration still holds the lock after the waiting time."""


class ModelError(AppSchemaError):
    """The declaration of a model or an object is invalid."""


class StatementError(AppSchemaError):
    """PostgreSQL refused a statement of a revision; `sqlstate` is its code, if any."""

    sqlstate: str | None = None


class DifferentError(AppSchemaError):
    """The statement refused, because an object exists and differs from its declaration.

    The message has the object, the found and the expected definition, and the line to write instead.
    """

    sqlstate: str | None = None


class IdentityError(AppSchemaError):
    """The session cannot act as this person or in this role."""
