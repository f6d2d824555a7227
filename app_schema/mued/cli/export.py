"""`app-schema export`."""

from __future__ import annotations

from collections import Counter

from app_schema.cli.common import Url, application, connected
from app_schema.cli.output import talk
from app_schema.count import counted
from app_schema.mued.cli.erase import Person


def export(person: Person, *, url: Url = None) -> None:
    """Print all rows of a person, a JSON object a line: table, who may read it (person or service), row.

    The rows of the person are read as that person, under row security, and the rest as service_account; all
    are of one moment. Exit code 0: printed; 2: could not tell, as for a person who does not exist.
    """
    import json
    import sys
    from io import TextIOWrapper

    from app_schema.mued.export import export

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # JSON is, whatever the locale is
    count: Counter[str] = Counter()
    with connected(url) as connection:
        for line in export(connection, person, application().acting):
            print(
                f'{{"table": {json.dumps(line.table)}, "seen_by": "{line.seen_by}", "row": {line.document}}}'
            )
            count[line.seen_by] += 1
    talk(
        f"{counted(count['person'], 'row')} of the person, {counted(count['service'], 'row')} of the service."
    )
