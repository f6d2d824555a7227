"""Policies with avoidable cost: several permissive policies, and calls that PostgreSQL repeats for each row.

Policies that admit every row are in :mod:`app_schema.audit.open_policy`.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from app_schema.audit import node_tree
from app_schema.audit.check import Check, Known, Row
from app_schema.audit.finding import Finding
from app_schema.audit.truth import Truth
from app_schema.ddl.brackets import closing
from app_schema.ddl.catalog_query import FIRST_OID
from app_schema.ddl.column import NOT_NULL
from app_schema.ddl.policy import Policy
from app_schema.ddl.sql import ident

_ALONE = re.compile(r"(?: AS (?:\w+|\"[^\"]*\"))?\)")
"""The text after a call that is a whole sub-select."""
COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")


class ReflectedPolicy(NamedTuple):
    """A permissive or restrictive policy, with all names quoted."""

    table: str
    name: str
    plain_name: str
    """of the table, without schema and quotes"""
    command: str
    permissive: bool
    roles: list[str]
    using: str | None
    with_check: str | None
    tree: str
    functions: dict[str, str]
    """OID of a function that is not immutable -> its name as PostgreSQL prints it in the expression"""
    holders: list[str]
    """roles other than the owner that hold a privilege on the table"""
    trees: list[str | None]
    """the parse trees of USING and WITH CHECK"""
    operators: dict[str, list[str]]
    """OID of an operator in the trees -> its name and the OID of its negator"""
    volatile: list[str]
    """OIDs of the functions in the trees that are volatile"""
    not_null: list[str]
    """numbers of the columns that are NOT NULL"""
    key: list[str]
    """schema, table and name, unquoted"""

    @property
    def commands(self) -> set[str]:
        return set(COMMANDS) if self.command == "ALL" else {self.command}

    @property
    def words(self) -> str:
        return f"policy {self.name} on {self.table}"

    @property
    def always(self) -> list[str]:
        """The clauses that are true for every row: USING, WITH CHECK."""
        truth = Truth(
            {oid: (name, negator) for oid, (name, negator) in self.operators.items()},
            frozenset(self.volatile),
            frozenset(self.not_null),
        )
        return [
            clause
            for clause, tree in zip(("USING", "WITH CHECK"), self.trees, strict=True)
            if tree is not None and truth.always(node_tree.parse(tree).children[0])
        ]

    def open_to(self, known: Known) -> list[str]:
        """The roles, without those of the service, for which a clause of this policy is no restriction."""
        service = {ident(role) for role in known.service_roles}
        return [role for role in self.roles if role not in service] if self.permissive and self.always else []

    def declared(self, known: Known) -> bool:
        """False if its table is declared and the policy is not."""
        return tuple(self.key[:2]) not in known.tables or tuple(self.key) in known.policies


# An operator is trusted if PostgreSQL relies on it: built in, or a member of a btree or hash operator class.
# current_setting is the only built-in function that identifies the person.
(_POLICIES,) = Policy.catalog
_COLUMNS = f"""
       c.oid::regclass::text, quote_ident(p.polname), c.relname, {_POLICIES.parts["for_"]},
       {_POLICIES.parts["as_"]} = 'PERMISSIVE',
       ARRAY(SELECT CASE x WHEN 0 THEN 'PUBLIC' ELSE x::regrole::text END FROM unnest(p.polroles) AS x ORDER BY 1),
       {_POLICIES.parts["using"]}, {_POLICIES.parts["with_check"]},
       concat(p.polqual::text, p.polwithcheck::text),
       (SELECT coalesce(json_object_agg(f.oid::text, CASE n.nspname WHEN 'pg_catalog' THEN quote_ident(f.proname)
                                                      ELSE format('%I.%I', n.nspname, f.proname) END), '{{}}')::text
          FROM pg_catalog.pg_proc AS f JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
         WHERE f.provolatile <> 'i'
           AND f.oid = ANY (
             ARRAY(SELECT d.refobjid FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_policy'::regclass AND d.objid = p.oid
                      AND d.refclassid = 'pg_catalog.pg_proc'::regclass)
             || '{{current_setting(text),"current_setting(text,boolean)"}}'::regprocedure[]::oid[])),
       ARRAY(SELECT DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END
               FROM (SELECT * FROM aclexplode(c.relacl) UNION ALL
                     SELECT x.* FROM pg_catalog.pg_attribute AS a, aclexplode(a.attacl) AS x WHERE a.attrelid = c.oid) AS x
              WHERE x.grantee <> c.relowner),
       ARRAY[p.polqual::text, p.polwithcheck::text],
       (SELECT coalesce(json_object_agg(o.oid::text, json_build_array(o.oprname, o.oprnegate::oid::text)), '{{}}')::text
          FROM pg_catalog.pg_operator AS o
         WHERE o.oid IN (SELECT m[1]::oid FROM regexp_matches(concat(p.polqual::text, p.polwithcheck::text), ':opno (\\d+)', 'g') AS m)
           AND (o.oid < {FIRST_OID} OR EXISTS (
             SELECT FROM pg_catalog.pg_amop AS k JOIN pg_catalog.pg_am AS h ON h.oid = k.amopmethod
              WHERE k.amopopr IN (o.oid, o.oprnegate) AND h.amname IN ('btree', 'hash')))),
       ARRAY(SELECT f.oid::text FROM pg_catalog.pg_proc AS f
              WHERE f.provolatile = 'v' AND f.oid IN (
                SELECT m[1]::oid FROM regexp_matches(concat(p.polqual::text, p.polwithcheck::text), ':(?:op)?funcid (\\d+)', 'g') AS m)),
       ARRAY(SELECT a.attnum::text FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND {NOT_NULL} = ' NOT NULL'),
       ARRAY[(SELECT n.nspname FROM space AS n WHERE n.oid = c.relnamespace), c.relname, p.polname]::text[]
