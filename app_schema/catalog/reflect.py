"""Objects read back from the catalog, with their whole definition: what a downgrade needs to bring them back.

Each query gives one JSON object of the fields of the kind's class; it runs with an empty search_path.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from app_schema.catalog.answers import Answers
from app_schema.ddl import (
    DDLObject,
    DefaultPrivileges,
    Domain,
    EnumType,
    Extension,
    Function,
    Grant,
    Key,
    Policy,
    Role,
    RowSecurity,
    Rule,
    Schema,
    Statistics,
    Trigger,
    View,
)
from app_schema.ddl.printed import TableConstraint, TableIndex
from app_schema.ddl.sequence import Sequence
from app_schema.ddl.sql import literal, split
from app_schema.errors import ModelError

_ROLES = """\
(SELECT json_agg(coalesce(r.rolname, 'PUBLIC') ORDER BY r.rolname)
   FROM {source} AS x LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = {oid})"""
_GRANTEES = _ROLES.format(
    source="(SELECT y.grantee FROM aclexplode(p.proacl) AS y WHERE y.grantee <> p.proowner)", oid="x.grantee"
)
_POLICY = f"""\
SELECT json_build_object('as_', CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
  'for_', CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
    WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
  'to', {_ROLES.format(source="unnest(p.polroles)", oid="x")},
  'using', pg_get_expr(p.polqual, p.polrelid), 'with_check', pg_get_expr(p.polwithcheck, p.polrelid))
  FROM pg_catalog.pg_policy AS p JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = :schema AND c.relname = :table AND p.polname = :name"""
_TRIGGER = """\
SELECT json_build_object('definition', pg_get_triggerdef(t.oid), 'prefix', format('TRIGGER %I ', t.tgname),
  'table', format(' ON %I.%I ', n.nspname, c.relname),
  'enabled', CASE t.tgenabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'REPLICA' WHEN 'A' THEN 'ALWAYS'
    ELSE 'ORIGIN' END)
  FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = :schema AND c.relname = :table AND t.tgname = :name AND NOT t.tgisinternal"""
_FUNCTION = f"""\
SELECT json_build_object('name', p.proname, 'body',
  coalesce(pg_get_function_sqlbody(p.oid), p.prosrc), 'returns', pg_get_function_result(p.oid),
  'arguments', pg_get_function_arguments(p.oid),
  'language', l.lanname, 'volatility', CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE'
    ELSE 'VOLATILE' END,
  'security', CASE WHEN p.prosecdef THEN 'DEFINER'
    ELSE 'INVOKER' END, 'settings', coalesce(to_json(p.proconfig), '[]'), 'strict', p.proisstrict,
  'leakproof', p.proleakproof, 'parallel', CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED'
    ELSE 'UNSAFE' END,
  'execute', CASE WHEN p.proacl IS NOT NULL THEN coalesce({_GRANTEES}, '[]') END,
  'other', p.prokind <> 'f' OR (p.procost <> 100
    AND l.lanname NOT IN ('c', 'internal')) OR p.prorows NOT IN (0, 1000) OR EXISTS (SELECT 1
      FROM aclexplode(p.proacl) AS y WHERE y.is_grantable AND y.grantee <> p.proowner))
  FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
 WHERE n.nspname = :schema AND format('%s(%s)', p.proname, oidvectortypes(p.proargtypes))
 =
 :name"""
_VIEW = """\
SELECT json_build_object('definition', rtrim(pg_get_viewdef(c.oid), ';'), 'options',
  coalesce(to_json(c.reloptions), '[]'), 'materialized', c.relkind = 'm')
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND c.relname = :name AND c.relkind IN ('v', 'm')"""
_ENUM = """\
SELECT json_build_object('labels', coalesce((SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder)
  FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = y.oid), '[]'))
  FROM pg_catalog.pg_type AS y JOIN pg_catalog.pg_namespace AS n ON n.oid = y.typnamespace
    WHERE n.nspname = :schema AND y.typname = :name"""
_ROLE = """\
SELECT json_build_object('login', rolcanlogin, 'superuser', rolsuper, 'createdb', rolcreatedb, 'createrole',
  rolcreaterole, 'inherit', rolinherit,
  'replication', rolreplication, 'bypassrls', rolbypassrls) FROM pg_catalog.pg_roles WHERE rolname = :name"""
_EXTENSION = """\
SELECT json_build_object('schema', n.nspname) FROM pg_catalog.pg_extension AS e
  JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = :name"""
_QUERIES = {
    "policy": _POLICY,
    "trigger": _TRIGGER,
    "function": _FUNCTION,
    "view": _VIEW,
    "materialized_view": _VIEW,
    "enum": _ENUM,
    "role": _ROLE,
    "extension": _EXTENSION,
}


def _trigger(key: Key, found: dict[str, Any]) -> DDLObject:
    """PostgreSQL prints the clauses in one order; the WHEN clause can be had in no other way."""
    constraint, _, rest = found["definition"].partition(found["prefix"])
    head, _, rest = rest.partition(found["table"])
    timing = next(word for word in ("BEFORE ", "AFTER ", "INSTEAD OF ") if head.startswith(word))
    clauses, _, execute = rest.rpartition("EXECUTE FUNCTION ")
    match = re.match(
        r"(?:FROM \S+ )?(?P<deferrable>(?:NOT )?DEFERRABLE )?(?:INITIALLY (?P<initially>\w+) "
        r")?(?:REFERENCING (?P<referencing>.*?) )?"
        r"FOR EACH (?P<each>ROW|STATEMENT) (?:WHEN \((?P<when>.*)\) )?$",
        clauses,
        re.DOTALL,
    )
    if match is None:
        raise ModelError(
            f"the trigger {key.name} on {key.schema}.{key.table} cannot be read back: {found['definition']}"
        )
    is_constraint = "CONSTRAINT" in constraint
    return Trigger(
        key.name,
        execute=execute,
        **{timing.strip().lower().replace(" ", "_"): head[len(timing) :].split(" OR ")},
        for_each=match["each"],
        when=match["when"],
        referencing=match["referencing"],
        constraint=is_constraint,
        deferrable=is_constraint and (match["deferrable"] or "") == "DEFERRABLE ",
        initially=match["initially"] if is_constraint and match["initially"] == "DEFERRED" else None,
        enabled=found["enabled"],
        table=key.table,
        schema=key.schema,
    )


_LISTS = {
    "search_path",
    "temp_tablespaces",
    "session_preload_libraries",
    "shared_preload_libraries",
    "local_preload_libraries",
    "unix_socket_directories",
}


def _function(key: Key, found: dict[str, Any]) -> DDLObject:
    if found.pop("other"):
        raise ModelError(
            f"{key.name} in schema {key.schema} is no function with plain grants and the usual "
            f"COST and ROWS: it cannot be written as a revision"
        )
    settings = []
    for setting in found.pop("settings"):
        name, _, value = setting.partition("=")
        settings.append(
            (name, ", ".join(literal(one) for one in split(value)) if name in _LISTS else literal(value))
        )
    return Function(found.pop("name"), found.pop("body"), settings=settings, schema=key.schema, **found)


def _view(key: Key, found: dict[str, Any]) -> DDLObject:
    options = [tuple(option.split("=", 1)) for option in found.pop("options")]
    return View(
        key.name,
        found["definition"].strip(),
        options=options,
        materialized=found["materialized"],
        schema=key.schema,
    )


def _privileges(definition: str) -> dict[str, Any]:
    words = definition.split(", ")
    granted = [word for word in words if word.endswith("*")]
    if granted and granted != words:
        raise ModelError("a grant of which a part is WITH GRANT OPTION cannot be written as a revision")
    names = [word.rstrip("*") for word in words]
    return {"privileges": names, **({"with_grant_option": True} if granted else {})}


def _column_grant(key: Key, definition: str) -> DDLObject:
    to, _, privilege = key.name.rpartition(" ")
    if "*" in definition:
        raise ModelError("a grant on columns WITH GRANT OPTION cannot be written as a revision")
    return Grant(privilege, columns=definition.split(", "), to=to, table=key.table, schema=key.schema)


def _rule(key: Key, definition: str) -> DDLObject:
    statement, end, enabled = definition.rpartition(";")
    return Rule(
        key.name, statement + end, enabled=enabled.strip() or "ORIGIN", table=key.table, schema=key.schema
    )


_FROM_QUERY: dict[str, Callable[[Key, dict[str, Any]], DDLObject]] = {
    "policy": lambda key, found: Policy(key.name, table=key.table, schema=key.schema, **found),
    "trigger": _trigger,
    "function": _function,
    "view": _view,
    "materialized_view": _view,
    "enum": lambda key, found: EnumType(key.name, found["labels"], schema=key.schema),
    "role": lambda key, found: Role(key.name, **found),
    "extension": lambda key, found: Extension(key.name, **found),
}
_FROM_DEFINITION: dict[str, Callable[[Key, str], DDLObject]] = {
    "schema": lambda key, _: Schema(key.name),
    "row_security": lambda key, text_: RowSecurity(
        forced="forced" in text_, enabled="enabled" in text_, table=key.table, schema=key.schema
    ),
    "grant": lambda key, text_: Grant(**_privileges(text_), to=key.name, table=key.table, schema=key.schema),
    "column_grant": _column_grant,
    "function_grant": lambda key, text_: Grant(
        **_privileges(text_), function=key.table, to=key.name, schema=key.schema
    ),
    "schema_grant": lambda key, text_: Grant(**_privileges(text_), to=key.name, schema=key.schema),
    "default_grant": lambda key, text_: DefaultPrivileges(
        **_privileges(text_), on=key.table or "", to=key.name, schema=key.schema
    ),
    "constraint": lambda key, text_: TableConstraint(key.name, text_, table=key.table, schema=key.schema),
    "index": lambda key, text_: TableIndex(
        key.name, re.sub(r"( INVALID)?( PARTITION OF \S+)?$", "", text_), schema=key.schema
    ),
    "rule": _rule,
    "statistics": lambda key, text_: Statistics(key.name, text_, schema=key.schema),
    "sequence": lambda key, text_: Sequence(key.name, text_.removeprefix("UNLOGGED "), schema=key.schema),
    "domain": lambda key, text_: Domain(key.name, text_, schema=key.schema),
}


def reflect(answers: Answers, key: Key, definition: str) -> DDLObject:
    """The object of a snapshot's key.

    :raises ModelError: where this package has no class that could hold all of it.
    """
    if key.kind in _FROM_DEFINITION:
        return _FROM_DEFINITION[key.kind](key, definition)
    if key.kind not in _QUERIES:
        raise ModelError(f"{key.kind.replace('_', ' ')} {key.name} cannot be written as a revision")
    return _FROM_QUERY[key.kind](key, copy.deepcopy(answers.get(_QUERIES[key.kind], key)))
