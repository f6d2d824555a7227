"""Composite types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl import privileges, replaced
from app_schema.ddl.block import DIFFERENT, execute
from app_schema.ddl.brackets import between_commas, enclosed
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.column import TYPE
from app_schema.ddl.defined import Defined
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import NAME, dollar, literal, qualified

_ATTRIBUTE = re.compile(rf"({NAME}) (.+)", re.DOTALL)
_ATTRIBUTES = f"""\
SELECT a.attname, a.attnum, {TYPE} AS type FROM pg_catalog.pg_attribute AS a
   WHERE a.attrelid = {{oid}} AND a.attnum > 0 AND NOT a.attisdropped"""


@dataclass(frozen=True)
class Composite(Defined):
    """``CREATE TYPE schema.name AS (a integer, b text)``."""

    kind: ClassVar[str] = "composite"
    keeps_values = True
    lent = True
    word = "TYPE"
    comment_on: ClassVar[Mapping[str, str]] = {"composite": "TYPE {place}"}
    owned_as = "type"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_class AS c JOIN pg_catalog.pg_type AS y ON y.oid = c.reltype",
            catalog="pg_type",
            oid="y.oid",
            kind="'composite'",
            name="c.relname",
            namespace="c.relnamespace",
            owner="c.relowner",
            where="c.relkind = 'c'",
            only_if="reltype FROM pg_catalog.pg_class WHERE relkind = 'c'",
            definition=f"""\
format('(%s)', (SELECT string_agg(format('%I %s', x.attname, x.type), ', ' ORDER BY x.attnum)
   FROM ({_ATTRIBUTES.format(oid="c.oid")}) AS x))""",
        ),
    )
    # after enums and domains, before the first table: functions that a table calls may use the type
    ranks = (Drops.EARLY_FUNCTION, Makes.EARLY_FUNCTION)
    in_create_all = Makes.EARLY_FUNCTION

    def _create(self, place: str) -> tuple[str, ...]:
        return (f"CREATE TYPE {place} AS {self.definition}",)

    def privileges_sql(self) -> tuple[str, ...]:
        return (privileges.of_object("T", f"TYPE {self._place}", public="USAGE"),)

    def replace_sql(self) -> tuple[str, ...]:
        """Alters the attributes in place, because functions and columns depend on the type.

        PostgreSQL adds an attribute at the end alone: for another order the type is dropped and created.
        """
        twin = qualified(self.name, "pg_temp")
        change = _CHANGE.format(
            ns=self.namespace(),
            name=literal(self.name),
            create=dollar(self._create(twin)[0], "twin"),
            new=literal(twin),
            drop=dollar(f"DROP TYPE {twin}"),
            anew="\n".join(execute((*super().replace_sql(), *self.privileges_sql()))),
            alter=literal(f"ALTER TYPE {self._place.replace('%', '%%')} "),
            old_attributes=_ATTRIBUTES.format(oid="old"),
            new_attributes=_ATTRIBUTES.format(oid="new"),
            label=literal(self.label),
            different=DIFFERENT,
        )
        return replaced.TYPE.keeping(self._place, ["DO " + dollar(change, "replace")])


def attributes(definition: str) -> dict[str, str]:
    """Attribute -> its type, of a definition as PostgreSQL prints it; the names as printed."""
    parts = between_commas(enclosed(definition)[0])
    return {match[1]: match[2] for part in parts if (match := _ATTRIBUTE.fullmatch(part))}


def is_alterable(new: str, old: str) -> bool:
    """True if ALTER TYPE makes the one definition of the other: it adds an attribute at the end alone."""
    kept = [name for name in attributes(old) if name in attributes(new)]
    return list(attributes(new))[: len(kept)] == kept


# A twin in pg_temp parses the definition: only PostgreSQL can resolve its types.
_CHANGE = """
DECLARE
  old oid := (SELECT c.oid FROM pg_catalog.pg_class AS c WHERE c.relnamespace = {ns} AND c.relname = {name});
  new oid;
  attribute record;
  names text[];
  kept text[];
BEGIN
  EXECUTE {create};
  new := (SELECT y.typrelid FROM pg_catalog.pg_type AS y WHERE y.oid = to_regtype({new}));
  SELECT array_agg(n.attname ORDER BY n.attnum) INTO names FROM ({new_attributes}) AS n;
  SELECT array_agg(o.attname ORDER BY o.attnum) INTO kept FROM ({old_attributes}) AS o
   WHERE o.attname = ANY (names);
  IF names[:cardinality(kept)] <> kept THEN
    EXECUTE {drop};
{anew}
    RETURN;
  END IF;
  FOR attribute IN
    SELECT o.attname AS old_name, n.attname AS new_name, n.type
      FROM ({old_attributes}) AS o FULL JOIN ({new_attributes}) AS n USING (attname)
     WHERE o.type IS DISTINCT FROM n.type ORDER BY n.attnum
  LOOP
    EXECUTE {alter} || CASE
      WHEN attribute.new_name IS NULL THEN format('DROP ATTRIBUTE %I', attribute.old_name)
      WHEN attribute.old_name IS NULL THEN format('ADD ATTRIBUTE %I %s', attribute.new_name, attribute.type)
      ELSE format('ALTER ATTRIBUTE %I TYPE %s', attribute.new_name, attribute.type) END;
  END LOOP;
  EXECUTE {drop};
EXCEPTION WHEN dependent_objects_still_exist THEN
  RAISE EXCEPTION USING ERRCODE = '{different}', MESSAGE = {label} || ' cannot get these attributes',
    DETAIL = SQLERRM,
    HINT = 'PostgreSQL adds an attribute at the end: declare it there, or create a type of another name';
END
"""
