"""A policy that is true for every row is found however it is written, and no other is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from app_schema import database
from app_schema.audit import Finding, audit
from app_schema.ddl import Policy
from app_schema.project import Accepted

OPEN = [
    "true",
    "true OR a = 'x'",
    "a = 'x' OR (b OR true)",
    "1 = 1",
    "2 > 1 AND 'x' = 'x'",
    "'a'::varchar = 'a'",
    "id = id OR a = 'x'",
    "a = a",
    "NOT (id <> id)",
    "a IS NOT DISTINCT FROM a",
    "id IS NOT NULL",
    "a IS NULL OR a IS NOT NULL",
    "a = 'x' OR a <> 'x'",
    "b OR NOT b",
    "NOT false",
    "(SELECT true)",
    "(SELECT true WHERE 1 = 1)",
    "EXISTS (SELECT 1)",
    "coalesce(true, b)",
    "coalesce(NULL, true)",
    "CASE WHEN b THEN true ELSE 1 = 1 END",
    "CASE WHEN false THEN b ELSE true END",
    "(1 = 1) IS TRUE",
    "(1 = 2) IS NOT TRUE",
    "id = ANY (ARRAY[7, id])",
    "'yes'::text::boolean",
    "1::boolean",
    "current_user = current_user",
    '(a COLLATE "C") <= (a COLLATE "C")',
    "CASE WHEN true THEN true END",
    "current_user IS NOT NULL",
    "now() IS NOT NULL AND NOT (current_date IS NULL)",
    "coalesce(a, '') IS NOT NULL",
    "(id > 3) IS NOT UNKNOWN",
    "b IS TRUE OR b IS NOT TRUE",
    "length(a) >= 0",
    "-1 < cardinality(ARRAY[a])",
    "NOT octet_length(a) < 0",
    "(SELECT count(*) FROM other) >= 0",
    "EXISTS (SELECT count(*) FROM other WHERE false)",
    "NOT EXISTS (SELECT 1 WHERE 1 = 2)",
    "greatest(b, true)",
    "NOT least(b, false)",
    "id = ALL (ARRAY[id])",
    "NOT (id <> ALL (ARRAY[id, 3]))",
    "1 IN (1, 2)",
    "a LIKE '%'",
    "a ~ '.*' OR b",
    "(SELECT 1) = 1",
    "1 + 1 = 2",
    "'x' <> 'y'",
]
CLOSED = [
    "false",
    "b",
    "a = 'x'",
    "true AND b",
    "1 = 2 OR b",
    "1 > 2",
    "id <> id",
    "a IS NOT NULL",
    "a IS NULL OR b",
    "NOT true",
    "(SELECT false)",
    "(SELECT true WHERE 1 = 2)",
    "EXISTS (SELECT 1 FROM other)",
    "EXISTS (SELECT 1 WHERE t.b)",
    "coalesce(b, true)",
    "CASE WHEN b THEN true ELSE false END",
    "a = current_user",
    "id = ANY (ARRAY[7, 8])",
    "random() = random()",
    "NULL = NULL",
    "a = 'x' OR a <> 'y'",
    "a = 'X' OR a = 'x'",
    "0::boolean",
    "NOT (1.0 = 1.00)",
    "1.0 <> 1.00",
    "'x'::char(2) <> 'x '",
    "interval '1 day' <> interval '24 hours'",
    "current_schema IS NOT NULL",
    "b IS NOT UNKNOWN",
    "b IS TRUE OR b IS FALSE",
    "b IS TRUE OR b IS NOT FALSE AND id = 1",
    "length(a) > 0",
    "length(a) >= 1",
    "length(a) <> 0",
    "id >= 0",
    "(SELECT max(id) FROM other) >= 0",
    "(SELECT count(*) FROM other GROUP BY id) >= 0",
    "EXISTS (SELECT count(*) FROM other HAVING count(*) > 3)",
    "EXISTS (SELECT generate_series(1, 0))",
    "EXISTS (SELECT 1 LIMIT 0)",
    "NOT EXISTS (SELECT 1 WHERE t.b)",
    "least(b, true)",
    "id = ALL (ARRAY[id, 3])",
    "id <> ALL (ARRAY[id])",
    "coalesce(a = a, b)",
    "CASE WHEN a = a THEN true ELSE b END",
    "a LIKE '%x%'",
    "a ~ '.+'",
    "a !~~ '%'",
    "pair IS NOT NULL",
    "1 + 1 = 3",
    "moody = moody",
    "id ### id",
]


@pytest.fixture(scope="module")
def connection(databases: Any) -> Iterator[sa.Connection]:
    name = databases.create()
    engine = database.engine(databases.url(name))
    with engine.connect() as opened:
        opened.exec_driver_sql(
            "CREATE TYPE two AS (x int, y int); CREATE DOMAIN mood AS text;"
            "CREATE FUNCTION never(mood, mood) RETURNS bool IMMUTABLE LANGUAGE sql RETURN false;"
            "CREATE FUNCTION chance(int, int) RETURNS bool VOLATILE LANGUAGE sql RETURN random() > 0.5;"
            "CREATE OPERATOR = (LEFTARG = mood, RIGHTARG = mood, FUNCTION = never);"
            "CREATE OPERATOR ### (LEFTARG = int, RIGHTARG = int, FUNCTION = chance);"
            "CREATE TABLE t (id int PRIMARY KEY, a text, b bool, pair two NOT NULL, moody mood);"
            "CREATE TABLE other (id int);"
            "INSERT INTO t SELECT row_number() OVER () - 3, a, b, (1, NULL)::two, a"
            " FROM unnest(ARRAY[NULL, '', 'x', 'y']) AS a, unnest(ARRAY[NULL, true, false]) AS b;"
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY"
        )
        yield opened
    engine.dispose()
    databases.drop(name)


def _found(connection: sa.Connection, *policies: str, **options: Any) -> list[Finding]:
    with connection.begin_nested() as savepoint:
        for policy in policies:
            connection.exec_driver_sql(f"CREATE POLICY {policy}".replace("%", "%%"))
        found = audit(connection, **options)
        savepoint.rollback()
    return [item for item in found if item.object.startswith("policy ") or item.object == "table public.t"]


@pytest.mark.part(of=6)
@pytest.mark.parametrize("expression", OPEN)
def test_expression_that_is_always_true_is_found(expression: str, connection: sa.Connection) -> None:
    for clause in (f"FOR SELECT USING ({expression})", f"FOR INSERT WITH CHECK ({expression})"):
        (found,) = [
            finding for finding in _found(connection, f"p ON t {clause}") if "always" in finding.check
        ]
        assert found.severity == "error"
    hidden = connection.scalar(
        sa.text(f"SELECT count(*) FROM t WHERE NOT ({expression.replace(':', chr(92) + ':')})")
    )
    assert hidden == 0, "PostgreSQL itself says otherwise"


@pytest.mark.part(of=6)
@pytest.mark.parametrize("expression", CLOSED)
def test_expression_that_depends_on_the_row_is_not(expression: str, connection: sa.Connection) -> None:
    assert [
        finding for finding in _found(connection, f"p ON t USING ({expression})") if "always" in finding.check
    ] == []


def test_restrictive_policy_and_the_role_of_the_service_may_be_true(connection: sa.Connection) -> None:
    connection.exec_driver_sql("SAVEPOINT s; CREATE ROLE jobs_of_the_test")
    policies = ("p ON t AS RESTRICTIVE USING (true)", "q ON t TO jobs_of_the_test USING (true)")
    found = _found(connection, *policies, service_roles=["jobs_of_the_test"])
    assert [finding for finding in found if "always" in finding.check] == []
    assert [finding.object for finding in _found(connection, *policies) if "always" in finding.check] == [
        "policy q on public.t"
    ]
    connection.exec_driver_sql("ROLLBACK TO s")


def test_no_mend_merges_an_open_policy(connection: sa.Connection) -> None:
    """To merge it with others would keep it: ``true OR ...``."""
    policies = ("p ON t USING (a = 'x')", "q ON t USING (b)", "r ON t USING (id = id)")
    found = _found(connection, *policies)
    (merge,) = [finding for finding in found if finding.check == "several_permissive_policies"]
    assert "(a = 'x'::text) OR b" in merge.mend
    assert "id = id" not in merge.mend
    (open_,) = [finding for finding in found if finding.check == "policy_is_always_true"]
    assert open_.mend == "DROP POLICY r ON public.t;"


def test_undeclared_policy_is_an_error_unless_it_is_accepted(connection: sa.Connection) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer), Policy("p", using="b"))
    policies = (
        "p ON t USING (b)",
        "q ON t USING (a = 'x')",
        "r ON t AS RESTRICTIVE USING (b)",
        "s ON other USING (id = 1)",
    )

    def found(**options: Any) -> list[tuple[str, str | None]]:
        return [
            (finding.object, finding.waived)
            for finding in _found(connection, *policies, metadata=metadata, **options)
            if finding.check == "policy_is_not_declared"
        ]

    assert found() == [("policy q on public.t", None)]
    accepted = [Accepted("policy q on public.*", "until May")]
    assert found(accepted=accepted) == [("policy q on public.t", "until May")]
