"""Sends lists of statements through psycopg's pipeline, a transaction a list."""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import psycopg

with (
    psycopg.connect(os.environ["DATABASE_URL"].replace("+psycopg", ""), autocommit=True) as connection,
    connection.pipeline(),
):
    for statements in json.loads(Path(sys.argv[1]).read_text()):
        for statement in ["BEGIN", *statements, "COMMIT"]:
            connection.execute(statement.encode(), prepare=False)
