"""The query of a kind: the rows in the catalog, and the definition that PostgreSQL prints.

Guards, snapshot, read-back, studio and audit select columns and rows of this query, in a flat SELECT:
PostgreSQL computes only the selected columns, and finds a single object by an index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, fields
from typing import ClassVar

from app_schema.ddl.definition import Parts
from app_schema.ddl.registry import Registry
from app_schema.ddl.sql import literal, qualified

FIRST_OID = 16384
"""FirstNormalObjectId: initdb's 3,000 functions have lower OIDs, which an index scan skips."""


@dataclass(frozen=True)
class CatalogQuery:
    """SQL expressions over the FROM clause ``source``.

    :param catalog: the system catalog that has a row for each object; ``oid`` is that of the row.
    :param kind: the kind of an object in the key of a snapshot.
    :param namespace: the OID of the schema; empty: the objects are in no schema.
    :param without_schema: some objects are in no schema; their ``namespace`` is 0.
    :param table: the name of the table, view or function that the object is a part of.
    :param relation: the OID of that relation: a part of an extension's table belongs to the extension too.
    :param owner: the OID of the role; empty: the objects have no owner of their own.
    :param where: the condition of the kind.
    :param listed: the further condition of a snapshot.
    :param definition: the compared text, as PostgreSQL prints it with an empty search_path.
    :param comparable: the definition without names that differ between an object and its twin.
    :param printed_as: the class of the parts that a snapshot selects in place of the definition.
    :param fields: field of that class -> its value.
    :param attribute: a row is an attribute of an object of another query.
    :param only_if: ``oid FROM catalog``: a snapshot reads the objects only if there is such a row that
        belongs neither to PostgreSQL nor to an extension; empty: always.
    :param parts: field of the class -> its value, for reading an object back.
    """

    source: str
    _: KW_ONLY
    catalog: str
    oid: str
    kind: str
    name: str
    definition: str = ""
    namespace: str = ""
    without_schema: bool = False
    table: str = "NULL"
    relation: str = ""
    owner: str = ""
    where: str = "true"
    listed: str = "true"
    comparable: str = ""
    printed_as: type[Parts] | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    only_if: str = ""
    attribute: bool = False
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def printed(self) -> str:
        """The definition as guards compare it."""
        return self.comparable or self.definition

    @property
    def selected(self) -> str:
        """The definition as a snapshot selects it: its fields as a JSON array, where it has fields."""
        if self.printed_as is None:
            return f"coalesce({self.definition}, '')"
        parts = (self.fields[part.name] for part in fields(self.printed_as))
        return f"json_build_array({', '.join(parts)})::text"

    @property
    def is_object(self) -> bool:
        """False: a row is an attribute of an object, such as a grant or a column."""
        of_table = self.table != "NULL" and self.relation in {"", self.oid}
        return not (self.attribute or of_table)

    @property
    def class_(self) -> str:
        """SQL expression: the class of the objects in pg_depend."""
        return f"'pg_catalog.{self.catalog}'::regclass"

    def select(self, columns: str, *conditions: str, any_kind: bool = False) -> str:
        """Query of the objects that meet the conditions.

        :param any_kind: also of objects of another kind.
        """
        of_kind = [] if any_kind or self.where == "true" else [self.where]
        where = " AND ".join((*of_kind, *conditions)) or "true"
        return f"SELECT {columns}\n  FROM {self.source}\n WHERE {where}"

    def place(self, name: str, table: str | None = None, *, namespace: str = "$1") -> list[str]:
        """The conditions that one object meets.

        :param namespace: SQL expression: the OID of its schema.
        """
        conditions = [f"{self.namespace} = {namespace}"] if self.namespace else []
        if table is not None:
            conditions.append(f"{self.table} = {literal(table)}")
        return [*conditions, f"{self.name} = {literal(name)}"] if name else conditions


class Kind:
    """A kind of objects in the catalog. A kind that an application declares beside its tables is a DDLObject.

    A subclass is registered where it has a query.
    """

    catalog: ClassVar[tuple[CatalogQuery, ...]] = ()
    """Several: the objects are rows of several catalogs."""
    reflected_as: ClassVar[tuple[str, ...]] = ()
    """The kinds in the keys of a snapshot."""
    comment_on: ClassVar[Mapping[str, str]] = {}
    """Kind of a key -> the object in COMMENT ON: ``{name}``, with schema ``{place}``, and its ``{table}``."""
    owned_as: ClassVar[str] = ""
    """The word for an owned object in the key of its owner."""
    keeps_values: ClassVar[bool] = False
    """Rows or columns hold values of such objects, so none is dropped to be created again."""
    reads: ClassVar[bool] = False
    """True if the definition reads other objects: those are created before it and dropped after it."""
    by_key: ClassVar[Registry[type[Kind]]] = Registry()
    """Kind of a key -> its class."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "catalog" in cls.__dict__:
            Kind.by_key.register(cls.reflected_as, cls)

    @staticmethod
    def all() -> list[type[Kind]]:
        """Every kind once, in a stable order."""
        return sorted(set(Kind.by_key.values()), key=lambda kind: kind.reflected_as)

    @classmethod
    def query_of(cls, kind: str) -> CatalogQuery:
        """The query of one of the kinds of keys."""
        return next((query for query in cls.catalog if query.kind == literal(kind)), cls.catalog[0])

    @classmethod
    def sql_name(cls, name: str, schema: str | None) -> str:
        """The name of an object in a statement."""
        return qualified(name, schema)

    @classmethod
    def place_of(cls, query: CatalogQuery, name: str, table: str | None, schema: str | None) -> list[str]:
        """The conditions that the object of this name meets; ``$1`` is the OID of its schema."""
        del schema
        return query.place(name, table)
