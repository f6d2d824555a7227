"""Directives as Python: calls of ``op`` with plain values, and the imports they need."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import render as alembic_render
from alembic.autogenerate import renderers
from alembic.operations.ops import CreateTableOp
from sqlalchemy import Computed, Enum, Identity, PrimaryKeyConstraint, TextClause, TypeDecorator
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.types import TypeEngine

from app_schema import upstream
from app_schema.ddl import DDLObject
from app_schema.ddl.constraint import named
from app_schema.ddl.printed_type import PrintedType
from app_schema.ddl.sql import DIALECT
from app_schema.migrations.directives import CallOp, ConcurrentIndexOp, RetypeOp, UndeclaredOp, UnwritableOp
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp, ReplaceObjectOp

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

_MAPPINGS = {"settings", "options", "defaults"}
_WHOLE = {"grant", "object_grant", "default_privileges"}
_IDENTITY = {"table", "schema", "arguments", "materialized", "role", "of", "name", "not_valid"}


def value(obj: Any, context: AutogenContext) -> str:  # noqa: PLR0911 - a list of cases
    """A value as a Python expression."""
    if isinstance(obj, TextClause):
        return f"sa.text({obj.text!r})"
    if isinstance(obj, TypeEngine):
        return upstream.type_text(alembic_render, obj, context)
    if isinstance(obj, Identity):
        return upstream.identity_text(alembic_render, obj, context)
    if isinstance(obj, Computed):
        return upstream.computed_text(alembic_render, obj, context)
    if isinstance(obj, dict):
        return "{" + ", ".join(f"{key!r}: {value(part, context)}" for key, part in obj.items()) + "}"
    if isinstance(obj, (list, tuple)):
        return "[" + ", ".join(value(part, context) for part in obj) + "]"
    return repr(obj)


def _call(name: str, args: list[str], kwargs: dict[str, str], context: AutogenContext) -> str:
    prefix = context.opts["alembic_module_prefix"] or ""
    return f"{prefix}{name}({', '.join([*args, *(f'{key}={text}' for key, text in kwargs.items())])})"


def _field(obj: DDLObject, name: str) -> Any:
    content = getattr(obj, name)
    if name in _MAPPINGS and isinstance(content, tuple):
        return dict(content)
    if (
        isinstance(content, tuple)
        and len(content) == 1
        and name in {"before", "after", "instead_of", "to", "columns", "privileges", "execute", "in_role"}
    ):
        return content[0]
    return list(content) if isinstance(content, tuple) else content


def _differing_fields(obj: DDLObject) -> list[str]:
    """The names of the fields that differ from their default."""
    assert dataclasses.is_dataclass(obj)
    return [
        field.name
        for field in dataclasses.fields(obj)
        if field.init and getattr(obj, field.name) != field.default
    ]


def _object(verb: str, obj: DDLObject, context: AutogenContext, names: list[str], **more: str) -> str:
    args = [value(_field(obj, name), context) for name in obj.positional if name in names]
    kwargs = {name: value(_field(obj, name), context) for name in names if name not in obj.positional}
    schema = {"schema": kwargs.pop("schema")} if "schema" in kwargs else {}
    return _call(f"{verb}_{obj.kind}", args, {**kwargs, **more, **schema}, context)


def constructor(obj: DDLObject, context: AutogenContext) -> str:
    """The declaration of an object: ``ddl.Policy("own", table="notes", …)``."""
    fields = {name: value(_field(obj, name), context) for name in _differing_fields(obj)}
    name = [fields.pop("name")] if next(iter(fields), "") == "name" else []
    return (
        f"ddl.{type(obj).__name__}({', '.join([*name, *(f'{key}={text}' for key, text in fields.items())])})"
    )


def _create(context: AutogenContext, operation: CreateObjectOp) -> str:
    return _object(operation.obj.verbs[0], operation.obj, context, _differing_fields(operation.obj))


def _drop(context: AutogenContext, operation: DropObjectOp) -> str:
    dropped = operation.obj
    names = _differing_fields(dropped)
    if dropped.kind not in _WHOLE:
        identity = (_IDENTITY | set(dropped.positional)) - dropped.stand_in.keys()
        names = [name for name in names if name in identity]
    option = {"recreated": "True"} if operation.recreated else {}
    return _object(dropped.verbs[1], dropped, context, names, **option)


def _replace(context: AutogenContext, operation: ReplaceObjectOp) -> str:
    new, old = operation.obj, operation.old
    if old is None:
        return _object("replace", new, context, _differing_fields(new))
    assert dataclasses.is_dataclass(new)
    fields = [field.name for field in dataclasses.fields(new) if field.init]
    before = {
        name: _field(old, name)
        for name in fields
        if getattr(old, name) != getattr(new, name)
        and (name not in {"schema", "table"} or new.kind == "extension")
    }
    return _object("replace", new, context, _differing_fields(new), old=value(before, context))


def _plain_call(context: AutogenContext, operation: CallOp) -> str:
    args = [value(argument, context) for argument in operation.args]
    kwargs = {key: value(argument, context) for key, argument in operation.kwargs.items()}
    return _call(operation.name, args, kwargs, context)


def _create_table(context: AutogenContext, operation: CreateTableOp) -> str:
    """For a table without columns, as an heir may be, Alembic writes an empty argument: a syntax error."""
    name, comma, rest = upstream.table_text(alembic_render, operation, context).partition(",\n")
    return name + comma + rest.removeprefix(",\n")


def _retype(context: AutogenContext, operation: RetypeOp) -> str:
    return _plain_call(context, operation.call)


def _unwritable(context: AutogenContext, operation: UnwritableOp) -> str:
    del context
    return (
        f"'not mended by this revision: {operation.reason}'"
        if "'" not in operation.reason
        else repr(f"not mended by this revision: {operation.reason}")
    )


def _undeclared(context: AutogenContext, operation: UndeclaredOp) -> list[str]:
    del context, operation
    return []


def _concurrent_index(context: AutogenContext, operation: ConcurrentIndexOp) -> str:
    (text,) = alembic_render.render_op(context, operation.create)
    text = text.replace("create_index(", "create_index_concurrently(", 1)
    return f"{text.removesuffix(')')}, partitioned=True)" if operation.partitioned else text


def item(type_: str, obj: Any, context: AutogenContext) -> str | bool:
    """Alembic's ``render_item``: types without models and decorators."""
    if type_ == "type":
        return _type(obj, context)
    is_special = type_ == "primary_key" and (obj.deferrable or obj.dialect_kwargs)
    return _primary_key(obj) if is_special else False


