"""Proves before a revision is written that it creates its new tables as declared.

Alembic renders only a part of the properties of a table. The rendered operations are executed in the scratch
database, in schemas of their own next to the declared tables, and PostgreSQL prints both.
A missing constraint becomes a further operation; the revision names any other difference.
"""

from __future__ import annotations

import copy
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import render_op_text
from alembic.migration import MigrationContext
from alembic.operations import Operations, ops

from app_schema.catalog import Snapshot
from app_schema.ddl import Key, NotNull
from app_schema.ddl.printed import TableConstraint
from app_schema.ddl.sql import DIALECT, ident
from app_schema.migrations.compare import keys
from app_schema.migrations.compare.kinds import constraint
from app_schema.migrations.operations import CreateObjectOp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.operations import MigrateOperation

    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

_PREFIXES: dict[str, Any] = {
    "alembic_module_prefix": "op.",
    "sqlalchemy_module_prefix": "sa.",
    "user_module_prefix": None,
    "render_as_batch": False,
}
log = logging.getLogger(__name__)
_CARRIED = {"table", "column", "constraint", "index", "comment"}


def complete(sides: Sides, planner: Planner) -> None:
    """Adds to the plan the parts of new tables that the rendered operations lack."""
    operations = planner.plan.created()
    created = [operation for operation in operations if isinstance(operation, ops.CreateTableOp)]
    if not created:
        return
    twins: dict[str | None, str] = {}
    for operation in created:
        twins.setdefault(operation.schema, f"app_schema_twin_{len(twins)}")
    statements = [f"CREATE SCHEMA {twin}" for twin in twins.values()]
    try:
        statements += statements_of(sides.context, _moved(operations, created, twins))
        carried = _printed(sides, statements, twins)
    except Exception as error:  # noqa: BLE001 - what a project's own render_item writes may need its template
        log.warning("the creation of the new tables is not tested: %s", str(error).partition("\n")[0])
        return
    default_schema = sides.metadata.default_schema
    new = {
        Key("table", operation.schema or default_schema, None, operation.table_name) for operation in created
    }
    respelled = [key for key in carried if carried[key] != sides.declared.get(key, carried[key])]
    sides.spelling.learn(side[key] for side in (carried, sides.declared) for key in respelled)
    for key in sorted({*sides.declared, *carried}, key=str):
        table = key if key.kind == "table" else keys.table(key)
        if key.kind in _CARRIED and table in new:
            _resolve(sides, planner, key, carried.get(key))


def _resolve(sides: Sides, planner: Planner, key: Key, carried: str | None) -> None:
    declared = sides.declared.get(key)
    if sides.spelling.same(carried, declared):
        return
    if carried is None and declared is not None and key.kind == "constraint":
        constraint.add_printed(sides, planner, key)
        return
    expected = f"the revision would create {carried or 'nothing'}; expected: {declared or 'nothing'}"
    planner.note(f"{key.label}: {expected}")


def _moved(
    operations: Iterable[MigrateOperation], created: list[ops.CreateTableOp], twins: dict[str | None, str]
) -> list[MigrateOperation]:
    """Copies of the operations on new tables, in the schemas of the twins."""
    new = {(operation.schema, operation.table_name) for operation in created}
    moved: list[MigrateOperation] = []
    for operation in operations:
        twin: Any = copy.copy(operation)
        if isinstance(operation, (ops.CreateTableOp, ops.CreateIndexOp)):
            place = (operation.schema, operation.table_name)
            twin.schema = twins.get(operation.schema)
        elif isinstance(operation, ops.CreateForeignKeyOp):
            place = (operation.kw.get("source_schema"), operation.source_table)
            twin.kw = {**operation.kw, "source_schema": twins.get(place[0])}
        elif isinstance(operation, CreateObjectOp) and isinstance(operation.obj, (NotNull, TableConstraint)):
            place = (operation.obj.schema, operation.obj.table or "")
            twin.obj = replace(operation.obj, schema=twins.get(place[0]))
        else:
            continue
        if place in new:
            moved.append(twin)
    return moved


def statements_of(context: AutogenContext, operations: Iterable[MigrateOperation]) -> list[str]:
    """The SQL of the rendered operations, without guards."""
    from app_schema.migrations.unguarded import PlainImpl  # lazy: a circle of imports

    sent: list[str] = []

    class Rendering(PlainImpl):
        def static_output(self, text: str) -> None:
            sent.append(text.removesuffix(self.command_terminator))

    options = {"as_sql": True, "literal_binds": True}
    offline = MigrationContext.configure(dialect=DIALECT, opts=options)
    offline.impl = Rendering(DIALECT, None, True, True, None, options)  # noqa: FBT003 - as Alembic calls it
    rendering = AutogenContext(context.migration_context, opts={**context.opts, **_PREFIXES})
    rendering.dialect = DIALECT
    code = "\n".join(render_op_text(rendering, operation) for operation in operations)
    imports = "\n".join(["import sqlalchemy as sa", *sorted(rendering.imports)])
    exec(f"{imports}\n{code}", {"op": Operations(offline)})  # noqa: S102 - what the revision will do
    return sent


def _printed(sides: Sides, statements: list[str], twins: dict[str | None, str]) -> Snapshot:
    """The twins as PostgreSQL prints them, under the names of the declared tables."""
    snapshot, _ = sides.scratch.printed([*sides.metadata.statements(), *statements])
    schemas = {twin: schema or sides.metadata.default_schema for schema, twin in twins.items()}
    carried: dict[Key, str] = {}
    for key, definition in snapshot.items():
        if key.schema in schemas:
            schema = schemas[key.schema]
            text = definition.replace(f"{key.schema}.", f"{ident(schema)}.")
            carried[key._replace(schema=schema)] = text
    return carried
