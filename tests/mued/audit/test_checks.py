"""Each check finds what breaks it, names it, and gives the SQL that mends it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from audit_case import Case
from audit_cases import CASES, METADATA

from app_schema import database
from app_schema.audit import CHECKS, Finding, audit
from app_schema.mued.application import APPLICATION

pytestmark = pytest.mark.part(of=4)


@pytest.fixture(scope="module")
def shared_engine(databases: Any) -> Iterator[sa.Engine]:
    """An empty database for what is rolled back."""
    name = databases.create()
    engine = database.engine(databases.url(name))
    yield engine
    engine.dispose()
    databases.drop(name)


def _found(connection: sa.Connection, check: str) -> list[Finding]:
    found = audit(connection, METADATA, touch=APPLICATION.touch)
    return [finding for finding in found if finding.check == check]


def _prove(connection: sa.Connection, case: Case, role: str) -> None:
    connection.exec_driver_sql(case.sql.replace("{role}", role))
    findings = [item for item in _found(connection, case.check) if "drift_" not in item.object]
    assert [finding.object for finding in findings] == [case.object.replace("{role}", role)]
    assert findings[0].severity == case.severity
    assert case.said.replace("{role}", role) in findings[0].message
    connection.exec_driver_sql(findings[0].mend)
    assert findings[0].object not in {item.object for item in _found(connection, case.check)}


@pytest.mark.part(of=4)
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.committed])
def test_check_finds_and_mends(name: str, shared_engine: sa.Engine) -> None:
    role = f"audit_{secrets.token_hex(4)}"
    with shared_engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role}")
        _prove(connection, CASES[name], role)
        connection.rollback()


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.committed])
def test_check_finds_and_mends_outside_of_a_transaction(name: str, empty_engine: sa.Engine) -> None:
    with empty_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _prove(connection, CASES[name], "")


def test_index_whose_build_was_cut_short(empty_engine: sa.Engine) -> None:
    build = "CREATE INDEX CONCURRENTLY inverse ON t ((1 / n))"
    with empty_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CREATE TABLE t (n int); INSERT INTO t VALUES (0)")
        with pytest.raises(sa.exc.DataError):
            connection.exec_driver_sql(build)
        connection.exec_driver_sql("UPDATE t SET n = 1")
        _prove(
            connection,
            Case("invalid_index", "", "index public.inverse", "error", "on public.t was interrupted"),
            "",
        )


def test_constraint_that_is_not_enforced(shared_engine: sa.Engine) -> None:
    with shared_engine.connect() as connection:
        if int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) < 180000:
            pytest.skip("NOT ENFORCED came with PostgreSQL 18")
        sql = "CREATE TABLE t (id int, CONSTRAINT c CHECK (id > 0) NOT ENFORCED)"
        said = "is NOT ENFORCED: any row may violate it"
        _prove(connection, Case("constraint_not_valid", sql, "constraint c on public.t", "error", said), "")
        connection.rollback()


def test_mend_of_a_call_that_prints_as_a_cast_says_what_to_write(shared_engine: sa.Engine) -> None:
    """A statement that changes nothing would be no mend."""
    with shared_engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TYPE who AS (name text); CREATE TABLE t (id int, mine who);"
            "CREATE FUNCTION as_who(text) RETURNS who STABLE LANGUAGE sql AS 'SELECT ROW($1)::public.who';"
            "CREATE CAST (text AS who) WITH FUNCTION as_who(text);"
            "CREATE POLICY a ON t USING (mine = 'me'::text::who)"
        )
        (found,) = _found(connection, "identity_per_row")
        assert found.mend.startswith(
            "-- in policy a on public.t, write the cast as a call: (SELECT public.as_who"
        )
        connection.rollback()


def test_every_check_is_proven() -> None:
    assert {case.check for case in CASES.values()} | {"invalid_index"} == {check.name for check in CHECKS}


def test_merged_policies_let_through_what_they_did(shared_engine: sa.Engine) -> None:
    """The policies of a role become one a command; the rows it sees, and those another role sees, stay."""
    role = f"audit_{secrets.token_hex(4)}"
    with shared_engine.connect() as connection:
        connection.exec_driver_sql(
            f"CREATE ROLE {role}; CREATE ROLE {role}_other;"
            "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 9);"
            f"GRANT SELECT, UPDATE ON t TO {role}, {role}_other; ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
            f"CREATE POLICY a ON t TO {role}, {role}_other USING (id < 3);"
            f"CREATE POLICY b ON t FOR SELECT TO {role} USING (id = 7);"
            f"CREATE POLICY c ON t AS RESTRICTIVE TO {role} USING (id <> 1)"
        )

        def seen(who: str) -> list[int]:
            connection.exec_driver_sql(f"SET LOCAL ROLE {who}")
            rows = connection.exec_driver_sql("SELECT id FROM t ORDER BY id").scalars().all()
            changed = connection.exec_driver_sql("UPDATE t SET id = id").rowcount
            connection.exec_driver_sql("RESET ROLE")
            return [*rows, changed]

        before = seen(role), seen(f"{role}_other")
        (finding,) = _found(connection, "several_permissive_policies")
        connection.exec_driver_sql(finding.mend)
        assert (seen(role), seen(f"{role}_other")) == before == ([2, 7, 1], [1, 2, 2])
        assert _found(connection, "several_permissive_policies") == []
        connection.rollback()


def test_name_that_was_declared_longer_is_an_error(shared_engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("x" * 70, sa.Integer))
    with shared_engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE TABLE t ({'x' * 70} int)")
        found = [
            finding for finding in audit(connection, metadata) if finding.check == "name_fills_the_limit"
        ]
        assert [(finding.severity, finding.object) for finding in found] == [
            ("error", f"column {'x' * 63} of public.t")
        ]
        assert "x" * 70 in found[0].message
        connection.rollback()


def test_audit_is_one_round_trip_and_leaves_the_session_alone(
    empty_engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    execute = psycopg.Cursor.execute

    def counting(self: Any, query: Any, *rest: Any, **options: Any) -> Any:
        sent.append(query)
        return execute(self, query, *rest, **options)

    with empty_engine.connect() as connection:
        connection.exec_driver_sql("SET search_path = pg_catalog, public")
        connection.commit()
        monkeypatch.setattr(psycopg.Cursor, "execute", counting)
        audit(connection)
        assert len(sent) == 1
        assert not connection.in_transaction()
        assert connection.exec_driver_sql("SHOW search_path").scalar() == "pg_catalog, public"


HOSTILE = 'Ta"ble; of %s 音'
EVERYTHING = """
CREATE SCHEMA {s};
CREATE FUNCTION {s}.{n}() RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS 'SELECT NULL::uuid';
CREATE FUNCTION {s}.touch() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN NEW.updated_at := now(); RETURN NEW; END';
CREATE TABLE {s}.other (id bigint PRIMARY KEY);
CREATE TABLE {s}.{n} ({n} serial, updated_at timestamp, owner uuid, bad int REFERENCES {s}.other);
CREATE TRIGGER {n} BEFORE UPDATE ON {s}.{n} FOR EACH ROW EXECUTE FUNCTION {s}.touch();
ALTER TABLE {s}.{n} DISABLE TRIGGER {n};
ALTER TABLE {s}.{n} ADD CONSTRAINT {n} CHECK (owner IS NOT NULL) NOT VALID;
CREATE INDEX {i} ON {s}.{n} (owner);
CREATE INDEX ON {s}.{n} (owner);
CREATE INDEX ON {s}.{n} (owner, updated_at);
CREATE VIEW {s}.{v} AS SELECT 1 AS one;
CREATE POLICY {n} ON {s}.{n} USING (owner = {s}.{n}());
CREATE POLICY {i} ON {s}.{n} FOR SELECT USING (owner = {s}.{n}());
GRANT SELECT ON {s}.{n} TO PUBLIC;
SELECT setval(pg_get_serial_sequence('{q}', '{hostile}'), 2000000000);
"""


def test_names_that_need_quotes_are_quoted(empty_engine: sa.Engine) -> None:
    quoted = {name: '"' + f"{name}{HOSTILE}".replace('"', '""') + '"' for name in ("s", "i", "v")}
    n = '"' + HOSTILE.replace('"', '""') + '"'
    with empty_engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.autocommit = True
        driver.execute(EVERYTHING.format(n=n, q=f"{quoted['s']}.{n}", hostile=HOSTILE, **quoted))
        for _ in range(5):  # what mends one thing may bring to light the next
            found = [
                finding for finding in audit(connection) if finding.open and "drift_" not in finding.object
            ]
            for statement in dict.fromkeys(line for finding in found for line in finding.mend.splitlines()):
                driver.execute(statement)
            if not found:
                break
        assert found == []
