"""The revision of adoption within `app-schema upgrade`."""

from __future__ import annotations

from app_schema.cli.common import application, connected
from app_schema.cli.migration import Move, move
from app_schema.cli.output import talk

_UNFIT = ("22", "23")
"""SQLSTATE, or its beginning: a value that does not fit a type, or violates a rule."""


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
        if isinstance(error, StatementError) and not (error.sqlstate or "").startswith(
            (*_UNFIT, CANNOT_TELL)
        ):
            raise
        raise DifferentError(f"{error}\nhint: {_advice(url)}") from error


def _advice(url: str | None) -> str:
    from app_schema.adoption.notice import has_begun

    with connected(url) as connection:
        if has_begun(connection, application()):
            return (
                "a part of the adoption is committed: app-schema adopt shows the rows that violate a rule; "
                "correct them, then run app-schema upgrade again"
            )
    return (
        "nothing was changed. The database is not as it was when the revision was written: stop the former "
        "application, then run app-schema adopt, and app-schema adopt --write again"
    )


def _unadopted(url: str | None) -> str | None:
    from app_schema.adoption.notice import unadopted
    from app_schema.migrations.lineage import current

    app = application()
    with connected(url) as connection:
        return unadopted(connection, app, current(connection, app))
