"""The private names of SQLAlchemy, Alembic, psycopg and starlette-admin that are used, each with its reason.

No other file uses one, apart from the methods that our subclasses override (:data:`OVERRIDDEN`).
``tests/test_upstream.py`` fails with a sentence where a release changes one of them. The four are not
imported here: the file costs nothing, and every module may import it.
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
    """A private name: the object that has it, and why it is used."""

    owner: str
    """Module and class, as ``module:Class``; a module alone for a function of it."""
    name: str
    reason: str


PRIVATE = (
    Private("alembic.ddl.impl:DefaultImpl", "_exec", "the public execute() gives no result"),
    Private("alembic.runtime.migration:MigrationContext", "_version", "the stamps are written to it"),
    Private(
        "alembic.runtime.migration:MigrationContext.begin_transaction",
        "_per_migration",
        "the transaction of one revision; the public call is that of all",
    ),
    Private(
        "alembic.runtime.migration:MigrationContext",
        "_migrations_fn",
        "the steps of a script are read through before they run; configure() would say all twice",
    ),
    Private("alembic.autogenerate.render", "_repr_type", "a type outside of a column"),
    Private("alembic.autogenerate.render", "_render_identity", "an identity outside of a column"),
    Private("alembic.autogenerate.render", "_render_computed", "an expression outside of a column"),
    Private("sqlalchemy:MetaData", "_objects", "get_schema_objects() wants the schemas, which are asked for"),
    Private(
        "sqlalchemy.dialects.postgresql.base:PGDialect",
        "_supports_create_index_concurrently",
        "one index is built in a transaction and outside of one, whatever it is declared with",
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
        "the level of create_engine(); to ask the server costs a round trip",
    ),
    Private("sqlalchemy.orm:SessionTransaction", "_connections", "a session lists its connections nowhere"),
    Private("psycopg.errors", "error_from_result", "libpq's pipeline gives results and no exceptions"),
    Private(
        "starlette_admin.base:BaseAdmin",
        "_template_response",
        "the public name shows no message of the form before",
    ),
)
OVERRIDDEN = {"alembic.ddl.impl:DefaultImpl._exec": "every statement passes through it: the choke point"}
"""Private methods that subclasses of ours override."""
COPIED = "alembic.runtime.migration:MigrationContext.run_migrations"
"""``migrations.runner`` does what this method does, with the statements queued and the lock held."""


def execute(impl: Any, construct: Any, params: dict[str, Any]) -> Any:
    """Sends a statement through an impl; gives its result, None in a script."""
    return impl._exec(construct, params=params)


def set_version_table(context: Any, table: Table) -> None:
    """Has the stamps of a migration context written to this table."""
    context._version = table


def set_steps(context: Any, function: Callable[..., Iterable[Any]]) -> None:
    """Has a migration context run the steps that this function gives."""
    context._migrations_fn = function


def begin_revision(context: Any) -> AbstractContextManager[Any]:
    """The transaction of one revision, or nothing where all of them share one."""
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


def schema_objects(metadata: MetaData) -> Iterable[Any]:
    """The types and sequences of a metadata, in whatever schema."""
    return metadata._objects


def copied(item: Any) -> Any:
    """A copy of a column, expression or identity, which belongs to no table."""
    return item._copy()


def never_concurrently(dialect: Any) -> None:
    """CREATE INDEX is compiled without CONCURRENTLY."""
    dialect._supports_create_index_concurrently = False


def without_prefixes(table: Table) -> Table:
    """The table without what stands between CREATE and TABLE."""
    plain = copy.copy(table)
    plain._prefixes = []
    return plain


def excluding_expressions(constraint: Any) -> Iterator[Any]:
    """The expressions of an exclusion constraint; none of another constraint."""
    yield from (expression for expression, *_ in getattr(constraint, "_render_exprs", ()))


def keep_backslashes(dialect: Any) -> None:
    """A backslash in a literal is one: standard_conforming_strings is on."""
    dialect._backslash_escapes = False


def level_at_connect(connection: Connection) -> str | None:
    """The isolation level that ``create_engine()`` was called with."""
    return connection.dialect._on_connect_isolation_level


def connections(transaction: Any) -> set[Connection]:
    """The connections of a session's transaction."""
    return {connection for connection, *_ in transaction._connections.values()}


def error_of(result: PGresult, encoding: str) -> Error:
    """What the server says in the result of a refused statement."""
    from psycopg.errors import error_from_result

    return error_from_result(result, encoding=encoding)


def template_response(admin: Any, *args: Any) -> Any:
    """A page of starlette-admin's."""
    return admin._template_response(*args)
