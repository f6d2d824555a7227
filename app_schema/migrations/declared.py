"""What a metadata declares, by the keys under which a snapshot finds it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from sqlalchemy import Constraint, Enum, Index, MetaData, Sequence, Table
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.schema import sort_tables_and_constraints

from app_schema.catalog import Snapshot
from app_schema.ddl import (
    DDLObject,
    Domain,
    EnumType,
    Function,
    Key,
    RenamedLabels,
    Role,
    Schema,
    declared,
)
from app_schema.ddl.attachment import called_by_tables
from app_schema.ddl.constraint import name_of as constraint_name
from app_schema.ddl.constraint import printed_kind
from app_schema.ddl.index import name_of
from app_schema.ddl.layers import ordered
from app_schema.ddl.script import of_class, schemas, statements
from app_schema.errors import ModelError

DEFAULT_SCHEMA = "public"


class Declared:
    """The declared side: objects, tables, constraints and indexes by key; ``snapshot`` is added once it was
    printed."""

    def __init__(self, metadatas: Iterable[MetaData], default_schema: str = DEFAULT_SCHEMA) -> None:
        self.metadatas = list(metadatas)
        self.default_schema = default_schema
        """Where what names no schema stands."""
        self.snapshot: Snapshot = {}
        self.tables: dict[tuple[str, str], Table] = {}
        self.objects: dict[Key, DDLObject] = {}
        self.functions: dict[Function, int] = {}
        self.late_functions: list[Function] = []
        """Those that read a view."""
        self.renamed: dict[Key, dict[str, str]] = {}
        self.order: dict[Key, int] = {}
        self.sequences: set[Key] = set()
        for metadata in self.metadatas:
            for table in metadata.tables.values():
                self.tables[table.schema or default_schema, table.name] = table
            for schema in schemas(metadata, default_schema) - {DEFAULT_SCHEMA, default_schema}:
                self.objects[Key("schema", None, None, schema)] = Schema(schema)
            for one in of_class(metadata, Sequence):
                self.sequences.add(Key("sequence", one.schema or DEFAULT_SCHEMA, None, one.name))
            for enum in of_class(metadata, Enum):
                if enum.name is not None and enum.native_enum:
                    key = Key("enum", enum.schema or default_schema, None, str(enum.name))
                    self.objects[key] = EnumType(str(enum.name), tuple(enum.enums), schema=enum.schema)
            placed, late = ordered(declared(metadata).values())
            self.late_functions += late
            for declared_object in placed:
                self._add(declared_object, len(self.order) + len(self.functions))

    def _add(self, one: DDLObject, number: int) -> None:
        if isinstance(one, Function):
            self.functions[one] = number  # only PostgreSQL knows the key: it prints the arguments
        elif isinstance(one, RenamedLabels):
            self.renamed[Key("enum", one.schema or self.default_schema, None, one.name)] = dict(one.labels)
        else:
            key = one.reflected_key(self.default_schema)
            self.objects[key] = one
            self.order[key] = number

    def statements(self) -> list[str]:
        """The DDL of everything."""
        return [
            statement
            for metadata in self.metadatas
            for statement in statements(metadata, self.default_schema)
        ]

    def printed(self, snapshot: Snapshot) -> None:
        """Takes the declared side's snapshot, and finds the keys of the functions in it."""
        roles = {key: one for key, one in self.objects.items() if isinstance(one, Role)}
        # roles are of the cluster, so the snapshot shows what is there, not what is declared
        self.snapshot = {
            **{key: definition for key, definition in snapshot.items() if key.kind != "role"},
            **{key: printed_role(role) for key, role in roles.items()},
        }
        for domain in (one for metadata in self.metadatas for one in of_class(metadata, DOMAIN)):
            key = Key("domain", domain.schema or self.default_schema, None, str(domain.name))
            self.objects[key] = Domain(str(domain.name), snapshot[key], schema=domain.schema)
        for function, number in self.functions.items():
            key = self._function_key(function)
            self.objects[key] = function
            self.order[key] = number

    def _function_key(self, function: Function) -> Key:
        schema = function.schema or self.default_schema
        keys = [
            key
            for key in self.snapshot
            if key.kind == "function" and key.schema == schema and key.name.startswith(f"{function.name}(")
        ]
        exact = [key for key in keys if self.snapshot[key].startswith(f"{function.arguments} RETURNS")]
        if len(exact or keys) != 1:
            raise ModelError(
                f"{function.label} cannot be told from its overloads: write its arguments as PostgreSQL "
                f"prints them"
            )
        return (exact or keys)[0]

    def constraint(self, key: Key) -> Constraint | None:
        """The declared constraint of a key; None where PostgreSQL gave it its name."""
        return next((one for one in self._table(key).constraints if constraint_name(one) == key.name), None)

    def is_unnamed(self, key: Key, definition: str) -> bool:
        """True if nobody wrote the name of a constraint: PostgreSQL chose it."""
        table = self.tables.get((key.schema or DEFAULT_SCHEMA, key.table or ""))
        if table is None:
            return True  # a partition, whose constraints follow those of its parent
        kinds = {printed_kind(one) for one in table.constraints if constraint_name(one) is None}
        return self.constraint(key) is None and definition.startswith(tuple(kinds))

    def index(self, key: Key) -> Index | None:
        """The declared index of a key."""
        for index in self._table(key).indexes:
            if index.name is not None and name_of(index) == key.name:
                return index
        return None

    @cached_property
    def early_functions(self) -> list[Function]:
        """The functions that tables need, directly or through another one."""
        return [one for metadata in self.metadatas for one in called_by_tables(metadata)]

    @staticmethod
    def _by_name(metadata: MetaData) -> list[Table]:
        return [metadata.tables[name] for name in sorted(metadata.tables)]

    def _table(self, key: Key) -> Table:
        return self.tables[key.schema or self.default_schema, key.table or key.name]

    @cached_property
    def table_order(self) -> dict[tuple[str, str], int]:
        """Schema and name of each table, with its place in an order in which each comes after those it
        refers to, unless they refer to each other."""
        ordered = [
            sort_tables_and_constraints(self._by_name(one))  # type: ignore[no-untyped-call]  # SQLAlchemy's
            for one in self.metadatas
        ]
        tables = [table for pairs in ordered for table, _ in pairs if table is not None]
        return {
            (table.schema or self.default_schema, table.name): number for number, table in enumerate(tables)
        }


def printed_role(role: Role) -> str:
    """A role as the snapshot prints it."""
    words = ["LOGIN" if role.login else "NOLOGIN"]
    words += [word.upper() for word in ("superuser", "createdb", "createrole") if getattr(role, word)]
    words += [] if role.inherit else ["NOINHERIT"]
    words += [word.upper() for word in ("replication", "bypassrls") if getattr(role, word)]
    return " ".join(words)
