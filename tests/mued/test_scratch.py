"""The declared side: a scratch database that leaves nothing behind, and the snapshots kept between runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from autogen import autogenerate

from app_schema.catalog import cache, scratch
from app_schema.catalog.scratch import PREFIX, declared_snapshot
from app_schema.ddl import Function, Grant, Key, Policy, Role, Trigger, attach
from app_schema.ddl.script import statements
from app_schema.errors import ConfigurationError, ModelError, ServerError
from app_schema.models import Base

pytestmark = pytest.mark.part(of=6)

SCRIPT = """\
import os, signal, sys
import sqlalchemy as sa
from app_schema.catalog import scratch
from app_schema.database import engine
scratch.printed = lambda _: os.kill(os.getpid(), signal.SIGKILL)
with engine(sys.argv[1]).connect() as connection:
    scratch.declared_snapshot(connection, ["CREATE TABLE t (id int)"], cache=False)
"""


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache directory of the test's own; the place of the snapshots in it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "app_schema" / "declared"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The databases in which the declared side was made."""
    names: list[str] = []
    real = scratch.scratch_database

    @contextmanager
    def counted(*arguments: Any) -> Iterator[psycopg.Connection[Any]]:
        with real(*arguments) as connection:
            names.append(connection.info.dbname)
            yield connection

    monkeypatch.setattr(scratch, "scratch_database", counted)
    return names


def _left_behind(url: str) -> list[str]:
    """Scratch databases in which nobody works; other workers have theirs."""
    query = (
        "SELECT datname FROM pg_database AS d WHERE starts_with(datname, %s)"
        " AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid::text = split_part(d.datname, '_', 4))"
    )
    with psycopg.connect(url) as connection:
        return [name for (name,) in connection.execute(query, [PREFIX])]


def _with_roles() -> tuple[sa.MetaData, str]:
    """Tables, a function, and a role that no other run has, named by policies, grants and the function."""
    metadata, role = sa.MetaData(), f"scratch_{os.getpid()}_é"
    attach(metadata, Role(role, inherit=False))
    attach(metadata, Function("f", "SELECT 1", returns="integer", language="sql", execute=(role,)))
    for name in "abcd":
        policy = Policy("own", to=role, using="id > 0")
        sa.Table(name, metadata, sa.Column("id", sa.Integer, index=True), policy, Grant("SELECT", to=role))
    return metadata, role


# The database


