"""A network that drops packets silently: two namespaces with wrong neighbour entries."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

IP = shutil.which("ip") or ""
NOBODY = "02:00:00:00:00:01"


def unavailable() -> str | None:
    """The reason why such a network is impossible here; None: possible."""
    if os.geteuid() != 0 or not IP:
        return "network namespaces need root and iproute2"
    name = f"try{secrets.token_hex(3)}"
    if subprocess.run([IP, "netns", "add", name], capture_output=True, check=False).returncode:
        return "network namespaces are not allowed here"
    _ip("netns", "delete", name)
    return None


@dataclass(frozen=True)
class Network:
    """The address of a server in the default namespace, and of a client in another namespace."""

    name: str
    server: str
    client: str

    @property
    def inside(self) -> list[str]:
        """The words before a command that runs in the client's namespace."""
        return [IP, "netns", "exec", self.name]

    def swallow(self) -> None:
        """From now on packets in both directions are lost."""
        _ip("neigh", "replace", self.client, "lladdr", NOBODY, "nud", "permanent", "dev", f"{self.name}a")
        astray = [IP, "neigh", "replace", self.server, "lladdr", NOBODY, "nud", "permanent"]
        subprocess.run([*self.inside, *astray, "dev", f"{self.name}b"], check=True)


@contextmanager
def network() -> Iterator[Network]:
    """A network, taken away afterwards."""
    number = secrets.randbelow(250) + 2
    made = Network(f"h{secrets.token_hex(3)}", f"10.213.{number}.1", f"10.213.{number}.2")
    _ip("netns", "add", made.name)
    try:
        _ip("link", "add", f"{made.name}a", "type", "veth", "peer", "name", f"{made.name}b")
        _ip("link", "set", f"{made.name}b", "netns", made.name)
        _ip("addr", "add", f"{made.server}/30", "dev", f"{made.name}a")
        _ip("link", "set", f"{made.name}a", "up")
        for command in (
            ["addr", "add", f"{made.client}/30", "dev", f"{made.name}b"],
            ["link", "set", f"{made.name}b", "up"],
        ):
            subprocess.run([*made.inside, IP, *command], check=True)
        yield made
    finally:
        _ip("netns", "delete", made.name)  # takes both ends along


def _ip(*arguments: str) -> None:
    subprocess.run([IP, *arguments], check=True, capture_output=True)
