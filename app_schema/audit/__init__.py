"""Read-only checks of a database: excess privileges, future failures, useless cost."""

from __future__ import annotations

from app_schema.audit.bookkeeping import of_version_table
from app_schema.audit.finding import Finding, Severity, Waiver
from app_schema.audit.report import as_json, as_text
from app_schema.audit.run import CHECKS, audit
from app_schema.audit.settings import service_roles, waivers
from app_schema.audit.sharding import scale

__all__ = [
    "CHECKS",
    "Finding",
    "Severity",
    "Waiver",
    "as_json",
    "as_text",
    "audit",
    "of_version_table",
    "scale",
    "service_roles",
    "waivers",
]
