"""A conversion gives one result everywhere, and what does not come back is counted and said."""

from __future__ import annotations

import re
import textwrap

import psycopg
import pytest
import sqlalchemy as sa
from autogen import autogenerate

from app_schema.catalog.cast import Casts, lost, using
from app_schema.catalog.exact import is_exact
from app_schema.ddl.printed_type import PrintedType
from app_schema.errors import ConfigurationError, ModelError
from app_schema.migrations.header import header

pytestmark = pytest.mark.part(of=6)

MOMENT, LOCAL = "timestamp with time zone", "timestamp without time zone"
NOON = "2020-01-01 12:00"


def _table(**types: str) -> sa.MetaData:
    metadata = sa.MetaData()
    columns = [sa.Column(name, PrintedType(type_)) for name, type_ in types.items()]
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
    return metadata


@pytest.mark.parametrize(
    ("source", "target", "values", "rows"),
    [
        ("numeric(10,3)", "integer", ("1.000", "1.500", "2.250", None), 2),
        ("numeric(10,3)", "numeric(10,1)", ("1.100", "1.110"), 1),
        ("double precision", "real", ("0.5", "0.1"), 1),
        (MOMENT, "date", ("2020-01-01 00:00+00", "2020-01-01 00:00+09"), 1),
        (LOCAL, "date", ("2020-01-01", NOON), 1),
        ("integer", "boolean", ("0", "1", "2"), 1),
        ("interval", "interval(0)", ("1 s", "1.5 s"), 1),
        ("json", "jsonb", ('{"a": 1, "b": [ ]}', '{"a": 1, "a": 2}'), 1),
        ("text", "uuid", ("{00000000-0000-0000-0000-000000000001}",), 1),
        ("jsonb", "json", ('{"a": 1}',), 0),
        ("integer", "bigint", ("1", "2"), 0),
        (LOCAL, MOMENT, (NOON,), 0),
        (MOMENT, LOCAL, (NOON,), 0),
        ("text", "character varying(3)", ("abcd",), 0),
        ("bigint", "smallint", ("70000",), -1),
    ],
)
def test_values_that_do_not_come_back_are_counted(
    empty_engine: sa.Engine, source: str, target: str, values: tuple[str | None, ...], rows: int
) -> None:
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("SET TimeZone = 'UTC'")
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE t (c {source})")
        for value in values:
            connection.execute(
                sa.text("INSERT INTO t SELECT CAST(CAST(:value AS text) AS " + source + ")"), {"value": value}
            )
        query = lost(connection, "t", "c", source, target, using(Casts(connection), "c", source, target))
        assert query is not None
        if rows < 0:  # refused, and so not lost
            with pytest.raises(sa.exc.DataError):
                connection.exec_driver_sql(query)
            return
        assert connection.exec_driver_sql(query).scalar_one() == rows
        if rows:
            assert not is_exact(source, target, using(Casts(connection), "c", source, target))


@pytest.mark.parametrize("clause", ["c::varchar(2)", "CAST(c AS varchar(2))", "(c::text)::varchar(2)"])
def test_text_that_a_cast_cuts_is_counted(empty_engine: sa.Engine, clause: str) -> None:
    with empty_engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TEMPORARY TABLE t AS SELECT v::text AS c FROM (VALUES ('ab'), ('abc')) AS v(v)"
        )
        query = lost(connection, "t", "c", "text", "character varying(2)", clause)
        assert query is not None
        assert connection.exec_driver_sql(query).scalar_one() == 1
        assert not is_exact("text", "character varying(2)", clause)
        assert lost(connection, "t", "c", "text", "text", "left(c, 1)") is None, "only its author knows"


