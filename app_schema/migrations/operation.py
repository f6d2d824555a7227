"""One call of a revision as data: operation, table, lock, and losses.

The header of a generated revision, `plan`, `rollback`, `status` and the losses read this value. It is derived
from the operation that the call builds, so hand-written and generated revisions give the same value.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from alembic.operations import MigrateOperation, ops
from alembic.operations.schemaobj import SchemaObjects
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Computed, ForeignKeyConstraint
from sqlalchemy.types import to_instance

from app_schema.catalog.cast import UTC, base
from app_schema.ddl import DDLObject, Grant, Policy, TableConstraint
from app_schema.ddl.printed import FOREIGN_KEY
from app_schema.ddl.printed_type import PrintedType
from app_schema.ddl.sql import DIALECT
from app_schema.ddl.statement import Renaming
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp, ReplaceObjectOp

Place = tuple[str | None, str]
"""Schema and name of a table; without a schema by the search_path."""

UNKNOWN = "unknown"
"""The lock of a hand-written statement."""
ROW_EXCLUSIVE = "ROW EXCLUSIVE"
REFERRED = "SHARE ROW EXCLUSIVE"
"""The lock of a new foreign key on both tables."""
STRENGTH = [ROW_EXCLUSIVE, "SHARE UPDATE EXCLUSIVE", "SHARE", REFERRED, "ACCESS EXCLUSIVE", UNKNOWN]
"""The locks, the weakest first."""
LOCKS = {
    "add_column": "ACCESS EXCLUSIVE",
    "drop_column": "ACCESS EXCLUSIVE",
    "alter_column": "ACCESS EXCLUSIVE",
    "drop_table": "ACCESS EXCLUSIVE",
    "alter_table": "ACCESS EXCLUSIVE",
    "rename_table": "ACCESS EXCLUSIVE",
    "rename_constraint": "ACCESS EXCLUSIVE",
    "rename_object": "ACCESS EXCLUSIVE",
    "create_index": "SHARE",
    "drop_index": "ACCESS EXCLUSIVE",
    "create_index_concurrently": "SHARE UPDATE EXCLUSIVE",
    "drop_index_concurrently": "SHARE UPDATE EXCLUSIVE",
    "create_foreign_key": REFERRED,
    "create_check_constraint": "ACCESS EXCLUSIVE",
    "create_unique_constraint": "ACCESS EXCLUSIVE",
    "create_primary_key": "ACCESS EXCLUSIVE",
    "create_exclude_constraint": "ACCESS EXCLUSIVE",
    "drop_constraint": "ACCESS EXCLUSIVE",
    "validate_constraint": "SHARE UPDATE EXCLUSIVE",
    "execute": UNKNOWN,
    "run_once": UNKNOWN,
    "undo_once": UNKNOWN,
    "lock_unchanged": UNKNOWN,
    "bulk_insert": ROW_EXCLUSIVE,
    **{f"{verb}_{kind}": lock for kind, cls in DDLObject.kinds.items() for verb, lock in cls.locks.items()},
}
"""Operation -> its strongest lock on the table. Source: PostgreSQL's ALTER TABLE page."""
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
DROPS_ROWS = {"drop_table", "drop_partition"}
HELD = {**dict.fromkeys(DROPS_ROWS, "the rows of {}"), "drop_sequence": "the number that {} has reached"}
"""Operation -> what is lost with the object: its downgrade creates the object without. What a query fills, as
a materialized view, and what ANALYZE gathers, can be had again."""
_OF_ITS_OWN = {"partition", "sequence"}
"""The kinds of objects that keep values and are not the part of a table."""
_PROTECTS = {
    "policy": "policy",
    "row_security": "row_security",
    "trigger": "trigger",
    "rule": "rule",
    "table_constraint": "constraint",
    "table_index": "index",
    "grant": "grant",
    "column_grant": "grant",
}
"""The kinds of objects that protect rows, and their catalogs."""
_REPLACED = {"policy", "row_security", "trigger", "rule"}
"""The kinds whose new definition may protect less."""
_STABLE = {
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "timezone",
    "varchar",
    "char",
    "timestamp",
    "time",
    "interval",
    "bit",
    "varying",
    "jsonb_build_object",
    "CURRENT_TIMESTAMP",
}
"""Calls in a default whose value is the same for all rows, and types with a length."""
_FOLLOWS = "values that follow from the row"


