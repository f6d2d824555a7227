"""A transaction pooler and a read replica are refused before any DDL."""

from __future__ import annotations

import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from alembic.util import CommandError
from lineage import Alembic, catalog
from ownserver import OwnServer, own_server

from app_schema import embedded, system_user
from app_schema.catalog import diff
from app_schema.testing.databases import Databases

pytestmark = pytest.mark.part(of=6)

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")

# a pool of one: whatever a client leaves behind, the next one meets
_INI = """
[databases]
* = host={socket} port=5432 user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 1
min_pool_size = 0
ignore_startup_parameters = extra_float_digits
"""
_LEFT = """
SELECT (SELECT count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory'), pg_backend_pid(),
       current_setting('search_path'), current_setting('lock_timeout'), current_setting('statement_timeout'),
       current_setting('client_connection_check_interval')
"""


@pytest.mark.skipif(PROGRAM is None, reason="there is no pgbouncer: Debian's package of this name has it")
@pytest.mark.parametrize("command", [("upgrade", "head"), ("downgrade", "base")], ids=" ".join)
def test_a_transaction_pooler_is_refused_and_nothing_leaks(
    cluster: OwnServer, tmp_path: Path, command: tuple[str, str]
) -> None:
    databases = Databases(cluster.start(), "pooled")
    name = databases.create()
    try:
        Alembic(databases.url(name))("upgrade", "0001_stripe_customer")
        before = catalog(databases.url(name))
        with _pooler(cluster, tmp_path, name) as url:
            fresh = _left(url)
            with pytest.raises(CommandError, match=r"transaction pooler.*direct endpoint"):
                Alembic(url)(*command)
            assert _left(url) == fresh, "of the same backend"
        assert diff(before, catalog(databases.url(name))) == []
    finally:
        databases.drop(name)


def test_a_read_replica_is_refused() -> None:
    with own_server() as server:
        url = server.start()
        Alembic(url)("upgrade", "0001_stripe_customer")
        embedded.stop(server.directory)
        _start_as_standby(server.directory / "data")
        before = catalog(url)
        for command in (("upgrade", "head"), ("downgrade", "base")):
            with pytest.raises(CommandError, match="The server is a read replica"):
                Alembic(url)(*command)
        assert diff(before, catalog(url)) == []


def _left(url: str) -> tuple[object, ...] | None:
    with psycopg.connect(url, prepare_threshold=None) as connection:
        return connection.execute(_LEFT).fetchone()


@contextmanager
def _pooler(cluster: OwnServer, place: Path, database: str) -> Iterator[str]:
    """PgBouncer in transaction mode before a server; the URL of a database through it."""
    assert PROGRAM is not None
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    ini = place / "pgbouncer.ini"
    ini.write_text(_INI.format(socket=cluster.directory / "data", port=port))
    account = system_user.account(cluster.directory / "data")  # it does not run as root either
    with ini.open() as given:
        arguments = [PROGRAM, "-q", f"/dev/fd/{given.fileno()}"]
        process = subprocess.Popen(arguments, pass_fds=[given.fileno()], cwd="/", **account)
    try:
        _wait_for(port)
        yield f"postgresql://postgres@127.0.0.1:{port}/{database}"
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + embedded.PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert time.monotonic() < deadline, "pgbouncer does not start"
            time.sleep(0.02)
        else:
            return


def _start_as_standby(data: Path) -> None:
    """In recovery for good, as a replica is that has lost its primary."""
    account = system_user.account(data)
    signal = data / "standby.signal"
    signal.touch()
    system_user.change_owner(signal, account)
    options = shlex.join(["-k", str(data), "-p", str(embedded.PORT), "-c", "listen_addresses="])
    command = ["pg_ctl", "-l", embedded.LOG, "-w", "-s", "-o", options, "start"]
    embedded._run(embedded._programs(), command, data, account)
