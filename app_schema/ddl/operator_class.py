"""Operator classes, each with the family of the same name; and families with further members."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.defined import Defined
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import dollar, literal, qualified
from app_schema.ddl.twin import Side

_MEMBER = """\
JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.{catalog}'::regclass AND d.objid = p.oid
       AND ({of})"""
_ITEMS = """\
SELECT string_agg(x.item, ', ' ORDER BY x.item COLLATE "C") FROM (
    SELECT concat('OPERATOR ', p.amopstrategy, ' ', p.amopopr::regoperator,
                  (SELECT format(' FOR ORDER BY %I.%I', n.nspname, o.opfname) FROM pg_catalog.pg_opfamily AS o
                     JOIN pg_catalog.pg_namespace AS n ON n.oid = o.opfnamespace
                    WHERE o.oid = p.amopsortfamily)) AS item
      FROM pg_catalog.pg_amop AS p {operators}
    UNION ALL
    SELECT format('FUNCTION %s (%s, %s) %s', p.amprocnum, format_type(p.amproclefttype, NULL),
                  format_type(p.amprocrighttype, NULL), p.amproc::regprocedure)
      FROM pg_catalog.pg_amproc AS p {functions}{storage}) AS x"""


_OF_FAMILY = "d.refclassid = 'pg_catalog.pg_opfamily'::regclass AND d.refobjid = k.oid"
# CREATE OPERATOR CLASS gives to its own family what needs no class: in GIN, GiST and SP-GiST all operators
_OF_CLASS = """\
d.refclassid = 'pg_catalog.pg_opclass'::regclass AND d.refobjid = k.oid
         OR d.refclassid = 'pg_catalog.pg_opfamily'::regclass AND d.refobjid = k.opcfamily
        AND f.opfname = k.opcname AND f.opfnamespace = k.opcnamespace"""


def _items(of: str, storage: str = "") -> str:
    operators, functions = (_MEMBER.format(catalog=name, of=of) for name in ("pg_amop", "pg_amproc"))
    return f"({_ITEMS.format(operators=operators, functions=functions, storage=storage)})"


_STORAGE = """
    UNION ALL
    SELECT 'STORAGE ' || format_type(k.opckeytype, NULL) WHERE k.opckeytype <> 0"""
_OF_TYPE = "format('FOR TYPE %s USING %I', format_type(k.opcintype, NULL), m.amname)"
_OWN_FAMILY = "f.opfname = k.opcname AND f.opfnamespace = k.opcnamespace"
_DEFAULT_AND_FAMILY = re.compile(r"^(DEFAULT )?(.*?)( FAMILY \S+)?(?= AS )")

# a revision that drops a class does not tell its family
_DROP = """
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_opclass AS k JOIN pg_catalog.pg_am AS m ON m.oid = k.opcmethod
               JOIN pg_catalog.pg_opfamily AS f ON f.oid = k.opcfamily
              WHERE k.opcnamespace = {namespace} AND format('%s USING %s', k.opcname, m.amname) = {name}
                AND NOT ({own})) THEN
    DROP OPERATOR CLASS {place};
  ELSE
    DROP OPERATOR FAMILY {place};
  END IF;
END
"""


class _OfMethod(Defined):
    """The name contains the access method: PostgreSQL allows one name per access method."""

    def _named(self, schema: str | None) -> str:
        return qualified(self.name.rpartition(" USING ")[0], schema)

    @property
    def _method(self) -> str:
        return self.name.rpartition(" USING ")[2]

    @classmethod
    def sql_name(cls, name: str, schema: str | None) -> str:
        bare, using, method = name.rpartition(" USING ")
        return qualified(bare, schema) + using + method


@dataclass(frozen=True)
class OperatorClass(_OfMethod):
    """``CREATE OPERATOR CLASS schema.name definition``, with all operators and functions as PostgreSQL prints
    them.

    :param name: with the access method: ``my_ops USING btree``.
    :param definition: ``DEFAULT FOR TYPE integer USING btree AS FUNCTION 1 (integer, integer) …``.
    """

    kind: ClassVar[str] = "operator_class"
    lent = True
    word = "OPERATOR CLASS"
    comment_on: ClassVar[Mapping[str, str]] = {"operator_class": "OPERATOR CLASS {place}"}
    owned_as = "operator_class"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_opclass AS k JOIN pg_catalog.pg_am AS m ON m.oid = k.opcmethod "
            "JOIN pg_catalog.pg_opfamily AS f ON f.oid = k.opcfamily",
            catalog="pg_opclass",
            oid="k.oid",
            kind="'operator_class'",
            name="format('%s USING %s', k.opcname, m.amname)",
            namespace="k.opcnamespace",
            owner="k.opcowner",
            definition=f"""\
