"""The audit as a whole: the migrated database is clean, waivers have reasons, exit codes and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from app_schema.audit import Waiver, audit, of_version_table, waivers
from app_schema.audit.column import closed_values
from app_schema.cli import app
from app_schema.errors import ConfigurationError
from app_schema.migrations.once import once
from app_schema.models import Base
from app_schema.mued.application import APPLICATION
from app_schema.mued.waivers import WAIVERS


def test_migrated_database_is_clean(engine: sa.Engine) -> None:
    accepted = (of_version_table(APPLICATION), *WAIVERS)
    with engine.connect() as connection:
        found = audit(connection, Base.metadata, carried=accepted)
    # roles belong to the cluster, and a test beside this one may have one for a moment
    ours = [finding for finding in found if finding.check != "role_bypasses_row_security"]
    assert [name for name in ours if name.waived is None] == []
    assert {name.waived for name in ours} == {other.reason for other in accepted}


def test_migrated_database_needs_no_waiver_to_pass(engine: sa.Engine) -> None:
    """Without the waivers that the package carries there are notes and one warning, and no errors."""
    with engine.connect() as connection:
        found = audit(connection, Base.metadata)
    graver = [finding for finding in found if finding.severity != "info"]
    assert {finding.object for finding in graver if finding.check != "role_bypasses_row_security"} == {
        "index public.ix_messages_receiver_id_unread_count"
    }
    assert {finding.severity for finding in graver} <= {"warning"}


def test_record_of_data_statements_is_guarded(engine: sa.Engine) -> None:
    """It is made after the default privileges for service_account."""
    with engine.begin() as connection:
        connection.exec_driver_sql(once("key", "SELECT 1"))
        found = audit(connection, Base.metadata)
    assert [item for item in found if "alembic_run_once" in item.object] == []
    assert "alembic_run_once" in sa.inspect(engine).get_table_names("public")


def test_every_column_with_a_closed_set_of_words_is_declared_so(engine: sa.Engine) -> None:
    """Columns of text whose CHECK lists values, as the catalog has them."""
    query = """
        SELECT n.nspname, c.relname, a.attname
          FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid
          JOIN pg_namespace AS n ON n.oid = c.relnamespace
          JOIN pg_attribute AS a ON a.attrelid = c.oid AND k.conkey = ARRAY[a.attnum]
         WHERE k.contype = 'c' AND a.atttypid IN ('text'::regtype, 'varchar'::regtype)
           AND pg_get_constraintdef(k.oid) ~ 'ANY.*ARRAY'
    """
    with engine.connect() as connection:
        found = {tuple(row) for row in connection.exec_driver_sql(query)}
    assert found == set(closed_values(Base.metadata))
    assert len(found) > 10


def test_dropped_protections_are_found_in_the_whole_schema(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "ALTER TABLE sessions DISABLE ROW LEVEL SECURITY;"
            "ALTER TABLE users DROP CONSTRAINT ck_users_role;"
            "DROP INDEX ix_sessions_user_id_created_at;"
            "DROP TRIGGER tr_users_touch ON users;"
            "ALTER VIEW v_session_details RESET (security_invoker)"
        )
        found = {
            (finding.check, finding.object) for finding in audit(connection, Base.metadata) if finding.open
        }
    assert found - {item for item in found if item[0] == "role_bypasses_row_security"} == {
        ("redundant_index", "index public.ix_messages_receiver_id_unread_count"),  # waived
        ("row_security_off", "table public.sessions"),
        ("closed_values_without_check", "column role of public.users"),
        ("foreign_key_without_index", "constraint fk_sessions_user_id_users on public.sessions"),
        ("updated_at_without_trigger", "table public.users"),
        ("view_without_security_invoker", "view public.v_session_details"),
    }


def test_waiver_that_covers_nothing_is_a_finding(empty_engine: sa.Engine) -> None:
    with empty_engine.connect() as connection:
        found = audit(
            connection, waivers=[Waiver("invalid_index", "index public.gone", "it was slow", "SELECT true")]
        )
    (unused,) = [finding for finding in found if finding.check == "unused_waiver"]
    assert (unused.object, unused.open) == ("index public.gone", True)
    assert "it was slow" in unused.message


def _exit(url: str, *more: str) -> int:
    with pytest.raises(SystemExit) as ended:
        app(["audit", "--url", url, *more])
    return int(ended.value.code or 0)


WAIVER = '[[tool.app_schema.audit.waivers]]\ncheck = "naive_timestamp"\nobject = "column at of public.t"\n'


def test_exit_codes_json_and_waivers(
    empty_engine: sa.Engine,
    empty_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _exit(empty_url) == 2
    assert (
        "The database has no table in the schemas of MUED, so there is nothing to audit"
        in capsys.readouterr().err
    )
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id int PRIMARY KEY, at timestamp)")
    assert _exit(empty_url) == 1
    said = capsys.readouterr().out
    assert "error    naive_timestamp: column at of public.t" in said
    assert "ALTER TABLE public.t ALTER COLUMN at TYPE timestamptz" in said
    assert _exit(empty_url, "--json") == 1
    first = json.loads(capsys.readouterr().out)[0]
    assert set(first) == {"check", "severity", "object", "message", "mend", "waived"}
    assert (first["check"], first["waived"]) == ("naive_timestamp", None)
    (tmp_path / "pyproject.toml").write_text(f"{WAIVER}reason = 'one zone'\ncondition = 'SELECT true'\n")
    assert _exit(empty_url) == 0
    assert "waived   naive_timestamp: column at of public.t\n         one zone" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (WAIVER, "needs exactly check, object, reason, condition"),
        (f"{WAIVER}reason = ' '\ncondition = 'SELECT true'", "the reason of a waiver"),
        (f"{WAIVER}reason = 1\ncondition = 'SELECT true'", "the reason of a waiver"),
        (
            f"{WAIVER.replace('naive', 'na')}reason = 'x'\ncondition = 'SELECT true'",
            "names the unknown check 'na_timestamp'",
        ),
        ("[tool.app_schema.audit]\nwaiver = []", "knows waivers and service_roles, not waiver"),
        ("[tool.app_schema.audit]\nwaivers = 'all'", "write each waiver as a table"),
        ("tool = 1", "tool must be a table"),
        ("[tool", "cannot be read"),
    ],
)
def test_settings_that_cannot_be_understood_are_one_sentence(
    text: str,
    sentence: str,
    server_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(text)
    assert _exit(server_url) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert said.err.count("\n") == 2


def test_waivers_come_from_the_nearest_file_above(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f"{WAIVER}reason = 'one zone'\ncondition = 'SELECT true'\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert waivers(below) == [Waiver("naive_timestamp", "column at of public.t", "one zone", "SELECT true")]


def _waived(connection: sa.Connection, condition: str) -> list[tuple[str | None, str]]:
    waiver = Waiver("row_security_off", "table public.t", "nobody has a privilege", condition)
    found = audit(connection, waivers=[waiver])
    return [(finding.waived, finding.message) for finding in found if finding.object == waiver.object]


def test_waiver_ends_with_its_condition(empty_engine: sa.Engine) -> None:
    condition = "SELECT relacl IS NULL FROM pg_class WHERE oid = 'public.t'::regclass"
    with empty_engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id int PRIMARY KEY)")
        assert [reason for reason, _ in _waived(connection, condition)] == ["nobody has a privilege"]
        connection.exec_driver_sql("GRANT SELECT ON t TO pg_monitor")
        ((reason, message),) = _waived(connection, condition)
        assert reason is None
        assert message.endswith(f"the condition of its waiver is not true: {condition}")
        with pytest.raises(ConfigurationError, match=r"is no query of one boolean .*SELECT nothing"):
            _waived(connection, "SELECT nothing")


@pytest.mark.parametrize("privilege", ["INSERT", "UPDATE (version_num)"])
def test_waiver_of_the_version_table_ends_when_others_may_touch_it(engine: sa.Engine, privilege: str) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql(f"GRANT {privilege} ON alembic_version TO pg_monitor")
        found = audit(connection, Base.metadata, carried=WAIVERS)
    (version,) = [item for item in found if item.object == "table public.alembic_version"]
    assert (version.severity, version.waived) == ("error", None)


def test_waiver_without_a_reason_is_refused_in_python_too() -> None:
    connection = sa.create_mock_engine("postgresql+psycopg://", lambda *_: None)
    with pytest.raises(ConfigurationError, match="has no reason"):
        audit(connection, waivers=[Waiver("naive_timestamp", "column at of public.t", "", "SELECT true")])  # type: ignore[arg-type]


def test_server_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert _exit("postgresql:///d?host=/nowhere") == 2
    assert capsys.readouterr().err.startswith("The server cannot be reached: ")
