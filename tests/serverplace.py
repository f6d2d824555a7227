"""Where a test keeps a server of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app_schema import embedded


@contextmanager
def server_place(prefix: str = "app_schema_server_", directory: Path | None = None) -> Iterator[Path]:
    """A directory that the server's user can enter; the server in it goes at the end.

    Under root no directory of pytest's own will do: another run of pytest closes their parent to other users.
    """
    made = Path(tempfile.mkdtemp(prefix=prefix, dir=directory))
    made.chmod(0o755)
    try:
        yield made
    finally:
        embedded.stop(made)
        shutil.rmtree(made, ignore_errors=True)
