"""The classes of tables by sqlacodegen, corrected where its text would not declare the same table."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Mapping
from textwrap import indent
from typing import TYPE_CHECKING, Any

import pgvector.sqlalchemy  # noqa: F401 - registers the type vector for reflection
import sqlalchemy as sa
from sqlacodegen.generators import DeclarativeGenerator
from sqlacodegen.utils import render_callable
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.exc import SAWarning
from sqlalchemy.types import NullType

from app_schema.codegen.names import IMPORTABLE, RESERVED, free_name, grouped, members
from app_schema.ddl.brackets import between_commas, enclosed
from app_schema.ddl.printed_type import PrintedType
from app_schema.ddl.relation import parents
from app_schema.ddl.sequence import PrintedSequence, name_of_serial
from app_schema.ddl.sql import NAME
from app_schema.migrations.declared import DEFAULT_SCHEMA

if TYPE_CHECKING:
    from sqlalchemy import Column, Index, MetaData, Table

Place = tuple[str, str, str]
"""Schema, table and name of an index or of a constraint."""

# a CHECK of a list of values stays a CHECK; two schemas may have enums of one name; storage parameters are
# kept; a key that is a foreign key too need not be inheritance
_OPTIONS = ("nosyntheticenums", "nonativeenums", "include_dialect_options", "nojoined")
_INDEX = re.compile(
    rf"CREATE (?:UNIQUE )?INDEX {NAME} ON (?:ONLY )?{NAME}\.{NAME} USING (?P<method>\w+) "
    r"(?P<columns>\(.+)",
    re.DOTALL,
)
PARTITIONED = re.compile(r"PARTITION BY (.+)$", re.DOTALL)
_INTEGERS = {"smallint": "SmallInteger", "integer": "Integer", "bigint": "BigInteger"}
_SERIALS = {"SMALLINT": "smallserial", "INTEGER": "serial", "BIGINT": "bigserial"}
_TEXTS = {"name", '"char"'}
_COLON = re.compile(r"(?<![:\w\\]):(?=\w+(?![:\w]))|(?<=\\):(?=\w*(?![:\w]))")
"""A colon that ``sa.text`` takes for a parameter's, or for one that is escaped."""
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
_COLUMNS = sa.text("""\
SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
       a.attnotnull AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS t
                                     WHERE t.conrelid = c.oid AND t.conkey[1] = a.attnum AND t.contype = 'n'
                                       AND NOT t.convalidated),
       a.atthasdef,
       EXISTS (SELECT FROM pg_catalog.pg_inherits AS h
                 JOIN pg_catalog.pg_attribute AS p ON p.attrelid = h.inhparent AND p.attname = a.attname
                WHERE h.inhrelid = c.oid AND p.atthasdef),
       a.attgenerated <> '' AND a.attinhcount > 0 AND current_setting('server_version_num')::integer < 160000
  FROM pg_catalog.pg_attribute AS a
  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = ANY (:schemas) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped""")
_WITHOUT_CLASS = sa.text("""\
SELECT n.nspname, c.relname
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p')
   AND (c.relispartition OR EXISTS (
       SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))""")


def reflected(connection: sa.Connection, schemas: Collection[str], ignored: Collection[str]) -> MetaData:
    """The tables as SQLAlchemy reflects them under the search_path ``public``.

    A type unknown to it has the text that PostgreSQL prints. Partitions and tables of extensions are omitted.

    :param ignored: names of the tables of the migration tool.
    """
    metadata = sa.MetaData()
    classless = {tuple(row) for row in connection.execute(_WITHOUT_CLASS)}
    for schema in schemas:
        names = sa.inspect(connection).get_table_names(schema=schema)
        chosen = [name for name in names if (schema, name) not in classless and name not in ignored]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # types and index elements, corrected below
            if chosen:
                place = None if schema == DEFAULT_SCHEMA else schema
                metadata.reflect(connection, schema=place, only=chosen, resolve_fks=False)
    columns = {tuple(row[:3]): row[3:] for row in connection.execute(_COLUMNS, {"schemas": list(schemas)})}
    for table in metadata.tables.values():
        # a CHECK that SQLAlchemy does not parse, as NOT ENFORCED, has no text: it is declared by itself
        table.constraints -= {
            check
            for check in table.constraints
            if isinstance(check, sa.CheckConstraint) and not str(check.sqltext)
        }
        for column in table.columns:
            _correct(column, *columns[table.schema or DEFAULT_SCHEMA, table.name, column.name])
            _escape(column)
    return metadata


