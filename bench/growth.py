"""What a long lineage costs: 10, 100 and 1,000 revisions, seconds a revision and memory.

    python bench/growth.py
    python bench/growth.py --revisions 10 100 --runs 3

Each revision makes a table with an index. Whole processes of this project and of plain Alembic, in turn. The
server is --url, else TEST_DATABASE_URL, else the embedded one. Exit code 1: what a revision costs grows.
"""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from databases import ROOT, Server
from proxy import Proxy

FLAT = 1.5
"""How many times as much a revision of the longest lineage may cost, against one of the one before."""
BODY = """
    op.create_table(
        "t{0}",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="t{0}_pkey"),
    )
    op.create_index("ix_t{0}", "t{0}", ["name"])
"""
MEASURED = """
import resource, sys
from alembic.config import main
try:
    main(["upgrade", "head"])
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@dataclass
class Measured:
    """One tool with one number of revisions."""

    seconds: list[float] = field(default_factory=list)
    kilobytes: list[int] = field(default_factory=list)
    round_trips: list[int] = field(default_factory=list)


def environment(directory: Path, name: str, revisions: int) -> Path:
    """A directory with alembic.ini and so many revisions; none at all is what starting costs."""
    place = directory / f"{name}_{revisions}"
    versions = place / "versions"
    versions.mkdir(parents=True)
    script = ROOT / "alembic" if name == "ours" else place
    if name != "ours":
        template = Path(__file__).with_name("environments") / "generic_env.py"
        (place / "env.py").write_text(template.read_text())
    ini = (ROOT / "alembic.ini").read_text()
    ini = ini.replace("%(here)s/alembic", f"{script}\nversion_locations = {versions}")
    (place / "alembic.ini").write_text(ini)
    below = None
    for number in range(revisions):
        revision = f"r{number:04}"
        head = f"revision = {revision!r}\ndown_revision = {below!r}\nimport sqlalchemy as sa\n"
        text = f"{head}from alembic import op\n\ndef upgrade():{BODY.format(number)}"
        (versions / f"{revision}.py").write_text(text)
        below = revision
    return place


def run(place: Path, server: Server, found: Measured) -> None:
    """One upgrade of an empty database, through a proxy that counts."""
    with server.database("growth") as url, Proxy(server.target) as proxy:
        query = {key: value for key, value in url.query.items() if key not in {"host", "port"}}
        there: sa.URL = url.set(drivername="postgresql", host=proxy.host, port=proxy.port, query=query)
        kept = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
        secret = there.render_as_string(hide_password=False)
        begun = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", MEASURED],
            cwd=place,
            env=kept | {"DATABASE_URL": secret, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        found.seconds.append(time.perf_counter() - begun)
        if done.returncode:
            sys.exit(f"{place.name}: {done.stderr[-2000:]}")
        found.kilobytes.append(int(done.stdout.split()[-1]))
        found.round_trips.append(proxy.counts().round_trips)


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the databases go
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--url", default=os.environ.get("TEST_DATABASE_URL"), help="else TEST_DATABASE_URL, else embedded")
    add("--revisions", type=int, nargs="+", default=[10, 100, 1000])
    add("--runs", type=int, default=3)
    options = parser.parse_args()
    server = Server(options.url)
    print(f"PostgreSQL {server.version}, {os.cpu_count()} processors; medians of whole processes\n")
    print("| revisions | | s | ms a revision | MB | round trips |\n|---:|---|---:|---:|---:|---:|")
    cost: dict[str, list[float]] = {"ours": [], "plain": []}
    with tempfile.TemporaryDirectory() as temporary:
        for revisions in options.revisions:
            places = {name: environment(Path(temporary), name, revisions) for name in cost}
            nothing = {name: environment(Path(temporary) / f"n{revisions}", name, 0) for name in cost}
            table = {name: (Measured(), Measured()) for name in cost}
            for _ in range(options.runs):
                for name, (found, start) in table.items():
                    run(nothing[name], server, start)
                    run(places[name], server, found)
            for name, (found, start) in table.items():
                seconds = statistics.median(found.seconds)
                each = (seconds - statistics.median(start.seconds)) / revisions * 1000
                cost[name].append(each)
                megabytes = statistics.median(found.kilobytes) / 1024
                trips = statistics.median_low(found.round_trips)
                cells = [f"{seconds:.2f}", f"{each:.1f}", f"{megabytes:.0f}", str(trips)]
                print(f"| {revisions} | {name} | {' | '.join(cells)} |", flush=True)
    flat = len(cost["ours"]) < 2 or cost["ours"][-1] <= FLAT * cost["ours"][-2]  # noqa: PLR2004 - two to compare
    print(f"\nours: what a revision costs {'does not grow' if flat else '**grows**'}")
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
