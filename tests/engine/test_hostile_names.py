"""Names that try to break out of their quotes: each is stored as it is, and a canary table survives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from app_schema.catalog import snapshot
from app_schema.ddl import Key
from app_schema.errors import ModelError
from app_schema.migrations import setup
from app_schema.migrations.impl import guarded

setup()

NAMES = {
    "double quote": 'a"b; DROP TABLE canary; --',
    "single quote": "a'b'); DROP TABLE canary; --",
    "both quotes": "\"'\"'",
    "dollars": "a$$b$$",
    "guard tag": "a$guard$b$sql$c$def$",
    "ends in a tag": "x$sql",
    "percent": "100%",
    "percent s": "a%sb%%",
    "pyformat": "a%(x)s",
    "bind": "a:x ::int :y",
    "backslash": "a\\'b\\",
    "newline": "a\nb",
    "spaces": " a  b ",
    "Japanese": "練習記録のテーブル",
    "emoji": "🎹🎻",
    "reserved word": "select",
    "upper case": "User",
    "USING": "x ON s.t USING hash (y) ",
    "63 bytes": "é" * 31 + "x",
}
TOO_LONG = "é" * 32


@pytest.fixture
def connection(empty_engine: sa.Engine) -> Iterator[sa.Connection]:
    with empty_engine.connect() as connection, connection.begin() as transaction:
        connection.exec_driver_sql(
            "CREATE TABLE public.canary (id int); INSERT INTO public.canary VALUES (1)"
        )
        yield connection
        transaction.rollback()


def _op(connection: sa.Connection) -> Any:
    return Operations(guarded(MigrationContext.configure(connection, opts={})))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _enum(name: str) -> str:
    """A name like it for the enum, which shares its schema with the table of that name."""
    return name + "e" if len(name.encode()) < 63 else name[1:]


def _everything(op: Any, name: str) -> None:
    """One object of each kind, all of one name or of one like it."""
    op.create_schema(name)
    op.create_role(name)
    op.create_enum(_enum(name), [name, "plain"], schema=name)
    enum = sa.Enum(name=_enum(name), schema=name, create_type=False)
    op.create_table(
        name,
        sa.Column(name, sa.Integer, nullable=False, comment=name),
        sa.Column("label", enum, server_default=name),
        sa.Column("text", sa.Text, server_default=name),
        sa.CheckConstraint(sa.column(name) > sa.literal_column("0"), name=op.f(name)),
        schema=name,
        comment=name,
    )
    op.add_column(name, sa.Column(name[:-1] + "2", sa.Integer), schema=name)
    op.create_unique_constraint(op.f(name[:-1] + "u"), name, [name], schema=name)
    # SQLAlchemy splits the target of a foreign key at dots, and has no other way to say it
    if "." not in name:
        key, referring = op.f(name[:-1] + "f"), name[:-1] + "2"
        op.create_foreign_key(key, name, name, [referring], [name], source_schema=name, referent_schema=name)
    op.create_index(op.f(name[:-1] + "i"), name, [name], schema=name)
    body = f"BEGIN RETURN NEW; END /* {name} */"
    op.create_function(name, body, returns="trigger", execute=[name], schema=name)
    op.create_trigger(name, name, before="UPDATE", execute=f"{_quoted(name)}.{_quoted(name)}()", schema=name)
    op.create_policy(name, name, to=[name], using=f"{_quoted(name)} > 0", schema=name)
    op.enable_row_security(name, schema=name)
    op.create_grant(["SELECT"], table=name, to=name, schema=name)
    op.create_grant("UPDATE", columns=[name], table=name, to=name, schema=name)
    query = f"SELECT {_quoted(name)} FROM {_quoted(name)}.{_quoted(name)}"
    op.create_view(name[:-1] + "v", query, schema=name)
    op.alter_column(name, "text", type_=sa.String(99), existing_type=sa.Text(), schema=name)
    op.alter_column(name, "text", new_column_name=name[:-1] + "3", schema=name)
    op.run_once(name, f"INSERT INTO {_quoted(name)}.{_quoted(name)} ({_quoted(name)}) SELECT 7")


def _down(op: Any, name: str) -> None:
    op.drop_view(name[:-1] + "v", schema=name)
    op.drop_policy(name, name, schema=name)
    op.drop_trigger(name, name, schema=name)
    op.drop_index(op.f(name[:-1] + "i"), table_name=name, schema=name)
    op.drop_constraint(op.f(name), name, type_="check", schema=name)
    op.drop_column(name, name[:-1] + "2", schema=name)
    op.drop_table(name, schema=name)
    op.drop_function(name, schema=name)
    op.drop_enum(_enum(name), schema=name)
    op.drop_schema(name)
    op.drop_role(name)


@pytest.mark.part(of=6)
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_hostile_name_is_stored_as_it_is(connection: sa.Connection, name: str) -> None:
    before = snapshot(connection)
    op = _op(connection)
    _everything(op, name)
    made = snapshot(connection)
    found = {(key.kind, key.schema, key.table, key.name) for key in made}
    assert {("schema", None, None, name), ("table", name, None, name), ("column", name, name, name)} <= found
    assert {(kind, name, name, name) for kind in ("policy", "trigger", "constraint")} <= found
    assert {("function", name, None, f"{name}()"), ("role", None, None, name)} <= found
    label = name.replace("'", "''").replace("\\", "\\\\")
    assert any(key.kind == "enum" and label in text for key, text in made.items())
    _everything(_again(op), name)
    assert snapshot(connection) == made, "everything is there and equal"
    assert connection.exec_driver_sql("SELECT id FROM public.canary").all() == [(1,)]
    op.undo_once(name)
    _down(op, name)
    _down(op, name)
    assert snapshot(connection) == before
    assert Key("table", "public", None, "canary") in snapshot(connection)


class _again:  # noqa: N801 - reads as a verb
    """``op`` for a second run: what was altered in the first is not created as it was before."""

    def __init__(self, op: Any) -> None:
        self._op = op

    def __getattr__(self, name: str) -> Any:
        if name in {"create_table", "alter_column"}:
            return lambda *_args, **_kwargs: None
        return getattr(self._op, name)


@pytest.mark.part(of=6)
@pytest.mark.parametrize(
    "call",
    [
        lambda op: op.create_schema(TOO_LONG),
        lambda op: op.create_role(TOO_LONG),
        lambda op: op.create_enum(TOO_LONG, ["a"], schema="public"),
        lambda op: op.create_enum("e", [TOO_LONG], schema="public"),
        lambda op: op.create_table(TOO_LONG, sa.Column("id", sa.Integer), schema="public"),
        lambda op: op.create_table("t", sa.Column(TOO_LONG, sa.Integer), schema="public"),
        lambda op: op.add_column("canary", sa.Column(TOO_LONG, sa.Integer), schema="public"),
        lambda op: op.create_index(op.f(TOO_LONG), "canary", ["id"], schema="public"),
        lambda op: op.create_check_constraint(op.f(TOO_LONG), "canary", "id > 0", schema="public"),
        lambda op: op.create_policy(TOO_LONG, "canary", using="true", schema="public"),
        lambda op: op.create_trigger(TOO_LONG, "canary", before="UPDATE", execute="f()", schema="public"),
        lambda op: op.rename_table("canary", TOO_LONG, schema="public"),
        lambda op: op.alter_column("canary", "id", new_column_name=TOO_LONG, schema="public"),
        lambda op: op.create_view(TOO_LONG, "SELECT 1", schema="public"),
        lambda op: op.create_schema(""),
        lambda op: op.create_schema("a\x00b"),
    ],
)
def test_name_of_64_bytes_is_refused(connection: sa.Connection, call: Any) -> None:
    before = snapshot(connection)
    with pytest.raises((ModelError, sa.exc.IdentifierError)):
        call(_op(connection))
    assert snapshot(connection) == before
