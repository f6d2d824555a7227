"""Functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl import privileges
from app_schema.ddl.brackets import between_commas
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.definition import Parts
from app_schema.ddl.guarded_drop import drop
from app_schema.ddl.lexer import tokens
from app_schema.ddl.lookup import creation_schema
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.signature import argument_types
from app_schema.ddl.sql import LISTS, dollar, ident, literal, pairs, qualified, role, sequence, split
from app_schema.ddl.twin import Side

PARTS = {
    "name": "p.proname",
    "body": "coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)",
    "returns": "pg_get_function_result(p.oid)",
    "arguments": "pg_get_function_arguments(p.oid)",
    "language": "l.lanname",
    "volatility": "CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END",
    "security": "CASE WHEN p.prosecdef THEN 'DEFINER' ELSE 'INVOKER' END",
    "settings": "coalesce(to_json(p.proconfig), '[]')",
    "strict": "p.proisstrict",
    "leakproof": "p.proleakproof",
    "parallel": "CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' ELSE 'UNSAFE' END",
    # a default of CREATE FUNCTION counts as not declared
    "cost": "nullif(p.procost, CASE WHEN l.lanname IN ('c', 'internal') THEN 1 ELSE 100 END)",
    "rows": "nullif(nullif(p.prorows, 0), 1000)",
    "support": "nullif(p.prosupport::text, '-')",
    "execute": """\
CASE WHEN p.proacl IS NOT NULL THEN nullif((
  SELECT coalesce(json_agg(coalesce(r.rolname, 'PUBLIC') ORDER BY r.rolname), '[]')
    FROM aclexplode(p.proacl) AS x LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = x.grantee
   WHERE x.grantee <> p.proowner)::text, '["PUBLIC"]')::json END""",
    "refused": """\
CASE WHEN p.prokind NOT IN ('f', 'p')
       OR EXISTS (SELECT FROM aclexplode(p.proacl) AS x WHERE x.is_grantable AND x.grantee <> p.proowner)
     THEN 'no function with plain grants' END""",
}


@dataclass(frozen=True)
class PrintedFunction(Parts):
    """A function or procedure as a snapshot prints it.

    :param signature: the arguments and, of a function, the type of the result.
    :param options: all that is between the language and the body.
    :param parsed: the body is no string: PostgreSQL knows what it reads, and refuses any change of that.
    :param execute: the roles that may execute a procedure; those of a function are grants.
    """

    signature: str
    language: str
    options: str
    body: str
    parsed: bool
    execute: str

    @classmethod
    def text(cls, *parts: Any) -> str:
        signature, language, options, body, _, execute = parts
        return f"{signature} LANGUAGE {language} {options} AS {body}" + (execute and f" EXECUTE TO {execute}")

    @classmethod
    def renamed(cls, rename: Callable[[str], str], *parts: Any) -> Sequence[Any]:
        signature, language, options, body, parsed, execute = parts
        body = rename(body) if parsed else body  # a string may mean anything
        return rename(signature), language, options, body, parsed, execute


FIELDS = {
    "signature": f"""\
concat_ws(' ', CASE p.prokind WHEN 'w' THEN 'WINDOW' END,
  format('(%s)', {PARTS["arguments"]}), 'RETURNS ' || {PARTS["returns"]})""",
    "language": "l.lanname",
    "options": f"""\
concat_ws(' ', {PARTS["volatility"]}, 'SECURITY ' || {PARTS["security"]},
  CASE WHEN p.proisstrict THEN 'STRICT' END, CASE WHEN p.proleakproof THEN 'LEAKPROOF' END,
  'PARALLEL ' || {PARTS["parallel"]}, 'COST ' || p.procost, 'ROWS ' || p.prorows,
  'SUPPORT ' || {PARTS["support"]}, 'SET ' || coalesce(array_to_string(p.proconfig, ', '), 'nothing'))""",
    "body": PARTS["body"],
    "parsed": "p.prosqlbody IS NOT NULL",
    "execute": "''",
}


def definition(fields: Mapping[str, str]) -> str:
    """SQL expression: the text that guards compare."""
    words = "{signature}, 'LANGUAGE', {language}, {options}, 'AS', {body}"
    return f"concat_ws(' ', {words.format_map(fields)})"


CATALOG = CatalogQuery(
    "pg_catalog.pg_proc AS p JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang",
    catalog="pg_proc",
    oid="p.oid",
    kind="'function'",
    # with argument types: PostgreSQL allows several functions of one name
    name="format('%s(%s)', p.proname, oidvectortypes(p.proargtypes))",
    namespace="p.pronamespace",
    owner="p.proowner",
    where="p.prokind NOT IN ('a', 'p')",
    only_if="oid FROM pg_catalog.pg_proc WHERE prokind NOT IN ('a', 'p')",
    listed="""\
NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_catalog.pg_proc'::regclass
               AND d.objid = p.oid AND d.deptype = 'i')""",
    definition=definition(FIELDS),
    printed_as=PrintedFunction,
    fields=FIELDS,
    parts=PARTS,
)
EXECUTE = """\
(SELECT coalesce(string_agg(CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END || CASE
WHEN a.is_grantable THEN '*' ELSE '' END, ', '
                            ORDER BY a.grantee::regrole::text), 'nobody')
   FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a WHERE a.grantee <> p.proowner)"""
_STANDARD = re.compile(r"\s*(?:BEGIN\s+ATOMIC|RETURN)\b", re.IGNORECASE)
"""The start of a body of the SQL standard. A body that is a string literal cannot start so."""


@dataclass(frozen=True)
class Function(DDLObject):
    """``CREATE FUNCTION schema.name(arguments) RETURNS … AS body``.

    A body in SQL that begins with ``BEGIN ATOMIC`` or ``RETURN`` is part of the statement and not a string:
    PostgreSQL parses it at CREATE and records its dependencies.

    :param settings: ``SET name TO value`` clauses, values as SQL. The default pins an empty search_path.
    :param cost: the planner's estimate of a call; ``rows`` of the rows of a set. None: PostgreSQL's own.
    :param execute: the roles that may execute it, and PUBLIC may not. None: PUBLIC may, PostgreSQL's default.
        The block that creates the function also grants, so PUBLIC never has EXECUTE in between.
    """

    kind: ClassVar[str] = "function"
    word: ClassVar[str] = "FUNCTION"
    reads = True
    comment_on: ClassVar[Mapping[str, str]] = {"function": "ROUTINE {place}"}
    owned_as = "function"
    lent = True
    catalog = (CATALOG,)
    ranks = (Drops.FUNCTION, Makes.FUNCTION)
    in_create_all = Makes.FUNCTION
    positional: ClassVar[tuple[str, ...]] = ("name", "body")
    stand_in: ClassVar[Mapping[str, Any]] = {"body": "", "returns": "void"}
    name: str
    body: str
    _: KW_ONLY
    returns: str
    arguments: str = ""
    language: str = "plpgsql"
    volatility: str = "VOLATILE"
    security: str = "INVOKER"
    settings: Mapping[str, str] | Iterable[tuple[str, str]] | None = (("search_path", "''"),)
    execute: Iterable[str] | str | None = None
    strict: bool = False
    leakproof: bool = False
    parallel: str = "UNSAFE"
    cost: float | None = None
    rows: float | None = None
    support: str | None = None
    schema: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", pairs(self.settings))
        if self.execute is not None:
            object.__setattr__(self, "execute", sequence(self.execute))

    @classmethod
    def from_parts(cls, key: Key, parts: dict[str, Any]) -> DDLObject:
        return cls(**{**parts, "settings": list(map(_setting, parts["settings"]))}, schema=key.schema)

    @classmethod
    def sql_name(cls, name: str, schema: str | None) -> str:
        bare, bracket, arguments = name.partition("(")
        return qualified(bare, schema) + bracket + arguments

    @classmethod
    def place_of(cls, query: CatalogQuery, name: str, table: str | None, schema: str | None) -> list[str]:
        # a type has several spellings: only PostgreSQL can resolve them
        return [*query.place("", table), f"p.oid = to_regprocedure({literal(cls.sql_name(name, schema))})"]

    @property
    def key(self) -> Key:
        return Key(self.kind, self.schema, None, f"{self.name}({self.arguments})")

    @property
    def identity(self) -> Hashable:
        return (self.kind, self.schema, self.name, argument_types(_without_defaults(self.arguments)))

    @property
    def label(self) -> str:
        return f"{self.kind} {qualified(self.name, self.schema)}({self.arguments})"

    def namespace(self) -> str:
        return creation_schema(self.schema)

    def _place(self) -> list[str]:
        # from the twin: only PostgreSQL can parse the argument types of a declaration
        types = f"""\
(SELECT t.proargtypes FROM pg_catalog.pg_proc AS t
         WHERE t.pronamespace = pg_my_temp_schema() AND t.proname = {literal(self.name)})"""
        declared = types if self.arguments else "''"
        return [*CATALOG.place(""), f"p.proname = {literal(self.name)}", f"p.proargtypes = {declared}"]

    def _by_name(self) -> str:
        # of any arguments: only PostgreSQL can parse the argument types of a declaration
        return f"""\
