"""The rows that belong to a row, in a schema whose keys take every form."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa

from app_schema.belongings import BelongingRow, Keys, belonging, referring
from app_schema.errors import ServerError

TABLES = """
CREATE TABLE owner (id int PRIMARY KEY);
CREATE TABLE "100% note" (id int PRIMARY KEY, "who's" int NOT NULL REFERENCES owner ON DELETE CASCADE, UNIQUE (id, "who's"));
CREATE TABLE part (note int, owner int, place int, PRIMARY KEY (note, place) INCLUDE (owner),
  FOREIGN KEY (note, owner) REFERENCES "100% note" (id, "who's"), FOREIGN KEY (owner) REFERENCES owner);
CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree, part int, place int, last int,
  FOREIGN KEY (part, place) REFERENCES part ON DELETE CASCADE,
  FOREIGN KEY (last, place) REFERENCES part ON DELETE SET NULL (last));
CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a, owner int REFERENCES owner);
ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;
CREATE TABLE log (id int, owner int REFERENCES owner, day int, PRIMARY KEY (id, day)) PARTITION BY LIST (day);
CREATE TABLE log_1 PARTITION OF log FOR VALUES IN (1);
INSERT INTO owner VALUES (1), (2);
INSERT INTO "100% note" VALUES (10, 1), (20, 2);
INSERT INTO part VALUES (10, 1, 1), (10, 1, 2), (20, 2, 1);
INSERT INTO tree VALUES (1, NULL, 10, 1, NULL), (2, 1, NULL, NULL, NULL), (3, 2, NULL, NULL, NULL), (4, NULL, 20, 1, 10);
INSERT INTO b VALUES (1, NULL, 1); INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (2, 1, NULL); INSERT INTO a VALUES (2, NULL);
INSERT INTO log VALUES (1, 1, 1), (2, 2, 1);
"""  # noqa: E501 - one line is one table


@pytest.fixture
def connection(empty_engine: sa.Engine) -> Iterator[sa.Connection]:
    with empty_engine.connect() as connection:
        for statement in filter(str.strip, TABLES.split(";")):
            connection.exec_driver_sql(statement.replace("%", "%%"))
        connection.commit()
        yield connection


def found(rows: list[BelongingRow]) -> dict[str, list[tuple[str, ...]]]:
    tables: dict[str, list[tuple[str, ...]]] = {}
    for row in rows:
        tables.setdefault(row.table, []).append(row.key)
    return {table: sorted(keys) for table, keys in tables.items()}


def test_rows_are_found_through_keys_of_every_form_and_once(connection: sa.Connection) -> None:
    keys = Keys.read(connection)
    rows = list(belonging(connection, keys, "public.owner", ("1",), documents=True))
    assert found(rows) == {
        "public.owner": [("1",)],
        'public."100% note"': [("10",)],
        "public.part": [("10", "1"), ("10", "2")],
        "public.tree": [("1",), ("2",), ("3",)],
        "public.a": [("1",)],
        "public.b": [("1",), ("2",)],
        "public.log": [("1", "1")],
    }
    assert '{"id": 10, "who\'s": 1}' in {row.document for row in rows}
    order = keys.children_first(list(found(rows)))
    assert sorted(map(len, order)) == [1, 1, 1, 1, 1, 2]
    place = {table: number for number, tables in enumerate(order) for table in tables}
    assert place["public.a"] == place["public.b"] < place["public.owner"]
    assert place["public.tree"] < place["public.part"] < place['public."100% note"'] < place["public.owner"]


def test_row_that_only_refers_does_not_belong(connection: sa.Connection) -> None:
    keys = Keys.read(connection)
    (reference,) = [other for other in keys.references if other.sets]
    assert (reference.emptied, reference.sets) == (("last",), "NULL")
    assert found(list(referring(connection, keys, reference, [("10", "1")]))) == {"public.tree": [("4",)]}


def test_locked_rows_get_no_new_ones(connection: sa.Connection) -> None:
    list(belonging(connection, Keys.read(connection), "public.owner", ("1",), lock=True))
    url = connection.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SET lock_timeout = '50ms'")
        for statement in (
            'INSERT INTO "100% note" VALUES (11, 1)',
            "INSERT INTO part VALUES (10, 1, 3)",
            "INSERT INTO tree VALUES (5, 3)",
            "DELETE FROM log WHERE id = 1",
        ):
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute(statement.encode())
        other.execute('INSERT INTO "100% note" VALUES (21, 2)')


def test_table_without_a_primary_key_is_named(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE loose (owner int REFERENCES owner)")
    with pytest.raises(ServerError, match=r"public\.loose has no primary key"):
        list(belonging(connection, Keys.read(connection), "public.owner", ("1",)))
