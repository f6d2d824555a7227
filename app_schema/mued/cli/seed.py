"""`app-schema seed`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from app_schema.cli.common import Json, Url, connected
from app_schema.cli.output import machine, progress, table, talk
from app_schema.count import counted, number

MOST = 1_000_000_000


def seed(
    rows: Annotated[
        int, typer.Option("--rows", min=0, max=MOST, help="Also insert so many rows for load.")
    ] = 0,
    *,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Fill a database with sample people, lessons, sessions, conversations and vectors.

    Ids are fixed, so a second run inserts only the missing rows. A database with rows of others is refused.
    """
    from app_schema.mued.seed import load, seed
    from app_schema.mued.seed.sample import first_day

    with connected(url, changes=True) as connection:
        seeded = seed(connection)
        day = first_day(connection)
        connection.commit()
        loaded = 0
        if rows:
            with progress("rows", rows) as report:
                driver: Any = connection.connection.driver_connection
                loaded = load(driver, rows, day, report)
    if as_json:
        machine({"tables": seeded, "loaded": loaded})
        return
    table(
        ("table", ">rows", ">made"),
        [(part.table, number(part.rows), number(part.made)) for part in seeded],
    )
    if rows:
        talk(f"{counted(loaded, 'row')} loaded.")
