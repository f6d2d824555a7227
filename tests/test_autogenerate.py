"""Autogenerate as a person uses it: files, options, safe ways, enums through their life, and the scratch
database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from autogen import autogenerate
from lineage import Alembic, catalog

from app_schema import database
from app_schema import url as urls
from app_schema.catalog import diff, snapshot
from app_schema.ddl import RenamedLabels, attach
from app_schema.errors import ServerError
from app_schema.models import Base

PERSON = "INSERT INTO public.users (clerk_id, email) VALUES ('u1', 'a@b.c')"


def _send(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def _mend(engine: sa.Engine, metadata: Any = Base.metadata, **options: Any) -> str:
    generated = autogenerate(engine, metadata, **options)
    generated.upgrade(engine)
    assert autogenerate(engine, metadata, **options).diffs == []
    return generated.text


def test_table_with_rows_gets_the_safe_ways(engine: sa.Engine, database_url: str) -> None:
    head = catalog(database_url)
    _send(
        engine,
        PERSON,
        "ALTER TABLE public.users DROP CONSTRAINT ck_users_role, ALTER email DROP NOT NULL",
        "DROP INDEX public.uq_users_email_lower",
    )
    text = _mend(engine)
    assert "NOT VALID" in text
    assert "op.validate_constraint(" in text
    assert "op.create_index_concurrently(" in text
    assert "IS NOT NULL" in text
    assert diff(head, catalog(database_url)) == []


def test_empty_table_and_safe_off_get_the_plain_ways(engine: sa.Engine) -> None:
    broken = "ALTER TABLE public.users DROP CONSTRAINT ck_users_role, ALTER email DROP NOT NULL"
    for options, before in (({}, broken), ({"safe": False}, f"{PERSON}; {broken}")):
        _send(engine, before)
        text = _mend(engine, **options)
        assert "NOT VALID" not in text
        assert "op.create_check_constraint(" in text


def test_undeclared_is_reported_and_dropped_only_when_asked(engine: sa.Engine, database_url: str) -> None:
    head = catalog(database_url)
    _send(
        engine,
        "CREATE TABLE public.stray (id int PRIMARY KEY)",
        "CREATE INDEX stray_too ON public.users (name)",
    )
    generated = autogenerate(engine, Base.metadata)
    assert generated.empty
    assert generated.undeclared == ["index stray_too of public.users", "table stray of public"]
    _mend(engine, prune=True)
    assert diff(head, catalog(database_url)) == []


def test_other_schemas_are_nobodys_business_unless_managed(engine: sa.Engine) -> None:
    _send(engine, "CREATE SCHEMA theirs", "CREATE TABLE theirs.t (id int)")
    assert autogenerate(engine, Base.metadata, prune=True).empty
    managed = autogenerate(engine, Base.metadata, managed_schemas={"public", "theirs"})
    assert "table t of theirs" in managed.undeclared


def test_command_line_prunes_and_names_schemas(engine: sa.Engine, database_url: str) -> None:
    _send(
        engine, "CREATE SCHEMA theirs", "CREATE TABLE theirs.t (id int)", "CREATE TABLE public.stray (id int)"
    )
    assert "No new upgrade operations" in Alembic(database_url)("check")
    with pytest.raises(Exception, match=r"remove_table.*stray") as pruned:
        Alembic(database_url, x=("prune=true",))("check")
    assert "theirs" not in str(pruned.value)
    with pytest.raises(Exception, match=r"remove_table.*theirs"):
        Alembic(database_url, x=("prune=true", "schemas=theirs"))("check")


STRAY = (
    "CREATE TABLE public.stray (id int PRIMARY KEY)",
    "ALTER TABLE public.webhook_events DROP error_message, ADD stray int CONSTRAINT uq_stray UNIQUE",
    "COMMENT ON COLUMN public.webhook_events.stray IS 'stray'",
    "CREATE INDEX ix_stray ON public.webhook_events (type)",
    "ALTER TABLE public.webhook_events ADD CONSTRAINT fk_stray FOREIGN KEY (stray) REFERENCES public.stray",
)


def test_include_object_is_asked_for_each_object(engine: sa.Engine) -> None:
    _send(engine, *STRAY)
    asked = []

    def include(one: Any, name: str | None, type_: str, reflected: bool, other: Any) -> bool:  # noqa: FBT001 - Alembic's signature
        asked.append((name, type_, reflected, other is not None, one.name))
        return name not in {"error_message", "stray", "ix_stray", "uq_stray", "fk_stray"}

    assert autogenerate(engine, Base.metadata, prune=True, include_object=include).empty
    assert {one[:4] for one in asked} == {
        ("webhook_events", "table", False, True),
        ("error_message", "column", False, False),
        ("stray", "table", True, False),
        ("stray", "column", True, False),
        ("ix_stray", "index", True, False),
        ("uq_stray", "unique_constraint", True, False),
        ("fk_stray", "foreign_key_constraint", True, False),
    }
    assert all(one[0] == one[4] for one in asked)


def test_include_name_is_asked_with_what_it_is_in(engine: sa.Engine) -> None:
    _send(engine, *STRAY)
    asked = []

    def include(name: str | None, type_: str, parents: dict[str, str | None]) -> bool:
        asked.append((name, type_, parents.get("schema_qualified_table_name")))
        return not (type_ == "table" and name in {"webhook_events", "stray"})

    assert autogenerate(engine, Base.metadata, prune=True, include_name=include).empty
    expected = {
        (None, "schema", None),
        ("webhook_events", "table", "public.webhook_events"),
        ("stray", "table", "stray"),
    }
    assert set(asked) == expected
    generated = autogenerate(engine, Base.metadata, include_name=lambda name, *_: name is not None)
    assert generated.empty, "the schema public has no name"


# Files and the command line


def test_revision_file_is_formatted_and_says_what_it_does(
    engine: sa.Engine, database_url: str, tmp_path: Path
) -> None:
    head = catalog(database_url)
    _send(
        engine,
        "ALTER TABLE public.users DROP COLUMN bio",
        "ALTER TABLE public.sessions DISABLE TRIGGER tr_sessions_touch",
        "DROP VIEW public.v_session_details",
    )
    drifted = catalog(database_url)
    alembic = Alembic(database_url, versions=tmp_path)
    alembic("revision", message="mend", autogenerate=True, rev_id="0017_mend", version_path=str(tmp_path))
    (path,) = tmp_path.glob("*.py")
    text = path.read_text(encoding="utf-8")
    assert "Does: 1 " in text
    assert "Locks: ACCESS EXCLUSIVE on sessions, users" in text
    assert "Downgrade: loses the values of users.bio." in text
    alembic("upgrade", "head")
    assert diff(head, catalog(database_url)) == []
    assert "No new upgrade operations" in alembic("check")
    alembic("downgrade", "-1")
    assert diff(drifted, catalog(database_url)) == []
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        pytest.skip("ruff is not installed here, so its opinion of the layout is not asked for")
    result = subprocess.run(
        [ruff, "format", "--isolated", "--line-length", "110", "--check", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + text


def test_check_exits_with_a_sentence(engine: sa.Engine, database_url: str) -> None:
    _send(engine, "DROP TRIGGER tr_users_touch ON public.users")
    command = [
        sys.executable,
        "-m",
        "alembic",
        "-c",
        str(Path(__file__).parent.parent / "alembic.ini"),
        "check",
    ]
    result = subprocess.run(
        command, env={**os.environ, "DATABASE_URL": database_url}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 255
    assert "tr_users_touch" in result.stdout + result.stderr


def test_comparator_is_really_asked(engine: sa.Engine) -> None:
    """A plugin that is not found makes Alembic's check clean in silence."""
    _send(engine, "DROP TRIGGER tr_users_touch ON public.users")
    assert not autogenerate(engine, Base.metadata).empty


