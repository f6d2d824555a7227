"""Sample rows, and any number of rows for load; a database that holds other rows is refused."""

from __future__ import annotations

from app_schema.mued.seed.bulk import load
from app_schema.mued.seed.sample import Seeded, seed

__all__ = ["Seeded", "load", "seed"]
