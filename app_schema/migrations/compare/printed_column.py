"""The parts of a column as a snapshot prints it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from sqlalchemy import text

_COLUMN = re.compile(
    r"(?P<type>.*?)(?P<collation> COLLATE "
    r"(?:\"(?:[^\"]|\"\")*\"|[^\s.])+\.(?:\"(?:[^\"]|\"\")*\"|\S+))?(?P<not_null> NOT NULL)?"
    r"(?P<unproved> NOT VALID)?"
    r"(?P<identity> GENERATED (?:ALWAYS|BY DEFAULT) AS IDENTITY)?(?: (?P<how>DEFAULT|GENERATED STORED "
    r"AS|GENERATED VIRTUAL AS) (?P<expression>.*))?$",
    re.DOTALL,
)


class PrintedColumn(NamedTuple):
    """The printed parts of a column; absent parts are empty.

    :param type: with the collation, if it is not the default of the type.
    :param unproved: it is NOT NULL for new rows alone, and counts as nullable.
    :param identity: `` GENERATED ALWAYS AS IDENTITY`` or ``BY DEFAULT``.
    :param how: what the expression is: DEFAULT, GENERATED STORED AS or GENERATED VIRTUAL AS.
    """

    type: str
    nullable: bool
    identity: str
    how: str
    expression: str
    unproved: bool = False

    @property
    def generated(self) -> bool:
        """Whether the values follow from the row."""
        return self.how.startswith("GENERATED")

    @property
    def default(self) -> Any:
        """The default as text; None without one."""
        return text(escaped(self.expression)) if self.how == "DEFAULT" else None

    @property
    def rule(self) -> tuple[str, str]:
        """Default or generation expression, with which of the two it is."""
        return self.how, self.expression


def escaped(expression: str) -> str:
    """An expression for ``sa.text``, which takes a word after a colon for a parameter."""
    return expression.replace(":", "\\:")


def parts(definition: str) -> PrintedColumn:
    """The parts of a column's definition in a snapshot."""
    match = _COLUMN.match(definition)
    assert match is not None
    groups = {name: value or "" for name, value in match.groupdict().items()}
    return PrintedColumn(
        groups["type"] + groups["collation"],
        not groups["not_null"] or bool(groups["unproved"]),
        groups["identity"],
        groups["how"],
        groups["expression"],
        bool(groups["unproved"]),
    )


def changes_type(declared: str, reflected: str) -> bool:
    """Whether the type or the collation differs, or the column is rebuilt: then PostgreSQL refuses the
    change while others depend on the column."""
    return parts(declared).type != parts(reflected).type or is_rebuilt(declared, reflected)


def sets_expression(declared: str, reflected: str) -> bool:
    """True if a generated column gets another expression, maybe another nullability, and nothing else."""
    new, old = parts(declared), parts(reflected)
    same = new == old._replace(expression=new.expression, nullable=new.nullable)
    return same and new.generated and new.expression != old.expression


def is_rebuilt(declared: str, reflected: str) -> bool:
    """Whether the column is generated and is so in another way: it is dropped then, and added."""
    new, old = parts(declared), parts(reflected)
    return (new.generated or old.generated) and (*new.rule, new.type) != (*old.rule, old.type)
