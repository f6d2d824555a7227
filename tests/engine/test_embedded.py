from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from serverplace import server_place

import app_schema
from app_schema import embedded
from app_schema.errors import ConfigurationError, ServerError

pytestmark = pytest.mark.part(of=6)

NOBODY = 65534
CHECKOUT = Path(app_schema.__file__).parent.parent


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A directory with a server in it, which each test may stop, kill or start."""
    with server_place() as made:
        yield made


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory for a server of the test's own."""
    with server_place() as made:
        yield made


def query(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone() if cursor.description else None


def pid(home: Path) -> int:
    server = embedded.status(home)
    assert server
    return server.pid


def test_start_twice_is_the_same_server(home: Path) -> None:
    url = embedded.start(home)
    first = pid(home)
    assert embedded.start(home) == url
    assert pid(home) == first
    assert query(url, "SHOW listen_addresses") == ("",)
    assert query(url, "SHOW data_directory") == (str(home / "data"),)
    assert query(url, "SHOW server_encoding") == ("UTF8",)


def test_start_has_the_extensions_of_the_schema(home: Path) -> None:
    names = "('vector', 'pg_trgm', 'btree_gist')"
    statement = f"SELECT count(*) FROM pg_available_extensions WHERE name IN {names}"
    assert query(embedded.start(home), statement) == (3,)


def test_stop_twice_says_what_ran(home: Path) -> None:
    embedded.start(home)
    assert embedded.stop(home) is True
    assert embedded.status(home) is None
    assert embedded.stop(home) is False


def test_stop_and_status_make_no_directory(tmp_path: Path) -> None:
    assert embedded.stop(tmp_path / "none") is False
    assert embedded.status(tmp_path / "none") is None
    assert list(tmp_path.iterdir()) == []


def test_start_after_kill_keeps_the_data(home: Path) -> None:
    url = embedded.start(home)
    query(url, "CREATE TABLE IF NOT EXISTS kept (x int)")
    killed = pid(home)
    with psycopg.connect(url):  # a child that outlives its server for a moment
        os.kill(killed, signal.SIGKILL)
        while embedded.status(home):  # a signal takes its moment
            time.sleep(0.001)
        assert embedded.start(home) == url
    assert pid(home) != killed
    assert query(url, "SELECT count(*) FROM kept") == (0,)


def test_start_stale_pid_that_belongs_to_another_process_now(home: Path) -> None:
    url = embedded.start(home)
    data = home / "data"
    lines = (data / "postmaster.pid").read_text().splitlines()
    embedded.stop(home)
    stale = "\n".join([str(os.getpid()), *lines[1:]]) + "\n"
    (data / "postmaster.pid").write_text(stale)
    (data / ".s.PGSQL.5432.lock").write_text(stale)
    assert embedded.status(home) is None
    assert embedded.stop(home) is False
    assert embedded.start(home) == url
    assert pid(home) != os.getpid()
    assert query(url, "SELECT 1") == (1,)


@pytest.mark.parametrize("content", ["", "x", "1", "1\n/somewhere\n17"])
def test_start_half_written_pid_file(home: Path, content: str) -> None:
    embedded.start(home)
    embedded.stop(home)
    (home / "data" / "postmaster.pid").write_text(content)
    assert embedded.status(home) is None
    assert query(embedded.start(home), "SELECT 1") == (1,)


def test_start_wrong_setting_says_why(home: Path) -> None:
    embedded.stop(home)
    with pytest.raises(ServerError, match=r"does not start: .*nonsense.*server\.log") as caught:
        embedded.start(home, settings={"nonsense": "1"})
    assert "\n" not in str(caught.value)
    assert query(embedded.start(home, settings={"work_mem": "5MB"}), "SHOW work_mem") == ("5MB",)


def test_start_long_and_odd_path_after_an_interrupted_initdb(place: Path) -> None:
    home = place / ("a $b,'c\" " + "x" * 120)
    (home / "data.new" / "base").mkdir(parents=True)
    url = embedded.start(home)
    try:
        assert query(url, "SHOW data_directory") == (str(home / "data"),)
    finally:
        server = embedded.status(home)
        assert embedded.stop(home) is True
    assert server
    assert not server.sockets.exists()


def test_start_three_at_once_makes_one_server_that_outlives_them(place: Path) -> None:
    def start(_: int) -> str:
        return run("-m", "app_schema", "db", "start", home=place)

    with ThreadPoolExecutor() as pool:
        urls = set(pool.map(start, range(3)))
    (url,) = urls
    try:
        assert query(url.strip(), "SELECT 1") == (1,)
    finally:
        assert embedded.stop(place) is True


def test_start_without_the_package_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ConfigurationError, match=r"pip install .*\[embedded\]'"):
        embedded.start(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")
def test_start_as_root_opens_the_way_and_says_so(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    home = closed / "home"
    embedded.start(home)
    try:
        assert (home / "data").stat().st_uid not in {0, NOBODY}
        assert (closed.stat().st_mode & 0o777, home.stat().st_mode & 0o700) == (0o701, 0o700)
        said = capsys.readouterr().err
        assert str(closed) in said
        assert said.count("\n") == 1
        embedded.start(home)
        assert capsys.readouterr().err == ""
    finally:
        embedded.stop(home)


AS_NOBODY = f"""
import os, sys, psutil
from app_schema import embedded, errors
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
if not os.access(embedded._programs() / "postgres", os.X_OK):
    sys.exit(77)
actions = {{"start": embedded.start, "stop": embedded.stop, "status": lambda: embedded.status().url}}
try:
    print(actions[sys.argv[1]]())
except errors.AppSchemaError as error:
    sys.exit(str(error))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user already")
def test_start_as_an_ordinary_user_and_then_as_root(place: Path) -> None:
    os.chown(place, NOBODY, NOBODY)
    try:
        url = run("-c", AS_NOBODY, "start", home=place)
        assert (place / "data").stat().st_uid == NOBODY
        assert run("-c", AS_NOBODY, "status", home=place) == url
        assert embedded.stop(place) is True
        assert embedded.start(place) == url.strip()
        assert run("-c", AS_NOBODY, "stop", home=place) == "True\n"
    finally:
        embedded.stop(place)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs two users")
def test_status_of_another_users_server_is_one_sentence(home: Path) -> None:
    embedded.start(home)
    for action in ("start", "stop", "status"):
        said = run("-c", AS_NOBODY, action, home=home, expected=1)
        assert "belongs to another user: set APP_SCHEMA_PGDATA" in said
        assert said.count("\n") == 1


def run(*arguments: str, home: Path, expected: int = 0) -> str:
    """The output of a separate Python process: stdout if it succeeds, else stderr."""
    result = subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT), embedded.DIRECTORY_VARIABLE: str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if result.returncode == 77:
        pytest.skip("an ordinary user cannot reach the server's programs here")
    assert result.returncode == expected, result.stderr
    return result.stderr if expected else result.stdout