SELECT {literal(self.kind)} FROM pg_catalog.pg_proc AS p
 WHERE p.pronamespace = $1 AND p.proname = {literal(self.name)} LIMIT 1"""

    def catalog_query(self) -> str:
        execute = f" || ' EXECUTE TO ' || {EXECUTE}" if self.execute is not None else ""
        other = "CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END"
        (catalog,) = self.catalog
        printed = f"CASE WHEN {catalog.where} THEN {catalog.printed}{execute} ELSE {other} END"
        return catalog.select(printed, *self._place(), any_kind=True)

    def exists(self) -> str | None:
        # by the name alone: the arguments are compared with those of the twin
        return self._by_name() if self.arguments else None

    def side(self) -> Side:
        return Side(twin=(*self._create("pg_temp"), self._privileges("pg_temp")), exact=True)

    @property
    def unfiltered(self) -> bool:
        return self.language.lower() == "sql"

    def _create(self, schema: str | None, verb: str = "CREATE") -> tuple[str, ...]:
        name = f"{qualified(self.name, schema)}({self.arguments})"
        options = [
            *self._options(),
            f"LANGUAGE {ident(self.language)}",
            f"SECURITY {self.security}",
            *(f"SET {setting} TO {value}" for setting, value in pairs(self.settings)),
        ]
        in_sql = self.language.lower() == "sql" and _STANDARD.match(self.body)
        body = self.body if in_sql else f"AS {dollar(self.body, 'body')}"
        create = f"{verb} {self.word} {name} {' '.join(options)} {body}"
        if self.execute is None:
            return (create,)
        target = f"{self.word} {self._signature(schema)}"
        grants = (f"GRANT EXECUTE ON {target} TO {role(to)}" for to in self.execute)
        return (create, f"REVOKE ALL ON {target} FROM PUBLIC", *grants)

    def _options(self) -> list[str]:
        """The clauses that a procedure has not."""
        return [
            f"RETURNS {self.returns}",
            self.volatility,
            f"PARALLEL {self.parallel}",
            *(["STRICT"] if self.strict else []),
            *(["LEAKPROOF"] if self.leakproof else []),
            *([f"COST {self.cost:g}"] if self.cost is not None else []),
            *([f"ROWS {self.rows:g}"] if self.rows is not None else []),
            *([f"SUPPORT {self.support}"] if self.support is not None else []),
        ]

    def create_sql(self) -> tuple[str, ...]:
        return self._create(self.schema)

    def lent_sql(self) -> tuple[str, ...]:
        return self._create(self.schema)[:1]

    def privileges_sql(self) -> tuple[str, ...]:
        return (self._privileges(self.schema),)

    def _privileges(self, schema: str | None) -> str:
        target = f"{self.word} {self._signature(schema)}"
        if self.execute is None:
            return privileges.of_object("f", target, public="EXECUTE")
        return privileges.of_object("f", target, granted=sequence(self.execute))

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP {self.word} {self._signature(self.schema)}",)

    def _signature(self, schema: str | None) -> str:
        return f"{qualified(self.name, schema)}({_without_defaults(self.arguments)})"

    def replace_sql(self) -> tuple[str, ...]:
        """CREATE OR REPLACE keeps dependents. PostgreSQL refuses it for another return type: drop, create."""
        create, *grants = self.create_sql()
        replace = self._create(self.schema, "CREATE OR REPLACE")[0]
        recreation = f"""
BEGIN
  BEGIN
    EXECUTE {dollar(replace, "new")};
  EXCEPTION WHEN invalid_function_definition THEN
    EXECUTE {dollar(self.drop_sql()[0], "old")};
    EXECUTE {dollar(create, "new")};
    EXECUTE {dollar(self.privileges_sql()[0])};
  END;
END
"""
        if self.execute is None:
            return ("DO " + dollar(recreation, "replace"),)
        revoke = f"""
DECLARE grantee text;
BEGIN
  FOR grantee IN
    SELECT DISTINCT a.grantee::regrole::text FROM pg_catalog.pg_proc AS p, aclexplode(p.proacl) AS a
     WHERE p.pronamespace = {self.namespace()} AND p.proname = {literal(self.name)}
       AND a.grantee NOT IN (0, p.proowner)
  LOOP
    EXECUTE {literal(f"REVOKE ALL ON {self.word} {self._signature(self.schema)} FROM ")} || grantee;
  END LOOP;
END
"""
        return ("DO " + dollar(recreation, "replace"), "DO " + dollar(revoke, "revoke"), *grants)

    def dropped(self, *, recreated: bool = False) -> str:
        # IF EXISTS: a function of this name with other arguments may exist
        statement = f"DROP {self.word} IF EXISTS {self._signature(self.schema)}"
        return drop(
            self.label, self.namespace(), self._by_name(), self.kind, (statement,), recreated=recreated
        )


def _setting(printed: str) -> tuple[str, str]:
    """An entry of pg_proc.proconfig as name and value, the value in the syntax of SET."""
    name, _, value = printed.partition("=")
    return name, ", ".join(map(literal, split(value))) if name in LISTS else literal(value)


def _without_defaults(arguments: str) -> str:
    """The arguments without defaults: DROP FUNCTION and GRANT accept none."""
    return ", ".join(map(_without_default, between_commas(arguments)))


def _without_default(argument: str) -> str:
    outermost = (token for token in tokens(argument) if token.depth == 0)
    starts = (token.start for token in outermost if token.text.upper() in {"DEFAULT", "="})
    return argument[: next(starts, len(argument))].rstrip()
