"""Objects of handwritten SQL end without the grants of default privileges, like those of an operation.

The text of SQL does not tell what it creates. The objects of the role are therefore noted before handwritten
SQL. After it, what default privileges grant on any other object is revoked: before the next statement of an
operation, GRANT, change of the role or COMMIT. So a later GRANT holds, and nobody sees the object before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app_schema.ddl import DDLStatement, DefaultPrivileges, Guarded, privileges
from app_schema.events import say
from app_schema.migrations import unfiltered

_CREATES_NOTHING = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|MERGE|DROP|COMMENT|GRANT|REVOKE|ALTER\s+DEFAULT|TRUNCATE|SET|RESET|LOCK|SHOW)\b"
    r"[^;]*;?\s*",
    re.IGNORECASE,
)
"""One statement that creates no object."""
_GRANTS = re.compile(r"\bGRANT\b", re.IGNORECASE)
_CHANGES_ROLE = re.compile(r"\b(ROLE|AUTHORIZATION)\b", re.IGNORECASE)
_CHANGES_DEFAULTS = re.compile(r"\bDEFAULT\s+PRIVILEGES\b", re.IGNORECASE)

UNKNOWN = "SELECT; GRANT"
"""Stands for SQL that is not known: it may create objects, and grant privileges on earlier ones."""


@dataclass
class Handwriting:
    """The handwritten SQL of a run.

    :param active: default privileges grant something, or may, because a script cannot query them.
    """

    active: bool = False
    noted: bool = False
    """Handwritten SQL follows the note of the objects."""
    filtered: bool = False
    """Row security is on, for a function that handwritten SQL creates."""
    sends: bool = False
    """The impl itself uses the connection: the statement was seen already."""

    def before(self, sql: str) -> Iterator[str]:
        """The statements to send before handwritten SQL."""
        yield from self._filter(filtered=unfiltered.creates_function(sql))
        self.active = self.active or bool(_CHANGES_DEFAULTS.search(sql))
        grants = bool(_GRANTS.search(sql))
        if grants or _CHANGES_ROLE.search(sql):
            yield from self.after()
        if not self.active or self.noted or _CREATES_NOTHING.fullmatch(sql):
            return
        if grants and sql != UNKNOWN:
            say(
                "a statement creates and grants: what default privileges grant on its objects is kept. "
                "Write GRANT as a statement of its own, and what they grant is revoked"
            )
            return
        self.noted = True
        yield privileges.note_objects()

    def after(self) -> Iterator[str]:
        """The statements to send after handwritten SQL, before any other statement."""
        yield from self._filter(filtered=False)
        if self.noted:
            self.noted = False
            yield privileges.of_unnoted()

    def _filter(self, *, filtered: bool) -> Iterator[str]:
        if filtered != self.filtered:
            self.filtered = filtered
            yield unfiltered.ON if filtered else unfiltered.AGAIN

    def rolled_back(self) -> None:
        """PostgreSQL has undone the objects and the setting."""
        self.noted = self.filtered = False

    def before_operation(self, statement: DDLStatement) -> Iterator[str]:
        """The statements to send before a statement of an operation."""
        changes = isinstance(getattr(statement, "element", None), DefaultPrivileges)
        self.active = self.active or changes
        runs = statement.runs if isinstance(statement, Guarded) else ""
        return self.before(runs) if runs else self.after()

    @contextmanager
    def sending(self) -> Iterator[None]:
        """While the impl uses the connection."""
        self.sends, before = True, self.sends
        try:
            yield
        finally:
            self.sends = before
