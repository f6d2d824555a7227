"""The revision of adoption within `app-schema upgrade`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app_schema.cli.common import application, connected
from app_schema.cli.migration import Move, move
from app_schema.cli.output import talk

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app_schema.adoption.rules import DeclaredRule

UNFIT = ("22", "23", "54000")
"""SQLSTATE, or its beginning: a value that does not fit a type or an index, or violates a rule."""
_SHOWN = 5
"""Violated rules with their queries."""


def adopt_first(url: str | None, options: list[str] | None) -> Move | None:
    """Runs the written revision on a database that another system created; None: nothing to adopt.

    :raises DifferentError: if the rows or objects are others than those for which the revision was written.
    """
    from app_schema import migrations
    from app_schema.adoption.place import written
    from app_schema.errors import DifferentError, StatementError
    from app_schema.migrations.once import CANNOT_TELL

    if written() is None or _unadopted(url) is None:
        return None
    from app_schema.adoption.revision import adopting

    talk(f"{written()} adopts the database first.")
    try:
        return move(migrations.upgrade, url, "head", options, app=adopting(application()))
    except (DifferentError, StatementError) as error:
        if isinstance(error, StatementError) and not (error.sqlstate or "").startswith((*UNFIT, CANNOT_TELL)):
            raise
        raise DifferentError("\n".join((str(error), *_advice(url)))) from error


def _advice(url: str | None) -> Iterator[str]:
    """The violated rules, each with the query of its rows, and what to do."""
    from app_schema.adoption.notice import has_begun

    with connected(url) as connection:
        rules = _broken(connection)
        for rule in rules[:_SHOWN]:
            yield f"{rule.kind}: {rule.object} is violated by {rule.rows:,} rows:\n  {rule.query};"
        begun = has_begun(connection, application())
    again = (
        "correct these rows, then run app-schema upgrade again" if rules else "run app-schema upgrade again"
    )
    if begun:
        yield f"hint: a part of the adoption is committed: {again}; or app-schema adopt --undo"
    else:
        choose = "run app-schema adopt, and app-schema adopt --write again"
        yield (
            "hint: nothing was changed. The database is not as it was when the revision was written: stop "
            f"the former application, then {f'{again}; or {choose}' if rules else choose}"
        )


def _broken(connection: Connection) -> list[DeclaredRule]:
    """The violated rules; none if they cannot be counted."""
    from app_schema.adoption.choices import FILE, read
    from app_schema.adoption.look import look
    from app_schema.adoption.rules import broken
    from app_schema.errors import AppSchemaError

    try:
        return broken(look(connection, application(), read(FILE)))
    except AppSchemaError:
        return []


def _unadopted(url: str | None) -> str | None:
    from app_schema.adoption.notice import unadopted
    from app_schema.migrations.lineage import current

    app = application()
    with connected(url) as connection:
        return unadopted(connection, app, current(connection, app))