def _correct(
    column: Column[Any],
    printed: str,
    not_null: bool,  # noqa: FBT001 - of a row
    has_default: bool,  # noqa: FBT001
    inherits: bool,  # noqa: FBT001
    generated_by_parent: bool,  # noqa: FBT001
) -> None:
    if generated_by_parent:  # before PostgreSQL 16 an heir may not repeat the expression
        column.computed = column.server_default = None
    elif inherits and not has_default:
        column.server_default = sa.DefaultClause(sa.text("NULL"))  # otherwise it would get that of the parent
    column.nullable = not not_null
    if isinstance(column.type, DOMAIN):  # declared beside the tables, with each of its constraints
        column.type = PrintedType(printed)
        column.server_default = column.server_default if has_default else None
    # SQLAlchemy takes the type name for varchar
    elif isinstance(getattr(column.type, "item_type", column.type), (DOMAIN, NullType)) or printed in _TEXTS:
        column.type = PrintedType(printed)


def _escape(column: Column[Any]) -> None:
    match column.server_default:
        case sa.DefaultClause(arg=sa.TextClause() as clause):
            column.server_default = sa.DefaultClause(sa.text(_unbound(clause.text)))
        case sa.Computed(sqltext=sa.TextClause() as clause) as computed:
            computed.sqltext = sa.literal_column(_unbound(clause.text))


def _number(column: Column[Any], *, numbered: bool) -> None:
    """Gives a column with its own sequence the type serial; SQLAlchemy numbers the first one itself."""
    if numbered and column is not column.table.autoincrement_column and column.default is None:
        column.type = PrintedType(_SERIALS.get(str(column.type), str(column.type)))


def _unbound(text: str) -> str:
    """The argument of ``sa.text`` that SQLAlchemy compiles to the text."""
    return _COLON.sub(r"\:", text)


def _omit(table: Table, constraint: sa.Constraint) -> None:
    table.constraints.remove(constraint)
    if isinstance(constraint, sa.PrimaryKeyConstraint):
        for column in table.columns:
            column.primary_key = False
        table.append_constraint(sa.PrimaryKeyConstraint())


def _omit_keys_to(metadata: MetaData, table: Table, constraint: sa.Constraint) -> None:
    """Leaves out the foreign keys to a constraint, which would be created before it."""
    if not isinstance(constraint, (sa.PrimaryKeyConstraint, sa.UniqueConstraint)):
        return
    named = {f"{table.fullname}.{column.name}" for column in constraint.columns}
    for other in metadata.tables.values():
        for key in list(other.foreign_key_constraints):
            if {element.target_fullname for element in key.elements} == named:
                other.constraints.remove(key)
                for element in key.elements:
                    element.parent.foreign_keys.discard(element)


class _Verbatim(sa.quoted_name):
    """A parent's name with its schema, which SQLAlchemy would quote as one identifier."""

    def __repr__(self) -> str:
        return f"quoted_name({str(self)!r}, quote=False)"


