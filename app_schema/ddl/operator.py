"""Operators."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.defined import Defined
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import ident, literal
from app_schema.ddl.twin import Side

_OTHER = (
    "(SELECT format('OPERATOR(%I.%s)', n.nspname, x.oprname) FROM pg_catalog.pg_operator AS x "
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = x.oprnamespace WHERE x.oid = {oid})"
)
_DEFINITION = f"""\
format('(%s)', concat_ws(', ', 'FUNCTION = ' || k.oprcode,
  'LEFTARG = ' || format_type(nullif(k.oprleft, 0), NULL), 'RIGHTARG = ' || format_type(k.oprright, NULL),
  'COMMUTATOR = ' || {_OTHER.format(oid="k.oprcom")}, 'NEGATOR = ' || {_OTHER.format(oid="k.oprnegate")},
  'RESTRICT = ' || nullif(k.oprrest::text, '-'), 'JOIN = ' || nullif(k.oprjoin::text, '-'),
  CASE WHEN k.oprcanhash THEN 'HASHES' END, CASE WHEN k.oprcanmerge THEN 'MERGES' END))"""


_SIGN = r"[-+*/<>=~!@#%^&|`?]"


@dataclass(frozen=True)
class Operator(Defined):
    """``CREATE OPERATOR schema.name (FUNCTION = …, LEFTARG = …, RIGHTARG = …)``.

    The definition of an operator with a COMMUTATOR or NEGATOR must be exactly PostgreSQL's print.

    :param name: with the types of both sides, as PostgreSQL prints them: ``=>(integer, text)``; NONE for a
        prefix operator.
    """

    kind: ClassVar[str] = "operator"
    word = "OPERATOR"
    comment_on: ClassVar[Mapping[str, str]] = {"operator": "OPERATOR {place}"}
    owned_as = "operator"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_operator AS k",
            catalog="pg_operator",
            oid="k.oid",
            kind="'operator'",
            name="format('%s(%s, %s)', k.oprname, coalesce(format_type(nullif(k.oprleft, 0), NULL), 'NONE'), "
            "format_type(k.oprright, NULL))",
            namespace="k.oprnamespace",
            owner="k.oprowner",
            # an operator without a function is a shell: another operator names it as COMMUTATOR or NEGATOR
            where="k.oprcode <> 0",
            definition=_DEFINITION,
            only_if="oid FROM pg_catalog.pg_operator",
        ),
    )
    # among functions, like an aggregate: after the functions that it calls
    ranks = (Drops.GENERATED, Makes.FUNCTION)
    in_create_all = Makes.FUNCTION

    @property
    def step(self) -> int:
        """After the function of the operator."""
        return 1

    @property
    def calls(self) -> str:
        """The definition with a bracket after each name, as in a call."""
        return re.sub("[,)]", "(", self.definition)

    def is_in(self, text: str) -> bool:
        """True if an expression has an operator of this symbol."""
        symbol = re.escape(self.name.partition("(")[0])
        return re.search(rf"(?<!{_SIGN}){symbol}(?!{_SIGN})", text) is not None

    @classmethod
    def sql_name(cls, name: str, schema: str | None) -> str:
        return f"{ident(schema)}.{name}" if schema else name

    def catalog_query(self) -> str:
        # by the OIDs of the types, because the print of a type depends on search_path
        (catalog,) = self.catalog
        names = (self.sql_name(self.name, schema) for schema in (self.schema, "pg_temp"))
        oids = ", ".join(f"to_regoperator({literal(name)})" for name in names)
        return catalog.select(catalog.printed, f"{catalog.namespace} = $1", f"k.oid IN ({oids})")

    def side(self) -> Side:
        if "COMMUTATOR" in self.definition or "NEGATOR" in self.definition:
            # an operator is the commutator of at most one operator, so a twin is impossible
            return Side(value=literal(self.definition), qualified=True)
        return Side(twin=self._create(self.sql_name(self.name, "pg_temp")))

    @property
    def _place(self) -> str:
        return self.sql_name(self.name, self.schema)

    def _create(self, place: str) -> tuple[str, ...]:
        return (f"CREATE OPERATOR {place.partition('(')[0]} {self.definition}",)
