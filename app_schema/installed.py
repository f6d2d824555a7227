"""This installation: its version, and its source, because no index has the package."""

from __future__ import annotations

import json
from importlib import metadata
from urllib.parse import unquote

NAME = "app-schema"
_FILE = "direct_url.json"
"""PEP 610: pip writes where a distribution was found, unless an index had it."""


def version() -> str:
    """The name of the package and its version."""
    return f"{NAME} {metadata.version(NAME)}"


def install_line(extra: str) -> str:
    """The line that installs an extra, to be pasted."""
    try:
        written = metadata.distribution(NAME).read_text(_FILE)
    except metadata.PackageNotFoundError:
        written = None
    if written is None:
        return f"install {NAME} with the extra [{extra}] from where it was installed"
    origin = json.loads(written)
    url: str = origin["url"]
    if origin.get("dir_info", {}).get("editable"):
        return f"pip install -e '{unquote(url.removeprefix('file://'))}[{extra}]'"
    if vcs := origin.get("vcs_info"):
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    return f"pip install '{NAME}[{extra}] @ {url}'"
