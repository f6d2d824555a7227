"""Each mutation is noticed by the tests of the promise that it breaks; a usual run tries two of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from amount import ALL, drawn
from mutants import MUTANTS
from mutations import MUTATIONS

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PATIENCE = 120.0
FAILED = 1
"""pytest's exit code where tests failed; an error of collection or a missing test is another one."""


def test_there_are_enough_and_each_still_has_its_place() -> None:
    assert len(MUTANTS) + len(MUTATIONS) >= 40
    for mutation in MUTATIONS.values():
        compile(mutation.applied(mutation.source()), mutation.module, "exec")


@pytest.mark.parametrize("name", MUTATIONS if ALL else drawn("mutations").sample(list(MUTATIONS), 1))
def test_a_mutation_is_noticed(server_url: str, name: str) -> None:
    options = ("-p", "mutated", "-p", "no:cacheprovider", "-n", "0", "-q", "-x")
    said = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *MUTATIONS[name].tests.split()],
        cwd=ROOT,
        env={
            **os.environ,
            "CASES": "all",
            "MUTANT": name,
            "PYTHONPATH": str(HERE),
            "TEST_DATABASE_URL": server_url,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert said.returncode == FAILED, said.stdout[-3000:] + said.stderr[-3000:]
    assert "ERROR collecting" not in said.stdout
