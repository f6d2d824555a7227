"""Cases of keys, indexes, constraints, columns, sequences and names."""

from __future__ import annotations

from audit_case import Case

_T = "CREATE TABLE t (id int PRIMARY KEY, owner uuid, other text);"
_P = "CREATE TABLE p (id int PRIMARY KEY, b int, UNIQUE (id, b)); "

TABLES = {
    "no primary key": Case(
        "table_without_primary_key", "CREATE TABLE t (n int)", "table public.t", "warning", "no primary key"
    ),
    "no primary key on id": Case(
        "table_without_primary_key", "CREATE TABLE t (id int)", "table public.t", "warning", "no primary key"
    ),
    "key without an index": Case(
        "foreign_key_without_index",
        f"{_P} CREATE TABLE c (p int CONSTRAINT fk REFERENCES p); CREATE INDEX ON c (p) WHERE p > 0",
        "constraint fk on public.c",
        "warning",
        "no index serves it",
        committed=True,
    ),
    "key whose index covers the first column": Case(
        "foreign_key_without_index",
        f"{_P} CREATE TABLE c (x int, y int, CONSTRAINT fk FOREIGN KEY (x, y) REFERENCES p (id, b));"
        " CREATE INDEX ON c (x)",
        "constraint fk on public.c",
        "info",
        "first column only (x, y)",
        committed=True,
    ),
    "key of another type": Case(
        "foreign_key_type",
        f"{_P} CREATE TABLE c (p bigint CONSTRAINT fk REFERENCES p)",
        "constraint fk on public.c",
        "warning",
        "p is bigint and points at integer",
    ),
    "two equal indexes": Case(
        "duplicate_index",
        f"{_T} CREATE INDEX a ON t (lower(other)) WHERE id > 0;"
        " CREATE INDEX b ON t (lower(other)) WHERE id > 0",
        "index public.b",
        "warning",
        "the same as public.a",
        committed=True,
    ),
    "a unique constraint beside the primary key": Case(
        "duplicate_index",
        f"{_T} ALTER TABLE t ADD CONSTRAINT u UNIQUE (id)",
        "index public.u",
        "warning",
        "the same as public.t_pkey",
    ),
    "a shorter index": Case(
        "redundant_index",
        f"{_T} CREATE INDEX a ON t (owner); CREATE INDEX b ON t (owner, id DESC)",
        "index public.a",
        "warning",
        "public.b on public.t begins with the same columns",
        committed=True,
    ),
    "an index that row security cannot use": Case(
        "index_past_row_security",
        "CREATE TYPE mood AS ENUM ('up'); CREATE TABLE t (a mood, b text, c jsonb, d mood UNIQUE); "
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE TABLE u (a mood); CREATE INDEX open ON u (a); "
        "CREATE INDEX m ON t (a, b); CREATE INDEX n ON t (b, a)",
        "index public.m",
        "info",
        "no operator of enum_ops",
        committed=True,
    ),
    "a jsonb index that row security cannot use": Case(
        "index_past_row_security",
        "CREATE TABLE t (c jsonb); CREATE INDEX j ON t USING gin (c); "
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "index public.j",
        "info",
        "jsonb_ops",
        committed=True,
    ),
    "constraint that is not valid": Case(
        "constraint_not_valid",
        f"{_T} ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0) NOT VALID",
        "constraint c on public.t",
        "error",
        "is NOT VALID",
    ),
    "domain that is not valid": Case(
        "constraint_not_valid",
        "CREATE DOMAIN d AS int; ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID",
        "constraint c on public.d",
        "error",
        "is NOT VALID",
    ),
    "updated_at that nobody moves": Case(
        "updated_at_without_trigger",
        """CREATE SCHEMA app;
        CREATE FUNCTION app.touch_updated_at() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN NEW.updated_at := now(); RETURN NEW; END';
        CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TABLE t (updated_at timestamptz, n int);
        CREATE TRIGGER part BEFORE UPDATE OF n ON t FOR EACH ROW EXECUTE FUNCTION app.touch_updated_at();
        CREATE TRIGGER other BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION other()""",
        "table public.t",
        "warning",
        "no trigger updates updated_at",
    ),
    "updated_at whose trigger is off": Case(
        "updated_at_without_trigger",
        """CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN NEW.updated_at := now(); RETURN NEW; END';
        CREATE TABLE t (updated_at timestamptz);
        CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch();
        ALTER TABLE t DISABLE TRIGGER touch""",
        "table public.t",
        "warning",
        "trigger touch, which updates updated_at, is disabled",
    ),
    "words without a check": Case(
        "closed_values_without_check",
        "CREATE TABLE closed (plan text CHECK (char_length(plan) > 1))",
        "column plan of public.closed",
        "error",
        "the words 'free', 'it''s'",
    ),
    "an enum kept as text without a check": Case(
        "closed_values_without_check",
        "CREATE TABLE loose (mood varchar(4))",
        "column mood of public.loose",
        "error",
        "'up', 'down'",
    ),
    "naive time": Case(
        "naive_timestamp",
        "CREATE TABLE t (at timestamp(3))",
        "column at of public.t",
        "error",
        "timestamp(3) without time zone knows no time zone",
    ),
    "naive times": Case(
        "naive_timestamp",
        "CREATE TABLE t (at timestamp[])",
        "column at of public.t",
        "error",
        "knows no time zone",
    ),
    "serial near its end": Case(
        "sequence_near_its_end",
        "CREATE TABLE t (id serial); SELECT setval('t_id_seq', 2000000000)",
        "sequence public.t_id_seq",
        "error",
        "2000000000 of 2147483647 numbers are used (93 %) for column id of public.t",
    ),
    "identity near its end": Case(
        "sequence_near_its_end",
        "CREATE TABLE t (id smallint GENERATED ALWAYS AS IDENTITY); SELECT setval('t_id_seq', 25000)",
        "sequence public.t_id_seq",
        "warning",
        "(76 %)",
    ),
    "sequence that counts down": Case(
        "sequence_near_its_end",
        "CREATE SEQUENCE s INCREMENT -1 MINVALUE -100; SELECT setval('s', -99)",
        "sequence public.s",
        "error",
        "-99 of -100",
    ),
    "long name": Case(
        "name_fills_the_limit",
        f"CREATE TABLE t (id int CONSTRAINT {'c' * 70} CHECK (id > 0))",
        f"constraint {'c' * 63} on public.t",
        "info",
        "63 bytes",
    ),
    "long name in Japanese": Case(
        "name_fills_the_limit",
        f'CREATE VIEW "{"音" * 21}" AS SELECT 1 AS one',
        f'view public."{"音" * 21}"',
        "info",
        "63",
    ),
}
