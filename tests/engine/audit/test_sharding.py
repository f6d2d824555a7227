"""Requirements of sharding by owner: each absent one is found by its name, and the remedy satisfies it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app_schema.audit import Finding, scale

READY = """
CREATE TABLE person (id int PRIMARY KEY);
CREATE TABLE note (owner int NOT NULL REFERENCES person, id int, PRIMARY KEY (owner, id));
CREATE TABLE part (owner int NOT NULL, note int, id int, PRIMARY KEY (owner, id),
  FOREIGN KEY (owner, note) REFERENCES note ON DELETE CASCADE);
ALTER TABLE part ADD FOREIGN KEY (owner) REFERENCES person;
CREATE TABLE line (owner int NOT NULL, part int, id int, PRIMARY KEY (owner, id),
  FOREIGN KEY (owner, part) REFERENCES part ON DELETE CASCADE);
CREATE TABLE word (id int PRIMARY KEY, said text UNIQUE);
"""
BODY = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM word; RETURN NULL; END'"


@pytest.fixture
def connection(empty_engine: sa.Engine) -> Iterator[sa.Connection]:
    with empty_engine.connect() as connection:
        for statement in filter(str.strip, READY.split(";")):
            connection.exec_driver_sql(statement)
        yield connection


def found(connection: sa.Connection) -> dict[tuple[str, str], Finding]:
    return {(other.check, other.object): other for other in scale(connection, "public.person")}


def test_tables_with_the_owner_everywhere_are_ready(connection: sa.Connection) -> None:
    assert found(connection) == {}


@pytest.mark.parametrize(
    ("sql", "check", "object_", "mend"),
    [
        (
            "ALTER TABLE part ADD COLUMN no int UNIQUE; CREATE TABLE leaf (part int REFERENCES part (no))",
            "owner_absent",
            "table public.leaf",
            None,
        ),
        (
            "CREATE TABLE gift (owner int REFERENCES person)",
            "owner_nullable",
            "table public.gift",
            "ALTER TABLE public.gift ALTER owner SET NOT NULL;",
        ),
        (
            "CREATE TABLE talk (a int NOT NULL REFERENCES person, b int NOT NULL REFERENCES person)",
            "owner_twice",
            "table public.talk",
            None,
        ),
        (
            "ALTER TABLE note ADD COLUMN no int; ALTER TABLE note ADD CONSTRAINT uq_no UNIQUE (no)",
            "owner_not_in_key",
            "constraint uq_no on public.note",
            "ALTER TABLE public.note DROP CONSTRAINT uq_no, ADD UNIQUE (owner, no);",
        ),
        (
            "CREATE UNIQUE INDEX uq_expression ON note (abs(id))",
            "owner_not_in_key",
            "index public.uq_expression on public.note",
            None,
        ),
        (
            """ALTER TABLE note ADD COLUMN no int; CREATE UNIQUE INDEX uq_no ON note (no);
               ALTER TABLE part ADD CONSTRAINT fk_no FOREIGN KEY (note) REFERENCES note (no)""",
            "owner_not_in_reference",
            "constraint fk_no on public.part",
            None,
        ),
        (
            "ALTER TABLE word ADD COLUMN by int CONSTRAINT fk_by REFERENCES person ON DELETE SET NULL",
            "shared_refers_to_private",
            "constraint fk_by on public.word",
            "ALTER TABLE public.word DROP CONSTRAINT fk_by;",
        ),
        (
            f"{BODY}; CREATE TRIGGER t AFTER INSERT ON note EXECUTE FUNCTION f()",
            "trigger_across_owners",
            "trigger t on public.note",
            None,
        ),
        (
            "CREATE POLICY p ON note USING (EXISTS (SELECT FROM word WHERE word.id = note.id))",
            "policy_across_owners",
            "policy p on public.note",
            None,
        ),
        (
            """CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1 FROM word';
               CREATE POLICY p ON note USING (owner = mine())""",
            "policy_across_owners",
            "policy p on public.note",
            None,
        ),
    ],
)  # fmt: skip
def test_what_is_absent_is_found_and_the_remedy_ends_it(
    connection: sa.Connection, sql: str, check: str, object_: str, mend: str | None
) -> None:
    connection.connection.driver_connection.execute(sql)  # type: ignore[union-attr]
    finding = found(connection)[check, object_]
    assert finding.open
    if mend is not None:
        assert finding.mend.endswith(mend)
        connection.exec_driver_sql(mend)
        assert (check, object_) not in found(connection)
