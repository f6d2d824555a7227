"""For each check a database that violates it, and for some a similar database that does not."""

from __future__ import annotations

import sqlalchemy as sa
from audit_cases_of_privileges import PRIVILEGES
from audit_cases_of_rows import ROWS
from audit_cases_of_tables import TABLES

from app_schema.mued.models.one_of import one_of

METADATA = sa.MetaData()
sa.Table("closed", METADATA, sa.Column("plan", sa.Text), one_of("plan", "free", "it's"), schema="public")
sa.Table("loose", METADATA, sa.Column("mood", sa.Enum("up", "down", native_enum=False)))

CASES = ROWS | PRIVILEGES | TABLES
