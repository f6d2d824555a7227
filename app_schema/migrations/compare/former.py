"""Renames that a model declares by ``RenamedFrom``, and notes on possible renames.

A declared rename is alone in its revision: other differences are planned under the new names only, and a
second run would find the old names. Equal definitions alone lead to a note, never to a rename.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from app_schema.ddl import Key
from app_schema.ddl.sql import ident, qualified
from app_schema.migrations.compare.pair import nameless
from app_schema.migrations.compare.plan import Plan
from app_schema.migrations.compare.rename import Rename
from app_schema.migrations.directives import CallOp, UnwritableOp

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation

    from app_schema.catalog import Snapshot
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

REST = "a rename must be alone: run autogenerate again after this revision for the other differences"
_OF_A_TABLE = {"column", "constraint", "index"}
_IN_NO_TABLE = {"enum", "sequence"}
_FOLLOWS = {*_OF_A_TABLE, "comment", "grant", "not_null", "owner"}
"""Parts of a table, whose definition after a rename is that before it with another name."""
_OWN_OPERATION = {"constraint", "index", "sequence", "enum"}


def pending(sides: Sides) -> list[Rename]:
    """The declared renames that the database lacks: those of tables; all others if no table is renamed."""
    lacking = [
        Rename(old, new)
        for new, old in _former(sides)
        if old in sides.reflected and new not in sides.reflected
    ]
    lacking = [rename for rename in lacking if sides.managed(rename.declared)]
    # in a second run of the downgrade no operation may name a table by the name that it no longer has
    return [rename for rename in lacking if rename.declared.kind == "table"] or lacking


def plan(sides: Sides, renames: Sequence[Rename]) -> Plan:
    """The plan of these renames, with a note if they leave differences."""
    operations: list[MigrateOperation] = [_rename(old, new, sides.schema(new)) for old, new in renames]
    return Plan(renames=operations, notes=[UnwritableOp(REST)] if _leaves_rest(sides, renames) else [])


def _leaves_rest(sides: Sides, renames: Sequence[Rename]) -> bool:
    """False if the database has each declared object once the names are exchanged.

    Only in parts of a table: a view keeps the alias of a renamed table and the names of its columns.
    """
    absent = {key for key, _, reflected in sides.differences if reflected is None}
    for key, _, reflected in sides.differences:
        if reflected is None:
            continue
        after, printed = key, str(reflected)
        for rename in renames:
            after, exchanged = _exchanged(after, printed, *rename)
            printed = printed if "comment" in key.kind else exchanged
        after = next((other for other in absent if _has_chosen_name(sides, other, after, printed)), after)
        if sides.declared.get(after) != printed:
            return True
        absent.discard(after)
    return bool(absent)


def _exchanged(key: Key, printed: str, old: Key, new: Key) -> tuple[Key, str]:
    """Key and definition of an object after a rename."""
    if (
        old.kind == "table"
        and key != old
        and not (key.kind in _FOLLOWS and key[1:3] == (old.schema, old.name))
    ):
        places = (qualified(place.name, place.schema) for place in (old, new))
        return key, _columns_of(_replaced(printed, *places), ident(old.name), ident(new.name))
    if old.kind == "column" and key[1:3] != old[1:3]:
        before, referred, columns = printed.partition(
            f" REFERENCES {qualified(old.table or '', old.schema)}("
        )
        return key, before + referred + _replaced(columns, ident(old.name), ident(new.name))
    if key == old:
        key = new
    elif old.kind == "table":
        key = key._replace(table=new.name)
    elif old.kind == "column" and key.kind == "comment" and key.name == old.name:
        key = key._replace(name=new.name)
    is_printed = old.kind in {"table", "index"} or (old.kind == "column" and key.kind in _FOLLOWS)
    return key, _replaced(printed, ident(old.name), ident(new.name)) if is_printed else printed


def _replaced(printed: str, old: str, new: str) -> str:
    """The definition with another name."""
    return re.sub(rf'(?<![\w"$]){re.escape(old)}(?![\w"$])', lambda _: new, printed)


def _columns_of(printed: str, old: str, new: str) -> str:
    """The definition with another table before its columns: before 16 a view of a single table has it too."""
    return re.sub(rf'(?<![\w"$.]){re.escape(old)}\.', lambda _: f"{new}.", printed)


def _has_chosen_name(sides: Sides, absent: Key, key: Key, printed: str) -> bool:
    """True if the absent constraint is declared without a name, and the other is the same."""
    same = absent.kind == "constraint" and absent[:3] == key[:3] and sides.declared[absent] == printed
    return same and sides.metadata.constraint(absent) is None


def _former(sides: Sides) -> Iterator[tuple[Key, Key]]:
    """Each declared object with a former name: its declared and its former key."""
    for new, name in sides.metadata.former.items():
        if new in sides.declared:
            yield new, new._replace(name=name)


def _rename(old: Key, new: Key, schema: str | None) -> CallOp:
    if new.kind == "table":
        return CallOp("rename_table", old.name, new.name, schema=schema).undone_by(
            "rename_table", new.name, old.name, schema=schema
        )
    if new.kind == "column":
        return CallOp("alter_column", new.table, old.name, new_column_name=new.name, schema=schema).undone_by(
            "alter_column", new.table, new.name, new_column_name=old.name, schema=schema
        )
    name, first = (f"rename_{new.kind}", ()) if new.kind in _OWN_OPERATION else ("rename_object", (new.kind,))
    call = CallOp(name, *first, old.name, new.name, table=new.table, schema=schema)
    return call.undone_by(name, *first, new.name, old.name, table=new.table, schema=schema)


def note_candidates(sides: Sides, planner: Planner) -> None:
    """Notes each new object that is equal to an undeclared object, and is not renamed."""
    tables = sides.declared.keys() & sides.reflected.keys()
    new = sorted(_named(planner.changed - sides.reflected.keys(), tables), key=str)
    undeclared = defaultdict[Hashable, list[Key]](list)
    old = _named(planner.changed - sides.declared.keys(), tables) if new else ()
    shapes = _shapes(sides.reflected, old)
    for key in sorted(shapes, key=str):
        undeclared[key[:3], shapes[key]].append(key)
    for key, shape in _shapes(sides.declared, new if undeclared else ()).items():
        for former in undeclared.get((key[:3], shape), ()):
            planner.note(
                f"{key.label} is created, and {former.label}, which is equal, is not declared: "
                f"if both are the same, write {_hint(former.name, key)}, "
                "and generate the revision again"
            )


def _hint(old: str, new: Key) -> str:
    """The line to write, and its place."""
    if new.kind in _IN_NO_TABLE:
        schema = f', schema="{new.schema}"'
        return f'attach(metadata, RenamedFrom("{old}", of="{new.kind}", name="{new.name}"{schema}))'
    arguments = {"table": "", "column": f', column="{new.name}"'}
    other = f', of="{new.kind}", name="{new.name}"'
    return f'RenamedFrom("{old}"{arguments.get(new.kind, other)}) into the arguments of the table'


def _named(keys: Iterable[Key], tables: Collection[Key]) -> list[Key]:
    """Objects that a name identifies; parts of tables only if both sides have the table."""
    return [
        key
        for key in keys
        if key.kind in {"table", *_IN_NO_TABLE}
        or (key.kind in _OF_A_TABLE and Key("table", key.schema, None, key.table or "") in tables)
    ]


def _shapes(side: Snapshot, keys: Iterable[Key]) -> dict[Key, Hashable]:
    """The properties in which a renamed object must agree; a SERIAL's sequence has the table's name."""
    shapes: dict[Key, Hashable] = {key: nameless(key, side[key]) for key in keys if key.kind != "table"}
    columns: dict[Key, set[tuple[str, str]]] = {key: set() for key in keys if key.kind == "table"}
    for key, printed in side.items() if columns else ():
        if (
            key.kind == "column"
            and (of_table := columns.get(Key("table", key.schema, None, key.table or ""))) is not None
        ):
            of_table.add((key.name, printed.replace(key.table or "", "")))
    return {**shapes, **{key: frozenset(of_table) for key, of_table in columns.items() if of_table}}
