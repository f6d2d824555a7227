"""The revisions of an application, and the current revisions of a database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from alembic.runtime.migration import MigrationStep
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError, RevisionError
from alembic.util import CommandError
from sqlalchemy import text

from app_schema.application import Application, find
from app_schema.errors import ConfigurationError, ServerError
from app_schema.migrations import config
from app_schema.migrations.loading import load, missing_function, refuse_uncallable
from app_schema.migrations.unknown_revision import applied, included
from app_schema.migrations.watch import watched

if TYPE_CHECKING:
    from alembic.runtime.migration import RevisionStep
    from alembic.script.base import Script
    from sqlalchemy import Connection

Direction = Literal["up", "down"]

_READABLE = text("SELECT pg_catalog.has_table_privilege(pg_catalog.to_regclass(:table), 'SELECT')")
_ROLES = text("SELECT pg_catalog.quote_ident(current_user), pg_catalog.quote_ident(session_user)")
_BOOKKEEPING = re.compile(r"(Revision ID|Revises|Create Date|Branch Labels|Depends On):.*")


@dataclass(frozen=True)
class Revision:
    """A revision as its file describes it: the first line of its docstring, and the paragraphs below it."""

    revision: str
    subject: str
    notes: tuple[str, ...]


class Lineage:
    """The revision files of an application, in order.

    Every method raises alembic's CommandError for a name that is unknown.

    :raises ConfigurationError: where a file cannot be imported, or the files have no order.
    """

    def __init__(self, app: Application | None = None) -> None:
        self.app = app or find()
        self.scripts = ScriptDirectory.from_config(config(self.app))
        load(self.scripts)

    @cached_property
    def tips(self) -> frozenset[str]:
        """Alembic's heads: the revisions that are no other's parent."""
        return frozenset(self.scripts.get_heads())

    @cached_property
    def heads(self) -> frozenset[str]:
        """The newest revisions, with which Alembic stamps a database: no tip on which another one depends."""
        dependencies = (script.dependencies for script in self.scripts.walk_revisions())
        needed = (self.scripts.get_revisions(names) for names in dependencies if names)
        return self.tips - {script.revision for scripts in needed for script in scripts}

    def is_newest(self, stamped: frozenset[str]) -> bool:
        """True if every revision is applied; False without revisions: an empty database is no copy then."""
        return bool(stamped) and stamped == self.heads

    @property
    def fork(self) -> str | None:
        """The remedy for two unintended heads; None if every further branch has a label."""
        heads = sorted(self.tips)
        labels = {frozenset(script.branch_labels) for script in self.scripts.get_revisions(heads)}
        if len(labels) == len(heads):
            return None
        named = " ".join(heads)
        return (
            f"The revisions have {len(heads)} heads, {', '.join(heads)}, so none is the newest: join them by "
            f'alembic merge -m "merge" {named}, or set the down_revision of the one that is not applied yet.'
        )

    def refuse_ambiguous(self, parent: str) -> None:
        """Raise ConfigurationError if `parent`, of a new revision, is ``head`` and there are several."""
        heads = self.scripts.get_revisions(sorted(self.tips))
        if parent != "head" or len(heads) < 2:  # noqa: PLR2004 - one head, or none
            return
        names = [f"{min(head.branch_labels)}@head" if head.branch_labels else head.revision for head in heads]
        options = " or ".join(f"--head {name}" for name in names)
        raise ConfigurationError(
            self.fork or f"The revisions have {len(heads)} heads: name the parent, by {options}."
        )

    def all(self) -> list[Revision]:
        """Every revision, the newest first."""
        return [described(script) for script in self.scripts.walk_revisions()]

    def unknown(self, stamped: frozenset[str]) -> frozenset[str]:
        """The revisions of `stamped` without a file."""
        return stamped - {script.revision for script in self.scripts.walk_revisions()}

    def applied(self, stamped: frozenset[str]) -> frozenset[str]:
        """The applied revisions of a database at `stamped`; a revision without a file is omitted."""
        return applied(self.scripts, stamped - self.unknown(stamped))

    def upgrades(self, stamped: frozenset[str], to: str = "head") -> list[Script]:
        """The revisions that `upgrade` would apply, in order. The target may be abbreviated, or `+1`."""
        return self._scripts(self.steps(stamped, to, "up"))

    def downgrades(self, stamped: frozenset[str], to: str = "-1") -> list[Script]:
        """The revisions that `downgrade` would undo, in order. The target may be abbreviated, or `base`."""
        return self._scripts(self.steps(stamped, to, "down"))

    def steps(self, stamped: frozenset[str], to: str, direction: Direction) -> list[RevisionStep]:
        """The same as Alembic's steps."""
        # as alembic.command does: a tuple means several heads, despite the annotation
        rows: Any = tuple(sorted(stamped))
        if direction == "down" and not stamped:
            return []
        up = direction == "up"
        step = MigrationStep.upgrade_from_script if up else MigrationStep.downgrade_from_script
        bounds: Any = (
            (to, rows, {"implicit_base": True}) if up else (rows, to, {"select_for_downgrade": True})
        )
        upper, lower, options = bounds
        try:
            scripts = list(self.scripts.iterate_revisions(upper, lower, **options))
        except ResolutionError as error:
            raise CommandError(f"Can't locate revision identified by '{error.argument}'") from error
        except RevisionError as error:
            raise CommandError(self.included(stamped) or str(error)) from error
        try:
            steps = [step(self.scripts.revision_map, script) for script in (scripts[::-1] if up else scripts)]
        except AttributeError as error:
            if not (absent := missing_function(self.scripts, error)):
                raise
            raise ConfigurationError(absent) from error
        for planned in steps:
            refuse_uncallable(planned, {})
        return steps

    def included(self, stamped: frozenset[str]) -> str | None:
        """The message for rows of the version table that other rows include; None: there is no such row."""
        return included(self.scripts, stamped, self.app.qualified_version_table)

    def _scripts(self, steps: list[RevisionStep]) -> list[Script]:
        return [self.scripts.get_revision(step.revision.revision) for step in steps]


def current(connection: Connection, app: Application) -> frozenset[str]:
    """The revisions that the database is at; none where nothing was migrated.

    :raises ServerError: where the role may not read them.
    """
    table = app.qualified_version_table
    readable = connection.scalar(_READABLE, {"table": table})
    if readable is None:
        return frozenset()
    if not readable:
        role, login = connection.execute(_ROLES).one()
        by = "" if role == login else f" (a setting changes the role of the login {login} to it)"
        raise ServerError(
            f"The role {role}{by} may not read {table}, so the revision is not known: "
            f"GRANT SELECT ON {table} TO {role}."
        )
    with watched(connection.connection.driver_connection):
        return frozenset(connection.scalars(text(f"SELECT version_num FROM {table}")))


def described(script: Script) -> Revision:
    """The docstring of the file, without Alembic's own lines."""
    paragraphs = [" ".join(part.split()) for part in script.longdoc.strip().split("\n\n")]
    notes = [part for part in paragraphs[1:] if part and not _BOOKKEEPING.match(part)]
    return Revision(script.revision, script.doc, tuple(notes))
