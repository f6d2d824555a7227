"""The one choke point: every construct that Alembic executes is guarded on its way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from alembic.ddl.base import AlterColumn
from alembic.ddl.postgresql import PostgresqlImpl
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    DDL,
    Column,
    Connection,
    Constraint,
    Executable,
    Index,
    Insert,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TextClause,
    UpdateBase,
    create_mock_engine,
    event,
    text,
)
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import DBAPIError, ObjectNotExecutableError
from sqlalchemy.schema import CreateIndex, CreateTable, DropIndex, ExecutableDDLElement

from app_schema import upstream
from app_schema.ddl import DDLStatement, Guarded
from app_schema.ddl.index import is_concurrent
from app_schema.ddl.single import single
from app_schema.ddl.statement import Comparing
from app_schema.errors import AppSchemaError, ConfigurationError
from app_schema.migrations import alter, concurrent, stamping
from app_schema.migrations.failure import explained
from app_schema.migrations.foresight import Foresight, foreseeable
from app_schema.migrations.handwriting import UNKNOWN, Handwriting
from app_schema.migrations.needs import Need, need
from app_schema.migrations.pipeline import Pipeline
from app_schema.migrations.sending import Sender
from app_schema.migrations.state import RunState
from app_schema.migrations.translate import Map, map_of, table_of, translated

_ALONE = re.compile(r";\s*\S|^\s*(COPY|VACUUM)\b", re.IGNORECASE)
"""Several statements in one string, or one that cannot be part of a batch."""
_BIND = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
"""A colon that SQLAlchemy's text() parses as a bind parameter."""


