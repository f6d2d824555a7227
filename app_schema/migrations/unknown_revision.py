"""The names of revisions that no file has, in a command and in a database."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

_UNKNOWN = re.compile(r"Can't locate revision identified by '(.*)'")
_NEAR = 0.6
"""Of `difflib`: the share of letters that a near name has in common."""


def foreign(unknown: Iterable[str]) -> str:
    """The message for revisions of a database that no file has."""
    return (
        f"The database is at {', '.join(sorted(unknown))}, which this app-schema does not have: "
        "install the version that made it."
    )


def nameless(revision: str, names: Iterable[str], heads: Iterable[str]) -> str:
    """The message for a revision of a command that no file has, with near names."""
    import difflib  # slow, and for an error alone

    names = list(names)
    near = [name for name in names if revision in name]
    near += [name for name in difflib.get_close_matches(revision, names, 3, _NEAR) if name not in near]
    newest = ", ".join(sorted(heads))
    near_names = f"near names: {', '.join(near[:3])}"
    hint = near_names if near else f"the newest is {newest}, and app-schema history lists all"
    return f"No revision is called {revision!r}: {hint}."


def applied(scripts: ScriptDirectory, stamped: Iterable[str]) -> frozenset[str]:
    """The revisions of the rows, and the revisions below them."""
    # one by one: Alembic refuses a revision that another one includes
    below = (scripts.iterate_revisions(revision, "base") for revision in stamped)
    return frozenset(script.revision for scripts_below in below for script in scripts_below)


def included(scripts: ScriptDirectory, stamped: Iterable[str], table: str) -> str | None:
    """The message for rows of the version table that other rows include; None: there is no such row.

    :param stamped: the rows; one that no file has is ignored.
    """
    rows = sorted({script.revision for script in scripts.walk_revisions()}.intersection(stamped))
    older = [row for row in rows if row in applied(scripts, {*rows} - {row})]
    if not older:
        return None
    return (
        f"The database is at {', '.join(rows)}, of which the newer includes the older: run "
        f"DELETE FROM {table} WHERE version_num IN ({', '.join(map(repr, older))}), then try again."
    )


def nothing_follows(context: MigrationContext, heads: Iterable[str]) -> bool:
    """True for ``upgrade +1`` at the newest revisions, which is an error of Alembic."""
    up = getattr(context.opts["fn"], "__name__", "") == "upgrade"
    if not up or not str(context.opts["destination_rev"]).startswith("+"):
        return False
    return context.script is not None and set(heads) == set(context.script.get_heads())


def explained(message: str, context: EnvironmentContext) -> str:
    """The message of Alembic, or ours where it names a revision that no file has."""
    match = _UNKNOWN.fullmatch(message)
    if match is None:
        return message
    if match[1] not in _given(context):
        return foreign([match[1]])
    names = [script.revision for script in context.script.walk_revisions()]
    return nameless(match[1], names, context.script.get_heads())


def _given(context: EnvironmentContext) -> set[str]:
    """The revisions that a command names, those of a range ``start:end`` too."""
    options = context.config.cmd_opts
    named = (getattr(options, name, None) or () for name in ("revision", "revisions"))  # stamp takes several
    texts = [text for value in named for text in ([value] if isinstance(value, str) else value)]
    return {name for text in texts for name in text.split(":")}
