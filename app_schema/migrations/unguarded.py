"""Statements without their guards, for people and linters to read; never to run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from alembic.ddl.postgresql import PostgresqlImpl
from sqlalchemy import Executable

from app_schema.ddl import Create, Drop, Guarded, Replace, Schema
from app_schema.ddl.index import CreateConcurrently, DropConcurrently
from app_schema.ddl.sql import ident
from app_schema.migrations.concurrent import IS_NOTED
from app_schema.migrations.impl import GuardedImpl
from app_schema.migrations.stamping import CreatePlace


class PlainImpl(GuardedImpl):
    """Writes what each operation does where its object is absent, or where a drop finds it."""

    placed: str | None = None
    """The schema of the version table, after the statement that creates it."""

    create_index = PostgresqlImpl.create_index
    drop_index = PostgresqlImpl.drop_index

    def _bracket(self, statements: Iterable[str]) -> None:
        """Leaves out the revocation of what default privileges grant."""

    def _exec(self, construct: Executable | str, *args: Any, **kwargs: Any) -> Any:
        if isinstance(construct, CreatePlace):
            self.placed = construct.schema
            construct = Guarded(f"CREATE SCHEMA IF NOT EXISTS {ident(self.placed)}")
        if isinstance(construct, Create) and construct.element == Schema(self.placed or ""):
            return None
        if isinstance(construct, Create | Drop | Replace):
            for statement in _plain(construct):
                super(GuardedImpl, self)._exec(Guarded(statement))  # past the guard, one class further down
            return None
        if isinstance(construct, CreateConcurrently | DropConcurrently) or construct is IS_NOTED:
            return None  # the guard; the statement itself follows
        return super(GuardedImpl, self)._exec(construct, *args, **kwargs)


def _plain(construct: Create | Drop | Replace) -> tuple[str, ...]:
    if isinstance(construct, Create):
        return construct.element.create_sql()
    if isinstance(construct, Drop):
        return construct.element.drop_sql()
    return construct.element.replace_sql()
