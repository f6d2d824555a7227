"""The system user of the embedded server: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app_schema.errors import ServerError
from app_schema.events import say

NAME = "embedded_postgres"


def account(data: Path) -> dict[str, Any]:
    """The user that runs the server, as arguments of subprocess.run; empty unless the process runs as root.

    The user is the owner of the data, else a system user, created on first use.
    """
    if os.geteuid() != 0:
        return {}
    if data.exists():
        owner = data.stat()
        return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    entry = _entry() or _added()
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def change_owner(path: Path, account: Mapping[str, Any]) -> None:
    """Make the account the owner of `path`."""
    if account:
        os.chown(path, account["user"], account["group"])


def open_to_others(programs: Path, *places: Path) -> None:
    """Let the account reach the programs and its data; one line on stderr names the directories opened."""
    closed = {
        parent
        for path in (programs, *places)
        for parent in path.parents
        if not parent.stat().st_mode & stat.S_IXOTH
    }
    for parent in closed:
        parent.chmod(parent.stat().st_mode | stat.S_IXOTH)
    if not (programs / "bin" / "postgres").stat().st_mode & stat.S_IXOTH:  # installed under a strict umask
        for path in (programs, *programs.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
    if closed:
        names = ", ".join(sorted(map(str, closed)))
        say(f"as root, so these directories now let other users through: {names}")


def _entry() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return None


def _added() -> pwd.struct_passwd:
    reason = "useradd is missing"
    try:
        command = ["useradd", "--system", NAME]
        reason = subprocess.run(command, check=False, capture_output=True, text=True).stderr.strip()
    except OSError:
        pass
    entry = _entry()  # exists too if another process has created the user meanwhile
    if entry is None:
        raise ServerError(
            f"PostgreSQL does not run as root, and the user {NAME} cannot be created: {reason}."
        )
    return entry