concat(CASE WHEN k.opcdefault THEN 'DEFAULT ' END, {_OF_TYPE},
       CASE WHEN NOT ({_OWN_FAMILY}) THEN (
         SELECT format(' FAMILY %I.%I', n.nspname, f.opfname) FROM pg_catalog.pg_namespace AS n
          WHERE n.oid = f.opfnamespace) END, ' AS ', {_items(_OF_CLASS, _STORAGE)})""",
            # a twin is in another family, and cannot be a second DEFAULT class of the type
            comparable=f"concat({_OF_TYPE}, ' AS ', {_items(_OF_CLASS, _STORAGE)})",
            only_if="oid FROM pg_catalog.pg_opclass",
        ),
    )
    # among functions, like an operator: after the functions that it names
    ranks = (Drops.GENERATED, Makes.FUNCTION)
    in_create_all = Makes.FUNCTION

    @property
    def step(self) -> int:
        """After the functions and operators of the class."""
        return 2

    def side(self) -> Side:
        plain = _DEFAULT_AND_FAMILY.sub(r"\2", self.definition)
        return Side(twin=(f"CREATE OPERATOR CLASS {self._named('pg_temp')} {plain}",))

    def create_sql(self) -> tuple[str, ...]:
        return (f"CREATE OPERATOR CLASS {self._named(self.schema)} {self.definition}",)

    def drop_sql(self) -> tuple[str, ...]:
        """Also drops the family of the same name, which CREATE OPERATOR CLASS created."""
        place = f"{self._named(self.schema)} USING {self._method}"
        if self.definition:
            word = "CLASS" if " FAMILY " in self.definition.partition(" AS ")[0] else "FAMILY"
            return (f"DROP OPERATOR {word} {place}",)
        body = _DROP.format(place=place, namespace=self.namespace(), name=literal(self.name), own=_OWN_FAMILY)
        return ("DO " + dollar(body, "class"),)


@dataclass(frozen=True)
class OperatorFamily(_OfMethod):
    """``CREATE OPERATOR FAMILY schema.name``, and the members that belong to no class.

    :param name: with the access method: ``my_ops USING btree``.
    :param definition: ``OPERATOR 1 <(integer, bigint), …``; empty: no such members.
    """

    kind: ClassVar[str] = "operator_family"
    word = "OPERATOR FAMILY"
    comment_on: ClassVar[Mapping[str, str]] = {"operator_family": "OPERATOR FAMILY {place}"}
    owned_as = "operator_family"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_opfamily AS k JOIN pg_catalog.pg_am AS m ON m.oid = k.opfmethod",
            catalog="pg_opfamily",
            oid="k.oid",
            kind="'operator_family'",
            name="format('%s USING %s', k.opfname, m.amname)",
            namespace="k.opfnamespace",
            owner="k.opfowner",
            listed="""\
NOT EXISTS (SELECT FROM pg_catalog.pg_opclass AS o WHERE o.opcfamily = k.oid
                       AND o.opcname = k.opfname AND o.opcnamespace = k.opfnamespace)""",
            definition=f"coalesce({_items(_OF_FAMILY)}, '')",
            only_if="oid FROM pg_catalog.pg_opfamily",
        ),
    )
    ranks = (Drops.GENERATED, Makes.FUNCTION)
    in_create_all = Makes.FUNCTION
    definition: str = ""

    @property
    def step(self) -> int:
        """Before the classes, which may name the family."""
        return 1

    def side(self) -> Side:
        return Side(twin=self._family("pg_temp"))

    def _family(self, schema: str | None) -> tuple[str, ...]:
        family = f"OPERATOR FAMILY {self._named(schema)} USING {self._method}"
        return (f"CREATE {family}", *([f"ALTER {family} ADD {self.definition}"] if self.definition else []))

    def create_sql(self) -> tuple[str, ...]:
        return self._family(self.schema)

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP OPERATOR FAMILY {self._named(self.schema)} USING {self._method}",)
