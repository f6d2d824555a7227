"""Aggregate functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl import privileges
from app_schema.ddl.brackets import between_commas
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.guarded_drop import drop
from app_schema.ddl.lookup import exists_query
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import dollar, ident, literal, qualified, sequence
from app_schema.ddl.twin import Side
from app_schema.errors import ModelError

_CATALOG = CatalogQuery(
    "pg_catalog.pg_aggregate AS g JOIN pg_catalog.pg_proc AS p ON p.oid = g.aggfnoid",
    catalog="pg_proc",
    oid="p.oid",
    kind="'aggregate'",
    name="format('%s(%s)', p.proname, oidvectortypes(p.proargtypes))",
    namespace="p.pronamespace",
    owner="p.proowner",
    only_if="oid FROM pg_catalog.pg_proc WHERE prokind = 'a'",
    # an absent function is 0 in the catalog, which regproc prints as a hyphen
    definition="""\
concat_ws(', ', 'SFUNC = ' || g.aggtransfn::text, 'STYPE = ' || format_type(g.aggtranstype, NULL),
  'FINALFUNC = ' || nullif(g.aggfinalfn::text, '-'), 'COMBINEFUNC = ' || nullif(g.aggcombinefn::text, '-'),
  'INITCOND = ' || quote_literal(g.agginitval),
  'PARALLEL = ' || CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END,
  CASE g.aggkind WHEN 'o' THEN 'ORDERED SET' WHEN 'h' THEN 'HYPOTHETICAL' END,
  CASE WHEN p.provariadic <> 0 THEN 'VARIADIC' END,
  'DIRECT = ' || nullif(g.aggnumdirectargs, 0), 'SSPACE = ' || nullif(g.aggtransspace, 0),
  CASE WHEN g.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
  'FINALFUNC_MODIFY = ' || nullif(g.aggfinalmodify, 'r')::text,
  'SERIALFUNC = ' || nullif(g.aggserialfn::text, '-'),
  'DESERIALFUNC = ' || nullif(g.aggdeserialfn::text, '-'),
  'SORTOP = ' || nullif(g.aggsortop, 0)::regoperator::text,
  CASE WHEN g.aggmtransfn::oid <> 0 THEN concat_ws(', ', 'MSFUNC = ' || g.aggmtransfn::text,
    'MINVFUNC = ' || g.aggminvtransfn::text, 'MSTYPE = ' || format_type(g.aggmtranstype, NULL),
    'MSSPACE = ' || nullif(g.aggmtransspace, 0), 'MFINALFUNC = ' || nullif(g.aggmfinalfn::text, '-'),
    CASE WHEN g.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
    'MFINALFUNC_MODIFY = ' || nullif(g.aggmfinalmodify, 'r')::text,
    'MINITCOND = ' || quote_literal(g.aggminitval)) END, 'NAMES = ' || p.proargnames::text)""",
    parts={
        "name": "p.proname",
        "arguments": "oidvectortypes(p.proargtypes)",
        "sfunc": "g.aggtransfn::text",
        "stype": "format_type(g.aggtranstype, NULL)",
        "finalfunc": "nullif(g.aggfinalfn::text, '-')",
        "combinefunc": "nullif(g.aggcombinefn::text, '-')",
        "initcond": "g.agginitval",
        "parallel": "CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' ELSE 'UNSAFE' END",
        "variadic": "p.provariadic <> 0",
        "names": "coalesce(to_json(p.proargnames), '[]')",
        "refused": """\
