"""Functions."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl import privileges
from app_schema.ddl.guard import Side, creation_schema, drop
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.signature import argument_types
from app_schema.ddl.sql import dollar, ident, literal, pairs, qualified, role, sequence

_VOLATILITY = "CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END"
_PARALLEL = "CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' ELSE 'UNSAFE' END"
_EXECUTE = """\
(SELECT coalesce(string_agg(CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END || CASE
WHEN a.is_grantable THEN '*' ELSE '' END, ', '
                            ORDER BY a.grantee::regrole::text), 'nobody')
   FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a WHERE a.grantee <> p.proowner)"""
_STANDARD = re.compile(r"\s*(?:BEGIN\s+ATOMIC|RETURN)\b", re.IGNORECASE)
"""Begins a body as the SQL standard has it; no body in a string can begin so."""


@dataclass(frozen=True)
class Function(DDLObject):
    """``CREATE FUNCTION schema.name(arguments) RETURNS … AS body``.

    A body in SQL that begins with ``BEGIN ATOMIC`` or ``RETURN`` is no string but a part of the statement:
    PostgreSQL parses it at once, and knows what it depends on.

    :param settings: ``SET name TO value`` clauses, values as SQL. The default pins an empty search_path.
    :param execute: the roles that may execute it; PUBLIC then may not. None leaves PostgreSQL's default:
        PUBLIC may. Grants are set in the statement that makes the function, so there is no moment in which
        PUBLIC may run it.
    """

    kind: ClassVar[str] = "function"
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
    schema: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", pairs(self.settings))
        if self.execute is not None:
            object.__setattr__(self, "execute", sequence(self.execute))

    @property
    def key(self) -> Key:
        return Key(self.kind, self.schema, None, f"{self.name}({self.arguments})")

    @property
    def identity(self) -> Hashable:
        return (self.kind, self.schema, self.name, argument_types(_without_defaults(self.arguments)))

    @property
    def label(self) -> str:
        return f"function {qualified(self.name, self.schema)}({self.arguments})"

    def namespace(self) -> str:
        return creation_schema(self.schema)

    def _oid(self) -> str:
        # The twin tells the argument types: only PostgreSQL can read them out of a declaration.
        types = f"""\
(SELECT t.proargtypes FROM pg_catalog.pg_proc AS t
         WHERE t.pronamespace = pg_my_temp_schema() AND t.proname = {literal(self.name)})"""
        wanted = types if self.arguments else "''"
        return f"p.pronamespace = $1 AND p.proname = {literal(self.name)} AND p.proargtypes = {wanted}"

    def _by_name(self) -> str:
        # whatever its arguments are: only PostgreSQL can read their types out of a declaration
        return f"""\
SELECT 'function' FROM pg_catalog.pg_proc AS p
 WHERE p.pronamespace = $1 AND p.proname = {literal(self.name)} LIMIT 1"""

    def catalog_query(self) -> str:
        execute = f" || ' EXECUTE TO ' || {_EXECUTE}" if self.execute is not None else ""
        return f"""\
SELECT CASE WHEN p.prokind <> 'f' THEN CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'aggregate' END ELSE
         format('(%s) RETURNS %s LANGUAGE %s %s SECURITY %s%s%s PARALLEL %s COST %s ROWS %s SET %s',
                pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), l.lanname, {_VOLATILITY},
                CASE WHEN p.prosecdef THEN 'DEFINER' ELSE 'INVOKER' END,
                CASE WHEN p.proisstrict THEN ' STRICT' END, CASE WHEN p.proleakproof THEN ' LEAKPROOF' END,
                {_PARALLEL}, p.procost, p.prorows,
                coalesce(array_to_string(p.proconfig, ', '), 'nothing')){execute}
       || ' AS ' || coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) END
  FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
 WHERE {self._oid()}"""

    def exists(self) -> str | None:
        # by the name alone: the arguments are compared when the twin is there
        return self._by_name() if self.arguments else None

    def side(self) -> Side:
        return Side(twin=(*self._create("pg_temp"), self._privileges("pg_temp")), exact=True)

    def _create(self, schema: str | None) -> tuple[str, ...]:
        name = f"{qualified(self.name, schema)}({self.arguments})"
        options = [
            f"RETURNS {self.returns}",
            f"LANGUAGE {ident(self.language)}",
            self.volatility,
            f"SECURITY {self.security}",
            f"PARALLEL {self.parallel}",
            *(["STRICT"] if self.strict else []),
            *(["LEAKPROOF"] if self.leakproof else []),
            *(f"SET {setting} TO {value}" for setting, value in pairs(self.settings)),
        ]
        in_sql = self.language.lower() == "sql" and _STANDARD.match(self.body)
        body = self.body if in_sql else f"AS {dollar(self.body, 'body')}"
        create = f"CREATE FUNCTION {name} {' '.join(options)} {body}"
        if self.execute is None:
            return (create,)
        grants = (f"GRANT EXECUTE ON FUNCTION {name} TO {role(to)}" for to in self.execute)
        return (create, f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC", *grants)

    def create_sql(self) -> tuple[str, ...]:
        return self._create(self.schema)

    def privileges_sql(self) -> tuple[str, ...]:
        return (self._privileges(self.schema),)

    def _privileges(self, schema: str | None) -> str:
        target = f"FUNCTION {qualified(self.name, schema)}({_without_defaults(self.arguments)})"
        if self.execute is None:
            return privileges.of_object("f", target, public="EXECUTE")
        return privileges.of_object("f", target, granted=sequence(self.execute))

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP FUNCTION {qualified(self.name, self.schema)}({_without_defaults(self.arguments)})",)

    def replace_sql(self) -> tuple[str, ...]:
        """CREATE OR REPLACE keeps what depends on the function; where it is refused, drop and create."""
        create, *grants = self.create_sql()
        replace = create.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)
        anew = f"""
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
            return ("DO " + dollar(anew, "replace"),)
        name = f"{qualified(self.name, self.schema)}({self.arguments})"
        revoke = f"""
DECLARE grantee text;
BEGIN
  FOR grantee IN
    SELECT DISTINCT a.grantee::regrole::text FROM pg_catalog.pg_proc AS p, aclexplode(p.proacl) AS a
     WHERE p.pronamespace = {self.namespace()} AND p.proname = {literal(self.name)}
       AND a.grantee NOT IN (0, p.proowner)
  LOOP
    EXECUTE {literal(f"REVOKE ALL ON FUNCTION {name} FROM ")} || grantee;
  END LOOP;
END
"""
        return ("DO " + dollar(anew, "replace"), "DO " + dollar(revoke, "revoke"), *grants)

    def dropped(self, *, made_again: bool = False) -> str:
        # IF EXISTS: a function of this name may be there with other arguments
        statement = self.drop_sql()[0].replace("DROP FUNCTION", "DROP FUNCTION IF EXISTS", 1)
        return drop(
            self.label, self.namespace(), self._by_name(), self.kind, (statement,), made_again=made_again
        )


def _without_defaults(arguments: str) -> str:
    """The declaration of arguments without their defaults, which DROP FUNCTION does not take."""
    kept, depth, skipping = [], 0, False
    for word in re.findall(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[A-Za-z_]\w*|\s+|.", arguments, re.DOTALL):
        depth += (word in "([") - (word in ")]")
        if depth == 0 and (word.upper() == "DEFAULT" or word == "="):
            skipping = True
        elif depth == 0 and word == ",":
            skipping = False
        if not skipping:
            kept.append(word)
    return "".join(kept).strip()
