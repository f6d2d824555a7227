"""Cached snapshots of the declared side: a usual comparison needs no scratch database.

A snapshot is a file in the user's cache directory, named by a digest of everything that it depends on. A file
that cannot be read or written, or is damaged, counts as absent. So does a file that other users could have
written: a planted snapshot would hide differences.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.resources import files
from pathlib import Path

from platformdirs import user_cache_path

from app_schema.catalog.objects import Snapshot, with_parts
from app_schema.ddl.definition import Definition
from app_schema.ddl.object import Key

KEPT = 20
"""The number of kept files, the last used first."""
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def digest(parts: Iterable[str]) -> str:
    """The name of a snapshot that depends on these texts, in this order, and on the code that creates it."""
    return hashlib.sha256(json.dumps([_code(), *parts]).encode()).hexdigest()


@cache
def _code() -> list[str]:
    # a snapshot is the union of the kinds' queries, in ddl
    packages = [files(f"app_schema.{name}") for name in ("catalog", "ddl")]
    sources = sorted((file for package in packages for file in package.iterdir()), key=str)
    sources.append(files("app_schema").joinpath("pinned.py"))
    return [source.read_text(encoding="utf-8") for source in sources if source.name.endswith((".py", ".sql"))]


def load(name: str) -> Snapshot | None:
    """The snapshot of this name, if the file exists, is complete, and only this user can write it."""
    try:
        with _opened(_directory()) as directory:
            checksum, _, payload = _read(directory, name).partition(b"\n")
            if checksum.decode() != _checksum(name, payload):
                return None
            snapshot = {Key(*key): with_parts(key[0], printed) for *key, printed in json.loads(payload)}
            os.utime(name, dir_fd=directory)  # marks the file as used
    except (OSError, TypeError, ValueError, RecursionError):
        return None
    return snapshot


def store(name: str, snapshot: Snapshot) -> None:
    """Writes a snapshot atomically."""
    parts = (
        # as json_build_array prints it, so that both sides share what is parsed
        [
            *key,
            json.dumps(printed.parts, ensure_ascii=False) if isinstance(printed, Definition) else printed,
        ]
        for key, printed in snapshot.items()
    )
    payload = json.dumps(list(parts)).encode()
    place = _directory()
    if not place.is_absolute():  # a user without a home: otherwise this would create a directory named "~"
        return
    with suppress(OSError):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _opened(place):
            handle, temporary = tempfile.mkstemp(dir=place)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_checksum(name, payload).encode() + b"\n" + payload)
                Path(temporary).replace(place / name)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
            for old in sorted(place.iterdir(), key=lambda file: file.lstat().st_mtime)[:-KEPT]:
                old.unlink(missing_ok=True)


def _checksum(name: str, payload: bytes) -> str:
    """The checksum of content and name: a snapshot renamed from other models is refused."""
    return hashlib.sha256(name.encode() + b"\n" + payload).hexdigest()


@contextmanager
def _opened(directory: Path) -> Iterator[int]:
    """The descriptor of the directory. Raises PermissionError if other users may write in it."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _require_own(os.fstat(handle))
        yield handle
    finally:
        os.close(handle)


def _read(directory: int, name: str) -> bytes:
    # O_NONBLOCK: opening a fifo would wait for a writer
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    handle = os.open(name, flags, dir_fd=directory)
    try:
        status = os.fstat(handle)
        _require_own(status)
        if not stat.S_ISREG(status.st_mode):
            raise PermissionError("not a file")
        with os.fdopen(os.dup(handle), "rb") as file:
            return file.read()
    finally:
        os.close(handle)


def _require_own(status: os.stat_result) -> None:
    if status.st_uid != os.geteuid() or status.st_mode & _WRITABLE_BY_OTHERS:
        raise PermissionError("others may write here")


def _directory() -> Path:
    return user_cache_path("app_schema", appauthor=False) / "declared"
