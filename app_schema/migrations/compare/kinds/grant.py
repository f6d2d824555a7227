"""Grants on relations, columns and other objects, and what default privileges grant on a new relation."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from app_schema.ddl import DDLObject, Grant, Key
from app_schema.ddl.acl import PrintedGrant
from app_schema.ddl.order import Drops, Makes
from app_schema.migrations.compare import keys
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.directives import CallOp, DowngradeOnlyOp
from app_schema.migrations.operations import SetGrantOp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app_schema.catalog import Snapshot
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


_OWNERS = {
    "type_grant": ("enum", "domain", "range", *keys.RELATIONS),
    "server_grant": ("foreign_server",),
    "wrapper_grant": ("foreign_data_wrapper",),
}
"""The kinds of the objects that a grant may be on. Languages and the database are of no kind."""


class GrantComparator(KindComparator):
    """Grants on tables, views and sequences."""

    def create(self, sides: Sides, planner: Planner, key: Key, obj: DDLObject) -> None:
        """Plans exactly this grant, because other privileges may have been granted before."""
        if not self.is_granted_before(sides, planner, key):
            super().create(sides, planner, key, obj)
            return
        planner.created.add(key)
        planner.create(Makes.GRANT, SetGrantOp(obj), order=sides.metadata.order.get(key))

    def is_granted_before(self, sides: Sides, planner: Planner, key: Key) -> bool:
        """True if the revision creates the relation, for which default privileges grant too."""
        relations = (Key(kind, key.schema, None, key.table or "") for kind in ("table", *keys.VIEWS))
        return any(
            relation in planner.created or (relation in sides.declared and relation not in sides.reflected)
            for relation in relations
        )


class ColumnGrantComparator(GrantComparator):
    """Grants on columns."""

    def is_granted_before(self, sides: Sides, planner: Planner, key: Key) -> bool:
        """True if the grant is dropped, or a column of the table and thereby a part of the grant."""
        return key in planner.dropped or any(
            dropped[:3] == ("column", key.schema, key.table) for dropped in planner.dropped
        )

    def changed(self, sides: Sides, planner: Planner, key: Key, declared: str, reflected: str) -> None:
        """Plans to revoke and grant the privileges."""
        self.drop(sides, planner, key)
        self.create(sides, planner, key, sides.metadata.objects[key])


class ObjectGrantComparator(KindComparator):
    """Grants on types, languages, foreign data wrappers, foreign servers and the database."""

    def undeclared_with_owner(self, sides: Sides, key: Key) -> bool:
        """True if the object is undeclared too, and stays."""
        owners = [Key(kind, key.schema, None, key.table or "") for kind in _OWNERS.get(key.kind, ())]
        undeclared = any(owner in sides.reflected and owner not in sides.declared for owner in owners)
        return undeclared and not sides.prune


class WholeGrantComparator(KindComparator):
    """Grants on schemas, and default privileges: they belong to no relation."""

    def undeclared_with_owner(self, sides: Sides, key: Key) -> bool:
        """Never."""
        return False


_RECREATED = {"grant": GrantComparator(), "column_grant": ColumnGrantComparator()}
_OTHER = KindComparator()


def of_relation(sides: Sides, relation: Key) -> list[Key]:
    """The grants that PostgreSQL drops with a view."""
    kinds = {"grant", "column_grant"}
    return [key for key in sides.of_table(relation.schema, relation.name) if key.kind in kinds]


def of_column(sides: Sides, column: Key) -> list[Key]:
    """The grants of which PostgreSQL drops a part with a column."""
    grants = (key for key in sides.of_table(column.schema, column.table) if key.kind == "column_grant")
    return [key for key in grants if column.name in PrintedGrant.of(sides.reflected[key]).names]


def reflected(sides: Sides, planner: Planner, grants: Iterable[Key]) -> dict[Key, DDLObject]:
    """The grants that are not dropped yet."""
    return {key: sides.reflect(key, sides.reflected[key]) for key in grants if key not in planner.dropped}


def recreate(sides: Sides, planner: Planner, owner: Key, grants: Mapping[Key, DDLObject]) -> None:
    """Plans that the grants of an object that is created again are granted again."""
    for key, as_reflected in grants.items():
        comparator = _RECREATED.get(key.kind, _OTHER)
        comparator.drop(sides, planner, key, with_dependents=True)
        form = planner.recreated_as(key)
        grant: DDLObject | None = as_reflected
        if form == "declared":
            grant = sides.metadata.objects.get(key, as_reflected)
        elif isinstance(as_reflected, Grant) and as_reflected.columns:
            grant = _on_kept_columns(sides, planner, owner, as_reflected)
        if form != "dropped" and grant is not None:
            comparator.create(sides, planner, key, grant)


def _on_kept_columns(sides: Sides, planner: Planner, owner: Key, grant: Grant) -> Grant | None:
    """An undeclared grant on the columns that a view still has; the others are dropped with their columns."""
    if owner.kind not in keys.VIEWS or planner.recreated_as(owner) != "declared":
        return grant
    columns = [
        column
        for column in grant.columns or ()
        if Key("column", owner.schema, owner.name, column) in sides.declared
    ]
    return dataclasses.replace(grant, columns=columns) if columns else None


def revoke_default_grants(sides: Sides, planner: Planner, relation: Key) -> None:
    """Revokes what default privileges grant on a new relation and nobody declared."""
    for call in _default_grants(sides, relation, sides.declared):
        planner.create(Makes.GRANT, call)


def revoke_default_grants_in_downgrade(sides: Sides, planner: Planner, relation: Key) -> None:
    """The same for a relation that the downgrade creates again."""
    for call in _default_grants(sides, relation, sides.reflected):
        planner.drop(Drops.GRANT, DowngradeOnlyOp(call))


def _default_grants(sides: Sides, relation: Key, side: Snapshot) -> list[CallOp]:
    defaults = [
        key
        for schema in (None, relation.schema)
        for key in sides.of_table(schema, "TABLES")
        if key.kind == "default_grant"
    ]
    return [
        CallOp(
            "drop_grant",
            PrintedGrant.of(sides.reflected[default]).names,
            to=default.name,
            table=relation.name,
            schema=relation.schema,
        )
        for default in defaults
        if Key("grant", relation.schema, relation.name, default.name) not in side
    ]
