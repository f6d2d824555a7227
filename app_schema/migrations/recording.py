"""Operations that record the calls and statements of a revision, and execute them or not."""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TypeAlias

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import MigrateOperation, Operations
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType

from app_schema.ddl import PrintedType
from app_schema.migrations import setup
from app_schema.migrations.directives import CallOp, ConcurrentIndexOp, RetypeOp
from app_schema.migrations.extra_operations import OPERATIONS
from app_schema.migrations.impl import GuardedImpl
from app_schema.migrations.operation import Operation, called, is_opaque, noted
from app_schema.migrations.sent import operations_for

Note: TypeAlias = Callable[[Any], None]


class Recording(GuardedImpl):
    """Notes each statement that no noted call sends: of a batch, of an operation of the project, ..."""

    note: Note | None = None
    """None: outside of a revision, and within a noted call."""

    def _exec(self, construct: Any, *args: Any, **kwargs: Any) -> Any:
        if self.note is not None:
            self.note(construct)
        return super()._exec(construct, *args, **kwargs)

    @contextmanager
    def noting(self, note: Note | None) -> Iterator[None]:
        """Notes the statements of the block; with None, does not."""
        before, self.note = self.note, note
        try:
            yield
        finally:
            self.note = before


def recording(impl: type[GuardedImpl]) -> type[Recording]:
    """The impl that notes too."""
    return type("Recording", (Recording, impl), {})


@contextmanager
def recorded(operations: Operations) -> Iterator[list[Operation]]:
    """The operations of the revision that the block runs. No subclass: `alembic.op` proxies an instance."""
    noted_operations: list[Operation] = []
    invoke, impl, context = Operations.invoke, operations.impl, operations.migration_context
    assert isinstance(impl, Recording)

    def of_class(operation: MigrateOperation) -> Any:
        if is_opaque(operation):
            return invoke(operations, operation)
        noted_operations.append(noted(operation, context))
        with impl.noting(None):
            return invoke(operations, operation)

    def of_function(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        noted_operations.extend(called(function, args, kwargs))
        with impl.noting(None):
            return function(operations, *args, **kwargs)

    def of_statement(construct: Any) -> None:
        noted_operations.extend(noted(operation, context) for operation in operations_for(construct))

    _route(operations, of_class, of_function)
    with impl.noting(of_statement):
        yield noted_operations


def _route(
    operations: Operations, of_class: Callable[[MigrateOperation], Any], of_function: Callable[..., Any]
) -> None:
    setattr(operations, "invoke", of_class)  # noqa: B010 - mypy refuses to assign to a method
    for function in OPERATIONS:
        setattr(operations, function.__name__, partial(of_function, function))


def operations_of(code: str) -> list[Operation]:
    """The operations in the body of a generated `upgrade()` or `downgrade()`, which is not run."""
    operations, calls = _noting()
    names = _RevisionNames(op=operations, sa=sa, postgresql=postgresql, PrintedType=PrintedType)
    for statement in ast.parse(inspect.cleandoc(code)).body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("op."):
            with suppress(Exception):  # an operation of the project: only `upgrade` can execute it
                eval(compile(ast.Expression(call), "revision", "eval"), {}, names)  # noqa: S307 - `upgrade` runs it too
    return calls


def operations_as(directives: Iterable[MigrateOperation]) -> list[Operation]:
    """The operations of the calls that directives render as."""
    operations, calls = _noting()
    for directive in directives:
        call = directive.call if isinstance(directive, RetypeOp) else directive
        if isinstance(call, CallOp):
            getattr(operations, call.name)(*call.args, **call.kwargs)
        else:
            operations.invoke(call.create if isinstance(call, ConcurrentIndexOp) else call)
    return calls


def _noting() -> tuple[Operations, list[Operation]]:
    """Operations that execute nothing, and the list of their calls."""
    setup()
    calls: list[Operation] = []
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True})
    operations = Operations(context)
    _route(
        operations,
        lambda operation: calls.append(noted(operation, context)),
        lambda function, *args, **kwargs: calls.extend(called(function, args, kwargs)),
    )
    return operations, calls


class _RevisionNames(dict[str, Any]):
    """The names that a generated revision imports; a type of the project is replaced by a neutral one."""

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)
        return _Unknown()


class _Unknown(UserDefinedType[Any]):
    """The value of any name that the project defines."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "unknown"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: Any, **__: Any) -> _Unknown:
        return self
