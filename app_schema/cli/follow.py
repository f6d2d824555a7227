"""The revision in an argument, and the message for an invalid one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from app_schema.errors import AppSchemaError, ConfigurationError

if TYPE_CHECKING:
    from app_schema.application import Application
    from app_schema.migrations.lineage import Lineage

T = TypeVar("T")
_ASTRAY = re.compile("(Can't locate|Relative|No such) revision|Multiple head|Ambiguous")


def follow(
    run: Callable[[str], list[T]], app: Application, stamped: frozenset[str], revision: str
) -> list[T]:
    """The result of `run(revision)`; empty for `+1` at the newest revision.

    ``head`` means every head if the application has added labelled branches.

    :raises ConfigurationError: with one sentence, for an unknown revision.
    """
    from alembic.util import CommandError

    from app_schema.migrations.lineage import Lineage
    from app_schema.migrations.options import refuse_empty
    from app_schema.migrations.unknown_revision import foreign

    refuse_empty(revision)
    try:
        return run(revision)
    except (AppSchemaError, CommandError) as error:
        if not _ASTRAY.match(str(error)):
            raise
        lineage = Lineage(app)
        if unknown := lineage.unknown(stamped):
            raise ConfigurationError(foreign(unknown)) from error
        if revision == "head" and len(lineage.tips) > 1 and lineage.fork is None:
            return run("heads")
        if revision.startswith("+") and not lineage.steps(stamped, "heads", "up"):
            return []
        if (following := _following(lineage, stamped, revision)) is not None:
            return run(following)
        raise ConfigurationError(lineage.fork or _unresolved(lineage, stamped, revision)) from error


def _following(lineage: Lineage, stamped: frozenset[str], revision: str) -> str | None:
    """The revision that `+1` means if it begins another branch, which Alembic does not count."""
    if len(stamped) > 1 or not re.fullmatch(r"\+\d+", revision):
        return None
    count, steps = int(revision), lineage.steps(stamped, "heads", "up")
    if not 0 < count <= len(steps):
        return None
    last = steps[count - 1].revision.revision
    return last if len(lineage.steps(stamped, last, "up")) == count else None


def _unresolved(lineage: Lineage, stamped: frozenset[str], revision: str) -> str:
    if len(stamped) > 1 and re.fullmatch(r"[+-]\d+", revision):
        return (
            f"The database is at {len(stamped)} revisions, so {revision} has more than one meaning: name the "
            f"revision, or one branch, as {max(stamped)}@{revision}."
        )
    if re.fullmatch(r"\+\d+", revision):
        pending = len(lineage.steps(stamped, "heads", "up"))
        return f"{revision} leads past the newest revision: {pending} revisions are pending."
    if re.fullmatch(r"-\d+", revision):
        applied = len(lineage.applied(stamped))
        return f"{revision} is below base: the database has applied {applied} revisions."
    from app_schema.migrations.unknown_revision import nameless

    return nameless(revision, [script.revision for script in lineage.all()], lineage.heads)
