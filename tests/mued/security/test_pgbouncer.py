"""Behind PgBouncer in transaction mode many clients share a connection, and none meets what another left."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from logins import CreateLogin
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.orm import Session as OrmSession

from app_schema import database
from app_schema.identity import acting_as
from app_schema.models import Session

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CONFIGURATION = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = 1
"""
CLIENTS = ("user_ann", "user_bob", "user_nobody", None)


@pytest.fixture
def pooled(people_url: str, create_login: CreateLogin) -> Iterator[sa.Engine]:
    """An engine of an application whose clients share one connection of the server."""
    if PROGRAM is None:
        pytest.skip("pgbouncer is not installed; Debian: pgbouncer")
    login = create_login("app_user", "service_account")
    found = conninfo_to_dict(people_url)
    host = str(found.get("host", "127.0.0.1"))
    # root may not run it, and who runs it must reach the socket
    user = Path(host).stat().st_uid if Path(host).is_dir() and os.geteuid() == 0 else None
    if user == 0 or found.get("password"):
        pytest.skip("this server cannot be reached by another user without a password")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = Path(tempfile.mkdtemp(prefix="app_schema_pgbouncer_"))  # pytest's own is closed to other users
    try:
        place.chmod(0o755)
        (place / "users").write_text(f'"{login}" "{login}"\n')
        (place / "ini").write_text(
            CONFIGURATION.format(host=host, port=found.get("port", 5432), listen=port, users=place / "users")
        )
        with subprocess.Popen([PROGRAM, "-q", place / "ini"], user=user, cwd="/") as pgbouncer:
            engine = database.engine(f"postgresql://{login}@127.0.0.1:{port}/{found['dbname']}")
            try:
                database.connect(engine, tries=8).close()
                yield engine
            finally:
                engine.dispose()
                pgbouncer.terminate()
    finally:
        shutil.rmtree(place)


def test_no_client_meets_what_another_left(pooled: sa.Engine) -> None:
    """R13, R14: every client asks in transactions of its own, between those of the others."""
    wrong: list[object] = []
    servers: set[int] = set()

    def ask(clerk_id: str | None) -> None:
        expected = [] if clerk_id in {None, "user_nobody"} else [clerk_id]
        with OrmSession(pooled) as session:
            for _ in range(25):
                with acting_as(session, clerk_id):
                    seen = session.scalars(sa.select(Session.title)).all()
                    servers.add(session.scalar(sa.text("SELECT pg_backend_pid()")) or 0)
                    session.commit()
                left = session.execute(
                    sa.text("SELECT current_user, current_setting('app.current_user_id', true)")
                ).one()
                session.commit()
                if seen != expected or left[0] != pooled.url.username or left[1]:
                    wrong.append((clerk_id, seen, left))

    threads = [threading.Thread(target=ask, args=[client]) for client in CLIENTS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert len(servers) == 1


def test_a_session_level_set_would_be_met_by_others(pooled: sa.Engine) -> None:
    """The effect of a plain SET through a pooler, which acting_as never sends."""
    url = pooled.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as one:
        one.execute("SET app.current_user_id = 'user_ann'")
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as other:
            found = other.execute("SELECT current_setting('app.current_user_id', true)").fetchone()
    assert found == ("user_ann",)
