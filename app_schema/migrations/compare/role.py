"""Declared roles are compared as the cluster has them, also where nothing in the database uses them yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import text

from app_schema.ddl import Key, Role
from app_schema.migrations.declared import printed_role

if TYPE_CHECKING:
    from app_schema.catalog import Difference
    from app_schema.migrations.compare.comparison import Comparison

_ROLES = text("""\
SELECT r.rolname, r.rolcanlogin, r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolinherit, r.rolreplication,
       r.rolbypassrls
  FROM pg_catalog.pg_roles AS r WHERE r.rolname = ANY (:names)""")


def of_the_cluster(comparison: Comparison) -> set[Key]:
    """Adds the declared roles that a snapshot of the database does not show, and returns their keys."""
    names = [one.name for one in comparison.wanted if one.kind == "role" and one not in comparison.found]
    if not names:
        return set()
    found = cast("dict[Key, str]", comparison.found)
    rows: list[Any] = list(comparison.connection.execute(_ROLES, {"names": names}))
    roles = {Key("role", None, None, row[0]): printed_role(Role(*row)) for row in rows}
    found.update(roles)
    return set(roles)


def bring_along(comparison: Comparison, differences: list[Difference]) -> None:
    """Plans the roles that the database begins to use: another cluster may lack them."""
    added = [
        f"{one.key.name} {one.left}" for one in differences if one.left is not None and one.right is None
    ]
    for key in sorted(comparison.unused - comparison.changed):
        if any(key.name in text_ for text_ in added):
            comparison.make(key, comparison.declared.objects[key])