def test_colons_and_percent_signs_come_through(empty_engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    odd = sa.text("' \\:y ::z 5 % 12\\:30'")
    check = sa.CheckConstraint("a <> ' \\:y' AND a LIKE '5 %'", name="ck_t")
    sa.Table("t", metadata, sa.Column("a", sa.Text, server_default=odd), check)
    _mend(empty_engine, metadata)
    with empty_engine.connect() as connection:
        default = connection.exec_driver_sql(
            "SELECT column_default FROM information_schema.columns WHERE table_name = 't'"
        ).scalar_one()
    assert default == "' :y ::z 5 % 12:30'::text"


def _keyed(*, grown: bool) -> sa.MetaData:
    """A table; and ``grown`` a key of it, a column with a comment, and a new table that refers to the key."""
    metadata = sa.MetaData()
    parent = sa.Table("parent", metadata, sa.Column("id", sa.Integer, nullable=False))
    if grown:
        parent.append_column(sa.Column("new", sa.Integer, comment="it's new"))
        parent.append_constraint(sa.UniqueConstraint("new", name="uq_parent"))
        key = sa.ForeignKeyConstraint(["parent"], ["parent.new"], name="fk_child")
        sa.Table("child", metadata, sa.Column("parent", sa.Integer), key)
    return metadata


def test_new_table_refers_to_a_key_that_is_new_too(empty_engine: sa.Engine, empty_url: str) -> None:
    _mend(empty_engine, _keyed(grown=False))
    before = catalog(empty_url)
    generated = autogenerate(empty_engine, _keyed(grown=True))
    for _ in range(2):
        generated.upgrade(empty_engine)
        assert autogenerate(empty_engine, _keyed(grown=True)).diffs == []
    for _ in range(2):
        generated.downgrade(empty_engine)
        assert diff(before, catalog(empty_url)) == []


# Enums through their life


def _moods(labels: list[str], **renamed: str) -> sa.MetaData:
    metadata = sa.MetaData()
    enum = sa.Enum(
        StrEnum("Mood", [(label, label) for label in labels]),
        name="mood",
        values_callable=lambda cls: [one.value for one in cls],
    )
    sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mood", enum, server_default=labels[0]),
        sa.Column("moods", sa.ARRAY(enum)),
    )
    if renamed:
        attach(metadata, RenamedLabels("mood", renamed))
    return metadata


