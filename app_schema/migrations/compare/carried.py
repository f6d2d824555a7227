"""What a generated revision makes of its new tables, proved before the revision is written.

Alembic's rendering of a table carries a part of what a table can have. The rendered operations are carried
out in the scratch database, in schemas of their own beside the declared tables, and PostgreSQL prints both.
A missing constraint becomes a further operation; another difference is told in the revision.
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
from app_schema.ddl import Key
from app_schema.ddl.printed import TableConstraint
from app_schema.ddl.sql import DIALECT, ident
from app_schema.migrations.compare import constraint
from app_schema.migrations.directives import UnwritableOp
from app_schema.migrations.operations import CreateObjectOp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.operations import MigrateOperation

    from app_schema.migrations.compare.comparison import Comparison

_PREFIXES: dict[str, Any] = {
    "alembic_module_prefix": "op.",
    "sqlalchemy_module_prefix": "sa.",
    "user_module_prefix": None,
    "render_as_batch": False,
}
log = logging.getLogger(__name__)
_CARRIED = {"table", "column", "constraint", "index", "comment"}


def complete(comparison: Comparison) -> None:
    """Adds to the plan what its rendered operations leave out of the new tables."""
    operations = [one for _, _, one in sorted(comparison.plan.makes, key=lambda entry: entry[:2])]
    created = [one for one in operations if isinstance(one, ops.CreateTableOp)]
    if not created:
        return
    place: dict[str | None, str] = {}
    for one in created:
        place.setdefault(one.schema, f"app_schema_twin_{len(place)}")
    statements = [f"CREATE SCHEMA {twin}" for twin in place.values()]
    try:
        statements += _statements(comparison, _moved(operations, created, place))
        made = _printed(comparison, statements, place)
    except Exception as error:  # noqa: BLE001 - what a project's own render_item writes may need its template
        log.warning("the new tables are not carried out beforehand: %s", str(error).partition("\n")[0])
        return
    new = {Key("table", one.schema or comparison.default_schema, None, one.table_name) for one in created}
    respelled = [key for key in made if made[key] != comparison.wanted.get(key, made[key])]
    comparison.spelling.learn(side[key] for side in (made, comparison.wanted) for key in respelled)
    for key in sorted({*comparison.wanted, *made}, key=str):
        table = Key("table", key.schema, None, (key.name if key.kind == "table" else key.table) or "")
        if key.kind in _CARRIED and table in new:
            _settle(comparison, key, made.get(key))


def _settle(comparison: Comparison, key: Key, made: str | None) -> None:
    declared = comparison.wanted.get(key)
    if comparison.spelling.same(made, declared):
        return
    if made is None and declared is not None and key.kind == "constraint":
        constraint.add_printed(comparison, key, declared)
        return
    told = f"the revision would make {made or 'nothing'}; expected: {declared or 'nothing'}"
    comparison.plan.notes.append(UnwritableOp(f"{key.label}: {told}"))


def _moved(
    operations: Iterable[MigrateOperation], created: list[ops.CreateTableOp], place: dict[str | None, str]
) -> list[MigrateOperation]:
    """Copies of the operations on new tables, in the schemas of the twins."""
    new = {(one.schema, one.table_name) for one in created}
    moved: list[MigrateOperation] = []
    for one in operations:
        twin: Any = copy.copy(one)
        if isinstance(one, (ops.CreateTableOp, ops.CreateIndexOp)) and (one.schema, one.table_name) in new:
            twin.schema = place[one.schema]
            moved.append(twin)
        elif isinstance(one, ops.CreateForeignKeyOp):
            schema = one.kw.get("source_schema")
            if (schema, one.source_table) in new:
                twin.kw = {**one.kw, "source_schema": place[schema]}
                moved.append(twin)
        elif (
            isinstance(one, CreateObjectOp)
            and isinstance(one.obj, TableConstraint)
            and (one.obj.schema, one.obj.table) in new
        ):
            twin.obj = replace(one.obj, schema=place[one.obj.schema])
            moved.append(twin)
    return moved


def _statements(comparison: Comparison, operations: Iterable[MigrateOperation]) -> list[str]:
    """The SQL of the rendered operations, without guards."""
    from app_schema.migrations.unguarded import PlainImpl  # it imports what registers this module

    sent: list[str] = []

    class Rendering(PlainImpl):
        def static_output(self, text: str) -> None:
            sent.append(text.removesuffix(self.command_terminator))

    options = {"as_sql": True, "literal_binds": True}
    context = MigrationContext.configure(dialect=DIALECT, opts=options)
    context.impl = Rendering(DIALECT, None, True, True, None, options)  # noqa: FBT003 - as Alembic calls it
    rendering = AutogenContext(
        comparison.context.migration_context, opts={**comparison.context.opts, **_PREFIXES}
    )
    rendering.dialect = DIALECT
    code = "\n".join(render_op_text(rendering, one) for one in operations)
    imports = "\n".join(["import sqlalchemy as sa", *sorted(rendering.imports)])
    exec(f"{imports}\n{code}", {"op": Operations(context)})  # noqa: S102 - what the revision will do
    return sent


def _printed(comparison: Comparison, statements: list[str], place: dict[str | None, str]) -> Snapshot:
    """The twins as PostgreSQL prints them, under the names of the declared tables."""
    snapshot = comparison.in_scratch([*comparison.declared.statements(), *statements])
    real = {twin: schema or comparison.default_schema for schema, twin in place.items()}
    found: dict[Key, str] = {}
    for key, definition in snapshot.items():
        if key.schema in real:
            schema = real[key.schema]
            text = definition.replace(f"{key.schema}.", f"{ident(schema)}.")
            found[key._replace(schema=schema)] = text
    return found
