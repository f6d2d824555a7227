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
MEMORY = Path("/dev/shm")  # noqa: S108  # only for a directory with a random name
ROOM = 2 * 1024**3  # bytes; a run of two workers needs a fifth
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "autovacuum": "off",  # every database of a run would have its turn
    "shared_preload_libraries": "plpgsql",  # guards are PL/pgSQL: otherwise each session loads the library
    "jit": "off",  # queries of a catalog are costly to plan and quick to run
}


@dataclass(frozen=True)
class TestServer:
    """A server, its name in the report, and a function that stops it."""

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
        warnings.simplefilter("ignore")  # warnings of other packages at import
        try:
            import docker
            from testcontainers.postgres import PostgresContainer

            engine = docker.from_env(timeout=2)
            try:
                engine.ping()
            finally:
                engine.close()
            image = IMAGE.format(major)
            container = PostgresContainer(image, driver=None).with_kwargs(
                tmpfs={"/var/lib/postgresql/data": "rw"}
            )
            options = (word for name, value in FAST.items() for word in ("-c", f"{name}={value}"))
            container.with_command(["postgres", *options]).start()
        except Exception:  # noqa: BLE001  # any error of Docker: use the embedded server instead
            return None
        return TestServer(container.get_connection_url(), f"container {image}", container.stop)


def memory() -> Path | None:
    """The file system in memory, if it has room for a run: copying a template needs a fifth of the time."""
    try:
        roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    except OSError:
        return None
    return MEMORY if roomy else None


def own(programs: Path | None = None) -> TestServer:
    """A server of the run: the embedded PostgreSQL, or the programs of another PostgreSQL."""
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
