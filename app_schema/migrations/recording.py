"""Operations that record the calls of a revision, and execute them or not."""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import MigrateOperation, Operations
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType

from app_schema.ddl import PrintedType
from app_schema.migrations import setup
from app_schema.migrations.directives import CallOp, ConcurrentIndexOp, RetypeOp
from app_schema.migrations.extra_operations import OPERATIONS
from app_schema.migrations.operation import Operation, called, noted


def record_calls(
    operations: Operations, note: Callable[[Iterable[Operation]], None], *, carry_out: bool = True
) -> None:
    """Records each call, then executes it if asked to. No subclass: `alembic.op` proxies an instance."""
    invoke = operations.invoke

    def of_class(operation: MigrateOperation) -> Any:
        note([noted(operation, operations.migration_context)])
        return invoke(operation) if carry_out else None

    def of_function(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        note(called(function, args, kwargs))
        return function(operations, *args, **kwargs) if carry_out else None

    setattr(operations, "invoke", of_class)  # noqa: B010 - mypy refuses to assign to a method
    for function in OPERATIONS:
        setattr(operations, function.__name__, partial(of_function, function))


def operations_of(code: str) -> list[Operation]:
    """The operations in the body of a generated `upgrade()` or `downgrade()`, which is not run."""
    operations, found = _noting()
    names = _Names(op=operations, sa=sa, postgresql=postgresql, PrintedType=PrintedType)
    for statement in ast.parse(inspect.cleandoc(code)).body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("op."):
            with suppress(Exception):  # an operation of the project: only `upgrade` can execute it
                eval(compile(ast.Expression(call), "revision", "eval"), {}, names)  # noqa: S307 - `upgrade` runs it too
    return found


def operations_as(directives: Iterable[MigrateOperation]) -> list[Operation]:
    """The operations of the calls that directives render as."""
    operations, found = _noting()
    for directive in directives:
        call = directive.call if isinstance(directive, RetypeOp) else directive
        if isinstance(call, CallOp):
            getattr(operations, call.name)(*call.args, **call.kwargs)
        else:
            operations.invoke(call.create if isinstance(call, ConcurrentIndexOp) else call)
    return found


def _noting() -> tuple[Operations, list[Operation]]:
    """Operations that execute nothing, and the list of their calls."""
    setup()
    found: list[Operation] = []
    operations = Operations(MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True}))
    record_calls(operations, found.extend, carry_out=False)
    return operations, found


class _Names(dict[str, Any]):
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
