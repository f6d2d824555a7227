"""Guards of policies and triggers that follow each other are compared in one block."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from alembic.util import CommandError
from written import Written, one, rows, table

COUNTER = """
CREATE SEQUENCE public.twins;
CREATE FUNCTION public.count_twin() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM nextval('public.twins')
    FROM pg_event_trigger_ddl_commands() AS c WHERE c.schema_name = 'pg_temp';
END $$;
CREATE EVENT TRIGGER twins ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
  EXECUTE FUNCTION public.count_twin()
"""
POLICIES = """
for table in ("a", "b"):
    for number in range(20):
        op.create_policy(f"p{number}", table, using=f"mood = 'm{number}'", schema="public")
"""


@pytest.fixture
def written(tmp_path: Path) -> Written:
    lineage = Written(tmp_path)
    mood = (
        "sa.Column('id', sa.Integer()), sa.Column('mood', sa.Enum('m1', 'm2', name='mood', schema='public'))"
    )
    lineage.add(f"{table('a', mood)}\n{table('b')}\nop.add_column('b', sa.Column('mood', sa.Text()))")
    return lineage


def _again(written: Written, url: str, revision: str = "r1") -> None:
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", [revision])
    written.upgrade(url)


def _counted(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(COUNTER.encode())


def test_policies_of_a_table_are_compared_on_one_twin(empty_url: str, written: Written) -> None:
    written.add(POLICIES.replace("'m{number}'", "'m1'"))
    written.upgrade(empty_url)
    _counted(empty_url)

    _again(written, empty_url)

    assert one(empty_url, "SELECT last_value FROM twins") == 2, "one for each table"
    assert one(empty_url, "SELECT count(*) FROM pg_policy") == 40


def test_twin_is_gone_before_the_next_statement(empty_url: str, written: Written) -> None:
    """What a copy holds fast, its column's type, may be changed next; and a name without a schema means the
    table."""
    written.add(
        """
        for number in range(3):
            op.create_policy(f"p{number}", "a", using="id > 0", schema="public")
        op.execute("INSERT INTO a (id) VALUES (1)")
        op.execute("ALTER TABLE a ALTER mood TYPE text")
        op.execute("DROP TYPE IF EXISTS mood")
        op.execute("ALTER TABLE a ADD COLUMN IF NOT EXISTS b text")
        for number in range(3):
            op.create_policy(f"q{number}", "a", using="b = 'x'", schema="public")
        """
    )
    written.upgrade(empty_url)
    for _ in range(2):
        _again(written, empty_url)
    assert one(empty_url, "SELECT count(*) FROM public.a") == 3
    assert one(empty_url, "SELECT count(*) FROM pg_policy") == 6


def test_different_policy_among_equal_ones_is_refused_by_its_line(empty_url: str, written: Written) -> None:
    written.add(POLICIES.replace("'m{number}'", "'m1'"))
    written.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("ALTER POLICY p7 ON b USING (true)")
    with pytest.raises(
        CommandError,
        match=r"r2\.py, line 13: policy p7 on public\.b already exists with",
    ):
        _again(written, empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("DROP POLICY p7 ON b; DROP POLICY p8 ON b")
    _again(written, empty_url)
    assert one(empty_url, "SELECT count(*) FROM pg_policy") == 40


def test_triggers_and_policies_are_compared_on_one_twin(empty_url: str, written: Written) -> None:
    written.add(
        """
        op.create_function("f", "BEGIN RETURN new; END", returns="trigger", schema="public")
        for name in ("t1", "t2"):
            op.create_trigger(name, "a", before="UPDATE", execute="public.f()", schema="public")
            op.create_policy(name, "a", using="a.id > 0", schema="public")
            op.replace_policy(name, "a", using="a.id > 0", schema="public")
        """
    )
    written.upgrade(empty_url)
    _counted(empty_url)

    _again(written, empty_url)

    assert one(empty_url, "SELECT last_value FROM twins") == 1


def test_what_does_not_fit_into_one_block_is_compared_as_well(empty_url: str, written: Written) -> None:
    """Two tables of one name, and a policy that changes twice."""
    written.add(
        f"""
        op.create_schema("other")
        {table("a").replace("public", "other")}
        """
    )
    written.add(
        """
        for schema in ("public", "other"):
            op.create_policy("p", "a", using=f"id > {len(schema)}", schema=schema)
        op.create_policy("r", "a", using="id > 1 AND (id > 2 AND id > 3)", schema="public")
        op.replace_policy("r", "a", using="id > 4", schema="public")
        op.create_policy("s", "b", using="id > (SELECT max(id) FROM a)", schema="public")
        """
    )
    written.upgrade(empty_url)
    policies = "SELECT polname, polrelid, pg_get_expr(polqual, polrelid) FROM pg_policy ORDER BY oid"
    before = rows(empty_url, policies)
    assert len(before) == 4
    _again(written, empty_url, "r2")
    assert rows(empty_url, policies) == before
