"""An object of any kind by its name, as COMMENT ON and ALTER ... RENAME address it."""

from __future__ import annotations

from typing import NamedTuple

from app_schema.ddl.catalog_query import CatalogQuery, Kind
from app_schema.ddl.lookup import creation_schema, table_schema
from app_schema.ddl.sql import ident, qualified
from app_schema.errors import ModelError


class Addressed(NamedTuple):
    """The address of one object.

    :param words: ``VIEW s.v``, ``TRIGGER t ON s.t``.
    :param space: SQL expression: the OID of its schema.
    :param place: the conditions that the object meets; ``$1`` is the OID.
    """

    catalog: CatalogQuery
    words: str
    space: str
    place: list[str]

    @classmethod
    def of(cls, kind: str, name: str, table: str | None, schema: str | None, action: str) -> Addressed:
        """Look the object's kind up.

        :param action: the operation, for an error: ``rename of``.
        :raises ModelError: where objects of the kind are not known here, or the table is missing.
        """
        class_ = Kind.by_key.get(kind)
        if class_ is None or kind not in class_.comment_on:
            kinds = sorted(word for other in Kind.all() for word in other.comment_on)
            raise ModelError(f"no {action} a {kind}: expected one of {', '.join(kinds)}")
        catalog, words = class_.query_of(kind), class_.comment_on[kind]
        if "{table}" not in words:
            table, space = None, creation_schema(schema) if catalog.namespace else "NULL"
        elif table is not None:
            space = table_schema(table, schema)
        else:
            raise ModelError(f"a {action} a {kind} needs its table: write table=...")
        label = words.format(
            name=ident(name),
            place=class_.sql_name(name, schema),
            table=qualified(table, schema) if table is not None else "",
        )
        return cls(catalog, label, space, class_.place_of(catalog, name, table, schema))
