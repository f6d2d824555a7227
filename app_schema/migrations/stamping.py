"""The stamps that Alembic writes into its version table, made safe to repeat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import (
    Insert,
    UpdateBase,
    exists,
    select,
)
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql import visitors
from sqlalchemy.sql.expression import ColumnClause, literal_column

from app_schema.ddl import Guarded, privileges
from app_schema.ddl.block import block, execute
from app_schema.ddl.lookup import schema_oid
from app_schema.ddl.sql import DIALECT, ident
from app_schema.migrations.lock import LOST

VERSION_TABLE = "alembic_version"


class CreatePlace(Guarded):
    """Creates the schema of the version table if it is absent, since the table is older than any revision.

    Without the mark of ``op.create_schema``, whose downgrade would drop the schema under the table. Not by
    IF NOT EXISTS: for an existing schema, too, PostgreSQL asks for CREATE on the database.
    """

    def __init__(self, schema: str) -> None:
        self.schema = schema
        name = ident(schema)
        create = execute((f"CREATE SCHEMA {name}", privileges.of_object("n", f"SCHEMA {name}")))
        absent = f"IF {schema_oid(schema)} IS NULL THEN"
        super().__init__(block(["BEGIN", absent, *create, "END IF;", "END"]))


def version_table(opts: Mapping[str, Any]) -> str:
    """The name of the version table, by the options of a run."""
    return opts.get("version_table") or VERSION_TABLE


def create_place(schema: str | None) -> CreatePlace | None:
    """The statement before the version table; None: each database has the schema."""
    return None if schema in {None, "public"} else CreatePlace(str(schema))


def is_stamp(statement: UpdateBase, opts: Mapping[str, Any]) -> bool:
    """True if a statement of Alembic's writes to the version table."""
    return getattr(statement.table, "name", None) == version_table(opts)


def counted(stamp: UpdateBase) -> ExecutableDDLElement:
    """A stamp that fails unless it changes exactly one row: Alembic's own check would need the result."""
    stamp = stamp.inline() if isinstance(stamp, Insert) else stamp  # no RETURNING
    sql = str(stamp.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))
    message = "'the version table was changed meanwhile'"
    lines = ["DECLARE", "  n bigint;", "BEGIN", f"  {sql};", "  GET DIAGNOSTICS n = ROW_COUNT;"]
    refuse = f"RAISE EXCEPTION USING ERRCODE = '{LOST}', MESSAGE = {message}, HINT = 'run again'"
    return Guarded(block([*lines, f"  IF n <> 1 THEN {refuse}; END IF;", "END"]))


def once(insert: Insert, script: ScriptDirectory | None) -> Insert:
    """The first stamp of a script: nothing where this revision or a later one is stamped already."""
    table = insert.table
    (value,) = (
        part for part in visitors.iterate(insert) if isinstance(part, ColumnClause) and part.is_literal
    )
    revision = value.name.strip("'")
    later = {revision} if script is None else _later(script, revision)
    is_stamped = exists(select(table)).where(
        table.c.version_num.in_([literal_column(f"'{name}'") for name in sorted(later)])
    )
    return table.insert().from_select(["version_num"], select(value).where(~is_stamped))


def _later(script: ScriptDirectory, revision: str) -> set[str]:
    """A revision and all that follow or depend on it: if one of them is stamped, the revision has run."""
    later = script.iterate_revisions("heads", revision, inclusive=True, select_for_downgrade=True)
    return {successor.revision for successor in later}