"""  # noqa: E501 - one line is one expression


FACTS = _POLICIES.select(_COLUMNS, "c.oid IN (SELECT t.oid FROM tab AS t)") + " ORDER BY 1, p.polname"


def policies(rows: Sequence[Row]) -> list[ReflectedPolicy]:
    """The policies that `FACTS` has found."""
    return [
        policy._replace(
            functions=json.loads(str(policy.functions)), operators=json.loads(str(policy.operators))
        )
        for policy in (ReflectedPolicy(*row) for row in rows)
    ]


def _several_policies(check: str, rows: Sequence[Row], known: Known) -> Iterator[Finding]:
    tables = defaultdict(list)
    for policy in policies(rows):
        # an open or undeclared policy is a separate error, and merging would keep the policy
        if policy.permissive and policy.declared(known) and not policy.open_to(known):
            tables[policy.table].append(policy)
    for table, of_table in tables.items():
        for role in sorted({role for policy in of_table for role in policy.roles}):
            of_role = [policy for policy in of_table if {role, "PUBLIC"} & set(policy.roles)]
            per_command = {c: [p for p in of_role if c in p.commands] for c in COMMANDS}
            repeated = {c: sharing for c, sharing in per_command.items() if len(sharing) > 1}
            if role != "PUBLIC" and all(
                "PUBLIC" in p.roles for sharing in repeated.values() for p in sharing
            ):
                continue  # reported for PUBLIC
            if repeated:
                names = sorted({policy.name for sharing in repeated.values() for policy in sharing})
                commands = ", ".join(repeated)
                yield Finding(
                    check,
                    "warning",
                    f"table {table}",
                    f"{len(names)} permissive policies let {role} do {commands}, and each is tried on a row: "
                    f"{', '.join(names)}",
                    _joined(role, of_role, names),
                )


def _joined(role: str, of_role: Sequence[ReflectedPolicy], names: Sequence[str]) -> str:
    """A single policy a command for the role; the policies of other roles are kept.

    SQL has no "all other roles", so a policy of PUBLIC is changed to the other roles with a privilege on the
    table.
    """
    merged = [policy for policy in of_role if policy.name in names]
    lines = []
    for policy in merged:
        others = policy.holders if "PUBLIC" in policy.roles and role != "PUBLIC" else policy.roles
        kept = ", ".join(other for other in others if other not in {role, "PUBLIC"})
        on = f"{policy.name} ON {policy.table}"
        lines.append(f"ALTER POLICY {on} TO {kept};" if kept and role != "PUBLIC" else f"DROP POLICY {on};")
    for command in COMMANDS:
        policies = [policy for policy in merged if command in policy.commands]
        if not policies:
            continue
        name = f"{policies[0].plain_name[:40]}_{role.strip(chr(34)).lower()[:14]}_{command.lower()}".replace(
            '"', '""'
        )
        clause = f'CREATE POLICY "{name}" ON {policies[0].table} FOR {command} TO {role}'
        if command != "INSERT":
            clause += f" USING ({_joined_by_or([policy.using for policy in policies])})"
        if command in {"INSERT", "UPDATE"}:
            clause += (
                f" WITH CHECK ({_joined_by_or([policy.with_check or policy.using for policy in policies])})"
            )
        lines.append(f"{clause};")
    return "\n".join(lines)


def _joined_by_or(expressions: Sequence[str | None]) -> str:
    parts = dict.fromkeys(part for part in expressions if part is not None)
    if "true" in parts:
        return "true"
    return " OR ".join(parts) or "true"


def _per_row(check: str, rows: Sequence[Row], _known: Known) -> Iterator[Finding]:
    for policy in policies(rows):
        oids = dict.fromkeys(map(str, node_tree.calls_per_row(node_tree.parse(policy.tree))))
        names = [policy.functions[oid] for oid in oids if oid in policy.functions]
        if not names:
            continue
        clauses = [("USING", policy.using), ("WITH CHECK", policy.with_check)]
        once = [(word, text, _once(text, names)) for word, text in clauses if text is not None]
        changed = " ".join(f"{word} ({new})" for word, _, new in once)
        mend = f"ALTER POLICY {policy.name} ON {policy.table} {changed};"
        if all(text == new for _, text, new in once):  # a cast calls it, and prints as a cast
            mend = f"-- in {policy.words}, write the cast as a call: (SELECT {names[0]}(...))"
        yield Finding(
            check,
            "warning",
            policy.words,
            f"{', '.join(names)} is called for each row, though the answer is the same for all of them",
            mend,
        )


def _once(expression: str, names: Sequence[str]) -> str:
    """The expression with the calls in sub-selects; only the printed text can be written back as SQL."""
    for name in names:
        call = re.compile(rf"(?<![\w.\"]){re.escape(name)}\(")
        place = 0
        while bare_call := call.search(expression, place):
            end = closing(expression, bare_call.end())
            if expression[: bare_call.start()].endswith("SELECT ") and _ALONE.match(expression, end):
                place = end
                continue
            once = f"(SELECT {expression[bare_call.start() : end]})"
            expression = expression[: bare_call.start()] + once + expression[end:]
            place = bare_call.start() + len("(SELECT ") + len(name)
    return expression


SEVERAL = Check("several_permissive_policies", FACTS, _several_policies)
PER_ROW = Check("identity_per_row", FACTS, _per_row)
CHECKS = (SEVERAL, PER_ROW)
