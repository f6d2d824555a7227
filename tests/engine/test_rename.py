"""Objects that are equal under two names: unnamed ones match, named ones are renamed; rows in every table."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import Generated, autogenerate
from declaring import CONVENTION as NAMES
from declaring import declaring
from roundtrip import round_trip
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint

from app_schema.catalog import diff, snapshot
from app_schema.ddl import Policy
from app_schema.migrations.drift import drift

pytestmark = pytest.mark.part(of=6)

GROWN = """
CREATE TYPE public.mood AS ENUM ('low', 'high');
CREATE TABLE public.parent (id serial PRIMARY KEY, "A code" text UNIQUE);
CREATE TABLE public.grown (
  id serial PRIMARY KEY, n int CHECK (n > 0), code text, feeling public.mood DEFAULT 'low', feelings
  public.mood[], parent_id int REFERENCES public.parent, UNIQUE (code, n), EXCLUDE USING btree (n WITH =),
  CHECK (code <> 'a''b')
);
CREATE INDEX by_code ON public.grown (code) WHERE feeling = 'high';
CREATE UNIQUE INDEX "By N" ON public.grown (n DESC);
ALTER TABLE public.grown ADD CONSTRAINT sure CHECK (feeling <> 'high');
COMMENT ON CONSTRAINT sure ON public.grown IS 'low or nothing';
COMMENT ON INDEX public.by_code IS 'a part';
CREATE FUNCTION public.same(m public.mood) RETURNS public.mood LANGUAGE sql AS 'SELECT m -- public.mood';
CREATE VIEW public.feelings AS SELECT 'high'::public.mood AS best, feeling FROM public.grown;
INSERT INTO public.parent DEFAULT VALUES;
INSERT INTO public.grown (n, code, parent_id) VALUES (1, 'x', 1), (2, 'y', 1)
"""
CONVENTION = {**NAMES, "ex": "ex_%(table_name)s_%(column_0_N_name)s"}


def _send(engine: sa.Engine, sql: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(sql, execution_options={"no_parameters": True})


def _grown(*, enum: str = "mood", named: bool = False) -> sa.MetaData:
    """The metadata of GROWN, without names or with a convention for all of them."""
    metadata = sa.MetaData(naming_convention=CONVENTION if named else None)
    mood = sa.Enum("low", "high", name=enum)

    def check(text: str, name: str) -> sa.CheckConstraint:
        return sa.CheckConstraint(text, name=name if named else None)

    sa.Table(
        "parent",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("A code", sa.Text, unique=True),
    )
    grown = sa.Table(
        "grown",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("n", sa.Integer),
        sa.Column("code", sa.Text),
        sa.Column("feeling", mood, server_default="low"),
        sa.Column("feelings", ARRAY(mood)),
        sa.Column("parent_id", sa.ForeignKey("parent.id")),
        sa.UniqueConstraint("code", "n"),
        ExcludeConstraint(("n", "="), using="btree", name="ex_grown_n" if named else None),
        check("n > 0", "positive"),
        check("code <> 'a''b'", "no quote"),
        check("feeling <> 'high'", "sure"),
    )
    where = grown.c.feeling == sa.literal_column("'high'")
    sa.Index("ix_grown_code" if named else "by_code", grown.c.code, postgresql_where=where)
    sa.Index("ix_grown_n" if named else "By N", grown.c.n.desc(), unique=True)
    return metadata


@pytest.fixture
def grown(empty_engine: sa.Engine) -> sa.Engine:
    _send(empty_engine, GROWN)
    return empty_engine


def _identities(engine: sa.Engine) -> dict[str, Any]:
    """OID and file of whatever is in the database."""
    query = """
      SELECT 'relation', oid, relfilenode FROM pg_class WHERE relnamespace = 'public'::regnamespace
      UNION ALL SELECT 'constraint', oid, 0 FROM pg_constraint WHERE connamespace = 'public'::regnamespace
      UNION ALL SELECT 'type', oid, 0 FROM pg_type WHERE typnamespace = 'public'::regnamespace"""
    with engine.connect() as connection:
        return {str(row): row for row in connection.execute(sa.text(query))}


def _there_and_back(engine: sa.Engine, metadata: sa.MetaData, **options: Any) -> Generated:
    """Up twice and down twice: clean, then as before; at the end up again."""
    with engine.connect() as connection:
        start = snapshot(connection)
    generated = autogenerate(engine, metadata, **options)
    for _ in range(2):
        generated.upgrade(engine)
        assert autogenerate(engine, metadata, **options).text.count("pass") == 2
    for _ in range(2):
        generated.downgrade(engine)
        with engine.connect() as connection:
            assert diff(start, snapshot(connection)) == []
    generated.upgrade(engine)
    return generated


def test_unnamed_matches_by_definition_whatever_its_name(grown: sa.Engine) -> None:
    renames = [
        f'ALTER TABLE public.{table} RENAME CONSTRAINT "{row}" TO "was {row}"'
        for table in ("grown", "parent")
        for row in _constraints(grown, table)
    ]
    _send(grown, ";".join([*renames, "ALTER SEQUENCE public.grown_id_seq RENAME TO old_id_seq"]))
    generated = autogenerate(grown, _grown())
    assert generated.empty, generated.text
    assert [label for label in generated.undeclared if label.startswith(("constraint", "sequence"))] == []
    _send(grown, "INSERT INTO public.grown (n, code, parent_id) VALUES (3, 'z', 1)")


def _constraints(engine: sa.Engine, table: str) -> list[str]:
    query = sa.text(
        "SELECT conname FROM pg_constraint WHERE conrelid = CAST(:t AS regclass) AND contype <> 'n'"
    )
    with engine.connect() as connection:
        return list(connection.execute(query, {"t": table}).scalars())


def test_naming_convention_is_added_to_a_grown_database(grown: sa.Engine) -> None:
    before = _identities(grown)
    text = _there_and_back(grown, _grown(enum="Feeling", named=True)).text
    assert _identities(grown) == before
    calls = {line.strip().partition("(")[0] for line in text.splitlines() if line.strip().startswith("op.")}
    assert calls == {"op.rename_constraint", "op.rename_index", "op.rename_enum"}
    for name in (
        "pk_grown",
        "uq_grown_code_n",
        "fk_grown_parent_id_parent",
        "ck_grown_no quote",
        "uq_parent_A code",
    ):
        assert f'"{name}"' in text
    _send(grown, "INSERT INTO public.grown (n, code, parent_id) VALUES (3, 'z', 1)")


def test_renamed_and_changed_at_once(grown: sa.Engine) -> None:
    """Readers of a renamed enum are read back as they are after the rename."""
    _send(
        grown,
        "CREATE POLICY p ON public.grown USING (feeling = 'low'::public.mood);"
        "ALTER TABLE public.grown DROP CONSTRAINT sure; "
        "ALTER TABLE public.grown ADD CONSTRAINT sure CHECK (feeling <> 'high') NOT VALID",
    )
    metadata = _grown(enum="order", named=True)
    table = metadata.tables["grown"]
    table.append_constraint(Policy("p", using="feeling = 'high'"))  # type: ignore[arg-type]
    table.c.n.type = sa.BigInteger()
    table.c.id.type = sa.BigInteger()
    text = _there_and_back(grown, metadata).text
    assert 'op.validate_constraint("ck_grown_sure"' in text
    assert "op.replace_policy(" in text
    _send(grown, "INSERT INTO public.grown (n, code, parent_id) VALUES (3, 'z', 1)")


def test_sequence_of_a_column_keeps_its_numbers(empty_engine: sa.Engine) -> None:
    _send(
        empty_engine,
        "CREATE TABLE new (id serial PRIMARY KEY, x int); INSERT INTO new (x) VALUES (1), (2);"
        "ALTER SEQUENCE new_id_seq RENAME TO old_id_seq; ALTER SEQUENCE old_id_seq CACHE 5;"
        "CREATE TABLE counted (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, x int);"
        "INSERT INTO counted (x) VALUES (1), (2); ALTER SEQUENCE counted_id_seq RENAME TO numbers",
    )
    metadata = sa.MetaData()
    sa.Table("new", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer))
    identity = sa.Column("id", sa.BigInteger, sa.Identity(cycle=True), primary_key=True)
    sa.Table("counted", metadata, identity, sa.Column("x", sa.Integer))
    text = _there_and_back(empty_engine, metadata).text
    assert "create_sequence" not in text
    for table in ("new", "counted"):
        _send(empty_engine, f"INSERT INTO {table} (x) VALUES (3)")


@pytest.mark.parametrize("default", [True, False])
def test_named_sequence_is_renamed_and_goes_on(empty_engine: sa.Engine, *, default: bool) -> None:
    _send(
        empty_engine,
        "CREATE SEQUENCE \"Old's\"; CREATE TABLE t (id int PRIMARY KEY, n int); SELECT nextval('\"Old''s\"');"
        + "ALTER TABLE t ALTER id SET DEFAULT nextval('\"Old''s\"')" * default,
    )
    metadata = sa.MetaData()
    new = sa.Sequence("new", metadata=metadata)
    column = sa.Column(
        "id", sa.Integer, autoincrement=False, server_default=new.next_value() if default else None
    )
    sa.Table("t", metadata, column, sa.Column("n", sa.Integer), sa.PrimaryKeyConstraint("id"))
    text = _there_and_back(empty_engine, metadata).text
    assert "rename_sequence(" in text
    assert "alter_column" not in text
    with empty_engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT nextval('new')").scalar_one() == 2


def test_primary_key_of_other_columns_takes_the_place_of_the_old_one(empty_engine: sa.Engine) -> None:
    """A table has one primary key, so a second one is never generated beside it."""
    _send(
        empty_engine,
        "CREATE TABLE was (a int, b int NOT NULL, PRIMARY KEY (a)); ALTER TABLE was RENAME TO t;"
        "INSERT INTO t VALUES (1, 2)",
    )
    for name in (None, "pk_t"):
        metadata = sa.MetaData()
        columns = [sa.Column(item, sa.Integer, nullable=False) for item in "ab"]
        sa.Table("t", metadata, *columns, sa.PrimaryKeyConstraint("a", "b", name=name))
        _there_and_back(empty_engine, metadata)


def test_what_is_filtered_out_or_taken_is_not_renamed(empty_engine: sa.Engine) -> None:
    _send(
        empty_engine,
        "CREATE TABLE t (id int PRIMARY KEY, a int); CREATE INDEX theirs ON t (a);"
        "CREATE INDEX mine ON t (id); CREATE TABLE ix_a (); INSERT INTO t VALUES (1, 1)",
    )

    def declared(name: str) -> sa.MetaData:
        metadata = sa.MetaData()
        table = sa.Table(
            "t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer)
        )
        table.c.id.autoincrement = False
        sa.Index("mine", table.c.id)
        sa.Index(name, table.c.a)
        return metadata

    def include(_: Any, name: str | None, *__: Any) -> bool:
        return name != "theirs"

    assert "rename" not in autogenerate(empty_engine, declared("ours"), include_object=include).text
    assert "rename" not in autogenerate(empty_engine, declared("ix_a")).text
    assert 'rename_index("theirs", "ours", table="t"' in autogenerate(empty_engine, declared("ours")).text


def test_verify_names_both_names(grown: sa.Engine) -> None:
    with grown.connect() as connection:
        found = drift(connection, declaring(_grown(named=True)))
    assert not found.conforms
    key = next(obj for obj in found.objects if "pk_grown" in obj.object)
    assert (key.state, key.declared, key.found) == ("different", "pk_grown", "grown_pkey")


def test_unused_enum_and_sequence_of_another_schema_are_not_renamed(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TYPE mood AS ENUM ('low')")
        connection.exec_driver_sql("CREATE SEQUENCE numbers")
    metadata = sa.MetaData(schema="theirs")
    sa.Enum("low", name="level", metadata=metadata)
    sa.Sequence("counts", metadata=metadata)
    round_trip(empty_engine, metadata, prune=True, managed_schemas={"public", "theirs"})
