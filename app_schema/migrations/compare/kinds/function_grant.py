"""Who may execute a function: a part of its declaration, if that names the roles; and an aggregate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl import Function, Grant, Key
from app_schema.ddl.acl import PrintedGrant
from app_schema.migrations.compare import keys
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.compare.kinds.function import FunctionComparator

if TYPE_CHECKING:
    from app_schema.catalog import Difference, Snapshot
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


class FunctionGrantComparator(KindComparator):
    """EXECUTE on functions and aggregates."""

    def subject(self, sides: Sides, key: Key) -> Key:
        """The function, if its declaration names the roles."""
        function = keys.routine(sides.metadata.objects, key)
        declared = sides.metadata.objects.get(function)
        return function if isinstance(declared, Function) and declared.execute is not None else key

    def created_with_other(self, sides: Sides, key: Key) -> bool:
        """True if the function is new: CREATE FUNCTION grants to PUBLIC, or the statement grants to the
        roles; not of a declared `Grant`."""
        created = keys.routine(sides.declared, key) not in sides.reflected
        return created and key not in sides.metadata.objects

    def undeclared_with_owner(self, sides: Sides, key: Key) -> bool:
        """True if the function is undeclared; its CREATE FUNCTION grants. A dropped aggregate loses others
        than that to PUBLIC."""
        routine = keys.routine(sides.reflected, key)
        lost = routine.kind == "aggregate" and key.name != "PUBLIC" and sides.prune
        return routine not in sides.declared and not lost

    def resolve(self, sides: Sides, planner: Planner, difference: Difference) -> None:
        """Plans the function, if the function has the difference."""
        function = self.subject(sides, difference.key)
        if function == difference.key:
            super().resolve(sides, planner, difference)
        else:
            FunctionComparator().grant_changed(sides, planner, function)

    def added(self, sides: Sides, planner: Planner, key: Key, declared: str) -> None:
        """Plans the grant; of PUBLIC to whom PostgreSQL grants by itself, if default privileges do not."""
        to_public = Grant("EXECUTE", to=key.name, function=key.table, schema=key.schema)
        self.create(sides, planner, key, sides.metadata.objects.get(key, to_public))


def executors(side: Snapshot, function: Key) -> str:
    """The roles besides the owner that may execute a function."""
    place = ("function_grant", function.schema, function.name)
    grants = {key.name: PrintedGrant.of(printed) for key, printed in side.items() if key[:3] == place}
    roles = (f"{role}*" if grant.grantable else role for role, grant in grants.items())
    return f"EXECUTE to {', '.join(sorted(roles)) or 'nobody'}"
