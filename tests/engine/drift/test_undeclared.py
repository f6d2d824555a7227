"""An undeclared object is a difference for `check` and `verify` alike, unless the project accepts it."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations
from autogen import autogenerate
from declaring import OPTIONS, declaring

from app_schema.ddl import Function, Policy, RowSecurity, attach
from app_schema.errors import ConfigurationError
from app_schema.migrations import setup
from app_schema.migrations.directives import UndeclaredOp
from app_schema.migrations.drift import drift
from app_schema.project import Accepted, accepted

pytestmark = pytest.mark.part(of=4)

CASES = {
    "policy open on public.t": "CREATE POLICY open ON t FOR SELECT TO pg_monitor USING (true)",
    "policy shut on public.t": "CREATE POLICY shut ON t AS RESTRICTIVE USING (false)",
    "trigger fire on public.t": "CREATE TRIGGER fire BEFORE UPDATE ON t EXECUTE FUNCTION "
    "suppress_redundant_updates_trigger()",
    "rule nothing on public.t": "CREATE RULE nothing AS ON DELETE TO t DO INSTEAD NOTHING",
    "grant pg_monitor on public.t": "GRANT SELECT ON t TO pg_monitor",
    "column grant pg_monitor SELECT on public.t": "GRANT SELECT (id) ON t TO pg_monitor",
    "column stray on public.t": "ALTER TABLE t ADD stray int",
    "constraint stray on public.t": "ALTER TABLE t ADD CONSTRAINT stray CHECK (id > 0)",
    "index stray on public.t": "CREATE INDEX stray ON t (id)",
    "statistics public.stray": "CREATE STATISTICS stray ON id, name FROM t",
    "function public.stray(integer)": "CREATE FUNCTION stray(int) RETURNS int RETURN 1",
    "view public.stray": "CREATE VIEW stray AS SELECT id FROM t",
    "materialized view public.stray": "CREATE MATERIALIZED VIEW stray AS SELECT id FROM t",
    "table public.stray": "CREATE TABLE stray (id int PRIMARY KEY, n int); CREATE INDEX ON stray (n)",
    "sequence public.stray": "CREATE SEQUENCE stray",
    "enum public.stray": "CREATE TYPE stray AS ENUM ('a')",
    "domain public.stray": "CREATE DOMAIN stray AS int",
    "composite public.stray": "CREATE TYPE stray AS (a int)",
    "extension pg_trgm": "CREATE EXTENSION pg_trgm",
    "schema grant pg_monitor on public": "GRANT CREATE ON SCHEMA public TO pg_monitor",
    "default grant pg_monitor on public.TABLES": "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON "
    "TABLES TO pg_monitor",
    "comment on public.t": "COMMENT ON TABLE t IS 'stray'",
}


def _metadata() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text),
        RowSecurity(),
        Policy("own", using="name = CURRENT_USER"),
    )
    attach(metadata, Function("f", "SELECT 1", returns="integer", language="sql", execute="pg_monitor"))
    return metadata


@pytest.fixture(scope="module")
def made(databases: Any) -> Any:
    """The name of a database in which exactly the metadata was made."""
    name = databases.create()
    engine = sa.create_engine(databases.url(name).replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        _metadata().create_all(connection)
    engine.dispose()
    yield name
    databases.drop(name)


@pytest.fixture
def url(made: str, create_database: Any) -> str:
    found: str = create_database(made)
    return found


def _drifted(url: str, sql: str) -> sa.Engine:
    with psycopg.connect(url) as connection:
        connection.execute(sql.encode())
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)


def _checked(engine: sa.Engine, **options: Any) -> list[Any]:
    """The differences that ``alembic check`` would name."""
    setup()
    metadata = _metadata()
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={**OPTIONS, "target_metadata": metadata, **options}
        )
        upgrade = produce_migrations(context, metadata).upgrade_ops
        assert upgrade is not None
        found: list[Any] = upgrade.as_diffs()
        return found


def _verified(engine: sa.Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        return [(obj.state, obj.object) for obj in drift(connection, declaring(_metadata())).objects]


@pytest.mark.part(of=6)
@pytest.mark.parametrize("label", CASES)
def test_undeclared_object_is_a_difference_and_stays(label: str, url: str) -> None:
    engine = _drifted(url, CASES[label])
    checked = _checked(engine)
    assert [kind for kind, *_ in checked] == ["undeclared"]
    assert checked[0][1].startswith(label)
    assert _verified(engine) == checked
    accept = [Accepted(f"{checked[0][1]}", "it stays")]
    assert _checked(engine, accepted=accept) == []
    assert _checked(engine, accepted=accept, prune=True) == [], "nothing that is accepted is dropped"


def test_what_others_may_do_to_the_version_table_is_a_difference(url: str) -> None:
    """Who may write there has a revision skipped, and a trigger there acts as the role that migrates."""
    engine = _drifted(
        url,
        """
        CREATE TABLE alembic_version (version_num text CONSTRAINT alembic_version_pkc PRIMARY KEY);
        GRANT INSERT ON alembic_version TO pg_monitor;
        GRANT UPDATE (version_num) ON alembic_version TO pg_monitor;
        CREATE RULE none AS ON DELETE TO alembic_version DO INSTEAD NOTHING;
        CREATE TRIGGER act BEFORE UPDATE ON alembic_version
          EXECUTE FUNCTION suppress_redundant_updates_trigger();
        """,
    )
    labels = [
        "column grant pg_monitor UPDATE on public.alembic_version",
        "grant pg_monitor on public.alembic_version",
        "rule none on public.alembic_version",
        "trigger act on public.alembic_version",
    ]
    assert sorted(_verified(engine)) == [("undeclared", label) for label in labels]
    assert sorted(label for _, label in _checked(engine)) == labels
    assert _checked(engine, accepted=[Accepted("* on public.alembic_version", "a DBA's")]) == []
    generated = autogenerate(engine, _metadata(), prune=True)
    for _ in range(2):
        generated.upgrade(engine)
    assert _verified(engine) == []
    for _ in range(2):
        generated.downgrade(engine)
    assert sorted(_verified(engine)) == [("undeclared", label) for label in labels]


def test_directive_for_what_is_undeclared_does_nothing(url: str) -> None:
    """A project may carry the directives out itself, without a revision."""
    setup()
    engine, metadata = _drifted(url, CASES["table public.stray"]), _metadata()
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={**OPTIONS, "target_metadata": metadata})
        upgrade = produce_migrations(context, metadata).upgrade_ops
        assert upgrade is not None
        assert [type(directive) for directive in upgrade.ops] == [UndeclaredOp]
        for directive in upgrade.ops:
            Operations(context).invoke(directive)
    assert _verified(engine) == [("undeclared", "table public.stray")]


def test_two_comparisons_agree_on_who_may_execute_a_function(url: str) -> None:
    engine = _drifted(url, "GRANT EXECUTE ON FUNCTION f() TO pg_read_all_data")
    assert _checked(engine) == [("replace_function", "function f()")]
    assert _verified(engine) == [("different", "function public.f()")]
    with engine.begin() as connection:
        connection.exec_driver_sql("REVOKE EXECUTE ON FUNCTION f() FROM pg_read_all_data, pg_monitor")
    assert [kind for kind, *_ in _checked(engine)] == ["replace_function"]
    assert _verified(engine) == [("different", "function public.f()")]


def test_what_is_not_in_a_managed_schema_is_no_difference(url: str) -> None:
    engine = _drifted(
        url, "CREATE SCHEMA theirs; CREATE EXTENSION pg_trgm SCHEMA theirs; CREATE TABLE theirs.t (id int)"
    )
    assert (_checked(engine), _checked(engine, prune=True), _verified(engine)) == ([], [], [])


def test_object_may_be_named_by_a_pattern(url: str) -> None:
    engine = _drifted(
        url,
        "CREATE TABLE legacy_a (id serial, t text); CREATE INDEX ON legacy_a (t); "
        "COMMENT ON COLUMN legacy_a.t IS 'old'; CREATE TABLE legacy_b (id int); CREATE TABLE stray (id int); "
        "CREATE POLICY p ON legacy_a USING (true); GRANT SELECT ON legacy_b TO pg_monitor; "
        "CREATE FUNCTION f(text[], int[]) RETURNS int RETURN 1",
    )
    given = [
        Accepted("table public.legacy_*", "they are read until May"),
        Accepted("function public.f(text[], *)", "an overload"),
    ]
    for prune, left in ((False, "undeclared"), (True, "remove_table")):
        ((kind, *_),) = _checked(engine, accepted=given, prune=prune)
        assert kind == left


def test_accepted_pattern_hides_no_declared_object(url: str) -> None:
    engine = _drifted(url, "ALTER POLICY own ON t USING (true)")
    assert [kind for kind, *_ in _checked(engine, accepted=[Accepted("*", "all")])] == ["replace_policy"]


def test_include_object_leaves_undeclared_relations_out(url: str) -> None:
    engine = _drifted(
        url,
        "CREATE TABLE stray (id int); CREATE POLICY p ON stray USING (true); "
        "CREATE VIEW seen AS SELECT 1 AS a; CREATE INDEX ours ON t (id)",
    )
    asked: list[tuple[str | None, str, bool]] = []

    def include(one: Any, name: str | None, type_: str, reflected: bool, _: Any) -> bool:  # noqa: FBT001 - Alembic's
        asked.append((name, type_, bool(getattr(one, "info", {}).get("is_view"))))
        return name not in {"stray", "seen", "ours"} or not reflected

    assert _checked(engine, include_object=include) == []
    assert ("stray", "table", False) in asked
    assert ("seen", "table", True) in asked


def test_many_are_one_warning(url: str, caplog: pytest.LogCaptureFixture) -> None:
    engine = _drifted(url, "; ".join(f"CREATE TABLE stray_{n} (id int)" for n in range(40)))
    logging.getLogger("app_schema.migrations.compare").disabled = False
    with caplog.at_level(logging.WARNING):
        assert len(_checked(engine)) == 40
    (record,) = caplog.records
    assert re.search(r"kept \(40\): table public\.stray_0, .* and 30 more\.", record.getMessage())


@pytest.mark.parametrize(
    "text",
    [
        "undeclared = 'table public.t'",
        "undeclared = [{object = 'table public.t'}]",
        "undeclared = [{object = 'table public.t', reason = ' '}]",
        "undeclared = [{object = 'table public.t', reason = 'old', until = 'May'}]",
    ],
)
def test_entry_without_a_reason_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.app_schema]\n{text}\n")
    with pytest.raises(ConfigurationError, match=r"pyproject\.toml: .*undeclared"):
        accepted(tmp_path)


def test_list_is_read_from_the_nearest_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.app_schema]\nundeclared = [{object = 'table public.stray', reason = 'old'}]\n"
    )
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    engine = _drifted(url, "CREATE TABLE stray (id int)")
    assert (_checked(engine), _verified(engine)) == ([], [])
