"""Domains, declared as ``postgresql.DOMAIN`` or by the definition that PostgreSQL prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.dialects.postgresql.named_types import CreateDomainType, DropDomainType
from sqlalchemy.schema import ExecutableDDLElement

from app_schema.ddl import privileges, replaced
from app_schema.ddl.block import DIFFERENT, execute
from app_schema.ddl.brackets import enclosed
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.construct import converging
from app_schema.ddl.defined import Defined
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import dollar, literal, plain, qualified
from app_schema.ddl.statement import Create, Drop

_CONSTRAINTS = """\
SELECT t.conname, pg_get_constraintdef(t.oid) AS def FROM pg_catalog.pg_constraint AS t
   WHERE t.contypid = {oid} AND t.contype <> 'n'"""
_COLLATION = """\
(SELECT format('COLLATE %I.%I', n.nspname, k.collname) FROM pg_catalog.pg_collation AS k
          JOIN pg_catalog.pg_namespace AS n ON n.oid = k.collnamespace
          JOIN pg_catalog.pg_type AS b ON b.oid = y.typbasetype
         WHERE k.oid = y.typcollation AND y.typcollation <> b.typcollation)"""


_CATALOG = CatalogQuery(
    "pg_catalog.pg_type AS y",
    catalog="pg_type",
    oid="y.oid",
    kind="'domain'",
    name="y.typname",
    namespace="y.typnamespace",
    owner="y.typowner",
    where="y.typtype = 'd'",
    only_if="oid FROM pg_catalog.pg_type WHERE typtype = 'd'",
    definition=f"""\
concat_ws(' ', format_type(y.typbasetype, y.typtypmod), {_COLLATION},
  CASE WHEN y.typnotnull THEN 'NOT NULL' END, 'DEFAULT ' || y.typdefault,
  (SELECT string_agg(format('CONSTRAINT %I %s', k.conname, k.def), ' ' ORDER BY k.conname)
     FROM ({_CONSTRAINTS.format(oid="y.oid")}) AS k))""",
)


_TYPE = re.compile(r'(?:"(?:[^"]|"")*"|(?! NOT NULL| DEFAULT ).)*', re.DOTALL)
_UNPROVED = re.compile(
    r" CONSTRAINT (?:\"(?:[^\"]|\"\")+\"|\S+) CHECK (?P<check>\((?:(?! CONSTRAINT ).)*\)) NOT VALID",
    re.DOTALL,
)


def _is_whole(check: str) -> bool:
    return enclosed(check)[1] == ""


class PrintedDomain(NamedTuple):
    """A domain as PostgreSQL prints it.

    :param constraints: each constraint, and NOT NULL.
    """

    type: str
    constraints: frozenset[str]

    @classmethod
    def of(cls, definition: str) -> PrintedDomain:
        """The parts of a definition."""
        first, *constraints = definition.split(" CONSTRAINT ")
        match = _TYPE.match(first)
        assert match is not None
        not_null = ["NOT NULL"] if first.startswith(" NOT NULL", match.end()) else []
        return cls(match[0], frozenset([*not_null, *constraints]))


@dataclass(frozen=True)
class Domain(Defined):
    """``CREATE DOMAIN schema.name AS definition``, with constraints, as PostgreSQL prints it."""

    kind: ClassVar[str] = "domain"
    word = "DOMAIN"
    keeps_values = True
    comment_on: ClassVar[Mapping[str, str]] = {"domain": "DOMAIN {place}"}
    owned_as = "type"
    lent = True
    catalog = (_CATALOG,)
    ranks = (Drops.DOMAIN, Makes.TYPE)
    in_create_all = Makes.EARLY_FUNCTION

    def _create(self, place: str) -> tuple[str, ...]:
        """CREATE DOMAIN refuses NOT VALID, so ALTER DOMAIN adds these constraints."""
        definition = self.definition
        unproved = [match for match in _UNPROVED.finditer(definition) if _is_whole(match["check"])]
        for match in unproved:
            definition = definition.replace(match[0], "")
        added = (f"ALTER DOMAIN {place} ADD{match[0]}" for match in unproved)
        return (f"CREATE DOMAIN {place} AS {definition}", *added)

    def privileges_sql(self) -> tuple[str, ...]:
        return (privileges.of_object("T", f"TYPE {self._place}", public="USAGE"),)

    def replace_sql(self) -> tuple[str, ...]:
        """Alters the domain in place: columns keep their type, and PostgreSQL checks their rows."""
        twin = qualified(self.name, "pg_temp")
        change = _CHANGE.format(
            ns=self.namespace(),
            name=literal(self.name),
            new=literal(twin),
            create=";\n  EXECUTE ".join(dollar(statement, "twin") for statement in self._create(twin)),
            label=literal(self.label),
            different=DIFFERENT,
            dropped=f"{_CONSTRAINTS.format(oid='old')} EXCEPT {_CONSTRAINTS.format(oid='new')}",
            added=f"{_CONSTRAINTS.format(oid='new')} EXCEPT {_CONSTRAINTS.format(oid='old')}",
            arrays=_ARRAYS,
            drop=dollar(f"DROP DOMAIN {twin}"),
            anew="\n".join(execute((*super().replace_sql(), *self.privileges_sql()))),
        )
        return replaced.TYPE.keeping(self._place, ["DO " + dollar(change, "replace")])


# PostgreSQL refuses a further constraint of array elements: columns have the base type during the change
_ARRAYS = """\
SELECT c.oid::regclass AS tbl, a.attname AS col
     FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
    WHERE grown AND a.atttypid = old_type.typarray AND NOT a.attisdropped AND a.attinhcount = 0
      AND c.relkind IN ('r', 'p')"""

# A twin in pg_temp parses the definition: only PostgreSQL can separate its constraints.
_CHANGE = """
DECLARE
  old oid := (SELECT y.oid FROM pg_catalog.pg_type AS y WHERE y.typnamespace = {ns} AND y.typname = {name});
  new oid;
  alter_domain CONSTANT text := (SELECT format('ALTER DOMAIN %I.%I', n.nspname, {name})
                                   FROM pg_catalog.pg_namespace AS n WHERE n.oid = {ns});
  old_type record;
  new_type record;
  k record;
  grown boolean;
  arrays text[] := '{{}}';
  back text;
