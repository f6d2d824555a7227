"""The PostgreSQL server of a test run."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

IMAGE = "pgvector/pgvector:pg{}"
MEMORY = Path("/dev/shm")  # noqa: S108  # a directory of a random name is made in it
ROOM = 2 * 1024**3  # bytes; a run of two workers takes a fifth of it
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "autovacuum": "off",  # every database of a run would have its turn
    "shared_preload_libraries": "plpgsql",  # guards are blocks of it: each session would load it anew
    "jit": "off",  # queries of a catalog are costly to plan and quick to run
}


@dataclass(frozen=True)
class TestServer:
    """A server, what to call it, and how to be rid of it."""

    __test__ = False  # a name that pytest would collect

    url: str = field(repr=False)
    description: str
    stop: Callable[[], None]


def start(url: str | None = None) -> TestServer:
    """The server of `url`, else a container where a Docker engine answers, else a server of our own."""
    if url:
        plain = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)
        return TestServer(plain, "TEST_DATABASE_URL", lambda: None)
    return container(17) or own()


def container(major: int) -> TestServer | None:
    """A container with this major version of PostgreSQL; None where no Docker engine answers."""
    if not os.environ.get("DOCKER_HOST") and not Path("/var/run/docker.sock").exists():
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what other packages do at import is theirs
        try:
            import docker
            from testcontainers.postgres import PostgresContainer

            engine = docker.from_env(timeout=2)
            try:
                engine.ping()
            finally:
                engine.close()
            image = IMAGE.format(major)
            made = PostgresContainer(image, driver=None).with_kwargs(tmpfs={"/var/lib/postgresql/data": "rw"})
            options = (word for name, value in FAST.items() for word in ("-c", f"{name}={value}"))
            made.with_command(["postgres", *options]).start()
        except Exception:  # noqa: BLE001  # whatever is wrong with Docker, there is another way
            return None
        return TestServer(made.get_connection_url(), f"container {image}", made.stop)


def memory() -> Path | None:
    """The file system in memory, where it has room for a run: copying a template there costs a fifth."""
    try:
        roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    except OSError:
        return None
    return MEMORY if roomy else None


def own(programs: Path | None = None) -> TestServer:
    """A server of our own: the embedded one, or that of another PostgreSQL's programs."""
    from app_schema import embedded

    directory = Path(tempfile.mkdtemp(prefix="app_schema_tests_", dir=memory()))
    directory.chmod(0o755)  # root hands the server inside to another user

    def stop() -> None:
        embedded.stop(directory)
        shutil.rmtree(directory, ignore_errors=True)

    try:
        url = embedded.start(directory, settings=FAST, programs=programs)
        return TestServer(url, "embedded server" if programs is None else str(programs), stop)
    except BaseException:
        stop()
        raise
