"""What revisions would do: their SQL, and each operation with the table that it locks. Nothing is run.

The revisions' own code runs against a script, so that loops and helpers in it are seen too.
"""

from __future__ import annotations

import inspect
import io
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from alembic.ddl.postgresql import CreateExcludeConstraintOp
from alembic.operations import MigrateOperation, Operations, ops
from alembic.operations.schemaobj import SchemaObjects
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Column, ForeignKeyConstraint
from sqlalchemy.types import to_instance

from app_schema.application import Application
from app_schema.ddl.sql import DIALECT
from app_schema.errors import AppSchemaError, ModelError
from app_schema.migrations import setup
from app_schema.migrations.environment import DEFAULTS, joined
from app_schema.migrations.extra_operations import OPERATIONS
from app_schema.migrations.header import LOCKS
from app_schema.migrations.impl import GuardedImpl, guarded
from app_schema.migrations.installed import installed
from app_schema.migrations.lineage import Direction, Lineage
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp, ReplaceObjectOp

Steps: TypeAlias = Sequence[RevisionStep]
UNKNOWN = "unknown"
"""The lock of a statement that somebody wrote by hand."""
ROW_EXCLUSIVE = "ROW EXCLUSIVE"
_NAMES: dict[type[MigrateOperation], str] = {
    ops.CreateTableOp: "create_table",
    ops.DropTableOp: "drop_table",
    ops.RenameTableOp: "rename_table",
    ops.AddColumnOp: "add_column",
    ops.DropColumnOp: "drop_column",
    ops.AlterColumnOp: "alter_column",
    ops.CreateIndexOp: "create_index",
    ops.DropIndexOp: "drop_index",
    ops.CreateForeignKeyOp: "create_foreign_key",
    ops.CreateCheckConstraintOp: "create_check_constraint",
    ops.CreateUniqueConstraintOp: "create_unique_constraint",
    ops.CreatePrimaryKeyOp: "create_primary_key",
    CreateExcludeConstraintOp: "create_exclude_constraint",
    ops.DropConstraintOp: "drop_constraint",
    ops.ExecuteSQLOp: "execute",
    ops.BulkInsertOp: "bulk_insert",
}
_PROTECTS = {
    "policy": "policy",
    "row_security": "row_security",
    "trigger": "trigger",
    "table_constraint": "constraint",
    "table_index": "index",
    "grant": "grant",
    "column_grant": "grant",
}
"""The kinds of objects that protect rows, and as what the catalog keeps them."""
_SCANS = {
    "create_index",
    "create_foreign_key",
    "create_check_constraint",
    "create_unique_constraint",
    "create_primary_key",
    "create_exclude_constraint",
    "validate_constraint",
    "create_index_concurrently",
}


@dataclass(frozen=True)
class Operation:
    """One call of a revision. `table` is schema and name, None for what belongs to no table.

    `lock` is what it takes on the table; its foreign keys take SHARE ROW EXCLUSIVE on `referred`.
    `scans`: it reads the whole table under its lock. `column` is the column that it drops or alters,
    `renamed` the new name of the column or table, `retyped` the column's new type.
    `protects` is what keeps rows in order or from somebody's eyes, and is dropped or replaced.
    """

    name: str
    table: tuple[str, str] | None = None
    lock: str | None = None
    referred: tuple[tuple[str, str], ...] = ()
    scans: bool = False
    column: str | None = None
    renamed: str | None = None
    retyped: Conversion | None = None
    protects: Protects | None = None


@dataclass(frozen=True)
class Conversion:
    """A new type of a column, as SQL, and the USING clause that was written."""

    type_: str
    using: str | None


@dataclass(frozen=True)
class Protects:
    """A policy, constraint, trigger, grant, ... of a table. `label` names it in words."""

    kind: str
    name: str
    label: str


@dataclass
class Recorded:
    """A revision with the SQL that it would send, guards included, and its operations in order."""

    revision: str
    sql: str = ""
    operations: list[Operation] = field(default_factory=list)


