"""Renames that a model declares by ``RenamedFrom``, and notes on possible renames.

A declared rename is alone in its revision: other differences are planned under the new names only, and a
second run would find the old names. Equal definitions alone lead to a note, never to a rename.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator
from typing import TYPE_CHECKING

from app_schema.ddl import Key
from app_schema.migrations.compare.pair import nameless
from app_schema.migrations.directives import CallOp

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation

    from app_schema.catalog import Snapshot
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

REST = "a rename must be alone: run autogenerate again after this revision for the other differences"
_OF_A_TABLE = {"column", "constraint", "index"}
_IN_NO_TABLE = {"enum", "sequence"}
_OWN_OPERATION = {"constraint", "index", "sequence", "enum"}


def renames(sides: Sides) -> list[MigrateOperation]:
    """The declared renames that the database lacks: those of tables; all others if no table is renamed."""
    pending = [
        (old, new) for new, old in _former(sides) if old in sides.reflected and new not in sides.reflected
    ]
    pending = [pair for pair in pending if sides.managed(pair[1])]
    # in a second run of the downgrade no operation may name a table by the name that it no longer has
    of_tables = [pair for pair in pending if pair[1].kind == "table"]
    return [_rename(old, new, sides.schema(new)) for old, new in of_tables or pending]


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