class GuardedImpl(PostgresqlImpl):
    """Alembic's impl for PostgreSQL, in which every DDL statement converges or refuses.

    Without ``__dialect__``: Alembic would use the class for every PostgreSQL context of the process.
    """

    _begun = False
    """A script has written BEGIN."""
    version_table: Table
    """The table that has the stamps of the revisions."""
    state: RunState | None = None
    """The state of the run, while revisions run on a connection."""
    pipeline: Pipeline | None = None
    """The queue of statements, while revisions run on a psycopg connection."""

    @cached_property
    def foresight(self) -> Foresight:
        """The later statements of the running revision and of later revisions."""
        return Foresight()

    @cached_property
    def translate_map(self) -> Map:
        """The connection's ``schema_translate_map``."""
        return map_of(self.connection)

    @cached_property
    def handwriting(self) -> Handwriting:
        """The grants to revoke after handwritten SQL."""
        return Handwriting(active=self.as_sql)

    @property
    def bind(self) -> Connection | None:
        """The connection. Before a revision uses it, the queue is sent, see :class:`.Pipeline`."""
        if self.connection is not None:
            self._may_do_harm(UNKNOWN)
        return self.connection

    def execute(self, sql: Executable | str, execution_options: dict[str, Any] | None = None) -> None:
        """As in Alembic; the caller needs no result, so the statement may be queued."""
        construct = text(sql) if isinstance(sql, str) else sql
        if not hasattr(construct, "compile"):
            raise ObjectNotExecutableError(construct)
        if not isinstance(construct, ExecutableDDLElement):
            self._may_do_harm(_written(construct))
            if not execution_options and self._queued(construct):
                return
        self._exec(construct, execution_options)

    def _exec(
        self,
        construct: Executable | str,
        execution_options: Mapping[str, Any] | None = None,
        multiparams: Sequence[Mapping[str, Any]] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> CursorResult[Any] | None:
        ddl: ExecutableDDLElement | None = None
        if isinstance(construct, ExecutableDDLElement):
            ddl = self._translated(construct)
            construct = self.foresight.guarded(ddl)
            if isinstance(construct, DDLStatement):
                self._bracket(self.handwriting.before_operation(construct))
            else:
                self._refuse_several(construct)
                self._may_do_harm(_written(construct))
            if not execution_options and self._queued(construct, need(ddl)):
                return None
        elif isinstance(construct, UpdateBase) and stamping.is_stamp(construct, self.context_opts):
            if (stamp := self._stamp(construct)) is None:
                return None
            construct = stamp
        elif isinstance(construct, UpdateBase):
            self._may_do_harm(_written(construct))
        if self.as_sql and multiparams is None and not params:
            self.static_output(self._script(construct) + self.command_terminator)
            return None
        try:
            with self.handwriting.sending():
                return super()._exec(construct, execution_options, multiparams, params or {})
        except DBAPIError as error:
            refusal = explained(error)
            if (other := self._outlived(ddl, refusal)) is None:
                raise refusal from error
            with self.handwriting.sending():
                return super()._exec(other, execution_options)

    def _stamp(self, stamp: UpdateBase) -> Executable | None:
        """The stamp to send; None if it was sent, in the form whose result Alembic does not check."""
        self._bracket(self.handwriting.after())
        if self.pipeline is not None:
            self._exec(stamping.counted(stamp))
            return None
        if self.as_sql and isinstance(stamp, Insert):
            return stamping.once(stamp, self.context_opts.get("script"))
        return stamp

    def _outlived(self, refused: ExecutableDDLElement | None, error: AppSchemaError) -> Executable | None:
        """The statement to send instead, in autocommit: the refused one may be outlived by later ones."""
        if refused is None or not self.autocommits or not foreseeable(error):
            return None
        self.foresight.refused = True
        return self.foresight.outlived(refused)

    def _translated(self, construct: ExecutableDDLElement) -> ExecutableDDLElement:
        ddl: ExecutableDDLElement = translated(construct, self.translate_map)
        if isinstance(ddl, AlterColumn) and not self.context_opts.get("strict"):
            alter.relax(ddl)
        return ddl

    def _refuse_several(self, construct: ExecutableDDLElement) -> None:
        """Refuses a construct of SQLAlchemy or Alembic with several statements. Those of the project, and
        handwritten ones, may have several."""
        package = type(construct).__module__.partition(".")[0]
        if package in {"sqlalchemy", "alembic"} and not isinstance(construct, DDL):
            single(str(construct.compile(dialect=self.dialect)))

    def _may_do_harm(self, sql: str) -> None:
        """A statement follows that is not guarded."""
        if self.state is not None:
            self.state.does_not_converge(committed=self.autocommits)
        self._bracket(self.handwriting.before(sql))

    def _bracket(self, statements: Iterable[str]) -> None:
        """Sends the statements around handwritten SQL."""
        for sql in statements:
            statement = Guarded(sql)
            if self.as_sql:
                self.static_output(self._script(statement) + self.command_terminator)
            elif not self._queued(statement):
                with self.handwriting.sending():
                    super()._exec(statement, None, None, {})

    def _script(self, construct: Any) -> str:
        """The statement, byte for byte. Alembic would replace a TAB by spaces."""
        if isinstance(construct, str):
            construct = text(construct)
        if isinstance(construct, DDLStatement):
            return construct.sql().strip()
        literal = self.literal_binds and not isinstance(construct, ExecutableDDLElement)
        kwargs = {"compile_kwargs": {"literal_binds": True}} if literal else {}
        return str(construct.compile(dialect=self.dialect, **kwargs)).strip()

    def create_table(self, table: Table, **kw: Any) -> None:
        """As in Alembic, but the types that events of the table create pass through ``_exec`` too."""
        kw.pop("if_not_exists", None)  # the guard compares more than the name
        if self.state is not None:
            self.state.created.add((table.schema, table.name))
        table = table_of(table, self.translate_map)
        bind = create_mock_engine(
            f"{self.dialect.name}://", lambda construct, *_, **__: self._exec(construct)
        )
        table.dispatch.before_create(table, bind, checkfirst=False, _ddl_runner=self)
        self._exec(CreateTable(table, **kw))
        table.dispatch.after_create(table, bind, checkfirst=False, _ddl_runner=self)
        for index in sorted(table.indexes, key=lambda index: index.name or ""):
            self.create_index(index)
        if table.comment is not None:
            self.create_table_comment(table)
        for column in table.columns:
            if column.comment is not None:
                self.create_column_comment(column)

    def add_column(
        self,
        table_name: str,
        column: Column[Any],
        *,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
        **kw: Any,
    ) -> None:
        """As in Alembic, but a foreign key of the column follows in a statement of its own, with its own
        guard.

        PostgreSQL chooses the same name as for a key inside the column.
        """
        super().add_column(table_name, column, **kw)
        if inline_primary_key and column.primary_key:
            self._add_unnamed(column.table.primary_key)
        if inline_references and len(column.foreign_keys) == 1:
            constraint = next(iter(column.foreign_keys)).constraint
            if constraint is not None and len(constraint.columns) == 1:  # Alembic adds the others itself
                self._add_unnamed(constraint)

    def _add_unnamed(self, constraint: Constraint) -> None:
        constraint.name = None
        self.add_constraint(constraint)

    @property
    def autocommits(self) -> bool:
        """Each statement is a transaction of its own, as in Alembic's ``autocommit_block()``."""
        if self.as_sql:
            return not self._begun
        connection = self.connection
        assert connection is not None
        driver = self.pipeline.driver if self.pipeline is not None else None
        level = connection.get_execution_options().get("isolation_level")
        return level == "AUTOCOMMIT" or bool(driver and driver.autocommit)

    def emit_begin(self) -> None:
        self._begun = True
        super().emit_begin()

    def emit_commit(self) -> None:
        self._begun = False
        super().emit_commit()

    def create_index(self, index: Index, **kw: Any) -> None:
        """As in Alembic; CONCURRENTLY replaces the INVALID index of an interrupted build."""
        if not (is_concurrent(index) and self.autocommits):
            super().create_index(index, **kw)
            return
        built = translated(CreateIndex(index), self.translate_map).element
        concurrent.create(Sender(self), built, as_sql=self.as_sql)

    def drop_index(self, index: Index, **kw: Any) -> None:
        """As in Alembic; CONCURRENTLY only if the index exists."""
        if not (is_concurrent(index) and self.autocommits):
            super().drop_index(index, **kw)
            return
        concurrent.drop(Sender(self), translated(DropIndex(index), self.translate_map).element)

    def render_ddl_sql_expr(self, expr: Any, *args: Any, **kwargs: Any) -> str:
        """An expression for a generated revision.

        "%" is not doubled for the driver, and a colon that ``sa.text`` would parse as a bind parameter is
        escaped: otherwise it would become NULL.
        """
        rendered = super().render_ddl_sql_expr(expr, *args, **kwargs)
        return _BIND.sub(r"\\:\1", self._without_doubled(rendered))

    def version_table_impl(
        self, *, version_table: str, version_table_schema: str | None, version_table_pk: bool, **_: Any
    ) -> Table:
        """Alembic's version table, with room for revision names of any length."""
        table = Table(
            version_table,
            MetaData(),
            Column("version_num", Text, nullable=False),
            schema=version_table_schema,
        )
        if version_table_pk:
            table.append_constraint(PrimaryKeyConstraint("version_num", name=f"{version_table}_pkc"))
        if (place := stamping.create_place(version_table_schema)) is not None:
            event.listen(table, "before_create", place)  # of a script, and of alembic ensure_version
        return table

    def _queued(self, construct: Any, needed: Need | None = None) -> bool:
        """Queues the statement; False if it must be executed immediately."""
        if self.pipeline is None or self.connection is None or not self.pipeline.queues:
            return False
        if self.translate_map and not isinstance(construct, DDLStatement | TextClause):
            return False  # SQLAlchemy translates it
        sql = self._text(construct)
        if sql is None:
            return False
        if needed is not None:
            self.pipeline.needs[needed] = None
        self.pipeline.add(sql.strip(), compares=construct if isinstance(construct, Comparing) else None)
        return True

    def _text(self, construct: Any) -> str | None:
        """The SQL of the statement; None: it has parameters, or cannot be part of a batch."""
        if isinstance(construct, DDLStatement):
            return construct.sql()  # a compiler would cost more than all the rest
        compiled = construct.compile(dialect=self.dialect)
        sql = str(compiled)
        if getattr(compiled, "params", None):
            return None
        if isinstance(construct, TextClause | DDL) and _ALONE.search(sql):
            return None
        return self._without_doubled(sql)

    def _without_doubled(self, sql: str) -> str:
        """A compiler doubles each "%" for a driver that writes parameters with it."""
        return sql.replace("%%", "%") if self.dialect.paramstyle in {"format", "pyformat"} else sql


def _written(construct: Executable) -> str:
    """The text of handwritten SQL, as far as :class:`.Handwriting` reads it."""
    if isinstance(construct, TextClause):
        return construct.text
    if isinstance(construct, DDL):
        return construct.statement
    return "UPDATE" if isinstance(construct, UpdateBase) else "SELECT"


def guarded(context: MigrationContext, impl: type[GuardedImpl] = GuardedImpl) -> MigrationContext:
    """The same context, with the guarded impl; no other context of the process is changed.

    :param impl: writes the statements in its place.
    :raises ConfigurationError: where the context drives another database than PostgreSQL.
    """
    plain = context.impl
    if not isinstance(plain, PostgresqlImpl):
        raise ConfigurationError(
            f"app_schema migrates PostgreSQL, and this env.py configures {context.dialect.name}: run that "
            "database with Alembic's own context"
        )
    driving = impl(
        context.dialect,
        context.connection,
        context.as_sql,
        context.transactional_ddl,
        context.output_buffer,
        context.opts,
    )
    options = context.opts
    schema = context.version_table_schema
    driving.version_table = driving.version_table_impl(
        version_table=context.version_table,
        version_table_schema=map_of(context.connection).get(schema, schema),
        version_table_pk=options.get("version_table_pk", True),
    )
    upstream.set_version_table(context, driving.version_table)
    context.impl = driving
    return context
