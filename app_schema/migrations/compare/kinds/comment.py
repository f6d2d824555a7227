"""Comments: those of tables and columns, which SQLAlchemy declares, and those of all other objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl import Key
from app_schema.ddl.catalog_query import Kind
from app_schema.ddl.order import Drops, Makes
from app_schema.errors import ModelError
from app_schema.migrations.compare import keys
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.directives import CallOp, DowngradeOnlyOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


class _TextComparator(KindComparator):
    def set(
        self, sides: Sides, planner: Planner, key: Key, declared: str | None, reflected: str | None
    ) -> None:
        """Plans the text of a comment; None: no comment."""
        raise NotImplementedError

    def added(self, sides: Sides, planner: Planner, key: Key, declared: str) -> None:
        """Plans an absent comment."""
        self.set(sides, planner, key, declared, None)

    def changed(self, sides: Sides, planner: Planner, key: Key, declared: str, reflected: str) -> None:
        """Plans the change of a comment."""
        self.set(sides, planner, key, declared, reflected)

    def removed(self, sides: Sides, planner: Planner, key: Key, reflected: str) -> None:
        """Plans the drop of a comment."""
        self.set(sides, planner, key, None, reflected)


class CommentComparator(_TextComparator):
    """Comments on tables and columns."""

    dropped_with_table = True

    def undeclared_with_owner(self, sides: Sides, key: Key) -> bool:
        """Also the comment of an undeclared column."""
        has_columns = not any(owner in sides.declared for owner in _without_columns(key))
        of_undeclared = bool(key.name) and has_columns and keys.column(key) not in sides.declared
        return of_undeclared or super().undeclared_with_owner(sides, key)

    def added(self, sides: Sides, planner: Planner, key: Key, declared: str) -> None:
        """Plans an absent comment; CREATE TABLE and ADD COLUMN have the comments of new tables and
        columns."""
        if not sides.new(key) or _is_of_other_relation(sides, key):
            super().added(sides, planner, key, declared)

    def set(
        self, sides: Sides, planner: Planner, key: Key, declared: str | None, reflected: str | None
    ) -> None:
        """Plans the change of a comment, unless ADD COLUMN has it, or `follow` plans it."""
        schema, column = sides.schema(key), keys.column(key)
        if _is_of_other_relation(sides, key):
            if _relations(key) & planner.dropped:
                return
        elif key.name and (column not in sides.reflected or column in planner.dropped):
            return
        if key.name:
            call = CallOp("alter_column", key.table, key.name, comment=declared, schema=schema)
            call.undone_by("alter_column", key.table, key.name, comment=reflected, schema=schema)
        else:
            call, undo = _on_table(key, declared, schema), _on_table(key, reflected, schema)
            call.undo, undo.undo = undo, call
        planner.create(Makes.COMMENT, call)


class ObjectCommentComparator(_TextComparator):
    """Comments on constraints, indexes, triggers, policies, functions, types: not on tables and columns."""

    def undeclared_with_owner(self, sides: Sides, key: Key) -> bool:
        """True for the comment of an undeclared object."""
        owner = _owner(sides, key)
        return owner in sides.reflected and owner not in sides.declared

    def set(
        self, sides: Sides, planner: Planner, key: Key, declared: str | None, reflected: str | None
    ) -> None:
        """Plans the change of a comment, unless PostgreSQL drops the comment with its object."""
        if _is_created_anew(sides, planner, key):
            return
        call, undo = _on_object(key, declared), _on_object(key, reflected)
        call.undo, undo.undo = undo, call
        planner.create(Makes.COMMENT, call)

    def follow(self, sides: Sides, planner: Planner) -> None:
        """Plans the comments of what is created, and for the downgrade those of what is dropped: PostgreSQL
        drops them with it. Also those of columns of views, composite types and foreign tables."""
        comments = {key for key in (*sides.reflected, *sides.declared) if key.kind in _CALLS}
        for key in sorted(comments, key=str):
            if key.kind == "object_comment":
                planned = _owner(sides, key) in planner.dropped | planner.created
                if not planned and not (sides.managed(key) and _is_created_anew(sides, planner, key)):
                    continue
            elif not (key.name and _relations(key) & planner.dropped):
                continue
            declared, reflected = sides.declared.get(key), sides.reflected.get(key)
            if declared is None and reflected is not None and _is_kept(sides, planner, key):
                declared = reflected
            call = _CALLS[key.kind]
            if declared is not None:
                planner.create(Makes.COMMENT, call(key, declared))
            elif key.kind == "object_comment" and _is_replaced(sides, planner, key):
                planner.create(Makes.COMMENT, call(key, None))
            if reflected is None and _is_replaced(sides, planner, key):
                planner.drop(Drops.COMMENT, DowngradeOnlyOp(call(key, None)))
            if reflected is not None:
                planner.drop(Drops.COMMENT, DowngradeOnlyOp(call(key, reflected)))


def _on_column(key: Key, text: str | None) -> CallOp:
    return CallOp("alter_column", key.table, key.name, comment=text, schema=key.schema)


def _on_object(key: Key, text: str | None) -> CallOp:
    kind, name = keys.described(key).kind, keys.described(key).name
    of_part = (kind, name.partition(" ")[0]) == ("domain", "constraint")
    if of_part or kind not in Kind.by_key or kind not in Kind.by_key[kind].comment_on:
        raise ModelError("cannot be written as a revision: write it by hand")
    table = key.table if kind != "index" else None
    return CallOp("comment_on", kind, name, text, table=table, schema=key.schema)


_CALLS = {"comment": _on_column, "object_comment": _on_object}


def _owner(sides: Sides, key: Key) -> Key:
    """The object of a comment; for an index or operator family of another object that object."""
    owner = keys.described(key)
    kind = {"index": "constraint", "operator_family": "operator_class"}.get(owner.kind)
    if kind is None or owner in sides.reflected or owner in sides.declared:
        return owner
    return owner._replace(kind=kind)


def _relations(key: Key) -> set[Key]:
    """The relations that may have the column, except tables, whose operations have the comments."""
    return keys.views(key) | _without_columns(key)


def _without_columns(key: Key) -> set[Key]:
    """The relations whose columns are a part of their definition, and not objects of a snapshot."""
    return {Key(kind, key.schema, None, key.table or "") for kind in ("composite", "foreign_table")}


def _is_of_other_relation(sides: Sides, key: Key) -> bool:
    """True for a column of a view, composite type or foreign table."""
    return bool(key.name) and any(owner in sides.declared for owner in _relations(key))


def _is_kept(sides: Sides, planner: Planner, key: Key) -> bool:
    """True if an undeclared comment and its object exist after the upgrade."""
    owners = {_owner(sides, key)} if key.kind == "object_comment" else _relations(key)
    existing = [owner for owner in owners if owner in sides.reflected]
    if key.kind == "comment" and existing and planner.recreated_as(existing[0]) == "declared":
        existing = [owner for owner in existing if keys.column(key) in sides.declared]
    return planner.recreated_as(key) == "reflected" and any(
        planner.recreated_as(owner) != "dropped" for owner in existing
    )


def _is_replaced(sides: Sides, planner: Planner, key: Key) -> bool:
    """True if a replacement may keep the object, and with it the comment, as CREATE OR REPLACE does."""
    owner = _owner(sides, key)
    return owner in planner.created - planner.dropped and owner in sides.reflected and owner in sides.declared


def _is_created_anew(sides: Sides, planner: Planner, key: Key) -> bool:
    """True if the object is new, dropped, or dropped and created again."""
    owner = _owner(sides, key)
    if owner.kind == "constraint" and owner not in sides.reflected and owner not in sides.declared:
        owner = keys.table(owner)  # a NOT NULL
    if owner not in sides.reflected and owner not in sides.declared:
        return False
    if owner not in sides.reflected or owner in planner.dropped | planner.created:
        return True
    return owner not in sides.declared and sides.prune and sides.may_drop(owner)


def _on_table(key: Key, text: str | None, schema: str | None) -> CallOp:
    if text is None:
        return CallOp("drop_table_comment", key.table, schema=schema)
    return CallOp("create_table_comment", key.table, text, schema=schema)
