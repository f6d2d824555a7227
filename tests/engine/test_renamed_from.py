"""Declared renames: rendered as guarded renames that stand alone, ignored once done, and never guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from autogen import Generated, autogenerate
from roundtrip import catalog, round_trip, send
from sqlalchemy.dialects.postgresql import ENUM
from written import Written

from app_schema.application import Application
from app_schema.catalog import diff
from app_schema.ddl import (
    ForeignDataWrapper,
    ForeignServer,
    ForeignTable,
    Function,
    OperatorFamily,
    Policy,
    RenamedFrom,
    View,
    attach,
)
from app_schema.errors import ModelError
from app_schema.lint.renamed import finished
from app_schema.migrations.compare.former import REST

pytestmark = pytest.mark.part(of=4)

OPTIONS: dict[str, Any] = {"managed_schemas": {"public"}}
SETUP = (
    "CREATE TABLE clients (id int PRIMARY KEY, mail text NOT NULL, note text)",
    "INSERT INTO clients SELECT n, 'm' || n FROM generate_series(1, 9) AS n",
    "CREATE POLICY own ON clients USING (id > 0)",
    "CREATE INDEX ix_mail ON clients (mail)",
    "CREATE VIEW old_view AS SELECT 1 AS one",
    "CREATE FUNCTION old_f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE DOMAIN old_domain AS text",
)


def _metadata(*hints: RenamedFrom, table: str = "customers") -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        table,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Index("ix_email", "email"),
        Policy("own_row", using="id > 0"),
        *hints,
    )
    return metadata


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


def _run(engine: sa.Engine, metadata: sa.MetaData) -> Generated:
    """Up twice, down twice and up again; equal each time."""
    start, generated = catalog(engine), autogenerate(engine, metadata, **OPTIONS)
    for _ in range(2):
        generated.upgrade(engine)
    end = catalog(engine)
    for _ in range(2):
        generated.downgrade(engine)
        assert diff(start, catalog(engine)) == [], generated.text
    generated.upgrade(engine, autocommit=True)
    assert diff(end, catalog(engine)) == []
    return generated


def _calls(generated: Generated) -> set[str]:
    upgrade = generated.text.partition("def upgrade")[2].partition("def downgrade")[0]
    return {line.strip().partition("(")[0] for line in upgrade.splitlines() if line.strip().startswith("op.")}


def test_table_column_and_policy_are_renamed_with_their_rows(empty_engine: sa.Engine) -> None:
    send(empty_engine, *SETUP)
    metadata = _metadata(
        RenamedFrom("clients"),
        RenamedFrom("mail", column="email"),
        RenamedFrom("own", of="policy", name="own_row"),
    )
    first, second = _run(empty_engine, metadata), _run(empty_engine, metadata)
    assert _calls(first) == {"op.rename_table"}
    assert _calls(second) == {"op.alter_column", "op.rename_object"}
    assert REST in first.text
    with empty_engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT count(*), max(email) FROM customers").one()
    assert tuple(rows) == (9, "m9")
    # what follows from it comes in the next revision: names that differ alone are renamed there
    rest = _run(empty_engine, metadata)
    assert _calls(rest) == {"op.rename_index"}
    assert REST not in rest.text
    assert autogenerate(empty_engine, metadata, **OPTIONS).diffs == [], "ignored once done"


@pytest.mark.parametrize(
    "other", ["", "ALTER TABLE t ADD extra int", "CREATE VIEW v AS SELECT t.a, r.a AS b FROM t, r"]
)
def test_note_on_other_differences_only_where_there_are_any(empty_engine: sa.Engine, other: str) -> None:
    send(
        empty_engine,
        "CREATE TABLE t (a int PRIMARY KEY, b int CHECK (b > 0))",
        "CREATE INDEX i ON t (b, a); COMMENT ON COLUMN t.a IS 'a'; CREATE TABLE r (a int REFERENCES t)",
        *([other] if other else []),
    )
    for table, column in (("u", "a"), ("u", "c")):
        metadata = sa.MetaData()
        hints = RenamedFrom("t"), *([RenamedFrom("a", column="c")] if column == "c" else [])
        a = sa.Column(column, sa.Integer, primary_key=True, autoincrement=False, comment="a")
        b = sa.Column("b", sa.Integer)
        sa.Table(table, metadata, a, b, sa.CheckConstraint("b > 0"), sa.Index("i", "b", column), *hints)
        sa.Table("r", metadata, sa.Column("a", sa.ForeignKey(f"{table}.{column}")))
        if "VIEW" in other:
            attach(metadata, View("v", f"SELECT {table}.{column}, r.a AS b FROM {table}, r", schema="public"))
        generated = autogenerate(empty_engine, metadata, **OPTIONS)
        assert len(_calls(generated)) == 1
        generated.upgrade(empty_engine)
        left = autogenerate(empty_engine, metadata, **OPTIONS)
        assert (REST in generated.text) == bool(left.diffs or left.undeclared), generated.text


def test_whatever_has_a_name_is_renamed(empty_engine: sa.Engine) -> None:
    send(empty_engine, *SETUP)
    metadata = sa.MetaData()
    attach(
        metadata,
        View("new_view", "SELECT 1 AS one", schema="public"),
        Function(
            "new_f", "SELECT 1", arguments="integer", returns="integer", language="sql", schema="public"
        ),
        RenamedFrom("old_view", of="view", name="new_view", schema="public"),
        RenamedFrom("old_f(integer)", of="function", name="new_f(integer)", schema="public"),
        OperatorFamily("new_family USING btree", schema="public"),
        RenamedFrom(
            "old_family USING btree", of="operator_family", name="new_family USING btree", schema="public"
        ),
        ForeignDataWrapper("far"),
        ForeignServer("new_server", "FOREIGN DATA WRAPPER far"),
        ForeignTable("abroad", "(a integer) SERVER new_server", schema="public"),
        RenamedFrom("old_server", of="foreign_server", name="new_server"),  # in no schema
    )
    send(
        empty_engine,
        "CREATE OPERATOR FAMILY old_family USING btree",
        "CREATE FOREIGN DATA WRAPPER far; CREATE SERVER old_server FOREIGN DATA WRAPPER far; "
        "CREATE FOREIGN TABLE abroad (a int) SERVER old_server",
    )
    generated = _run(empty_engine, metadata)
    assert _calls(generated) == {"op.rename_object"}
    labels = [key.label for key in catalog(empty_engine)]
    assert {"view public.new_view", "function public.new_f(integer)", "foreign server new_server"} <= set(
        labels
    )
    with pytest.raises(ModelError, match="names no kind: write of= with one of aggregate, "):
        attach(metadata, RenamedFrom("old", of="views", name="new", schema="public"))


def test_nothing_is_guessed(empty_engine: sa.Engine) -> None:
    send(empty_engine, *SETUP)
    generated = autogenerate(empty_engine, _metadata(table="clients"), **OPTIONS)
    assert "op.add_column" in generated.text
    assert 'write RenamedFrom("mail", column="email") into' in generated.text.replace("\\", "")
    equal = sa.MetaData()
    sa.Table(
        "customers",
        equal,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("mail", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
    )
    generated = autogenerate(empty_engine, equal, **OPTIONS)
    assert {"op.create_table"} <= _calls(generated)
    assert 'write RenamedFrom("clients") into' in generated.text.replace("\\", "")


def test_of_two_equal_candidates_none_is_chosen(empty_engine: sa.Engine) -> None:
    def declared(*hints: RenamedFrom) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table(
            "clients",
            metadata,
            sa.Column("id", sa.Integer, sa.CheckConstraint("id > 0", name="ck_new"), primary_key=True),
            sa.Column("mail", sa.Text, unique=True),
            sa.Column("first", ENUM("a", "b", name="mood")),
            sa.Column("second", ENUM("a", "b", name="mood", create_type=False)),
            sa.Index("ix_new", "mail"),
            *hints,
        )
        sa.Sequence("s_new", metadata=metadata)
        return metadata

    send(
        empty_engine,
        "CREATE TYPE one AS ENUM ('a', 'b'); CREATE TYPE two AS ENUM ('a', 'b')",
        "CREATE SEQUENCE s_one; CREATE SEQUENCE s_two",
        "CREATE TABLE clients (id serial PRIMARY KEY, mail text UNIQUE, first one, second two)",
        "CREATE INDEX ix_one ON clients (mail); CREATE INDEX ix_two ON clients (mail)",
        "ALTER TABLE clients ADD CONSTRAINT ck_one CHECK (id > 0), ADD CONSTRAINT ck_two CHECK (id > 0)",
        "INSERT INTO clients (mail, first, second) VALUES ('m', 'a', 'b')",
    )
    text = round_trip(empty_engine, declared(), prune=True, **OPTIONS).text.replace("\\", "")
    assert "op.rename_" not in text
    for old in ("one", "two"):
        for kind, name in (("constraint", "ck"), ("index", "ix")):
            assert f'RenamedFrom("{name}_{old}", of="{kind}", name="{name}_new") into the arg' in text
        assert (
            f'attach(metadata, RenamedFrom("s_{old}", of="sequence", name="s_new", schema="public"))' in text
        )
        assert f'RenamedFrom("{old}", of="enum", name="mood", schema="public"))' in text
    hinted = declared(RenamedFrom("ix_two", of="index", name="ix_new"))
    assert _calls(autogenerate(empty_engine, hinted, **OPTIONS)) == {"op.rename_index"}


@pytest.mark.parametrize(
    "call",
    [
        "op.rename_table('clients', 'customers')",
        "op.alter_column('customers', 'mail', new_column_name='email')",
    ],
)
def test_lint_reports_a_hint_that_has_done_its_work(written: Written, tmp_path: Path, call: str) -> None:
    written.add("op.execute('SELECT 1')")
    hints = (RenamedFrom("clients"), RenamedFrom("mail", column="email"))
    app = Application(name="own", declared=_metadata(*hints), configuration=tmp_path / "alembic.ini")
    paths = sorted(written.path.glob("*.py"))
    assert list(finished(app, paths)) == []
    written.add(call)
    (finding,) = finished(app, sorted(written.path.glob("*.py")))
    assert (finding.rule, Path(finding.file).name, finding.line) == ("renamed-from", "r2.py", 11)
    assert ("customers can be deleted" if "table" in call else "of column email") in finding.message