def _type(obj: Any, context: AutogenContext) -> str | bool:
    if isinstance(obj, PrintedType):
        context.imports.add("from app_schema.ddl import PrintedType")
        return f"PrintedType({obj.text!r})"
    if isinstance(obj, Enum) and obj.native_enum and obj.name is not None:
        schema = f", schema={obj.schema!r}" if obj.schema else ""
        return f"sa.Enum(name={str(obj.name)!r}{schema}, create_type=False)"
    if isinstance(obj, DOMAIN):
        return _printed(obj, context)  # op.create_domain creates it once for all tables
    module = type(obj).__module__
    if isinstance(obj, TypeDecorator) or not module.startswith("sqlalchemy."):
        return _printed(obj, context)
    return False


def _primary_key(key: PrimaryKeyConstraint) -> str:
    """A primary key with all arguments; Alembic's renderer writes only columns and name."""
    options = {"name": key.name and named(key).name, "deferrable": key.deferrable, "initially": key.initially}
    arguments = {name: item for name, item in {**options, **key.dialect_kwargs}.items() if item is not None}
    args = [
        *(repr(column.name) for column in key.columns),
        *(f"{name}={line!r}" for name, line in arguments.items()),
    ]
    return f"sa.PrimaryKeyConstraint({', '.join(args)})"


def _printed(obj: TypeEngine[Any], context: AutogenContext) -> str:
    context.imports.add("from app_schema.ddl import PrintedType")
    return f"PrintedType({obj.compile(dialect=DIALECT)!r})"


def setup() -> None:
    """Registers the renderers."""
    for cls, function in (
        (CreateObjectOp, _create),
        (DropObjectOp, _drop),
        (ReplaceObjectOp, _replace),
        (CallOp, _plain_call),
        (CreateTableOp, _create_table),
        (RetypeOp, _retype),
        (UndeclaredOp, _undeclared),
        (UnwritableOp, _unwritable),
        (ConcurrentIndexOp, _concurrent_index),
    ):
        renderers.dispatch_for(cls, replace=True)(function)
