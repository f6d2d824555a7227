"""Sample rows to look at, and any number of rows for load; never into a database that holds others' rows."""

from __future__ import annotations

from app_schema.mued.seed.bulk import load
from app_schema.mued.seed.sample import Seeded, seed

__all__ = ["Seeded", "load", "seed"]