@dataclass(frozen=True)
class Conversion:
    """A new type of a column, as SQL, and the USING clause of the revision.

    `old` and `new` are the types as PostgreSQL prints them, None where the revision spells a type otherwise.
    """

    type_: str
    using: str | None
    old: str | None = None
    new: str | None = None

    @property
    def is_at_utc(self) -> bool:
        """True if PostgreSQL rewrites no row: under UTC, timestamp and timestamptz have the same bytes."""
        at_utc = (self.using or "").endswith(f" AT TIME ZONE '{UTC}'")
        return at_utc and base(self.new or "").startswith("timestamp")


@dataclass(frozen=True)
class Protects:
    """A policy, constraint, trigger, grant, ... of a table. `label` names it in words.

    `name` is the grantee of a grant, `schema` that of an index, which may be dropped without its table.
    `opens`: a permissive policy or a grant that is created, and does the opposite.
    """

    kind: str
    name: str
    label: str
    schema: str | None = None
    opens: bool = False


@dataclass(frozen=True)
class Operation:
    """One call of a revision. `table` is schema and name, None for an object of no table.

    `lock` is its lock on the table; its foreign keys lock `referred` in SHARE ROW EXCLUSIVE.
    `scans`: it reads the whole table under its lock. `column` is the column that it adds, drops or alters,
    `fills` the volatile value of each row, which rewrites the table; `generated`: its values follow from
    other columns. `renamed` is what it renames, `retyped` the new type of the column.
    `protects` is a dropped or replaced constraint, or a policy or grant that restricts access.
    """

    name: str
    table: Place | None = None
    lock: str | None = None
    referred: tuple[Place, ...] = ()
    scans: bool = False
    column: str | None = None
    fills: str = ""
    generated: bool = False
    renamed: Renaming | None = None
    retyped: Conversion | None = None
    protects: Protects | None = None

    @property
    def words(self) -> str:
        """The name of the operation, and its column or table."""
        parts = (*(self.table or ()), self.column if self.table else None)
        return " ".join((self.name, ".".join(part for part in parts if part))).rstrip()

    @property
    def builds_index(self) -> bool:
        """True if it builds an index of the table."""
        return self.name in {"create_index", "create_index_concurrently", "create_table_index"}

    @property
    def rewrites(self) -> bool:
        """True if PostgreSQL may rewrite the table."""
        return bool(self.fills) or (self.retyped is not None and not self.retyped.is_at_utc)


def is_opaque(operation: MigrateOperation) -> bool:
    """True if only its statements tell what it does: ``op.execute``, an operation of the project."""
    is_known = type(operation).__module__ in {ops.__name__, CreateObjectOp.__module__}
    return isinstance(operation, ops.ExecuteSQLOp) or not is_known


def noted(operation: MigrateOperation, context: MigrationContext) -> Operation:
    """The value of an operation that a revision has built."""
    if isinstance(operation, CreateObjectOp | DropObjectOp | ReplaceObjectOp):
        return _of_object(operation)
    name = _name(operation)
    if is_opaque(operation):
        return Operation(name, lock=UNKNOWN)
    if isinstance(operation, ops.BulkInsertOp):
        schema = getattr(operation.table, "schema", None)
        return Operation(name, place(operation.table.name, schema), LOCKS[name])
    if isinstance(operation, ops.CreateForeignKeyOp):
        return Operation(
            name,
            place(operation.source_table, operation.kw.get("source_schema")),
            LOCKS[name],
            (place(operation.referent_table, operation.kw.get("referent_schema")),),
            scans=not operation.kw.get("postgresql_not_valid"),
        )
    if isinstance(operation, ops.CreateTableOp):
        return Operation(name, place(operation.table_name, operation.schema), referred=_referred(operation))
    return _of_table(name, operation, context)


