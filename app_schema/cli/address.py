"""The address of the explanation of a message in docs/troubleshooting.md."""

from __future__ import annotations

import re

PAGE = "docs/troubleshooting.md"
OTHER = "exit-codes"
"""The heading for a message without a separate heading; the section explains the exit codes."""
HEADINGS: tuple[tuple[str, str], ...] = (
    (r"already exists with a different definition|with other attributes", "different"),
    (r'type "[^"]*" already exists', "type-exists"),
    (r'trigger "[^"]*" .* already exists', "trigger-exists"),
    (r'relation "[^"]*" already exists', "relation-exists"),
    (r"multiple commands into a prepared statement", "several-commands"),
    (r"migration lock|Another migration runs", "waits"),
    (r"lock timeout|did not get its locks|deadlock", "lock-timeout"),
    (r"pooler|DIRECT_DATABASE_URL", "pooled"),
    (r"copy of app_schema", "two-copies"),
    (r"CI is set", "ci"),
    (r"app-schema adopt|The target has rows", "adopt"),
    (r"is replicated by|The revision is the newest, but", "restored"),
    (r"\d heads|alembic merge|newer includes the older", "heads"),
    (r"[Nn]o revision (is|called)|does not have|below base|past the newest", "unknown-revision"),
    (r"run app-schema upgrade|Run app-schema upgrade", "behind"),
    (r"would be lost|The token does not fit", "lost"),
    (r"[Uu]ndeclared", "undeclared"),
    (r"scratch", "scratch"),
    (r"read-only|read replica|refuses writes|standby", "read-only"),
    (r"has no extension|The extension|may not (create|grant|read)|GRANT CREATE", "rights"),
    (r"permission denied|belong to|is owned by", "rights"),
    (r"The server (refuses|does not|cannot|has no|is |closed)|No attempt to connect", "no-server"),
    (r"URL|\.env|encoding", "setting"),
    (r"The tests run on|noexec|is not writable|Free \d+ MiB|The clocks", "machine"),
)
"""Pattern of a message -> anchor of its heading; the first match counts."""


def see(message: str) -> str:
    """The address of the heading that explains a message."""
    anchor = next((anchor for pattern, anchor in HEADINGS if re.search(pattern, message)), OTHER)
    return f"see {PAGE}#{anchor}"
