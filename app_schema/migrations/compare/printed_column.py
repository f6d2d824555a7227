"""The parts of a column as a snapshot prints it."""

from __future__ import annotations

import re

_COLUMN = re.compile(
    r"(?P<type>.*?)(?: COLLATE "
    r"(?P<collation>(?:\"(?:[^\"]|\"\")*\"|[^\s.])+\.(?:\"(?:[^\"]|\"\")*\"|\S+)))?(?P<not_null> NOT NULL)?"
    r"(?P<identity> GENERATED (?:ALWAYS|BY DEFAULT) AS IDENTITY)?(?: (?P<how>DEFAULT|GENERATED STORED "
    r"AS|GENERATED VIRTUAL AS) (?P<expression>.*))?$",
    re.DOTALL,
)


def parts(definition: str) -> dict[str, str | None]:
    """Type, collation, not_null, identity, how and expression of a column in a snapshot."""
    match = _COLUMN.match(definition)
    assert match is not None
    return match.groupdict()


def changes_type(wanted: str, found: str) -> bool:
    """Whether the type, the collation or the generation expression differs: then dependents stand in the
    way."""
    new, old = parts(wanted), parts(found)
    generated = "GENERATED" in (new["how"] or "") or "GENERATED" in (old["how"] or "")
    return (
        new["type"] != old["type"]
        or new["collation"] != old["collation"]
        or (generated and (new["how"], new["expression"]) != (old["how"], old["expression"]))
    )
