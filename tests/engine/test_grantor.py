"""Grants by another role remain after a REVOKE; default privileges of others act on no object of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate, operations_on
from declaring import declaring

from app_schema.ddl import DefaultPrivileges, Function, Procedure, attach
from app_schema.errors import DifferentError
from app_schema.migrations.drift import drift

GRANTED = """
CREATE FUNCTION f() RETURNS int RETURN 1;
REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC;
CREATE TABLE t (id int, a int);
GRANT SELECT, UPDATE ON t TO pg_monitor WITH GRANT OPTION;
GRANT UPDATE (a) ON t TO pg_monitor WITH GRANT OPTION;
GRANT EXECUTE ON FUNCTION f() TO pg_monitor WITH GRANT OPTION;
GRANT USAGE ON SCHEMA public TO pg_monitor WITH GRANT OPTION;
SET ROLE pg_monitor;
GRANT SELECT ON t TO pg_signal_backend;
GRANT UPDATE (a) ON t TO pg_signal_backend;
GRANT EXECUTE ON FUNCTION f() TO pg_signal_backend;
GRANT USAGE ON SCHEMA public TO pg_signal_backend;
RESET ROLE
"""
TO = {"to": "pg_signal_backend"}
REVOKES: dict[str, Callable[[Any], None]] = {
    "table": lambda op: op.drop_grant("SELECT", table="t", **TO),
    "table replaced": lambda op: op.replace_grant("INSERT", table="t", **TO),
    "columns": lambda op: op.drop_grant("UPDATE", columns=["a"], table="t", **TO),
    "columns replaced": lambda op: op.replace_grant("UPDATE", columns=["id"], table="t", **TO),
    "function": lambda op: op.drop_grant("EXECUTE", function="f()", schema="public", **TO),
    "schema": lambda op: op.drop_grant("USAGE", schema="public", **TO),
}
PRIVILEGES = {
    "of another role": ("FOR ROLE pg_monitor IN SCHEMA public GRANT ALL ON TABLES TO pg_signal_backend", []),
    "of another role, global": ("FOR ROLE pg_monitor REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC", []),
    "global": ("GRANT USAGE ON SCHEMAS TO pg_monitor", ["default grant pg_monitor on SCHEMAS"]),
    "less than PUBLIC has": (
        "REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        ["default acl PUBLIC on FUNCTIONS"],
    ),
}


@pytest.fixture
def granted(empty_engine: sa.Engine) -> sa.Engine:
    """Privileges that a role granted which is not the one that migrates."""
    with empty_engine.begin() as connection:
        connection.exec_driver_sql(GRANTED)
    return empty_engine


def test_revoke_of_what_another_role_granted_is_refused(granted: sa.Engine) -> None:
    refused = pytest.raises(DifferentError, match="granted by pg_monitor")
    for name, call in REVOKES.items():
        with refused as raised, operations_on(granted) as op:
            call(op)
        assert "REVOKE revokes only what its own role has granted" in str(raised.value), name


def test_revoke_of_what_the_owner_granted_is_done_and_repeated(granted: sa.Engine) -> None:
    with granted.begin() as connection:
        connection.exec_driver_sql("GRANT DELETE, UPDATE ON t TO pg_read_all_stats")
    for _ in range(2):
        with operations_on(granted) as op:
            op.drop_grant("DELETE", table="t", to="pg_read_all_stats")
    with granted.connect() as connection:
        left = "SELECT privilege_type FROM pg_class, aclexplode(relacl) WHERE relname = 't' AND grantee = {}"
        role = "'pg_read_all_stats'::regrole"
        assert connection.exec_driver_sql(left.format(role)).scalars().all() == ["UPDATE"]


def _drifted(engine: sa.Engine, metadata: sa.MetaData) -> list[str]:
    with engine.connect() as connection:
        return [obj.object for obj in drift(connection, declaring(metadata)).objects]


@pytest.mark.parametrize("name", PRIVILEGES)
def test_default_privileges_count_once_and_for_who_migrates(name: str, empty_engine: sa.Engine) -> None:
    sql, labels = PRIVILEGES[name]
    with empty_engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER DEFAULT PRIVILEGES {sql}")
    assert _drifted(empty_engine, sa.MetaData()) == labels


def test_the_role_that_migrates_is_the_owner_of_the_version_table(empty_engine: sa.Engine) -> None:
    """Whoever verifies may be another role."""
    metadata = sa.MetaData()
    attach(metadata, DefaultPrivileges("SELECT", to="pg_monitor", schema="public"))
    generated = autogenerate(empty_engine, metadata)
    with empty_engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE alembic_version (version_num text);"
            "ALTER TABLE alembic_version OWNER TO pg_database_owner;"
            "ALTER DEFAULT PRIVILEGES FOR ROLE pg_database_owner IN SCHEMA public"
            " GRANT SELECT ON TABLES TO pg_monitor"
        )
    assert _drifted(empty_engine, metadata) == []
    assert generated.diffs != []


def test_routine_without_a_default_privilege_is_as_any_other(empty_engine: sa.Engine) -> None:
    """The revoked grant leaves privileges that are stored, and equal to those of a routine without any."""
    metadata, default = sa.MetaData(), sa.MetaData()
    for each in (metadata, default):
        attach(each, DefaultPrivileges("EXECUTE", to="pg_monitor", on="FUNCTIONS", schema="public"))
    autogenerate(empty_engine, metadata).upgrade(empty_engine)
    attach(metadata, Procedure("work", "SELECT 1", language="sql", schema="public"))
    attach(metadata, Function("f", "SELECT 1", returns="integer", language="sql", schema="public"))
    autogenerate(empty_engine, metadata).upgrade(empty_engine)
    assert autogenerate(empty_engine, metadata).diffs == []
    dropped = autogenerate(empty_engine, default, prune=True, managed_schemas={"public"})
    assert "op.create_procedure" in dropped.text
    assert "execute=" not in dropped.text