def test_enum_through_its_life(empty_engine: sa.Engine, empty_url: str) -> None:
    life = [
        _moods(["low", "high"]),
        _moods(["low", "mid", "high", "top"]),  # added in the middle and at the end
        _moods(["low", "middle", "high", "top"], middle="mid"),  # renamed
        _moods(["low", "middle", "higher", "x", "top"], higher="high"),  # renamed and added at once
        _moods(["top", "low", "middle", "higher", "x"]),  # other order
        _moods(["top", "low"]),  # removed
    ]
    before = catalog(empty_url)
    states, revisions = [before], []
    for metadata in life:
        generated = autogenerate(empty_engine, metadata)
        for _ in range(2):
            generated.upgrade(empty_engine)
            assert autogenerate(empty_engine, metadata).diffs == []
        revisions.append(generated)
        states.append(catalog(empty_url))
    for generated, state in zip(reversed(revisions), reversed(states[:-1]), strict=True):
        for _ in range(2):
            generated.downgrade(empty_engine)
            assert diff(state, catalog(empty_url)) == []


def test_added_value_can_be_used_in_the_same_revision(empty_engine: sa.Engine) -> None:
    _mend(empty_engine, _moods(["low", "high"]))
    metadata = _moods(["mid", "low", "high"])  # and is the new default
    assert "op.add_enum_value(" in _mend(empty_engine, metadata)


def test_removed_label_in_use_is_refused_with_its_rows(empty_engine: sa.Engine) -> None:
    _mend(empty_engine, _moods(["low", "high"]))
    _send(empty_engine, "INSERT INTO public.t (mood) VALUES ('high'), ('high')")
    with pytest.raises(Exception, match="2 rows of t use a label"):
        _mend(empty_engine, _moods(["low"]))


# The scratch database


@pytest.fixture
def poor_role(server_url: str, database_url: str) -> Iterator[str]:
    """A role that owns the database's objects and may not create databases."""
    name = f"poor_{os.getpid()}_x"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN")
        yield urls.parse(database_url).set(username=name).render_as_string(hide_password=False)
        connection.execute(f"DROP ROLE {name}")


def test_role_without_createdb_is_told_the_way_out(poor_role: str, server_url: str) -> None:
    engine = database.engine(poor_role, poolclass=sa.NullPool)
    with pytest.raises(ServerError, match=r"may not create databases.*scratch=URL"):
        autogenerate(engine, Base.metadata)
    generated = autogenerate(engine, Base.metadata, scratch=server_url)
    assert generated.diffs == [] or all(one[0] == "unwritable" for one in generated.diffs)


def test_snapshot_leaves_the_search_path_alone(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("SET search_path = app, public")
        snapshot(connection)
        assert connection.exec_driver_sql("SHOW search_path").scalar_one() == "app, public"
