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
    for result in examine(url, application()):
        examined.append(result)
        if not as_json:
            text(f"{result.state:<8}{result.name:<12}{result.found}", indent=20)
            if result.remedy:
                text(f"{'':<20}{result.remedy}", indent=20)
                print(f"{'':<20}{see(result.remedy)}")
    if as_json:
        machine([{**vars(result), "see": result.remedy and see(result.remedy)} for result in examined])
    states = {result.state for result in examined}
    raise typer.Exit(UNKNOWN if "unknown" in states else DIFFERENT if "mend" in states else 0)