def test_timestamps_become_moments_at_utc_wherever_the_database_is(
    empty_url: str, empty_engine: sa.Engine
) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE \"{name}\" SET TimeZone = 'Asia/Tokyo'".encode())
    before = {"a": LOCAL, "b": LOCAL, "d": MOMENT, "e": "date"}
    after = {"a": MOMENT, "b": MOMENT, "d": "date", "e": MOMENT}
    for start, end, rewritten in (
        (before, {**before, "a": MOMENT, "b": MOMENT}, False),
        (before, after, True),
    ):
        with empty_engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS t")
        autogenerate(empty_engine, _table(**start)).upgrade(empty_engine)
        with empty_engine.begin() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO t VALUES (1, '{NOON}', '{NOON}', '2020-01-01 20:00+00', '2020-01-01')"
            )
        generated = autogenerate(empty_engine, _table(**end))
        assert generated.text.count("alter_column_types(") == 2
        assert "op.alter_column(" not in generated.text
        file = _file(empty_engine)
        for _ in range(2):
            generated.upgrade(empty_engine)
        assert (_file(empty_engine) != file) is rewritten
        with empty_engine.connect() as connection:
            row = "SELECT a AT TIME ZONE 'UTC' = b AT TIME ZONE 'UTC', (a AT TIME ZONE 'UTC')::text FROM t"
            assert connection.exec_driver_sql(row).one() == (True, f"{NOON}:00")
            if rewritten:
                row = "SELECT d::text, (e AT TIME ZONE 'UTC')::text FROM t"
                assert connection.exec_driver_sql(row).one() == ("2020-01-01", "2020-01-01 00:00:00")
        assert autogenerate(empty_engine, _table(**end)).empty
        for _ in range(2):
            generated.downgrade(empty_engine)
        assert autogenerate(empty_engine, _table(**start)).empty
        with empty_engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT a::text FROM t").scalar_one() == f"{NOON}:00"


def _file(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT pg_relation_filenode('t')").scalar_one())


def test_zone_that_is_asked_for_is_written_and_named(empty_engine: sa.Engine) -> None:
    autogenerate(empty_engine, _table(a=LOCAL, b="text")).upgrade(empty_engine)
    with empty_engine.begin() as connection:
        for number, text in enumerate((NOON, f"{NOON}+00")):
            connection.exec_driver_sql(f"INSERT INTO t VALUES ({number}, '{NOON}', '{text}')")
    generated = autogenerate(empty_engine, _table(a=MOMENT, b=MOMENT), zone="Asia/Tokyo")
    generated.upgrade(empty_engine)
    with empty_engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT (a AT TIME ZONE 'UTC')::time::text, (b AT TIME ZONE 'UTC')::time::text FROM t ORDER BY id"
        ).all()
    assert found == [("03:00:00", "03:00:00"), ("03:00:00", "12:00:00")]
    with pytest.raises(ConfigurationError, match="Mars is no time zone"):
        autogenerate(empty_engine, _table(a=LOCAL), zone="Mars")


def test_header_says_what_a_conversion_loses_and_depends_on() -> None:
    up = f"""
op.alter_column_types(
    "t",
    {{"a": PrintedType("{MOMENT}"), "n": PrintedType("integer"), "s": PrintedType("date")}},
    existing={{"a": PrintedType("{LOCAL}"), "n": PrintedType("numeric(10,3)"), "s": PrintedType("text")}},
    using={{"a": "a AT TIME ZONE 'UTC'", "s": "s::date"}},
)"""
    down = f"""
op.alter_column(
    "t", "a", type_=PrintedType("{LOCAL}"), existing_type=PrintedType("{MOMENT}"),
    postgresql_using="a AT TIME ZONE 'UTC'",
)
op.alter_column("t", "n", type_=PrintedType("numeric(10,3)"), existing_type=PrintedType("integer"))
"""
    told, back = (" ".join(header(*code).split()) for code in ((up, down), (down, up)))
    assert "Loses data: what numeric(10,3) holds and integer does not, of t.n, what text holds" in told
    assert "Zone: t.a is converted as local time at UTC; -x zone=Area/City" in told
    assert "Rewrites: t.n, t.s may be rewritten" in told
    assert "Settings: t.s is read or written as text, with DateStyle 'ISO, MDY'" in told
    assert "Downgrade: loses no data; converts t.a, t.n, t.s back" in told
    assert "Loses data" not in back
    assert "Downgrade: loses what numeric(10,3) holds and integer does not, of t.n" in back


