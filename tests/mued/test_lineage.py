"""The lineage: up, down, again, both ways to run, and as a script."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa
from amount import ALL, drawn
from lineage import Alembic, catalog, revisions, stamp, statements

from app_schema.catalog import Snapshot, diff
from app_schema.catalog.objects import printed
from app_schema.ddl import Key
from app_schema.models import Base

pytestmark = pytest.mark.part(of=6)

_TURN = drawn("revisions").randrange(3)
"""Which of three revisions a usual run takes up, down and up again; `make faults` takes all."""
BOTH_WAYS = pytest.mark.parametrize("autocommit", [False, True], ids=["transaction", "autocommit"])


@BOTH_WAYS
def test_each_revision_runs_again_up_and_down(empty_url: str, autocommit: bool) -> None:  # noqa: FBT001 - a parameter of the test
    alembic = Alembic(empty_url, autocommit=autocommit)
    alembic("stamp", "base")
    # one session looks a hundred times: a new one would read PostgreSQL's own catalog anew each time
    with psycopg.connect(empty_url, autocommit=True) as look:
        below = "base"
        for number, revision in enumerate(revisions()):
            if ALL or (number + _TURN) % 3 == 0:
                _up_and_down_again(alembic, below, revision, look)
            else:
                alembic("upgrade", revision)
            below = revision


def _up_and_down_again(alembic: Alembic, below: str, revision: str, look: psycopg.Connection) -> None:
    before = _catalog(look)
    alembic("upgrade", revision)
    after = _catalog(look)
    stamp(alembic.url, below)
    alembic("upgrade", revision)
    assert diff(after, _catalog(look)) == [], f"{revision} run again"
    alembic("downgrade", below)
    assert diff(before, _catalog(look)) == [], f"{revision} taken back"
    stamp(alembic.url, revision)
    alembic("downgrade", below)
    assert diff(before, _catalog(look)) == [], f"{revision} taken back again"
    alembic("upgrade", revision)
    assert diff(after, _catalog(look)) == [], f"{revision} once more"


def _catalog(connection: psycopg.Connection) -> Snapshot:
    return printed(connection, ignore=("alembic_version",))


@BOTH_WAYS
def test_whole_lineage_runs_again_at_head(database_url: str, autocommit: bool) -> None:  # noqa: FBT001 - a parameter of the test
    head = catalog(database_url)
    alembic = Alembic(database_url, autocommit=autocommit)
    alembic("stamp", "base")
    alembic("upgrade", "head")
    assert diff(head, catalog(database_url)) == []


@BOTH_WAYS
def test_downgrade_base_leaves_nothing(database_url: str, empty_url: str, autocommit: bool) -> None:  # noqa: FBT001 - a parameter of the test
    Alembic(database_url, autocommit=autocommit)("downgrade", "base")
    assert diff(catalog(empty_url), catalog(database_url)) == []


@BOTH_WAYS
def test_downgrade_base_leaves_what_was_there_before(empty_url: str, autocommit: bool) -> None:  # noqa: FBT001 - a parameter of the test
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
        connection.execute("CREATE SCHEMA app")
        connection.execute("CREATE TABLE public.older (id int)")
    before = catalog(empty_url)
    alembic = Alembic(empty_url, autocommit=autocommit)
    alembic("upgrade", "head")
    alembic("downgrade", "base")
    assert diff(before, catalog(empty_url)) == []


def test_autocommit_gives_the_same_catalog(database_url: str, empty_url: str) -> None:
    Alembic(empty_url, autocommit=True)("upgrade", "head")
    assert diff(catalog(database_url), catalog(empty_url)) == []


def test_models_equal_migrations(database_url: str, empty_engine: sa.Engine, empty_url: str) -> None:
    with empty_engine.begin() as connection:
        Base.metadata.create_all(connection)
        Base.metadata.create_all(connection)  # and again: everything is there and equal
    assert diff(catalog(database_url), catalog(empty_url)) == []


def test_drop_all_leaves_nothing(empty_engine: sa.Engine, empty_url: str) -> None:
    before = catalog(empty_url)
    with empty_engine.begin() as connection:
        Base.metadata.create_all(connection)
        Base.metadata.drop_all(connection)
    assert diff(before, catalog(empty_url)) == []


@BOTH_WAYS
def test_script_can_be_applied_twice(
    database_url: str,
    empty_url: str,
    autocommit: bool,  # noqa: FBT001 - a parameter of the test
    lineage_script: tuple[str, list[str]],
) -> None:
    alembic = Alembic(empty_url, autocommit=autocommit)
    script = statements(alembic("upgrade", "head", sql=True) if autocommit else lineage_script[0])
    down = statements(alembic("downgrade", "head:base", sql=True))
    assert ("BEGIN" in script) is not autocommit
    empty = catalog(empty_url)
    with psycopg.connect(empty_url, autocommit=True) as connection:
        for _ in range(2):
            for statement in script:
                connection.execute(statement)
            assert _stamped(connection) == [(revisions()[-1],)]
            assert diff(catalog(database_url), catalog(empty_url)) == []
        for statement in down:
            connection.execute(statement)
        assert _stamped(connection) == []
    assert diff(empty, catalog(empty_url)) == []


def _stamped(connection: psycopg.Connection) -> list[tuple[str]]:
    return connection.execute("SELECT version_num FROM public.alembic_version").fetchall()


def test_check_is_clean_at_head(database_url: str) -> None:
    assert "No new upgrade operations detected" in Alembic(database_url)("check")


def test_second_upgrade_sends_no_ddl(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE EXCEPTION 'DDL: %', tg_tag; END$$"
        )
        connection.execute("CREATE EVENT TRIGGER refuse ON ddl_command_start EXECUTE FUNCTION refuse()")
    with caplog.at_level("DEBUG", logger="app_schema.migrations.wire"):
        Alembic(database_url)("upgrade", "head")
    sent = [record.getMessage() for record in caplog.records if record.name == "app_schema.migrations.wire"]
    verbs = [construct.split()[0] for construct in sent]
    assert verbs == ["SELECT", "DO", "SELECT"], "it looks, and that is all"


def test_snapshot_sees_every_kind(database_url: str) -> None:
    kinds = {key.kind for key in catalog(database_url)}
    assert kinds >= {
        "table",
        "column",
        "constraint",
        "index",
        "enum",
        "function",
        "trigger",
        "view",
        "policy",
        "row_security",
        "role",
        "grant",
        "extension",
    }
    assert Key("role", None, None, "app_user") in catalog(database_url)