def test_many_transactions_make_the_same_as_one_and_no_role(
    empty_engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata, role = _with_roles()
    sent = statements(metadata)
    with empty_engine.connect() as connection:
        whole = declared_snapshot(connection, sent, cache=False)
        monkeypatch.setattr(scratch, "CHUNK", 2)
        assert declared_snapshot(connection, sent, cache=False) == whole
        roles = connection.exec_driver_sql("SELECT rolname FROM pg_roles").scalars().all()
    assert role not in roles
    assert f' TO "{role}" ' in whole[Key("policy", "public", "d", "own")]
    assert whole[Key("function_grant", "public", "f()", role)] == "EXECUTE"


def test_no_transaction_takes_many_locks() -> None:
    tables = [f"CREATE TABLE t{number} (id int)" for number in range(1000)]
    policies = [f"CREATE POLICY p ON t{number}" for number in range(10)]
    chunks = scratch._chunks([*policies, *tables])
    assert [len(chunk) for chunk in chunks] == [scratch.CHUNK] * 4 + [scratch.CHUNK + 10]
    assert chunks[-1][-10:] == policies


@pytest.mark.parametrize("chunk", [2, 200])
def test_what_cannot_be_made_names_the_statement_and_leaves_no_database(
    empty_engine: sa.Engine, empty_url: str, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(scratch, "CHUNK", chunk)
    metadata, _ = _with_roles()
    sa.Table(
        "e", metadata, sa.Column("x", sa.Text), Trigger("tr", before="UPDATE", execute="public.nowhere()")
    )
    with pytest.raises(ModelError, match=r"nowhere.*\n.*CREATE TRIGGER tr"):
        autogenerate(empty_engine, metadata)
    assert _left_behind(empty_url) == []


def test_database_of_a_killed_process_goes_with_the_next_run(empty_engine: sa.Engine, empty_url: str) -> None:
    died = subprocess.run([sys.executable, "-c", SCRIPT, empty_url], check=False, capture_output=True)
    assert died.returncode == -signal.SIGKILL
    with empty_engine.connect() as connection:
        for _ in range(20):  # the server notices after a moment, and other workers' runs sweep as well
            declared_snapshot(connection, [], cache=False)
            if not _left_behind(empty_url):
                break
    assert _left_behind(empty_url) == []


def test_unreachable_scratch_server_is_one_sentence(empty_engine: sa.Engine, tmp_path: Path) -> None:
    with (
        empty_engine.connect() as connection,
        pytest.raises(ServerError, match="no scratch database for the comparison: connection"),
    ):
        declared_snapshot(connection, [], f"postgresql:///x?host={tmp_path}", cache=False)


def test_scratch_url_is_any_url_and_never_repeated(empty_engine: sa.Engine, empty_url: str) -> None:
    with empty_engine.connect() as connection:
        other = empty_url.replace("postgresql://", "postgresql+psycopg://")
        assert declared_snapshot(connection, [], other, cache=False) == declared_snapshot(connection, [])
        with pytest.raises(ConfigurationError, match="URL of the scratch server") as caught:
            declared_snapshot(connection, [], "mysql://u:secret@h/d")
    assert "secret" not in str(caught.value)


def test_settings_of_the_compared_connection_do_not_matter(empty_engine: sa.Engine) -> None:
    sent = ["CREATE TABLE t (at timestamptz DEFAULT '2020-01-01 00:00')"]
    key = Key("column", "public", "t", "at")
    with empty_engine.connect() as connection:
        connection.exec_driver_sql("SET TimeZone = 'Asia/Tokyo'")
        assert "2020-01-01 00:00:00+00" in declared_snapshot(connection, sent)[key]
        connection.exec_driver_sql("SET TimeZone = 'UTC'")
        assert "2020-01-01 00:00:00+00" in declared_snapshot(connection, sent)[key]


# The kept snapshots


def test_second_run_needs_no_database(engine: sa.Engine, kept: Path, made: list[str]) -> None:
    assert autogenerate(engine, Base.metadata).empty
    assert autogenerate(engine, Base.metadata).empty
    assert (len(made), len(list(kept.iterdir()))) == (1, 1)
    assert autogenerate(engine, Base.metadata, cache=False).empty
    assert len(made) == 2
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER tr_users_touch ON public.users")
    assert not autogenerate(engine, Base.metadata).empty
    metadata = sa.MetaData()
    sa.Table("other", metadata, sa.Column("id", sa.Integer))
    assert not autogenerate(engine, metadata).empty
    assert len(made) == 3


@pytest.mark.parametrize("harm", ["", "{}", "cut short", "one byte"])
def test_broken_file_is_as_good_as_none(
    empty_engine: sa.Engine, kept: Path, made: list[str], harm: str
) -> None:
    with empty_engine.connect() as connection:
        good = declared_snapshot(connection, ["CREATE TABLE t (id int)"])
        (path,) = kept.iterdir()
        whole = path.read_bytes()
        harmed = {"cut short": whole[:-9], "one byte": whole.replace(b"integer", b"intager")}
        path.write_bytes(harmed.get(harm, harm.encode()))
        assert declared_snapshot(connection, ["CREATE TABLE t (id int)"]) == good
    assert len(made) == 2
    assert path.read_bytes() == whole, "mended"


def _directory_for_all(path: Path) -> None:
    path.parent.chmod(0o777)


def _file_for_the_group(path: Path) -> None:
    path.chmod(0o660)


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def _symbolic_link(path: Path) -> None:
    path.rename(path.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent / "elsewhere")


def _directory_in_its_place(path: Path) -> None:
    path.unlink()
    path.mkdir(0o700)


@pytest.mark.parametrize(
    "plant",
    [_directory_for_all, _file_for_the_group, _fifo, _symbolic_link, _directory_in_its_place],
)
def test_what_others_could_have_written_counts_for_nothing(
    empty_engine: sa.Engine, kept: Path, made: list[str], plant: Callable[[Path], None]
) -> None:
    with empty_engine.connect() as connection:
        good = declared_snapshot(connection, ["CREATE TABLE t (id int)"])
        (path,) = kept.iterdir()
        plant(path)
        assert cache.load(path.name) is None
        assert declared_snapshot(connection, ["CREATE TABLE t (id int)"]) == good
    assert len(made) == 2


def test_files_of_another_user_count_for_nothing(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = {Key("table", "public", None, "t"): ""}
    cache.store("a", snapshot)
    assert cache.load("a") == snapshot
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert cache.load("a") is None
    cache.store("b", snapshot)
    assert [path.name for path in kept.iterdir()] == ["a"], "nothing is written in another user's directory"


def test_a_snapshot_of_other_models_under_this_name_counts_for_nothing(kept: Path) -> None:
    cache.store("clean", {Key("table", "public", None, "t"): ""})
    (kept / "other").write_bytes((kept / "clean").read_bytes())
    (kept / "other").chmod(0o600)
    assert cache.load("other") is None


@pytest.mark.parametrize("content", ["1", "null", "[1]", "[[]]", '{"a": 1}', "[" * 100_000])
def test_a_file_with_other_content_counts_for_nothing(kept: Path, content: str) -> None:
    cache.store("a", {})
    checksum = cache._checksum("a", content.encode())
    (kept / "a").write_bytes(checksum.encode() + b"\n" + content.encode())
    assert cache.load("a") is None


@pytest.mark.parametrize("place", ["{}/file", "~/.cache"])
def test_directory_that_cannot_be_made_harms_nothing(
    empty_engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: list[str], place: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cache, "user_cache_path", lambda name, **_: Path(place.format(tmp_path), name))
    with empty_engine.connect() as connection:
        assert declared_snapshot(connection, []) == declared_snapshot(connection, [])
    assert len(made) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_files_used_last_are_kept(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "KEPT", 2)
    for number, name in enumerate("abc"):
        cache.store(name, {Key("table", "public", None, name): ""})
        os.utime(kept / name, (number, number))
    cache.load("b")
    cache.store("d", {})
    assert sorted(path.name for path in kept.iterdir()) == ["b", "d"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (kept, *kept.iterdir()))


def test_statements_are_the_same_in_each_process() -> None:
    script = (
        "from app_schema.ddl.script import statements; from app_schema.models import Base; "
        "print(hash('x'), statements(Base.metadata))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 2, "the hashes differ"
    assert len({text.partition(" ")[2] for text in printed}) == 1
