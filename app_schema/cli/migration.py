"""What `upgrade` and `downgrade` share."""

from __future__ import annotations

from dataclasses import dataclass

from app_schema.cli.common import connected
from app_schema.cli.output import counted, machine, talk


@dataclass(frozen=True)
class Move:
    """From where to where a database went, and through which revisions, in that order."""

    before: frozenset[str]
    after: frozenset[str]
    revisions: list[str]


def upgrade(url: str | None, revision: str) -> Move:
    """Runs what is pending up to a revision."""
    from alembic import command

    from app_schema.migrations import config
    from app_schema.migrations.lineage import Lineage, current

    with connected(url) as connection:
        before = current(connection)
        ran = [script.revision for script in Lineage().upgrades(before, revision)]
        connection.rollback()
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)
        return Move(before, current(connection), ran)


def downgrade(url: str | None, revision: str) -> Move:
    """Undoes what lies above a revision."""
    from alembic import command

    from app_schema.migrations import config
    from app_schema.migrations.lineage import Lineage, current

    with connected(url) as connection:
        before = current(connection)
        ran = [script.revision for script in Lineage().downgrades(before, revision)]
        connection.rollback()
        settings = config()
        settings.attributes["connection"] = connection
        command.downgrade(settings, revision)
        return Move(before, current(connection), ran)


def show(move: Move, verb: str, *, as_json: bool) -> None:
    """The revision that the database is at now is data, the rest is talk."""
    if as_json:
        machine(move)
        return
    talk(f"{counted(len(move.revisions), 'revision')} {verb}." if move.revisions else "Nothing to do.")
    print(", ".join(sorted(move.after)) or "base")
