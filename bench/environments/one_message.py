"""Sends a file as one message."""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import os
import sys
from pathlib import Path

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"].replace("+psycopg", ""), autocommit=True) as connection:
    connection.execute(Path(sys.argv[1]).read_bytes())