def called(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Operation]:
    """The values of a call of one of our operations that is a function, with its arguments."""
    name = function.__name__
    arguments = inspect.signature(function).bind(None, *args, **kwargs).arguments
    table = None if arguments.get("table") is None else place(arguments["table"], arguments.get("schema"))
    if name == "alter_column_types":
        old, using = arguments.get("existing") or {}, arguments.get("using") or {}
        return [
            Operation(
                "alter_column",
                table,
                LOCKS["alter_column"],
                scans=True,
                column=column,
                retyped=_conversion(type_, old.get(column), using.get(column)),
            )
            for column, type_ in arguments["types"].items()
        ]
    lock = LOCKS.get(name)
    where = None if lock in {None, UNKNOWN} else table
    renamed = _renaming(name, arguments) if name.startswith("rename_") else None
    protects = (
        _unique_index(arguments["name"], arguments.get("schema"))
        if name == "drop_index_concurrently"
        else None
    )
    return [Operation(name, where, lock, scans=name in _SCANS, renamed=renamed, protects=protects)]


def place(table: object, schema: str | None) -> Place:
    """Schema and name of a table."""
    return schema, str(table)


def _name(operation: MigrateOperation) -> str:
    """The name under which a revision calls it: CreateTableOp is create_table."""
    if isinstance(operation, ops.ExecuteSQLOp):
        return "execute"
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(operation).__name__.removesuffix("Op")).lower()


def _of_table(name: str, operation: Any, context: MigrationContext) -> Operation:
    """An operation of Alembic on an existing table."""
    table = getattr(operation, "table_name", None)
    keywords = getattr(operation, "kw", {})
    concurrently = name in {"create_index", "drop_index"} and keywords.get("postgresql_concurrently")
    scans = name in _SCANS and not keywords.get("postgresql_not_valid")
    column, fills, generated = getattr(operation, "column_name", None), "", False
    if isinstance(operation, ops.AlterColumnOp):
        scans = operation.modify_type is not None or operation.modify_nullable is False
        fills = _computed(operation.modify_server_default)
    elif isinstance(operation, ops.AddColumnOp):
        column, fills = str(operation.column.name), _fills(operation.column)
        generated = operation.column.computed is not None
    where = None if table is None else place(table, getattr(operation, "schema", None))
    return Operation(
        name,
        where,
        LOCKS.get(f"{name}_concurrently" if concurrently else name),
        scans=scans,
        column=column,
        fills=fills,
        generated=generated,
        renamed=_renamed(operation),
        retyped=_retyped(operation),
        protects=_protects(operation, context),
    )


def _fills(column: Column[Any]) -> str:
    """Why adding a column rewrites the table; empty: PostgreSQL stores the value in the catalog."""
    if column.identity is not None or (
        isinstance(column.type, PrintedType) and re.fullmatch("(small|big)?serial", column.type.text)
    ):
        return "numbers"
    if column.computed is not None:
        return _computed(column.computed)
    default = getattr(column.server_default, "arg", "")
    if isinstance(default, str):
        return ""
    called = set(re.findall(r"([\w.]+)\s*\(", str(default.compile(dialect=DIALECT))))
    return "a default of its own for each row" if called - _STABLE else ""


def _computed(default: Any) -> str:
    """Stored generated columns are in the table, virtual ones are not."""
    return _FOLLOWS if isinstance(default, Computed) and default.persisted is not False else ""


def _renamed(operation: Any) -> Renaming | None:
    if isinstance(operation, ops.RenameTableOp):
        return Renaming("table", operation.schema, None, operation.table_name, str(operation.new_table_name))
    if not isinstance(operation, ops.AlterColumnOp) or operation.modify_name is None:
        return None
    table, old, new = operation.table_name, operation.column_name, str(operation.modify_name)
    return Renaming("column", operation.schema, table, old, new)


