"""Undeclared objects are kept if the object on which they depend is dropped and created again."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from roundtrip import RoundTrip, catalog, changed, send  # noqa: F401 - a fixture

from app_schema.ddl import Key, Statistics, View, attach

pytestmark = pytest.mark.part(of=6)

VIEW = (
    "CREATE VIEW v AS SELECT n, s FROM t",
    "ALTER VIEW v ALTER n SET DEFAULT 7",
    "CREATE RULE r AS ON INSERT TO v DO INSTEAD INSERT INTO t (n, s) VALUES (new.n, new.s)",
    "COMMENT ON RULE r ON v IS 'r'",
    "GRANT SELECT (n), UPDATE (s) ON v TO PUBLIC",
    "GRANT SELECT ON v TO pg_database_owner",
)
RULES = (
    "CREATE TABLE log (n int, s text)",
    "CREATE RULE also AS ON DELETE TO t WHERE old.x > 3 DO ALSO INSERT INTO log VALUES (old.n, old.s)",
    "CREATE RULE off AS ON UPDATE TO t DO INSTEAD NOTHING",
    "ALTER TABLE t DISABLE RULE off",
    "CREATE STATISTICS st ON n, s FROM t",
    "CREATE STATISTICS expressions ON (n + x), s FROM t",
)

TABLE = (
    "CREATE TABLE t (n int NOT NULL, s varchar(9), x int)",
    "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)",
)


def _table(type_: Any = sa.BigInteger, *items: Any) -> sa.MetaData:
    metadata = sa.MetaData()
    columns: list[Any] = [
        sa.Column("n", type_, nullable=False),
        sa.Column("s", sa.Text),
        sa.Column("x", sa.Integer),
    ]
    sa.Table("t", metadata, *columns, *items)
    return metadata


def _options(engine: sa.Engine) -> dict[str, str]:
    return {key.name: text for key, text in catalog(engine).items() if key.kind == "table_option"}


def test_options_of_an_index_and_a_column_are_kept(changed: RoundTrip, empty_engine: sa.Engine) -> None:  # noqa: F811
    index = sa.Index("i", "n", sa.text("lower(s)"), unique=True)
    other = sa.Index("other", "n", unique=True, postgresql_with={"fillfactor": "70"})
    generated = changed(
        *TABLE,
        "CREATE UNIQUE INDEX i ON t (n, lower(s))",
        "CREATE UNIQUE INDEX other ON t (n)",
        "ALTER TABLE t CLUSTER ON i",
        "ALTER TABLE t REPLICA IDENTITY USING INDEX other",
        "ALTER TABLE t ALTER s SET STORAGE EXTERNAL, ALTER s SET COMPRESSION pglz, ALTER s SET STATISTICS 7",
        metadata=_table(sa.BigInteger, index, other),
    )
    before = _options(empty_engine)
    assert before == {
        "CLUSTER ON": "i",
        "REPLICA IDENTITY": "USING INDEX other",
        "ALTER COLUMN s SET STORAGE": "EXTERNAL",
        "ALTER COLUMN s SET COMPRESSION": "pglz",
        "ALTER COLUMN s SET STATISTICS": "7",
    }
    generated.upgrade(empty_engine)
    assert _options(empty_engine) == before


def test_option_that_the_new_index_cannot_bear_is_told(changed: RoundTrip) -> None:  # noqa: F811
    generated = changed(
        *TABLE,
        "CREATE UNIQUE INDEX i ON t (n)",
        "ALTER TABLE t CLUSTER ON i",
        "ALTER TABLE t REPLICA IDENTITY USING INDEX i",
        metadata=_table(sa.Integer, sa.Index("i", "n", unique=True, postgresql_where=sa.text("n > 0"))),
    )
    assert "public.t loses CLUSTER ON i, which PostgreSQL refuses" in generated.text
    assert "public.t loses REPLICA IDENTITY USING INDEX i" in generated.text


def test_materialized_views_over_views_come_back_with_their_indexes(
    changed: RoundTrip,  # noqa: F811
    empty_engine: sa.Engine,
) -> None:
    """Declared and undeclared views, in another order than that of their names."""
    views = (
        "CREATE VIEW z AS SELECT n FROM t",
        "CREATE MATERIALIZED VIEW y AS SELECT n FROM z",
        "CREATE MATERIALIZED VIEW a AS SELECT n FROM y",
        "CREATE UNIQUE INDEX of_y ON y (n)",
        "CREATE INDEX of_a ON a (n)",
        "ALTER MATERIALIZED VIEW a CLUSTER ON of_a",
        "ALTER MATERIALIZED VIEW y ALTER n SET STATISTICS 9",
    )
    generated = changed(*TABLE, *views, metadata=_table())
    generated.upgrade(empty_engine)
    assert _options(empty_engine) == {"CLUSTER ON": "of_a", "ALTER COLUMN n SET STATISTICS": "9"}
    generated.downgrade(empty_engine)
    metadata = _table()
    attach(metadata, View("z", "SELECT n FROM t"), View("y", "SELECT n FROM z", materialized=True))
    changed(metadata=metadata)


@pytest.mark.parametrize("kept", [True, False], ids=["made again", "dropped"])
def test_view_keeps_rules_column_grants_and_column_defaults(
    kept: bool,  # noqa: FBT001 - a parameter of the test
    changed: RoundTrip,  # noqa: F811
    empty_engine: sa.Engine,
) -> None:
    generated = changed(*TABLE, *VIEW, metadata=_table(sa.BigInteger), prune=not kept)
    before = {key: text for key, text in catalog(empty_engine).items() if key.table == "v"}
    assert {key.kind for key in before} >= {"rule", "column_grant", "grant", "column"}
    if kept:
        generated.upgrade(empty_engine)
        after = {key: text for key, text in catalog(empty_engine).items() if key.table == "v"}
        assert {key for key in before if before[key] != after.get(key)} == {
            Key("column", "public", "v", name) for name in ("n", "s")
        }
        assert after[Key("column", "public", "v", "n")].endswith("DEFAULT 7")


def test_rules_and_statistics_of_a_table_come_back(changed: RoundTrip) -> None:  # noqa: F811
    changed(*TABLE, *RULES, metadata=_table(sa.BigInteger))
    changed(metadata=sa.MetaData(), prune=True)


def test_dropped_tables_come_back_whole(changed: RoundTrip, empty_engine: sa.Engine) -> None:  # noqa: F811
    changed(
        "CREATE TABLE parent (n int, CONSTRAINT positive CHECK (n > 0))",
        "CREATE UNLOGGED TABLE t (n serial, m int) WITH (fillfactor = 70)",
        "CREATE TABLE child (k int) INHERITS (parent)",
        "ALTER TABLE t REPLICA IDENTITY FULL, ALTER m SET STATISTICS 7",
        "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
        "CREATE STATISTICS st ON n, m FROM t",
        "CREATE SEQUENCE of_its_own AS bigint START 100 INCREMENT 5",
        "CREATE TABLE s (n int NOT NULL DEFAULT nextval('of_its_own'), m int)",
        "ALTER SEQUENCE of_its_own OWNED BY s.n",
        "INSERT INTO s (m) VALUES (1), (2)",
        metadata=sa.MetaData(),
        prune=True,
    )
    send(empty_engine, "INSERT INTO s (m) VALUES (3)")
    with empty_engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT n FROM s")) == 100


def test_functions_go_after_their_table_and_come_back_in_the_order_of_their_calls(
    changed: RoundTrip,  # noqa: F811
    empty_engine: sa.Engine,
) -> None:
    one = "CREATE FUNCTION {} RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT {}'"
    changed(
        "SET check_function_bodies = off; " + one.format("a(x int)", "b(x)"),
        one.format("b(x int)", "x + 1"),
        "CREATE TABLE t (n int DEFAULT a(1), g int GENERATED ALWAYS AS (b(n)) STORED, CHECK (a(n) > 0))",
        "CREATE INDEX i ON t (b(n))",
        "INSERT INTO t VALUES (1)",
        metadata=sa.MetaData(),
        prune=True,
    )
    assert any(key.kind == "function" for key in catalog(empty_engine))


@pytest.mark.parametrize("unlogged", [True, False])
def test_persistence_and_storage_parameters_change_with_the_sequence_of_the_table(
    unlogged: bool,  # noqa: FBT001 - a parameter of the test
    changed: RoundTrip,  # noqa: F811
) -> None:
    metadata = sa.MetaData()
    number = sa.Column("n", sa.Integer, primary_key=True)
    options: dict[str, Any] = {} if unlogged else {"prefixes": ["UNLOGGED"]}
    parameters = {"fillfactor": 80, "autovacuum_enabled": "false"}
    sa.Table("t", metadata, number, sa.Column("m", sa.Integer), **options, postgresql_with=parameters)
    changed(
        f"CREATE {'UNLOGGED' if unlogged else ''} TABLE t (n serial PRIMARY KEY, m int)"
        " WITH (fillfactor = 70, toast_tuple_target = 200)",
        "INSERT INTO t (m) VALUES (1), (2)",
        metadata=metadata,
    )


def test_names_of_not_null_come_back(empty_engine: sa.Engine) -> None:
    with empty_engine.connect() as connection:
        version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
    if version < 180000:
        pytest.skip("before PostgreSQL 18 a NOT NULL has no name")
    send(
        empty_engine,
        "CREATE TABLE t (a int CONSTRAINT must_be_there NOT NULL, b int NOT NULL, "
        "c int CONSTRAINT only_here NOT NULL NO INHERIT)",
        "INSERT INTO t VALUES (1, 2, 3)",
        "CREATE PUBLICATION telling FOR TABLE t",
    )
    generated = autogenerate(empty_engine, sa.MetaData(), prune=True, managed_schemas={"public"})
    assert "not mended" not in generated.text
    assert 'op.create_publication("telling", "TABLE public.t")' in generated.text
    generated.upgrade(empty_engine)
    for _ in range(2):
        generated.downgrade(empty_engine)
        with empty_engine.connect() as connection:
            names = connection.scalars(
                sa.text(
                    "SELECT conname || ' ' || connoinherit FROM pg_constraint "
                    "WHERE conrelid = 't'::regclass ORDER BY conname"
                )
            )
            assert names.all() == ["must_be_there false", "only_here true", "t_b_not_null false"]


def test_target_of_statistics_is_kept_when_a_column_changes_its_type(
    changed: RoundTrip,  # noqa: F811
) -> None:
    """PostgreSQL creates them again, without it."""
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("a", sa.BigInteger), sa.Column("b", sa.Integer))
    made = "CREATE STATISTICS public.s ON a, b FROM public.t"
    attach(metadata, Statistics("s", made, target=300, schema="public"))
    create = "CREATE TABLE t (a int, b int)", made, "ALTER STATISTICS s SET STATISTICS 300"
    changed(*create, "INSERT INTO t VALUES (1, 2)", metadata=metadata)


def test_invalid_index_that_is_dropped_comes_back_valid_and_that_is_named(empty_engine: sa.Engine) -> None:
    send(empty_engine, "CREATE TABLE t (n int)", "INSERT INTO t VALUES (1), (1)")
    with (
        pytest.raises(sa.exc.IntegrityError),
        empty_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
    ):
        connection.exec_driver_sql("CREATE UNIQUE INDEX CONCURRENTLY ix ON t (n)")
    metadata = sa.MetaData()
    options: dict[str, Any] = {"prune": True, "managed_schemas": {"public"}}
    assert "without the INVALID state of index ix" in str(
        autogenerate(empty_engine, metadata, **options).diffs
    )
    sa.Table("t", metadata, sa.Column("n", sa.Integer))
    diffs = autogenerate(empty_engine, metadata, **options).diffs
    assert "the downgrade creates index ix on public.t valid; it is INVALID" in str(diffs)
