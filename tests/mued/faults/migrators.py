"""Many processes that run the same command at the same moment: ``python migrators.py`` with a JSON on stdin.

They are forked from one process that has imported everything, so that they start within milliseconds and
cost little. Prints what each said and its exit code, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any


def main() -> None:
    """Reads ``{"urls": [...], "versions": path or null, "command": [...], "x": [...]}``, a process a URL."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    asked = json.load(sys.stdin)
    import lineage  # noqa: F401 - imported once, before there are many

    import app_schema.models  # noqa: F401 - the same

    if asked["mutant"]:
        import pytest
        from mutants import MUTANTS

        MUTANTS[asked["mutant"]](pytest.MonkeyPatch())
    ready, go = os.pipe()
    children = [_fork(url, asked, ready) for url in asked["urls"]]
    os.write(go, b"!" * len(children))
    told = []
    for pid, said in children:
        _, status = os.waitpid(pid, 0)
        said.seek(0)
        told.append([os.waitstatus_to_exitcode(status), said.read()])
    print(json.dumps(told))


def _fork(url: str, asked: dict[str, Any], ready: int) -> tuple[int, Any]:
    said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - read when the process has ended
    if pid := os.fork():
        return pid, said
    os.dup2(said.fileno(), 2)
    code = 70
    try:
        os.read(ready, 1)
        _run(url, asked)
        code = 0
    except BaseException:  # noqa: BLE001 - it is told to the parent
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _run(url: str, asked: dict[str, Any]) -> None:
    from lineage import Alembic

    versions = Path(asked["versions"]) if asked["versions"] else None
    alembic = Alembic(url, versions=versions, alone=versions is not None)
    name, *arguments = asked["command"]
    alembic(name, *arguments)


if __name__ == "__main__":
    main()