BEGIN
  EXECUTE {create};
  new := to_regtype({new});
  SELECT * INTO old_type FROM pg_catalog.pg_type WHERE oid = old;
  SELECT * INTO new_type FROM pg_catalog.pg_type WHERE oid = new;
  IF (old_type.typbasetype, old_type.typtypmod, old_type.typcollation)
     IS DISTINCT FROM (new_type.typbasetype, new_type.typtypmod, new_type.typcollation) THEN
    EXECUTE {drop};
{anew}
    RETURN;
  END IF;
  grown := EXISTS ({added}) OR (new_type.typnotnull AND NOT old_type.typnotnull);
  FOR k IN {arrays} LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s[]', k.tbl, k.col,
                   format_type(old_type.typbasetype, old_type.typtypmod));
    arrays := arrays || format('ALTER TABLE %s ALTER COLUMN %I TYPE %s', k.tbl, k.col,
                               old_type.typarray::regtype);
  END LOOP;
  FOR k IN {dropped} LOOP
    EXECUTE format('%s DROP CONSTRAINT %I', alter_domain, k.conname);
  END LOOP;
  FOR k IN {added} LOOP
    EXECUTE format('%s ADD CONSTRAINT %I %s', alter_domain, k.conname, k.def);
  END LOOP;
  EXECUTE alter_domain || coalesce(' SET DEFAULT ' || new_type.typdefault, ' DROP DEFAULT');
  EXECUTE alter_domain || CASE WHEN new_type.typnotnull THEN ' SET NOT NULL' ELSE ' DROP NOT NULL' END;
  FOREACH back IN ARRAY arrays LOOP
    EXECUTE back;
  END LOOP;
  EXECUTE {drop};
EXCEPTION WHEN dependent_objects_still_exist THEN
  RAISE EXCEPTION USING ERRCODE = '{different}', MESSAGE = {label} || ' cannot change its base type',
    DETAIL = SQLERRM,
    HINT = 'create a domain of another name, and change the columns to it with op.alter_column(...)';
WHEN check_violation OR not_null_violation THEN
  RAISE EXCEPTION USING ERRCODE = '{different}', MESSAGE = {label} || ' cannot be changed: rows violate it',
    DETAIL = SQLERRM, HINT = 'correct these rows, then run again';
END
"""


def domain_of(domain: DOMAIN) -> Domain:
    """The object that a type of SQLAlchemy declares."""
    name = str(domain.name)
    head = f"CREATE DOMAIN {qualified(name, domain.schema)} AS "  # the name may have AS in it
    return Domain(name, plain(CreateDomainType(domain)).removeprefix(head), schema=domain.schema)


@converging.register
def _(construct: CreateDomainType) -> ExecutableDDLElement:
    return Create(domain_of(construct.element))


@converging.register
def _(construct: DropDomainType) -> ExecutableDDLElement:
    return Drop(domain_of(construct.element))
