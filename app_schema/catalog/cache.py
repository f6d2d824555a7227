"""Snapshots of what was declared, kept between runs: a usual comparison makes no scratch database.

A file holds a snapshot and lies in the user's cache directory under a digest of all that the snapshot
depends on. It is never needed: what cannot be read, is broken or cannot be written is as good as absent.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path

from platformdirs import user_cache_path

from app_schema.catalog.snapshot import Snapshot
from app_schema.ddl.statement import Key

KEPT = 20
"""Files kept: those that were used last."""


def digest(parts: Iterable[str]) -> str:
    """The name of a snapshot that depends on these texts, in this order, and on the code that makes it."""
    return hashlib.sha256(json.dumps([_code(), *parts]).encode()).hexdigest()


@cache
def _code() -> list[str]:
    found = sorted(files("app_schema.catalog").iterdir(), key=lambda one: one.name)
    found.append(files("app_schema").joinpath("pinned.py"))
    return [one.read_text(encoding="utf-8") for one in found if one.name.endswith((".py", ".sql"))]


def load(name: str) -> Snapshot | None:
    """The snapshot kept under this name, if it is there and whole."""
    path = _directory() / name
    try:
        checksum, _, payload = path.read_bytes().partition(b"\n")
        if checksum.decode() != hashlib.sha256(payload).hexdigest():
            return None
        snapshot = {Key(*key): definition for *key, definition in json.loads(payload)}
        os.utime(path)  # used last
    except (OSError, ValueError):
        return None
    return snapshot


def store(name: str, snapshot: Snapshot) -> None:
    """Keeps a snapshot under a name; a reader meets all of it or nothing."""
    payload = json.dumps([[*key, definition] for key, definition in snapshot.items()]).encode()
    directory = _directory()
    if not directory.is_absolute():  # of a user without a home: a directory named "~" would be made here
        return
    with suppress(OSError):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=directory)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload)
            Path(temporary).replace(directory / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        for old in sorted(directory.iterdir(), key=lambda one: one.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)


def _directory() -> Path:
    return user_cache_path("app_schema", appauthor=False) / "declared"
