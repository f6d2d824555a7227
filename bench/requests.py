# ruff: noqa: INP001 - a script
"""What the FastAPI application of docs/application.md answers to schemathesis: no request may be a 500.

schemathesis makes the requests from the OpenAPI document, among them updates of a session that exists. It is
not installed with the package:  pip install -e '.[testing,fastapi]' schemathesis uvicorn
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from databases import ROOT, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

PERSON = "user_ann"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
ELSEWHERE = "APPLICATION as PACKAGE"
"""In the block about an application beside the package."""


def prepare(url: str) -> str:
    """The newest revision, and a person with a session; gives the key of the session."""
    from sqlalchemy.orm import Session

    from app_schema import database
    from app_schema.migrations import upgrade
    from app_schema.mued.factories import SessionFactory, UserFactory

    upgrade(url)
    engine = database.engine(url)
    with Session(engine) as session:
        ann = UserFactory.create(session, clerk_id=PERSON, email="ann@example.org")
        key = str(SessionFactory.create(session, user=ann, title="Old").id)
        session.commit()
    engine.dispose()
    return key


@contextmanager
def served(url: str, place: Path, port: int) -> Iterator[str]:
    """The application of the page, until the block ends."""
    page = (ROOT / "docs" / "application.md").read_text(encoding="utf-8")
    blocks = [block for block in BLOCK.findall(page) if ELSEWHERE not in block]
    (place / "page.py").write_text("\n".join(blocks), encoding="utf-8")
    command = [sys.executable, "-m", "uvicorn", "page:app", "--port", str(port), "--log-level", "warning"]
    path = os.pathsep.join((str(place), str(ROOT)))
    environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": path}
    with subprocess.Popen(command, cwd=place, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            yield f"http://127.0.0.1:{port}/openapi.json"
        finally:
            server.terminate()


def main() -> int:
    """Ends with the exit code of schemathesis."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a server where a database may be created; else an embedded one")
    parser.add_argument("--examples", type=int, default=400)
    parser.add_argument("--port", type=int, default=8765)
    given = parser.parse_args()
    with Server(given.url).database("requests") as database, tempfile.TemporaryDirectory() as directory:
        url, place = database.render_as_string(hide_password=False), Path(directory)
        configuration = place / "schemathesis.toml"
        configuration.write_text(f'[parameters]\nkey = "{prepare(url)}"\n', encoding="utf-8")
        program = [Path(sys.executable).parent / "schemathesis", "--config-file", configuration, "run"]
        with served(url, place, given.port) as document:
            options = ["-H", f"x-user: {PERSON}", "--checks", "not_a_server_error", "-n", str(given.examples)]
            options.append("--wait-for-schema=60")  # the blocks of the page run first
            return subprocess.run([*program, document, *options], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
