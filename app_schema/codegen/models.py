"""A module of models: classes of the tables, and every other object of the database as a declaration."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext

from app_schema.catalog import Difference
from app_schema.catalog.reading import empty_path, search_path
from app_schema.codegen.tables import PARTITIONED, Classes, Place, reflected
from app_schema.ddl import DDLObject, Key, Partition, View
from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.sequence import PrintedSequence, name_of_serial
from app_schema.ddl.sql import qualified
from app_schema.errors import ModelError
from app_schema.migrations import setup
from app_schema.migrations.compare.comparator import Comparison
from app_schema.migrations.compare.kinds.partition import belongs_to_parent
from app_schema.migrations.declared import DEFAULT_SCHEMA
from app_schema.migrations.environment import DEFAULTS
from app_schema.migrations.layout import layout
from app_schema.migrations.render import constructor
from app_schema.migrations.stamping import version_table
from app_schema.project import Accepted, accepted

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData

_SCHEMAS = sa.text("""\
SELECT n.nspname FROM pg_catalog.pg_namespace AS n
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
 ORDER BY n.nspname""")
_AGES = sa.text("""\
SELECT n.nspname, y.typname, y.oid::bigint
  FROM pg_catalog.pg_type AS y JOIN pg_catalog.pg_namespace AS n ON n.oid = y.typnamespace
 WHERE y.typtype IN ('c', 'd', 'r')""")
_OF_CLASSES = {"table", "column", "constraint", "index", "enum", "sequence"}
"""Kinds that the classes declare."""
_TYPES = {"composite", "domain", "range"}
_MODULE = "app_schema_generated_models"


@dataclass(frozen=True)
class Models:
    """A module of models.

    :param text: the module.
    :param missing: objects that it does not declare, or not as they are, each a sentence.
    :param uncompared: what no kind compares, and settings and grants of the database, which a platform may
        manage and whose values may be secret: app-schema verify names them, too.
    """

    text: str
    missing: list[str]
    uncompared: list[str]


def models(connection: Connection, schemas: Collection[str] = (), **options: Any) -> Models:
    """The models of what a database has. Creates a scratch database to compare; changes nothing else.

    The search_path is ``public`` during the comparison, so that the text does not depend on the role.

    :param schemas: the schemas; by default all of the database.
    :param options: of the comparison, such as ``scratch`` and ``version_table``.
    :raises ServerError: if no scratch database can be created.
    """
    setup()
    with search_path(connection, DEFAULT_SCHEMA):
        return _models(_Writer(connection, list(schemas) or list(connection.scalars(_SCHEMAS)), options))


def _models(writer: _Writer) -> Models:
    with empty_path(writer.connection):
        writer.begin()
    while True:
        text = writer.text()
        with _loaded(text) as metadata:
            comparison = writer.compare(metadata)
            with empty_path(writer.connection):
                changed, missing = writer.supplement(comparison)
        if not changed:
            return Models(text, missing, comparison.uncompared())


class _Writer:
    """The declarations so far, supplemented until the comparison has nothing to add."""

    def __init__(self, connection: Connection, schemas: list[str], options: Mapping[str, Any]) -> None:
        self.connection = connection
        self.schemas = schemas
        self.bookkeeping = version_table(options)
        self.options = {
            **DEFAULTS,
            "managed_schemas": schemas,
            "proved": False,
            "always": {"not_null"},
            # applications beside each other have one in a schema each
            "accepted": [*accepted(), Accepted(f"table *.{self.bookkeeping}", "of Alembic")],
            **options,
        }
        self.objects: dict[Key, DDLObject] = {}
        self.depths: dict[Key, int] = {}
        self.indexes: dict[Place, str] = {}
        self.tables: dict[tuple[str, str], str] = {}
        self.sequences: dict[tuple[str, str], str] = {}
        self.omitted: set[Place] = set()
        self.context: AutogenContext

    def compare(self, metadata: MetaData) -> Comparison:
        """The database compared with the declarations."""
        opts = {**self.options, "target_metadata": metadata}
        self.context = AutogenContext(MigrationContext.configure(self.connection, opts=opts), metadata)
        return Comparison(self.context)

    def begin(self) -> None:
        """Declares the objects without a class: a table may use them, so the first comparison needs them."""
        comparison = self.compare(sa.MetaData())
        for difference in sorted(comparison.differences, key=lambda each: each.key.kind != "table"):
            key, definition = difference.key, difference.right or ""
            undeclared = comparison.state(difference) is not None
            if key.kind == "index":
                self.indexes[_place(key)] = definition
            elif key.kind == "table":
                self.tables[key.schema or "", key.name] = definition
            elif key.kind == "sequence" and not _is_of_a_column(key, definition):
                self.sequences[key.schema or "", key.name] = definition
            elif key.kind == "partition" or (undeclared and key.kind not in _OF_CLASSES):
                self._declare(comparison, difference)

    def supplement(self, comparison: Comparison) -> tuple[bool, list[str]]:
        """Declares the missing objects. Returns True if there were any, and those that cannot be declared."""
        changed, missing = False, []
        for difference in comparison.differences:
            if comparison.state(difference) is None:
                continue
            key = difference.key
            if key.kind == "constraint" and belongs_to_parent(comparison.sides, key):
                continue
            if key.kind == "column":
                difference = _not_null(comparison, difference)  # noqa: PLW2901 - what is to be declared
                key = difference.key
            if difference.left is None and key not in self.objects:
                sentence = self._declare(comparison, difference)
                changed = changed or sentence is None
            elif key.kind == "constraint" and _place(key) not in self.omitted and key not in self.objects:
                self.omitted.add(_place(key))
                sentence = None
                if difference.right is not None:  # now: another constraint may need it
                    sentence = self._declare(comparison, difference)
                changed = True
            else:
                sentence = f"{key.label}: found {difference.right}; the models declare {difference.left}"
            if sentence is not None:
                missing.append(sentence)
        return changed, missing

    def _declare(self, comparison: Comparison, difference: Difference) -> str | None:
        """Declares one object. Returns why it cannot be declared."""
        key, _, definition = difference
        try:
            obj = comparison.sides.reflect(key, definition or "")
            if (reason := obj.undeclarable()) is not None:
                return f"{key.label} {reason}"
        except ModelError as error:
            return str(error)
        if isinstance(obj, Partition):
            match = PARTITIONED.search(self.tables[key.schema or "", key.name])
            obj = obj if match is None else replace(obj, partition_by=match[1])
        elif isinstance(obj, View):
            defaults = {
                part.name: column.expression
                for part in comparison.sides.of_table(key.schema, key.name)
                if part.kind == "column"
                if (column := PrintedColumn.of(comparison.sides.reflected[part])).how == "DEFAULT"
            }
            obj = replace(obj, defaults=defaults)
        self.objects[key] = obj
        if isinstance(obj, View):
            self.depths[key] = comparison.sides.layers.depth(key)
        return None

    def text(self) -> str:
        """The module."""
        metadata = reflected(self.connection, self.schemas, [self.bookkeeping])
        classes = Classes(metadata, self.connection, self.indexes, self.tables, self.sequences, self.omitted)
        if self.objects:
            classes.add_literal_import("app_schema", "ddl")
        body = classes.generate()
        if not self.objects:
            return body
        # create_all creates views, partitions and types in this order: after those that they read, their
        # parents, and the older types
        types = {(schema, name): age for schema, name, age in self.connection.execute(_AGES)}
        order = {key: types.get((key.schema, key.name), 0) for key in self.objects if key.kind in _TYPES}
        keys = sorted(
            self.objects,
            key=lambda key: (self.depths.get(key, 0) or self._ancestors(key), order.get(key, 0)),
        )
        objects = ", ".join(constructor(self.objects[key], self.context) for key in keys)
        return f"{body}\n\n{layout(f'ddl.attach({classes.base.metadata_ref}, {objects})', indent=0)}\n"

    def _ancestors(self, key: Key) -> int:
        """The number of partitions of which a partition is a part."""
        obj, number = self.objects[key], 0
        partitions = {
            qualified(each.name, each.schema): each
            for each in self.objects.values()
            if isinstance(each, Partition)
        }
        while isinstance(obj, Partition) and obj.parent in partitions:
            obj, number = partitions[obj.parent], number + 1
        return number


def _not_null(comparison: Comparison, column: Difference) -> Difference:
    """The NOT NULL that is NOT VALID, by which a column differs; else the column."""
    key = column.key._replace(kind="not_null")
    definition = comparison.sides.reflected.get(key)
    unproved = column.right is not None and PrintedColumn.of(column.right).unproved
    return column if definition is None or not unproved else Difference(key, None, definition)


def _is_of_a_column(key: Key, definition: str) -> bool:
    """True if the type serial or the identity of a column declares the sequence."""
    column = PrintedSequence.of(definition).column
    return column is not None and key.name == name_of_serial(column.table or "", column.name)


def _place(key: Key) -> Place:
    return (key.schema or "", key.table or "", key.name)


@contextmanager
def _loaded(text: str) -> Iterator[MetaData]:
    """The metadata of a module; SQLAlchemy finds the classes of annotations through ``sys.modules``."""
    module = ModuleType(_MODULE)
    sys.modules[_MODULE] = module
    try:
        exec(compile(text, "models.py", "exec"), module.__dict__)  # noqa: S102 - written here
        metadata = module.Base.metadata if hasattr(module, "Base") else module.metadata  # no class is mapped
        assert isinstance(metadata, sa.MetaData)
        yield metadata
    finally:
        del sys.modules[_MODULE]
