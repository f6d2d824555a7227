"""Many objects compared in one block, before their guards.

Printing both sides costs a guard four times what creating a policy costs: a copy of the table, and the
planning of the query that prints. Consecutive guards share both. The block notes which objects are equal; the
guard of such an object ends at once, and any other guard compares by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app_schema.ddl.block import block, execute
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.lookup import regclass
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.single import single
from app_schema.ddl.sql import dollar, literals
from app_schema.ddl.twin import EQUAL, UNDONE, Copied, Side, on_path

MOST = 500
"""Objects of one block: each copy of a table takes a place in the server's table of locks."""


@dataclass
class Together:
    """Objects on tables, whose statements follow each other."""

    places: dict[Key, tuple[DDLObject, int]] = field(default_factory=dict)
    """Key -> the object and its place, from 1."""
    copies: dict[str, Copied] = field(default_factory=dict)
    """Name of a table -> the copied table."""

    def add(self, obj: DDLObject) -> int:
        """The place of the object; 0: it does not fit in.

        Two definitions of one object follow each other, and two tables of one name have no two copies.
        """
        table = obj.side().like if obj.compared_together else None
        known, place = self.places.get(obj.key, (obj, len(self.places) + 1))
        if table is None or known != obj or self.copies.get(table.name, table) != table or place > MOST:
            return 0
        self.places[obj.key] = obj, place
        self.copies[table.name] = table
        return place

    def compared(self) -> str:
        """The block. It never fails: what cannot be created on a copy is not noted as equal."""
        objects = [obj for obj, _ in self.places.values()]
        first = objects[0].exists()
        assert first is not None
        return block(
            [
                "DECLARE",
                f"  created CONSTANT text[] := {literals(_created(objects))};",
                f"  tables CONSTANT oid[] := ARRAY[{', '.join(_tables(objects))}]::oid[];",
                "  equal text;",
                "BEGIN",
                f"  PERFORM set_config('{EQUAL}', '', true);",
                f"  EXECUTE {dollar(first, 'def')} INTO equal;",
                "  IF equal IS NULL THEN RETURN; END IF;",  # a first run
                "  BEGIN",
                *on_path(),
                *execute(tuple(table.creation for table in self.copies.values())),
                "    FOR place IN 1 .. cardinality(created) LOOP",
                "      BEGIN EXECUTE created[place]; EXCEPTION WHEN OTHERS THEN NULL; END;",
                "    END LOOP;",
                "    PERFORM set_config('search_path', '', true);",
                f"    EXECUTE {dollar(_query(objects), 'def')} INTO equal USING tables;",
                f"    RAISE SQLSTATE '{UNDONE}';",
                "  EXCEPTION",
                f"    WHEN SQLSTATE '{UNDONE}' THEN PERFORM set_config('{EQUAL}', equal, true);",
                "    WHEN OTHERS THEN NULL;",
                "  END;",
                "END",
            ]
        )


def _sides(objects: Sequence[DDLObject]) -> Iterable[Side]:
    return (obj.side() for obj in objects)


def _created(objects: Sequence[DDLObject]) -> list[str]:
    return ["; ".join(map(single, side.twin)) for side in _sides(objects)]


def _tables(objects: Sequence[DDLObject]) -> list[str]:
    return [regclass(obj.table or "", obj.schema) for obj in objects]


def _query(objects: Sequence[DDLObject]) -> str:
    """Query of one text, ``$1`` the OID of each object's table: a character an object, 1 if both sides are
    equal."""
    twins = ", ".join(regclass(obj.table or "", "pg_temp") for obj in objects)
    kinds = {obj.kind: obj.catalog[0] for obj in objects}.values()
    reals, copies = (
        "\n UNION ALL ".join(_printed(query, tables) for query in kinds)
        for tables in ("$1", f"ARRAY[{twins}]::oid[]")
    )
    names = literals(obj.name for obj in objects)
    of_kinds = literals(obj.kind for obj in objects)
    return f"""\
WITH found AS MATERIALIZED ({reals}), declared AS MATERIALIZED ({copies})
SELECT string_agg(CASE WHEN f.printed = d.printed THEN '1' ELSE '0' END, '' ORDER BY o.place)
  FROM unnest($1, ARRAY[{twins}]::oid[], {names}, {of_kinds})
       WITH ORDINALITY AS o(found, declared, name, kind, place)
  LEFT JOIN found AS f ON (f.relation, f.name, f.kind) = (o.found, o.name, o.kind)
  LEFT JOIN declared AS d ON (d.relation, d.name, d.kind) = (o.declared, o.name, o.kind)"""


def _printed(query: CatalogQuery, tables: str) -> str:
    return query.select(
        f"{query.relation} AS relation, {query.name}::text AS name, {query.kind} AS kind, "
        f"{query.printed} AS printed",
        f"{query.relation} = ANY ({tables})",
    )
