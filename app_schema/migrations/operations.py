"""The operations of every kind: ``op.create_<kind>``, ``op.drop_<kind>`` and ``op.replace_<kind>``.

Revisions import ``op`` and not our classes, so an operation accepts the fields and builds the object: first
the fields of the kind's ``positional``, the others by name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from typing import Any

from alembic.operations import MigrateOperation, Operations

from app_schema.ddl import Create, DDLObject, Drop, Grant, Replace
from app_schema.ddl.files import VERBS
from app_schema.ddl.sql import shortened
from app_schema.errors import ModelError
from app_schema.migrations import translate
from app_schema.migrations.extra_operations import OPERATIONS
from app_schema.migrations.sending import send


class CreateObjectOp(MigrateOperation):
    """Creates an object; the reverse drops it.

    :param recreated: an earlier operation of the same revision has dropped the object.
    """

    def __init__(self, obj: DDLObject, *, recreated: bool = False) -> None:
        self.obj = obj
        self.recreated = recreated

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``: the operation and its object."""
        return ("create_" + self.obj.kind, self.obj.label)

    def reverse(self) -> DropObjectOp:
        """The operation that drops the object."""
        return DropObjectOp(self.obj, recreated=self.recreated)


class DropObjectOp(MigrateOperation):
    """Drops an object. With the whole definition, if known: the reverse creates the object.

    :param recreated: a later operation of the same revision creates the object again.
    """

    def __init__(self, obj: DDLObject, *, recreated: bool = False) -> None:
        self.obj = obj
        self.recreated = recreated

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``: the operation and its object."""
        return ("drop_" + self.obj.kind, self.obj.label)

    def reverse(self) -> CreateObjectOp | ReplaceObjectOp:
        """The operation that creates the object."""
        obj = self.obj
        on_a_table = isinstance(obj, Grant) and obj.table is not None
        return SetGrantOp(obj) if on_a_table else CreateObjectOp(obj, recreated=self.recreated)


class ReplaceObjectOp(MigrateOperation):
    """Replaces the definition ``old``; None: any definition."""

    def __init__(self, obj: DDLObject, old: DDLObject | None = None) -> None:
        self.obj = obj
        self.old = old

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``: the operation and its object."""
        return ("replace_" + self.obj.kind, self.obj.label)

    def reverse(self) -> ReplaceObjectOp:
        """The operation that restores the old definition, which must be known."""
        if self.old is None:
            msg = f"what {self.obj.label} replaced is not known: write old=..."
            raise ModelError(msg)
        return ReplaceObjectOp(self.old, self.obj)


class SetGrantOp(ReplaceObjectOp):
    """Exactly this grant on a new table, without grants of default privileges; the reverse revokes it."""

    def reverse(self) -> DropObjectOp:  # type: ignore[override]  # what it replaced was of the same revision
        """The operation that revokes the grant."""
        return DropObjectOp(self.obj)


def build(kind: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, filled: bool = False) -> DDLObject:
    """The object from the arguments of an operation.

    :param filled: identity is enough; other fields get a stand-in.
    """
    cls = DDLObject.kinds[kind]
    if len(args) > len(cls.positional):
        names = ", ".join(cls.positional)
        msg = f"at most {len(cls.positional)} arguments without a name ({names}), {len(args)} were given"
        raise TypeError(msg)
    values = {**dict(zip(cls.positional, args, strict=False)), **kwargs}
    values = {name: shortened(value) for name, value in values.items()}
    values = {**cls.stand_in, **values} if filled else values
    fields = _fields(kind)
    unknown = next((name for name in values if name not in fields), None)
    if unknown is not None:
        import difflib  # slow, and for an error alone

        close = difflib.get_close_matches(unknown, fields, 1)
        hint = f"; did you mean {close[0]!r}?" if close else f"; it has {', '.join(fields)}."
        raise ModelError(f"a {kind.replace('_', ' ')} has no argument {unknown!r}{hint}")
    return cls(**values)


@cache
def _fields(kind: str) -> list[str]:
    return [field.name for field in dataclasses.fields(DDLObject.kinds[kind]) if field.init]


def foreign(name: str) -> bool:
    """True if ``op.<name>`` is an operation of the project that replaces ours."""
    return name in _OURS and getattr(Operations, name) is not _OURS[name]


def _create(kind: str) -> Callable[..., None]:
    def create(self: Operations, *args: Any, **kwargs: Any) -> None:
        self.invoke(CreateObjectOp(build(kind, args, kwargs)))

    return create


def _drop(kind: str) -> Callable[..., None]:
    def drop(self: Operations, *args: Any, recreated: bool = False, **kwargs: Any) -> None:
        self.invoke(DropObjectOp(build(kind, args, kwargs, filled=True), recreated=recreated))

    return drop


def _replace(kind: str) -> Callable[..., None]:
    def replace(self: Operations, *args: Any, old: dict[str, Any] | None = None, **kwargs: Any) -> None:
        new = build(kind, args, kwargs)
        self.invoke(ReplaceObjectOp(new, None if old is None else dataclasses.replace(new, **old)))

    return replace


_OURS: dict[str, Callable[..., None]] = {}
"""The operations by their names, once they are registered."""


def setup() -> None:
    """Registers the operations with Alembic. Attributes of Operations become functions of ``alembic.op``.

    An operation that the project has registered under the name is kept.
    """
    if _OURS:
        return
    own = {kind: cls.verbs for kind, cls in DDLObject.kinds.loaded.items() if cls.is_created()}
    for kind, (create, drop) in {**VERBS, **own}.items():
        _OURS[f"{create}_{kind}"] = _create(kind)
        _OURS[f"{drop}_{kind}"] = _drop(kind)
        _OURS[f"replace_{kind}"] = _replace(kind)
    _OURS.update({function.__name__: translate.operation(function) for function in OPERATIONS})
    for name, operation in _OURS.items():
        if not hasattr(Operations, name):
            setattr(Operations, name, operation)
    Operations.implementation_for(CreateObjectOp, replace=True)(_run_create)
    Operations.implementation_for(DropObjectOp, replace=True)(_run_drop)
    Operations.implementation_for(ReplaceObjectOp, replace=True)(_run_replace)


def _run_create(operations: Operations, op: CreateObjectOp) -> None:
    send(operations, Create(op.obj))


def _run_drop(operations: Operations, op: DropObjectOp) -> None:
    send(operations, Drop(op.obj, recreated=op.recreated))


def _run_replace(operations: Operations, op: ReplaceObjectOp) -> None:
    send(operations, Replace(op.obj, op.old))