CASE WHEN g.aggkind <> 'n' OR g.aggmtransfn::oid <> 0 OR g.aggserialfn::oid <> 0 OR g.aggsortop <> 0
       OR g.aggfinalextra OR g.aggtransspace <> 0 OR g.aggfinalmodify <> 'r'
     THEN 'an aggregate with more than SFUNC, STYPE, FINALFUNC, COMBINEFUNC, INITCOND and PARALLEL' END""",
    },
)


@dataclass(frozen=True)
class Aggregate(DDLObject):
    """``CREATE AGGREGATE schema.name(arguments) (SFUNC = …, STYPE = …)``.

    :param arguments: the types as PostgreSQL prints them, ``"integer, text"``; ``*`` without arguments.
    :param names: the names of the arguments, "" for one without a name; empty: no argument has a name.
    :param variadic: the last argument, an array, stands for any number of arguments.
    """

    kind: ClassVar[str] = "aggregate"
    reads = True
    owned_as = "function"
    comment_on: ClassVar[Mapping[str, str]] = {"aggregate": "AGGREGATE {place}"}
    lent = True
    catalog = (_CATALOG,)
    # after the functions that the aggregate calls, and before views
    ranks = (Drops.GENERATED, Makes.FUNCTION)
    in_create_all = Makes.FUNCTION
    positional: ClassVar[tuple[str, ...]] = ("name", "arguments")
    stand_in: ClassVar[Mapping[str, Any]] = {"sfunc": "", "stype": ""}
    name: str
    arguments: str
    _: KW_ONLY
    sfunc: str
    stype: str
    finalfunc: str | None = None
    combinefunc: str | None = None
    initcond: str | None = None
    parallel: str = "UNSAFE"
    variadic: bool = False
    names: Iterable[str] = ()
    schema: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", sequence(self.names))
        types = between_commas(self.arguments)
        if self.names and len(sequence(self.names)) != len(types):
            words = f"{len(sequence(self.names))} names of {len(types)} arguments"
            raise ModelError(f'{self.label} has {words}: write one of each, "" for one without a name')

    @property
    def key(self) -> Key:
        return Key(self.kind, self.schema, None, f"{self.name}({self.arguments})")

    def reflected_key(self, default_schema: str) -> Key:
        return self.key._replace(schema=self.schema or default_schema)

    @property
    def label(self) -> str:
        return f"aggregate {qualified(self.name, self.schema)}({self.arguments})"

    @property
    def step(self) -> int:
        """After the functions that the aggregate calls."""
        return 1

    @classmethod
    def from_parts(cls, key: Key, parts: dict[str, Any]) -> DDLObject:
        return cls(**parts, schema=key.schema)

    @classmethod
    def sql_name(cls, name: str, schema: str | None) -> str:
        bare, _, arguments = name.partition("(")
        return f"{qualified(bare, schema)}({arguments.removesuffix(')') or '*'})"

    def _name(self, schema: str | None) -> str:
        return f"{qualified(self.name, schema)}({self.arguments or '*'})"

    def _create(self, verb: str, schema: str | None) -> str:
        options = {
            "SFUNC": self.sfunc,
            "STYPE": self.stype,
            "FINALFUNC": self.finalfunc,
            "COMBINEFUNC": self.combinefunc,
            "INITCOND": None if self.initcond is None else literal(self.initcond),
            "PARALLEL": self.parallel,
        }
        clauses = ", ".join(f"{option} = {value}" for option, value in options.items() if value is not None)
        arguments = between_commas(self.arguments)
        names = [f"{ident(name)} " if name else "" for name in self.names] or [""] * len(arguments)
        arguments = [name + type_ for name, type_ in zip(names, arguments, strict=True)]
        if self.variadic:
            arguments = [*arguments[:-1], f"VARIADIC {arguments[-1]}"]
        return f"{verb} {qualified(self.name, schema)}({', '.join(arguments) or '*'}) ({clauses})"

    def _oid(self) -> str:
        return f"to_regprocedure({literal(f'{qualified(self.name, self.schema)}({self.arguments})')})"

    def exists(self) -> str | None:
        return exists_query(self._oid())

    def catalog_query(self) -> str:
        # from the twin: only PostgreSQL can parse the argument types of a declaration
        types = f"""\
(SELECT t.proargtypes FROM pg_catalog.pg_proc AS t
  WHERE t.pronamespace = pg_my_temp_schema() AND t.proname = {literal(self.name)})"""
        place = [*_CATALOG.place(""), f"p.proname = {literal(self.name)}", f"p.proargtypes = {types}"]
        return _CATALOG.select(_CATALOG.printed, *place)

    def side(self) -> Side:
        return Side(twin=(self._create("CREATE AGGREGATE", "pg_temp"),), exact=True)

    def create_sql(self) -> tuple[str, ...]:
        return (self._create("CREATE AGGREGATE", self.schema),)

    def privileges_sql(self) -> tuple[str, ...]:
        target = f"FUNCTION {qualified(self.name, self.schema)}({self.arguments})"
        return (privileges.of_object("f", target, public="EXECUTE"),)

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP AGGREGATE {self._name(self.schema)}",)

    def replace_sql(self) -> tuple[str, ...]:
        """CREATE OR REPLACE keeps dependents; PostgreSQL refuses to change the type, so drop and create."""
        change = f"""
BEGIN
  EXECUTE {dollar(self._create("CREATE OR REPLACE AGGREGATE", self.schema), "new")};
EXCEPTION WHEN invalid_function_definition THEN
  EXECUTE {dollar(self.drop_sql()[0], "old")};
  EXECUTE {dollar(self.create_sql()[0], "new")};
  EXECUTE {dollar(self.privileges_sql()[0])};
END
"""
        return ("DO " + dollar(change, "replace"),)

    def dropped(self, *, recreated: bool = False) -> str:
        exists = f"""\
SELECT CASE p.prokind WHEN 'a' THEN 'aggregate' ELSE 'function' END FROM pg_catalog.pg_proc AS p
 WHERE p.oid = {self._oid()}"""
        return drop(self.label, self.namespace(), exists, self.kind, self.drop_sql(), recreated=recreated)
