"""Both sides of a comparison, printed by PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import MetaData, text
from sqlalchemy.exc import NoReferencedTableError

from app_schema.catalog import Snapshot, snapshot_and_uncompared
from app_schema.catalog.spelling import Spelling
from app_schema.catalog.uncompared import Uncompared
from app_schema.ddl import Extension, Key, Role
from app_schema.ddl.role import of_the_cluster
from app_schema.errors import ConfigurationError, ModelError
from app_schema.migrations.compare.filters import EnvironmentFilters
from app_schema.migrations.compare.pair import paired
from app_schema.migrations.compare.scratch import Scratch
from app_schema.migrations.compare.sides import Sides
from app_schema.migrations.declared import DEFAULT_SCHEMA, Declared
from app_schema.migrations.once import TABLE as ONCE_TABLE
from app_schema.migrations.stamping import version_table

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Connection

_OF_BOOKKEEPING = {"grant", "column_grant", "trigger", "rule"}
"""The parts of a table of the migrations that are compared."""


def read(context: AutogenContext) -> Sides:
    """The declared side from a scratch database, the reflected one from the connection.

    :raises ConfigurationError: for ``prune`` without a managed schema.
    """
    connection = context.connection
    assert connection is not None
    assert context.metadata is not None
    metadatas = [context.metadata] if isinstance(context.metadata, MetaData) else context.metadata
    metadata = Declared(metadatas, _default_schema(context))
    _refuse_to_prune_everywhere(context, metadata)
    scratch, reflected = Scratch(context, metadata), dict[Key, str]()
    uncompared: list[Uncompared] = []

    def reflect() -> None:
        snapshot, uncompared[:] = snapshot_and_uncompared(connection)
        reflected.update(_without_bookkeeping(context, metadata, snapshot))

    try:
        statements = metadata.statements()
    except NoReferencedTableError as error:
        raise ModelError(
            f"{error}; a key to a table of another metadata names its column, as in "
            "ForeignKey(User.__table__.c.id)"
        ) from error
    printed = scratch.printed(statements, reflect)
    declared = metadata.printed(_without_bookkeeping(context, metadata, printed.snapshot))
    roles = _roles_of_the_cluster(connection, metadata, declared, reflected)
    sides = Sides(
        context=context,
        metadata=metadata,
        scratch=scratch,
        filters=EnvironmentFilters(context, metadata),
        spelling=Spelling(connection),
        declared=declared,
        reflected=_as_declared(metadata, declared, {**reflected, **roles}),
        borrowed=printed.borrowed,
        unused_roles=frozenset(roles.keys() - reflected.keys()),
        uncompared=tuple(uncompared),
    )
    _refuse_to_prune_others(sides)
    return paired(sides)


def _refuse_to_prune_everywhere(context: AutogenContext, metadata: Declared) -> None:
    opts = context.opts
    named = bool(opts.get("managed_schemas")) or opts.get("every_schema") is not None
    has_objects = bool(metadata.tables or metadata.objects or metadata.functions)
    if opts.get("prune", False) and not (named or has_objects):
        raise ConfigurationError(
            "-x prune=true drops undeclared objects in the schemas of the metadata, and the metadata "
            "declares nothing: name the schemas, as with -x schemas=public"
        )


def _refuse_to_prune_others(sides: Sides) -> None:
    """The tables beside the version table of another application are that application's."""
    if not sides.prune or not sides.context.opts.get("executed", True):  # for a copy of the database
        return
    tables = sorted(key for key in sides.reflected.keys() - sides.declared.keys() if key.kind == "table")
    for key in tables:
        columns = [part.name for part in sides.of_table(key.schema, key.name) if part.kind == "column"]
        if columns == ["version_num"] and sides.managed(key):
            raise ConfigurationError(
                "-x prune=true would drop the tables of another application, whose version "
                f"{key.label} is in a schema of yours: declare your tables in another schema, name your "
                "schemas by -x schemas, or list this table and the others to keep in [tool.app_schema] "
                "undeclared"
            )


def _without_bookkeeping(context: AutogenContext, metadata: Declared, side: Snapshot) -> Snapshot:
    """The snapshot without the tables of the migrations, which a metadata may declare.

    Privileges of other roles on such a table, and its triggers, are compared as those of any table.
    """
    schema = context.opts.get("version_table_schema") or metadata.default_schema
    tables = {(schema, version_table(context.opts)), (schema, ONCE_TABLE)}
    return {
        key: definition
        for key, definition in side.items()
        if ((key.schema, key.table) not in tables or key.kind in _OF_BOOKKEEPING)
        and not (key.kind in {"table", "owner"} and (key.schema, key.name) in tables)
    }


def _roles_of_the_cluster(
    connection: Connection, metadata: Declared, declared: Snapshot, reflected: Snapshot
) -> dict[Key, str]:
    """The declared roles that exist and that the snapshot lacks, since nothing in the database uses them, and
    those with declared memberships."""
    roles = {key: obj for key, obj in metadata.objects.items() if isinstance(obj, Role) and key in declared}
    if all(key in reflected and not role.in_role for key, role in roles.items()):
        return {}
    rows = connection.exec_driver_sql(of_the_cluster([key.name for key in roles]).replace("%", "%%"))
    return {Key("role", None, None, name): definition for name, definition in rows}


def _as_declared(metadata: Declared, declared: Snapshot, reflected: Snapshot) -> Snapshot:
    """With the declared words for the attributes that an existing role keeps, and for an existing extension
    that is declared without a schema: it stays in the schema that a platform chose."""
    kept = {}
    for key, obj in metadata.objects.items():
        if isinstance(obj, Role) and key in reflected:
            kept[key] = obj.compared(reflected[key])
        elif isinstance(obj, Extension) and obj.schema is None and key in declared.keys() & reflected.keys():
            kept[key] = declared[key]
    return {**reflected, **kept}


def _default_schema(context: AutogenContext) -> str:
    """The schema of unqualified names: that of the application's search_path, else of the session's."""
    assert context.connection is not None
    if context.opts.get("search_path"):
        return DEFAULT_SCHEMA
    translated = context.connection.get_execution_options().get("schema_translate_map") or {}
    if set(translated) - {None}:
        names = ", ".join(f"{name} (to {translated[name]})" for name in sorted(filter(None, translated)))
        raise ConfigurationError(
            f"schema_translate_map renames {names}, and the database has only the other names: "
            "autogenerate would report a table as absent under its name and as undeclared under the other. "
            "For autogenerate and check connect without this map, to a database that has the schemas; or "
            "declare the tables without a schema and translate None, or set search_path"
        )
    if translated:
        return str(translated[None])
    return context.connection.scalar(text("SELECT current_schema()")) or DEFAULT_SCHEMA