@contextmanager
def _silence() -> Iterator[None]:
    """Alembic's log would say that the revisions run."""
    log = logging.getLogger("alembic.runtime.migration")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def _note(operations: Operations, note: Callable[[Iterable[Operation]], None]) -> None:
    """Has each operation noted on its way; no subclass, because `alembic.op` knows none."""
    invoke = operations.invoke

    def noted(operation: MigrateOperation) -> Any:
        note([_noted(operation, operations.migration_context)])
        return invoke(operation)

    def special(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        note(_of_call(function, args, kwargs))
        return function(operations, *args, **kwargs)

    setattr(operations, "invoke", noted)  # noqa: B010 - mypy refuses to assign to a method
    for function in OPERATIONS:
        setattr(operations, function.__name__, partial(special, function))


def record(
    lineage: Lineage,
    here: frozenset[str],
    to: str,
    direction: Direction = "up",
    impl: type[GuardedImpl] = GuardedImpl,
) -> list[Recorded]:
    """What going from `here` to `to` would send, a revision at a time; else as :func:`record_steps`."""
    steps = lineage.steps(here, to, direction)
    return record_steps(lineage.app, here, steps, impl, lineage.scripts)


def record_steps(
    app: Application,
    here: frozenset[str],
    planned: Steps,
    impl: type[GuardedImpl] = GuardedImpl,
    scripts: ScriptDirectory | None = None,
) -> list[Recorded]:
    """What these steps would send from `here`, a revision at a time. Alembic may be in the middle of a run.

    :param impl: writes the statements instead of the guarded impl.
    :raises ModelError: where a revision asks the database what to do, so that it cannot be read without.
    """
    setup()
    buffer = io.StringIO()
    found: list[Recorded] = []

    def steps(_: Any, __: Any) -> Iterator[RevisionStep]:
        for step in planned:
            found.append(Recorded(step.revision.revision))
            begin = buffer.tell()
            yield step
            found[-1].sql = buffer.getvalue()[begin:]

    options = {
        **DEFAULTS,
        **joined(app.options),
        "as_sql": True,
        "literal_binds": True,
        "output_buffer": buffer,
        "fn": steps,
        "starting_rev": tuple(sorted(here)),
        "script": scripts,
        "target_metadata": app.convention,
    }
    with _silence():
        context = MigrationContext.configure(
            dialect_name="postgresql", dialect_opts={"paramstyle": "named"}, opts=options
        )
    guarded(context, impl)
    try:
        with _silence(), installed(context) as operations, context.begin_transaction():
            _note(operations, lambda noted: found[-1].operations.extend(noted))  # noqa: PLW0108 - the last one changes
            context.run_migrations()
    except (AppSchemaError, CommandError):
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ModelError(
            f"{found[-1].revision} cannot be planned, because it asks the database ({reason})."
        ) from error
    return found


def _noted(operation: MigrateOperation, context: MigrationContext) -> Operation:
    if isinstance(operation, CreateObjectOp | DropObjectOp | ReplaceObjectOp):
        return _of_object(operation)
    name = next((one for cls, one in _NAMES.items() if isinstance(operation, cls)), type(operation).__name__)
    if isinstance(operation, ops.ExecuteSQLOp):
        return Operation(name, lock=UNKNOWN)
    if isinstance(operation, ops.BulkInsertOp):
        return Operation(
            name, _place(operation.table.name, getattr(operation.table, "schema", None)), ROW_EXCLUSIVE
        )
    if isinstance(operation, ops.CreateForeignKeyOp):
        return Operation(
            name,
            _place(operation.source_table, operation.kw.get("source_schema")),
            LOCKS[name],
            (_place(operation.referent_table, operation.kw.get("referent_schema")),),
            scans=not operation.kw.get("postgresql_not_valid"),
        )
    if isinstance(operation, ops.CreateTableOp):
        return Operation(name, _place(operation.table_name, operation.schema), referred=_referred(operation))
    return _of_table(name, operation, context)


def _of_table(name: str, operation: Any, context: MigrationContext) -> Operation:
    """An operation of Alembic's own on a table that is there."""
    table = getattr(operation, "table_name", None)
    keywords = getattr(operation, "kw", {})
    concurrently = name in {"create_index", "drop_index"} and keywords.get("postgresql_concurrently")
    scans = name in _SCANS and not keywords.get("postgresql_not_valid")
    if isinstance(operation, ops.AlterColumnOp):
        scans = operation.modify_type is not None or operation.modify_nullable is False
    place = None if table is None else _place(table, getattr(operation, "schema", None))
    return Operation(
        name,
        place,
        LOCKS.get(f"{name}_concurrently" if concurrently else name),
        scans=scans,
        column=getattr(operation, "column_name", None),
        renamed=_renamed(operation),
        retyped=_retyped(operation),
        protects=None if place is None else _protects(operation, context),
    )


def _renamed(operation: Any) -> str | None:
    if isinstance(operation, ops.RenameTableOp):
        return str(operation.new_table_name)
    new = operation.modify_name if isinstance(operation, ops.AlterColumnOp) else None
    return None if new is None else str(new)


def _retyped(operation: Any) -> Conversion | None:
    if not isinstance(operation, ops.AlterColumnOp) or operation.modify_type is None:
        return None
    return _new_type(operation.modify_type, operation.kw.get("postgresql_using"))


def _new_type(type_: Any, using: str | None) -> Conversion:
    compiled: str = to_instance(type_).compile(dialect=DIALECT)
    return Conversion(compiled, using)


def _protects(operation: Any, context: MigrationContext) -> Protects | None:
    """What an operation of Alembic's own takes away."""
    if isinstance(operation, ops.DropConstraintOp):
        named = SchemaObjects(context).generic_constraint(
            operation.constraint_name, operation.table_name, operation.constraint_type
        )
        name = str(named.name)  # by the naming convention, as the statement has it
        return Protects("constraint", name, f"constraint {name}")
    if isinstance(operation, ops.DropIndexOp):
        name = str(operation.index_name)
        return Protects("index", name, f"unique index {name}")
    if isinstance(operation, ops.AlterColumnOp) and operation.modify_nullable:
        return Protects("not_null", operation.column_name, f"NOT NULL of {operation.column_name}")
    return None


def _referred(operation: ops.CreateTableOp) -> tuple[tuple[str, str], ...]:
    keys = [
        key for item in operation.columns if isinstance(item, ForeignKeyConstraint) for key in item.elements
    ]
    keys += [key for item in operation.columns if isinstance(item, Column) for key in item.foreign_keys]
    tables = [key.target_fullname.split(".")[:-1] for key in keys]
    return tuple(_place(one[-1], one[0] if len(one) > 1 else None) for one in tables)


def _place(table: object, schema: str | None) -> tuple[str, str]:
    return schema or "public", str(table)


def _of_call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Operation]:
    name = function.__name__
    if name in {"run_once", "undo_once"}:
        return [Operation(name, lock=UNKNOWN)]
    if name not in LOCKS:
        return [Operation(name)]
    said = inspect.signature(function).bind(None, *args, **kwargs).arguments
    place = None if said.get("table") is None else _place(said["table"], said.get("schema"))
    if name == "alter_column_types":
        using = said.get("using") or {}
        return [
            Operation(
                name, place, LOCKS[name], scans=True, column=one, retyped=_new_type(type_, using.get(one))
            )
            for one, type_ in said["types"].items()
        ]
    return [Operation(name, place, LOCKS[name], scans=name in _SCANS)]


def _of_object(operation: CreateObjectOp | DropObjectOp | ReplaceObjectOp) -> Operation:
    one = operation.obj
    verb = "replace"
    if isinstance(operation, CreateObjectOp | DropObjectOp):
        verb = one.verbs[0 if isinstance(operation, CreateObjectOp) else 1]
    name = f"{verb}_{one.kind}"
    place = _place(one.table, one.schema) if one.table else None
    taken = isinstance(operation, DropObjectOp) and not operation.made_again
    changed = isinstance(operation, ReplaceObjectOp) and one.kind in {"policy", "row_security"}
    protects = None
    if place is not None and one.kind in _PROTECTS and (taken or changed):
        words = f"{one.kind.replace('_', ' ')} {one.name}".rstrip()
        definition = " (as it is now)" if changed else ""
        protects = Protects(_PROTECTS[one.kind], one.name, f"{words}{definition}")
    return Operation(name, place, LOCKS.get(name), protects=protects)