@pytest.mark.parametrize(
    ("source", "target", "value", "moment"),
    [
        (f"{LOCAL}[]", f"{MOMENT}[]", f'{{"{NOON}"}}', '{"2020-01-01 12:00:00+00"}'),
        (f"{MOMENT}[]", f"{LOCAL}[]", f'{{"{NOON}+00"}}', '{"2020-01-01 12:00:00"}'),
        ("time without time zone", "time with time zone", "12:00", "12:00:00+00"),
        ("tsrange", "tstzrange", f"[{NOON},)", '["2020-01-01 12:00:00+00",)'),
    ],
)
def test_conversion_at_the_zone_of_the_run_names_it(
    empty_engine: sa.Engine, source: str, target: str, value: str, moment: str
) -> None:
    """PostgreSQL has no AT TIME ZONE for these: the zone is that of the session, which every run pins."""
    autogenerate(empty_engine, _table(a=source)).upgrade(empty_engine)
    with empty_engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO t VALUES (1, '{value}')")
    code = autogenerate(empty_engine, _table(a=target))
    up, down = re.findall(r"def \w+\(\):\n(.*?)(?=\n\n\n|\Z)", code.text, re.DOTALL)
    told = " ".join(header(textwrap.dedent(up), textwrap.dedent(down)).split())
    assert "Zone: t.a is converted as local time at UTC, the zone of every run" in told
    with pytest.raises(ModelError, match="at UTC only"):
        using_at(empty_engine, source, target)
    code.upgrade(empty_engine)
    with empty_engine.connect() as connection:
        connection.exec_driver_sql("SET TimeZone = 'UTC'")
        assert connection.exec_driver_sql("SELECT a::text FROM t").scalar_one() == moment


def using_at(engine: sa.Engine, source: str, target: str) -> str | None:
    """The clause that is meant at another zone."""
    with engine.connect() as connection:
        return using(Casts(connection), "a", source, target, "Asia/Tokyo")


def test_column_that_must_not_be_null_is_added_to_rows_in_steps(empty_engine: sa.Engine) -> None:
    def declared(*columns: sa.Column[int]) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
        return metadata

    def needed() -> sa.Column[int]:
        return sa.Column("n", sa.Integer, nullable=False)

    autogenerate(empty_engine, declared()).upgrade(empty_engine)
    assert "nullable=False" in autogenerate(empty_engine, declared(needed())).text, "an empty table takes it"
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1), (2)")
    filled = sa.Column("n", sa.Integer, nullable=False, server_default="7")
    assert "nullable=False" in autogenerate(empty_engine, declared(filled)).text, "the default fills it"
    expand = autogenerate(empty_engine, declared(needed()))
    assert "# not mended by this revision: column n of t is declared NOT NULL" in expand.text
    assert not expand.empty
    for _ in range(2):
        expand.upgrade(empty_engine)
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE t SET n = 1")
    contract = autogenerate(empty_engine, declared(needed()))
    for _ in range(2):
        contract.upgrade(empty_engine)
    assert autogenerate(empty_engine, declared(needed())).empty
    dropped = autogenerate(empty_engine, declared(), prune=True)
    for _ in range(2):
        dropped.upgrade(empty_engine)
    for _ in range(2):
        dropped.downgrade(empty_engine)
    assert "# not mended by this revision: column n of t comes back nullable" in dropped.text
    with empty_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT n FROM t").all() == [(None,), (None,)]


def test_changes_of_many_tables_ask_as_many_queries_as_of_few(empty_engine: sa.Engine) -> None:
    """Each table has a row, gets another type, NOT NULL and an index."""
    sent: list[str] = []
    sa.event.listen(empty_engine, "before_cursor_execute", lambda _, __, sql, *___: sent.append(sql))

    def queries(number: int) -> int:
        metadata = sa.MetaData()
        with empty_engine.begin() as connection:
            for n in range(number):
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS t{n}")
                connection.exec_driver_sql(f"CREATE TABLE t{n} AS SELECT 1 AS a, 'x' AS b")
                kinds = sa.Column("a", sa.BigInteger, nullable=False), sa.Column("b", sa.Text)
                sa.Table(f"t{n}", metadata, *kinds, sa.Index(f"ix_t{n}_b", "b"))
        sent.clear()
        text = autogenerate(empty_engine, metadata).text
        assert text.count("op.create_index_concurrently(") == number, "the tables are known to have rows"
        return len(sent)

    few = queries(2)
    assert queries(6) == few