def _renaming(name: str, arguments: dict[str, Any]) -> Renaming:
    kind = arguments.get("kind") or name.removeprefix("rename_")
    return Renaming(kind, arguments.get("schema"), arguments.get("table"), arguments["old"], arguments["new"])


def _retyped(operation: Any) -> Conversion | None:
    if not isinstance(operation, ops.AlterColumnOp) or operation.modify_type is None:
        return None
    using = operation.kw.get("postgresql_using")
    return _conversion(operation.modify_type, operation.existing_type, using)


def _conversion(new: Any, old: Any, using: str | None) -> Conversion:
    compiled: str = to_instance(new).compile(dialect=DIALECT)
    printed = [type_.text if isinstance(type_, PrintedType) else None for type_ in (old, new)]
    return Conversion(compiled, using, *printed)


def _protects(operation: Any, context: MigrationContext) -> Protects | None:
    """The protection that an operation of Alembic drops."""
    if isinstance(operation, ops.DropConstraintOp):
        named = SchemaObjects(context).generic_constraint(
            operation.constraint_name, operation.table_name, operation.constraint_type
        )
        name = str(named.name)  # by the naming convention, as the statement has it
        return Protects("constraint", name, f"constraint {name}")
    if isinstance(operation, ops.DropIndexOp):
        return _unique_index(str(operation.index_name), operation.schema)
    if isinstance(operation, ops.AlterColumnOp) and operation.modify_nullable:
        return Protects("not_null", operation.column_name, f"NOT NULL of {operation.column_name}")
    return None


def _unique_index(name: str, schema: str | None) -> Protects:
    return Protects("index", name, f"unique index {name}", schema)


def _referred(operation: ops.CreateTableOp) -> tuple[Place, ...]:
    keys = [
        key for item in operation.columns if isinstance(item, ForeignKeyConstraint) for key in item.elements
    ]
    keys += [key for item in operation.columns if isinstance(item, Column) for key in item.foreign_keys]
    tables = [key.target_fullname.split(".")[:-1] for key in keys]
    return tuple(place(names[-1], names[0] if len(names) > 1 else None) for names in tables)


def _grants_access(obj: DDLObject) -> bool:
    return isinstance(obj, Grant) or (isinstance(obj, Policy) and obj.as_.upper() == "PERMISSIVE")


def _of_object(operation: CreateObjectOp | DropObjectOp | ReplaceObjectOp) -> Operation:
    obj = operation.obj
    verb = "replace"
    if isinstance(operation, CreateObjectOp | DropObjectOp):
        verb = obj.verbs[0 if isinstance(operation, CreateObjectOp) else 1]
    name = f"{verb}_{obj.kind}"
    where = place(obj.table, obj.schema) if obj.table else None
    if obj.kind in _OF_ITS_OWN:
        where = place(obj.name, obj.schema)
    dropped = isinstance(operation, DropObjectOp) and not operation.recreated
    changed = isinstance(operation, ReplaceObjectOp) and obj.kind in _REPLACED
    opens = not dropped and not changed and _grants_access(obj)
    protects = None
    if where is not None and obj.kind in _PROTECTS and (dropped or changed or opens):
        words = f"{obj.kind.replace('_', ' ')} {obj.name}".rstrip()
        definition = " (as it is now)" if changed else ""
        named = obj.to if isinstance(obj, Grant) else obj.name
        protects = Protects(_PROTECTS[obj.kind], named, f"{words}{definition}", obj.schema, opens)
    referred: tuple[Place, ...] = ()
    if (
        isinstance(operation, CreateObjectOp)
        and isinstance(obj, TableConstraint)
        and (match := FOREIGN_KEY.match(obj.definition))
    ):
        schema, table = (part and part.strip('"') for part in match.group("schema", "table"))
        referred = (place(table, schema),)
    return Operation(name, where, LOCKS.get(name), referred, protects=protects)
