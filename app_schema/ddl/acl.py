"""Access control lists: the privileges that roles other than the owner hold on an object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.definition import Parts
from app_schema.ddl.sql import literal, sequence
from app_schema.errors import ModelError

ROLE = "CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee)::text END"
_WORD = "g.privilege_type || CASE WHEN g.is_grantable THEN '*' ELSE '' END"
# DISTINCT: several roles may grant the same privilege, and each grantor has an entry in the list
_HELD = f"""\
CROSS JOIN LATERAL (
  SELECT g.grantee, coalesce(string_agg(DISTINCT {_WORD}, ', ' ORDER BY {_WORD}), '') AS words,
         json_agg(DISTINCT g.privilege_type) FILTER (WHERE g.privilege_type IS NOT NULL) AS privileges,
         bool_or(g.is_grantable) AS grantable,
         bool_or(NOT g.is_grantable) AS plain
    FROM {{entries}} AS g GROUP BY g.grantee) AS x"""
_PARTS = {
    "privileges": "coalesce(x.privileges, '[]')",
    "to": ROLE,
    "with_grant_option": "x.grantable",
    "refused": "CASE WHEN x.grantable AND x.plain THEN 'a grant with GRANT OPTION for a part' END",
}


@dataclass(frozen=True)
class PrintedGrant(Parts):
    """The privileges of one role on an object, as a snapshot prints them: ``*`` is WITH GRANT OPTION.

    :param names: the privileges, or the columns of a grant on columns.
    """

    words: str
    names: Iterable[str]
    grantable: bool


def held(source: str, acl: str, owner: str, *, of_public: bool = False, **fields: Any) -> CatalogQuery:
    """The query of privileges that roles other than the owner hold on objects of a catalog.

    :param of_public: also a row of PUBLIC if PUBLIC holds none.
    """
    entries = f"aclexplode({acl})"
    if of_public:
        entries = f"(SELECT * FROM {entries} UNION ALL SELECT 0, 0, NULL, false)"
    return CatalogQuery(
        f"{source} {_HELD.format(entries=entries)}",
        name=ROLE,
        definition="x.words",
        printed_as=PrintedGrant,
        fields={"words": "x.words", "names": "coalesce(x.privileges, '[]')", "grantable": "x.grantable"},
        **{"listed": f"x.grantee <> {owner}", "parts": _PARTS, **fields},
    )


def printed_words(privileges: Iterable[str], *, grantable: bool) -> str:
    """The text that :func:`held` prints for these privileges."""
    return ", ".join(f"{word}*" if grantable else word for word in privileges)


def grantee(to: str) -> str:
    """SQL expression: the OID of a grantee. The OID of PUBLIC in a list is 0."""
    if to.upper() == "PUBLIC":
        return "0"
    return f"(SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = {literal(to)})"


def checked_privileges(privileges: str | Iterable[str]) -> tuple[str, ...]:
    """The privileges in upper case, sorted.

    :raises ModelError: for ALL.
    """
    names = sorted({privilege.upper() for privilege in sequence(privileges)})
    if not names or "ALL" in names or "ALL PRIVILEGES" in names:
        raise ModelError("name each privilege of a grant: ALL depends on the version of PostgreSQL")
    return tuple(names)
