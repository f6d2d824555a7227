"""The declared side by the keys of a snapshot."""

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
    Grant,
    Key,
    ObjectGrant,
    Owner,
    RenamedFrom,
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
from app_schema.ddl.relation import order_heirs
from app_schema.ddl.script import managed, of_class, schemas, statements
from app_schema.ddl.sequence import PrintedSequence
from app_schema.ddl.signature import in_one_spelling
from app_schema.errors import ModelError

DEFAULT_SCHEMA = "public"
_NAMED_BY_TYPES = {
    "operator": "name",
    "aggregate": "name",
    "cast": "name",
    "function_grant": "table",
    "owner": "table",
}
"""The kinds whose keys contain types, and the part of the key that does."""


def _in_one_spelling(key: Key) -> Key:
    part = _NAMED_BY_TYPES[key.kind]
    return key._replace(**{part: in_one_spelling(getattr(key, part))})


class Declared:
    """The declared objects, tables, constraints and indexes by key. The keys of functions and domains are
    known after :meth:`printed`."""

    def __init__(self, metadatas: Iterable[MetaData], default_schema: str = DEFAULT_SCHEMA) -> None:
        self.metadatas = list(metadatas)
        self.default_schema = default_schema
        """The schema of an object without one."""
        self.tables: dict[tuple[str, str], Table] = {}
        self.objects: dict[Key, DDLObject] = {}
        self.functions: dict[Function, int] = {}
        self.late_functions: list[Function] = []
        """Functions that read a view."""
        self.renamed: dict[Key, dict[str, str]] = {}
        self.former: dict[Key, str] = {}
        """The names that objects had before."""
        self.order: dict[Key, int] = {}
        self.domains: dict[Key, DOMAIN] = {}
        self.sequences: set[Key] = set()
        for metadata in self.metadatas:
            for table in metadata.tables.values():
                self.tables[table.schema or default_schema, table.name] = table
            order_heirs(metadata, default_schema)
            for schema in schemas(metadata, default_schema) - {DEFAULT_SCHEMA, default_schema}:
                self.objects[Key("schema", None, None, schema)] = Schema(schema)
            for sequence in of_class(metadata, Sequence):
                self.sequences.add(Key("sequence", sequence.schema or DEFAULT_SCHEMA, None, sequence.name))
            for domain in of_class(metadata, DOMAIN):
                key = Key("domain", domain.schema or default_schema, None, str(domain.name))
                self.domains[key] = domain
            for enum in of_class(metadata, Enum):
                if enum.name is not None and enum.native_enum:
                    key = Key("enum", enum.schema or default_schema, None, str(enum.name))
                    self.objects[key] = EnumType(str(enum.name), tuple(enum.enums), schema=enum.schema)
            placed, late = ordered(declared(metadata).values())
            self.late_functions += late
            for declared_object in placed:
                self._add(declared_object, len(self.order) + len(self.functions))

    def _add(self, obj: DDLObject, number: int) -> None:
        if isinstance(obj, Function):
            self.functions[obj] = number  # the key contains the arguments as PostgreSQL prints them
        elif isinstance(obj, RenamedLabels):
            self.renamed[Key("enum", obj.schema or self.default_schema, None, obj.name)] = dict(obj.labels)
        elif isinstance(obj, RenamedFrom):
            self.former[obj.now(self.default_schema)] = obj.old
        else:
            key = obj.reflected_key(self.default_schema)
            self.objects[key] = obj
            self.order[key] = number

    @property
    def schemas(self) -> set[str]:
        """The schemas with declared objects."""
        return set().union(*(managed(metadata, self.default_schema) for metadata in self.metadatas))

    def statements(self) -> list[str]:
        """The unguarded DDL of all metadatas."""
        return [
            statement
            for metadata in self.metadatas
            for statement in statements(metadata, self.default_schema)
        ]

    def has_name(self, schema: str | None, name: str) -> bool:
        """True if an object of this name is declared; of a function only the name before the bracket
        counts."""
        bare, bracket, _ = name.partition("(")
        return (schema, bare + bracket) in self._names

    def has_table(self, schema: str, name: str) -> bool:
        """True if the table is declared."""
        return (schema, name) in self.tables

    @cached_property
    def _names(self) -> set[tuple[str | None, str]]:
        objects = (key for key in (*self.objects, *self.domains) if key.table is None)
        names = {(key.schema, "".join(key.name.partition("(")[:2])) for key in objects}
        return names | {
            (function.schema or self.default_schema, f"{function.name}(") for function in self.functions
        }

    def printed(self, snapshot: Snapshot) -> Snapshot:
        """The declared side of a comparison; sets the keys of the functions and domains.

        :param snapshot: of a database in which the statements were executed.
        """
        for key, domain in self.domains.items():
            self.objects[key] = Domain(key.name, snapshot[key], schema=domain.schema)
        self._spell_types(snapshot)
        for function, number in self.functions.items():
            key = self._function_key(function, snapshot)
            self.objects[key] = function
            self.order[key] = number
        roles = {key: obj.options for key, obj in self.objects.items() if isinstance(obj, Role)}
        # a snapshot has the existing roles of the cluster, not the declared ones
        printed = {key: definition for key, definition in snapshot.items() if key.kind != "role"}
        return {**printed, **roles, **self._owners(snapshot)}

    def _owners(self, snapshot: Snapshot) -> dict[Key, str]:
        """The declared owners: the objects of a scratch database belong to the migrating role.

        :raises ModelError: if the metadata does not declare the object, or declares a grant to its owner.
        """
        owners = {key: obj for key, obj in self.objects.items() if isinstance(obj, Owner)}
        if not owners:
            return {}
        for key, obj in owners.items():
            if key not in snapshot:
                raise ModelError(f"{obj.label}: the metadata declares no such object")
        of_role = {(key.schema, key.table, obj.role) for key, obj in owners.items()}
        grants = {key: obj for key, obj in self.objects.items() if isinstance(obj, (Grant, ObjectGrant))}
        for key, grant in grants.items():
            place = (None, key.schema) if key.kind == "schema_grant" else (key.schema, key.table)
            if (*place, grant.to) in of_role:
                # PostgreSQL merges the grant with the privileges of the owner
                raise ModelError(f"{grant.label} is a grant to the owner: leave it out")
        tables = {
            key._replace(kind="owner", table=key.name, name="relation"): column._replace(
                kind="owner", name="relation"
            )
            for key, definition in snapshot.items()
            if key.kind == "sequence" and (column := PrintedSequence.of(definition).column) is not None
        }
        roles = {key: obj.role for key, obj in owners.items()}
        return {**{key: roles[table] for key, table in tables.items() if table in roles}, **roles}

    def _spell_types(self, snapshot: Snapshot) -> None:
        """Replaces the keys whose types the declaration spells otherwise than PostgreSQL prints them."""
        unknown = [key for key in self.objects if key.kind in _NAMED_BY_TYPES and key not in snapshot]
        printed = {_in_one_spelling(key): key for key in snapshot if unknown and key.kind in _NAMED_BY_TYPES}
        for key in unknown:
            reflected_key = printed.get(_in_one_spelling(key), key)
            self.objects[reflected_key] = self.objects.pop(key)
            self.order[reflected_key] = self.order.pop(key)

    def _function_key(self, function: Function, snapshot: Snapshot) -> Key:
        schema = function.schema or self.default_schema
        keys = [
            key
            for key in snapshot
            if key.kind == function.kind and key.schema == schema and key.name.startswith(f"{function.name}(")
        ]
        exact = [key for key in keys if snapshot[key].startswith(f"({function.arguments}) ")]
        if len(exact or keys) != 1:
            raise ModelError(f"{function.label} has overloads: write its arguments as PostgreSQL prints them")
        return (exact or keys)[0]

    def constraint(self, key: Key) -> Constraint | None:
        """The declared constraint of a key; None: PostgreSQL chose the name."""
        constraints = self._table(key).constraints
        return next((item for item in constraints if constraint_name(item) == key.name), None)

    def is_unnamed(self, key: Key, definition: str) -> bool:
        """True if PostgreSQL chose the name of the constraint."""
        table = self.tables.get((key.schema or DEFAULT_SCHEMA, key.table or ""))
        if table is None:
            return True  # a partition inherits the constraints of its parent
        kinds = {printed_kind(item) for item in table.constraints if constraint_name(item) is None}
        return self.constraint(key) is None and definition.startswith(tuple(kinds))

    def index(self, key: Key) -> Index | None:
        """The declared index of a key; None for that of a materialized view or partition."""
        table = self.tables.get((key.schema or self.default_schema, key.table or ""))
        for index in table.indexes if table is not None else ():
            if index.name is not None and name_of(index) == key.name:
                return index
        return None

    @cached_property
    def early_functions(self) -> list[DDLObject]:
        """The functions and operators that tables call, directly or through another function or a class."""
        return [obj for metadata in self.metadatas for obj in called_by_tables(metadata)]

    @staticmethod
    def _by_name(metadata: MetaData) -> list[Table]:
        return [metadata.tables[name] for name in sorted(metadata.tables)]

    def _table(self, key: Key) -> Table:
        return self.tables[key.schema or self.default_schema, key.table or key.name]

    @cached_property
    def table_order(self) -> dict[tuple[str, str], int]:
        """Schema and name of each table -> its place in an order of creation: a table follows the tables that
        it refers to, except in a cycle."""
        ordered = [
            sort_tables_and_constraints(self._by_name(each))  # type: ignore[no-untyped-call]  # SQLAlchemy's
            for each in self.metadatas
        ]
        tables = [table for pairs in ordered for table, _ in pairs if table is not None]
        return {
            (table.schema or self.default_schema, table.name): number for number, table in enumerate(tables)
        }
