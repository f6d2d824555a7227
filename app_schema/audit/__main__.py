"""`python -m app_schema.audit`: what the database allows, and should not."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError

from app_schema import database, url
from app_schema.audit import as_json, as_text, audit, waivers
from app_schema.errors import AppSchemaError


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit a database: 0 = clean, 1 = a finding is open, 2 = could not tell."""
    parser = argparse.ArgumentParser(
        prog="python -m app_schema.audit", description="Audit a database; nothing is changed."
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--url", help="the database (else the configured one)")
    given = parser.parse_args(arguments)
    try:
        from app_schema.models import Base

        accepted = waivers()
        place = url.parse(given.url) if given.url else database.url(direct=True)
        with database.connect(database.engine(place, direct=True)) as connection:
            findings = audit(connection, Base.metadata, waivers=accepted)
    except AppSchemaError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except DBAPIError as error:
        sys.stderr.write(f"{database.describe_failure(error)}\n")
        return 2
    print(as_json(findings) if given.json else as_text(findings))
    return 1 if any(one.open for one in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
