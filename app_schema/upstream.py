"""The private names of SQLAlchemy, Alembic, psycopg and starlette-admin that are used, each with its reason.

No other file uses a private name, apart from the methods that subclasses override (:data:`OVERRIDDEN`).
``tests/test_upstream.py`` fails with a sentence if a release changes a name. This file imports none of the
four packages, so every module may import this file at no cost.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from psycopg import Error
    from psycopg.pq.abc import PGresult
    from sqlalchemy import Connection, MetaData, Table


class Private(NamedTuple):
    """A private name: its object, and the reason for its use."""

    owner: str
    """Module and class, as ``module:Class``; only the module for a function."""
    name: str
    reason: str


PRIVATE = (
    Private("alembic.ddl.impl:DefaultImpl", "_exec", "the public execute() gives no result"),
    Private("alembic.runtime.migration:MigrationContext", "_version", "the stamps are written to it"),
    Private(
        "alembic.runtime.migration:MigrationContext.begin_transaction",
        "_per_migration",
        "the transaction of a single revision; the public method is for all revisions",
    ),
    Private(
        "alembic.runtime.migration:MigrationContext",
        "_migrations_fn",
        "the steps of a script are read before they run; a second configure() would log twice",
    ),
    Private("alembic.autogenerate.render", "_repr_type", "a type outside of a column"),
    Private("alembic.autogenerate.render", "_render_identity", "an identity outside of a column"),
    Private("alembic.autogenerate.render", "_render_computed", "an expression outside of a column"),
    Private(
        "alembic.autogenerate.render", "_add_table", "a table without columns: it writes an empty argument"
    ),
    Private("sqlalchemy:MetaData", "_objects", "get_schema_objects() needs the schemas, which are not known"),
    Private(
        "sqlalchemy.dialects.postgresql.base:PGDialect",
        "_supports_create_index_concurrently",
        "an index is built within and outside of a transaction, whatever its postgresql_concurrently",
    ),
    Private("sqlalchemy:Table", "_prefixes", "a temporary table cannot be UNLOGGED"),
    Private("sqlalchemy:Column", "_copy", "Table.to_metadata() copies the whole table"),
    Private("sqlalchemy:Computed", "_copy", "an expression belongs to one column"),
    Private("sqlalchemy:Identity", "_copy", "an identity belongs to one column"),
    Private(
        "sqlalchemy.dialects.postgresql:ExcludeConstraint",
        "_render_exprs",
        "the expressions of an exclusion constraint, which its columns do not have",
    ),
    Private(
        "sqlalchemy.dialects.postgresql.base:PGDialect",
        "_backslash_escapes",
        "standard_conforming_strings, which SQLAlchemy reads once for all connections",
    ),
    Private(
        "sqlalchemy.engine.default:DefaultDialect",
        "_on_connect_isolation_level",
        "the level of create_engine(); a query would cost a round trip",
    ),
    Private("sqlalchemy.orm:SessionTransaction", "_connections", "no public list of a session's connections"),
    Private("psycopg.errors", "error_from_result", "libpq's pipeline returns results instead of exceptions"),
    Private(
        "starlette_admin.base:BaseAdmin",
        "_template_response",
        "the public name drops the message of the previous form",
    ),
)
OVERRIDDEN = {"alembic.ddl.impl:DefaultImpl._exec": "the method that executes every statement"}
"""Private methods that subclasses override."""
COPIED = "alembic.runtime.migration:MigrationContext.run_migrations"
"""``migrations.runner`` does what this method does, with the statements queued and the lock held."""


def execute(impl: Any, construct: Any, params: dict[str, Any]) -> Any:
    """Executes a statement through an impl; returns its result, None in a script."""
    return impl._exec(construct, params=params)


def set_version_table(context: Any, table: Table) -> None:
    """Sets the version table of a migration context."""
    context._version = table


def set_steps(context: Any, function: Callable[..., Iterable[Any]]) -> None:
    """Sets the function that returns the steps of a migration context."""
    context._migrations_fn = function


def begin_revision(context: Any) -> AbstractContextManager[Any]:
    """The transaction of a revision; a null context if all revisions share a transaction."""
    return context.begin_transaction(_per_migration=True)  # type: ignore[no-any-return]


def type_text(render: Any, type_: Any, context: Any) -> str:
    """A type as Python code; ``render`` is ``alembic.autogenerate.render``."""
    return render._repr_type(type_, context)  # type: ignore[no-any-return]


def identity_text(render: Any, identity: Any, context: Any) -> str:
    """``sa.Identity(...)`` as Python code."""
    return render._render_identity(identity, context)  # type: ignore[no-any-return]


def computed_text(render: Any, computed: Any, context: Any) -> str:
    """``sa.Computed(...)`` as Python code."""
    return render._render_computed(computed, context)  # type: ignore[no-any-return]


def table_text(render: Any, operation: Any, context: Any) -> str:
    """``op.create_table(...)`` as Python code."""
    return render._add_table(context, operation)  # type: ignore[no-any-return]


def schema_objects(metadata: MetaData) -> Iterable[Any]:
    """The types and sequences of a metadata, in all schemas."""
    return metadata._objects


def copied(item: Any) -> Any:
    """A copy of a column, expression or identity, without a table."""
    return item._copy()


def never_concurrently(dialect: Any) -> None:
    """CREATE INDEX is compiled without CONCURRENTLY."""
    dialect._supports_create_index_concurrently = False


def without_prefixes(table: Table) -> Table:
    """The table without its prefixes, the words between CREATE and TABLE."""
    plain = copy.copy(table)
    plain._prefixes = []
    return plain


def excluding_expressions(constraint: Any) -> Iterator[Any]:
    """The expressions of an exclusion constraint; none of another constraint."""
    yield from (expression for expression, *_ in getattr(constraint, "_render_exprs", ()))


def keep_backslashes(dialect: Any) -> None:
    """Backslashes in literals are not doubled: standard_conforming_strings is on."""
    dialect._backslash_escapes = False


def level_at_connect(connection: Connection) -> str | None:
    """The isolation level of ``create_engine()``."""
    return connection.dialect._on_connect_isolation_level


def connections(transaction: Any) -> set[Connection]:
    """The connections of a session's transaction."""
    return {connection for connection, *_ in transaction._connections.values()}


def error_of(result: PGresult, encoding: str) -> Error:
    """The exception of a refused statement's result."""
    from psycopg.errors import error_from_result

    return error_from_result(result, encoding=encoding)


def template_response(admin: Any, *args: Any) -> Any:
    """A page of starlette-admin."""
    return admin._template_response(*args)
