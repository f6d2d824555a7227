"""The studio lists the parts of a table by the queries of the kinds."""

from __future__ import annotations

import sqlalchemy as sa
from roundtrip import send
from sqlalchemy.orm import Session

from app_schema.studio.tables import parts


def test_parts_of_a_table_are_listed_as_postgresql_prints_them(empty_engine: sa.Engine) -> None:
    send(
        empty_engine,
        "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n text NOT NULL DEFAULT 'a:b')",
        "ALTER TABLE t ADD CONSTRAINT ck CHECK (n <> '') NOT VALID",
        "CREATE INDEX ix ON t (n)",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE t DISABLE TRIGGER tr",
        "CREATE POLICY own ON t FOR SELECT USING (n = 'me')",
        "CREATE TABLE other (t_id integer REFERENCES t)",
    )
    with Session(empty_engine) as session:
        found = parts(session, sa.Table("t", sa.MetaData(), schema="public"))
    assert [(row["name"], row["null"], row["default"]) for row in found["columns"]] == [
        ("id", "NOT NULL", ""),
        ("n", "NOT NULL", "'a:b'::text"),
    ]
    assert [row["definition"] for row in found["constraints"]] == [
        "CHECK ((n <> ''::text)) NOT VALID",
        "PRIMARY KEY (id)",
    ]
    assert [(row["name"], row["scans"]) for row in found["indexes"]] == [("ix", 0), ("t_pkey", 0)]
    (trigger,) = found["triggers"]
    assert trigger["definition"].endswith("(disabled)")
    assert found["policies"] == [
        {"name": "own", "command": "SELECT", "roles": "PUBLIC", "using": "(n = 'me'::text)", "with check": ""}
    ]
