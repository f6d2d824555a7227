"""`app-schema doctor`."""

from __future__ import annotations

import typer

from app_schema.cli.address import see
from app_schema.cli.common import DIFFERENT, UNKNOWN, Json, Url, application
from app_schema.cli.output import machine, text


def doctor(url: Url = None, *, as_json: Json = False) -> None:
    """Check Python, package, disk, server, extensions, privileges, time zone and pooler: a line each.

    A line that starts with "mend" ends with the remedy and the address of its explanation.
    Exit code 0: all correct; 1: something must be corrected; 2: the server cannot be reached.
    """
    from app_schema.doctor import examine

    examined = []
    for seen in examine(url, application()):
        examined.append(seen)
        if not as_json:
            text(f"{seen.state:<8}{seen.name:<12}{seen.found}", indent=20)
            if seen.remedy:
                text(f"{'':<20}{seen.remedy}", indent=20)
                print(f"{'':<20}{see(seen.remedy)}")
    if as_json:
        machine([{**vars(seen), "see": seen.remedy and see(seen.remedy)} for seen in examined])
    states = {seen.state for seen in examined}
    raise typer.Exit(UNKNOWN if "unknown" in states else DIFFERENT if "mend" in states else 0)
