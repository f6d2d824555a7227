"""The errors that app_schema raises. Each message is a sentence a person can act on."""

from __future__ import annotations


class AppSchemaError(Exception):
    """Any error of this package."""


class ConfigurationError(AppSchemaError):
    """A setting is missing or cannot be understood."""


class ServerError(AppSchemaError):
    """The server cannot be reached or cannot be used."""


class LockedError(AppSchemaError):
    """Another migration holds the lock, and the time to wait for it is over."""


class ModelError(AppSchemaError):
    """A model or an object is declared in a way that cannot be carried out."""


class StatementError(AppSchemaError):
    """PostgreSQL refused a statement of a revision; `sqlstate` is its code, where it gave one."""

    sqlstate: str | None = None


class DifferentError(AppSchemaError):
    """An object is there and differs from what is declared, so the statement refused.

    The message names the object, what was found, what was expected and the line to write instead.
    """

    sqlstate: str | None = None


class IdentityError(AppSchemaError):
    """Nobody can act on this session or connection, or not as this person or in this role."""