class Classes(DeclarativeGenerator):
    """Declarative classes.

    :param indexes: the indexes, as pg_get_indexdef prints them.
    :param options: what a snapshot prints of a table: ``UNLOGGED PARTITION BY RANGE (at)``.
    :param sequences: the sequences that an application or another column numbers with.
    :param omitted: constraints that SQLAlchemy cannot declare as they are.
    """

    def __init__(
        self,
        metadata: MetaData,
        connection: sa.Connection,
        indexes: Mapping[Place, str],
        options: Mapping[tuple[str, str], str],
        sequences: Mapping[tuple[str, str], str],
        omitted: Collection[Place],
    ) -> None:
        super().__init__(metadata, connection, _OPTIONS)
        self._place: Callable[[Table], tuple[str, str]] = lambda table: (
            table.schema or DEFAULT_SCHEMA,
            table.name,
        )
        self._indexes = indexes
        self._options = options
        self._sequences = sequences
        self._enums: dict[tuple[str | None, str], str] = {}
        for table in metadata.tables.values():
            printed = options.get(self._place(table), "")
            if (partitioned := PARTITIONED.search(printed)) is not None:
                table.dialect_kwargs["postgresql_partition_by"] = partitioned[1]
            for index in list(table.indexes):
                if (*self._place(table), str(index.name)) not in indexes:  # the index of a constraint
                    table.indexes.remove(index)
            for constraint in list(table.constraints):
                if (*self._place(table), str(constraint.name)) in omitted:
                    _omit_keys_to(metadata, table, constraint)
                    _omit(table, constraint)

    def fix_column_types(self, table: Table) -> None:
        """Without the guess that an integer with a CHECK (x IN (0, 1)) is a boolean."""
        checks = [check for check in table.constraints if isinstance(check, sa.CheckConstraint)]
        table.constraints.difference_update(checks)
        defaults = {column.name: column.server_default for column in table.columns}
        super().fix_column_types(table)
        for column in table.columns:
            _number(column, numbered=defaults[column.name] is not None and column.server_default is None)
        self._name_enums(table)
        table.constraints.update(checks)
        for column in table.columns:
            if isinstance(column.default, sa.Sequence):  # not table_column_seq
                if column.default.name == name_of_serial(table.name, column.name):
                    column.default = None
                    continue
                column.default, column.server_default = None, defaults[column.name]
                column.autoincrement = "auto"

    def find_free_name(self, name: str, global_names: set[str], local_names: Collection[str] = ()) -> str:
        """An identifier that hides neither an import nor what a declarative class inherits."""
        return free_name(name, {*RESERVED, *self.enum_values, *global_names, *local_names})

    def generate(self) -> str:
        """The module, with two lines between the imports and the first class, as isort has them."""
        return re.sub(r"(?<!\n)\n\nclass ", "\n\n\nclass ", super().generate(), count=1)

    def _render_column_type_value(self, value: Any) -> str:
        """An argument of a type, which may be a type too."""
        if isinstance(value, sa.types.TypeEngine):
            self.add_import(value)
        return str(super()._render_column_type_value(value))

    def group_imports(self) -> list[list[str]]:
        """The imports in the order of isort. A type of the dialect replaces the generic one of its name."""
        self.imports["sqlalchemy"] -= self.imports.get("sqlalchemy.dialects.postgresql", set())
        return grouped(self.imports, self.module_imports)

    def _name_enums(self, table: Table) -> None:
        """Names the classes of the table's enums, by the schema too."""
        self.enum_classes.clear()
        for column in table.columns:
            type_ = column.type.item_type if isinstance(column.type, sa.ARRAY) else column.type
            if not isinstance(type_, sa.Enum) or not type_.enums or type_.name is None:
                continue
            key = (type_.schema, type_.name)
            if key not in self._enums:
                preferred = self._enum_name_to_class_name(type_.name)
                self._enums[key] = free_name(preferred, {*IMPORTABLE, *self.enum_values})
                self.enum_values[self._enums[key]] = list(type_.enums)
            self.enum_classes[table.name, column.name] = self._enums[key]

    def render_enum_classes(self) -> str:
        """The classes of the enums."""
        if self.enum_values:
            self.add_module_import("enum")
        return "\n\n\n".join(
            "\n".join(
                [
                    f"class {name}(str, enum.Enum):",
                    *(f"    {member} = {label!r}" for member, label in members(labels).items()),
                ]
            )
            for name, labels in sorted(self.enum_values.items())
        )

    def render_class(self, model: Any) -> str:
        """A class; sqlacodegen would write the columns without NULL first, and a table has an order."""
        self._name_enums(model.table)
        sections = [
            self.render_class_variables(model),
            "\n".join(self.render_column_attribute(column) for column in model.columns),
            "\n".join(self.render_relationship(relationship) for relationship in model.relationships),
        ]
        body = "\n\n".join(indent(section, self.indentation) for section in sections if section)
        return f"{self.render_class_declaration(model)}\n{body}"

    def render_table(self, table: Table) -> str:
        """A table without a class."""
        self._name_enums(table)
        return str(super().render_table(table))

    def render_module_variables(self, models: Any) -> str:
        """The base class, and the sequences that belong to no column."""
        self.base.declarations.extend(self._sequence(*place) for place in self._sequences)
        return str(super().render_module_variables(models))

    def _sequence(self, schema: str, name: str) -> str:
        printed = PrintedSequence.of(self._sequences[schema, name])
        type_ = _INTEGERS[printed.options.split()[1]]
        self.add_literal_import("sqlalchemy", "Sequence")
        self.add_literal_import("sqlalchemy", type_)
        options = [
            f"data_type={type_}",
            *(f"{option}={number}" for option, number in printed.numbers.items()),
            *(["cycle=True"] if printed.cycle else []),
            *([f"schema={schema!r}"] if schema != DEFAULT_SCHEMA else []),
        ]
        return f"Sequence({name!r}, {', '.join(options)}, metadata={self.base.metadata_ref})"

    def generate_models(self) -> list[Any]:
        """The classes; tables that refer to each other are in no order."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)
            return list(super().generate_models())

    def _add_dialect_kwargs_and_info(
        self, obj: Any, target_kwargs: dict[str, object], **options: Any
    ) -> None:
        super()._add_dialect_kwargs_and_info(obj, target_kwargs, **options)
        if isinstance(obj, sa.Table) and self._unlogged(obj):
            prefixes = ["UNLOGGED"]
            target_kwargs["prefixes"] = prefixes if options.get("values_for_dict") else repr(prefixes)
        if isinstance(obj, sa.Table) and (names := parents(self._options.get(self._place(obj), ""))):
            self.add_literal_import("sqlalchemy", "quoted_name")
            inherits = [_Verbatim(name, quote=False) for name in names]
            target_kwargs["postgresql_inherits"] = (
                inherits if options.get("values_for_dict") else repr(inherits)
            )

    def _unlogged(self, table: Table) -> bool:
        return self._options.get(self._place(table), "").startswith("UNLOGGED")

    def render_index(self, index: Index) -> str:
        """An index with its expressions, operator classes and orders, which are text."""
        assert index.table is not None
        match = _INDEX.match(self._indexes[(*self._place(index.table), str(index.name))])
        assert match is not None
        columns, _ = enclosed(match["columns"])
        elements = [self._element(text) for text in between_commas(columns)]
        options = {
            key: repr(_unbound(value)) if isinstance(value, str) else value
            for key, value in sorted(index.dialect_kwargs.items())
            if value and key not in {"postgresql_ops", "postgresql_using"}
        }
        if match["method"] != "btree":
            options["postgresql_using"] = repr(match["method"])
        if index.unique:
            options["unique"] = True
        return str(render_callable("Index", repr(index.name), *elements, kwargs=options))

    def _element(self, text: str) -> str:
        if _PLAIN.fullmatch(text):
            return repr(text)
        self.add_literal_import("sqlalchemy", "text")
        return f"text({_unbound(text)!r})"

    def render_constraint(self, constraint: Any) -> str:
        """A constraint; the text of a CHECK as PostgreSQL prints it, without the escapes of the driver."""
        if isinstance(constraint, sa.CheckConstraint):
            arguments = [repr(_unbound(constraint.sqltext.text)), f"name={constraint.name!r}"]
            return f"CheckConstraint({', '.join(arguments)})"
        return str(super().render_constraint(constraint))

    def render_column(self, column: Column[Any], show_name: bool, is_table: bool = False) -> str:  # noqa: FBT001, FBT002 - sqlacodegen's signature
        """A column; an integer key without a sequence is not one that numbers itself."""
        text = str(super().render_column(column, show_name, is_table))
        integer = isinstance(column.type, sa.Integer)
        if integer and column.primary_key and column.autoincrement is False and column.identity is None:
            text = text.replace("primary_key=True", "primary_key=True, autoincrement=False", 1)
        return text
