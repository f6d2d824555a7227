"""The first revision of a database that the models already describe."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from alembic import command
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError

from app_schema.catalog.scratch import Place, scratch_database
from app_schema.errors import ConfigurationError, DifferentError
from app_schema.migrations import config
from app_schema.migrations.configuration import refuse_unserved
from app_schema.migrations.drift import drift
from app_schema.migrations.lineage import Lineage
from app_schema.migrations.proof.proof import engine_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app_schema.application import Application


def baseline(
    connection: Connection, app: Application, message: str, scratch: str | None = None
) -> tuple[Path, str]:
    """Writes the revision that creates in an empty database what the models declare, and stamps this one.

    The revision is proved: run up twice and down twice in a scratch database. The database gets the version
    table, and nothing else.

    :param scratch: URL of a server for the scratch databases.
    :return: the file, and the revision.
    :raises ConfigurationError: if the application has revisions, or its env.py runs Alembic alone.
    :raises DifferentError: if the database has a revision, or differs from the models.
    :raises SystemExit: if the proof fails; the file is kept, with the reason in its header.
    :raises CommandError: if the database cannot be stamped; the file is deleted.
    """
    if heads := Lineage(app).heads:
        raise ConfigurationError(
            f"the application has revisions already, up to {', '.join(sorted(heads))}, and a baseline is the "
            "first: write the next one by app-schema revision"
        )
    if current := MigrationContext.configure(connection, opts=app.options).get_current_heads():
        raise DifferentError(
            f"the database is at revision {', '.join(current)}: a baseline has none before it"
        )
    if different := drift(connection, app, scratch).objects:
        raise DifferentError(
            f"the database differs from the models in {len(different)} objects, the first "
            f"{different[0].object}; app-schema verify lists them"
        )
    connection.rollback()
    chosen = config(app)
    elsewhere = [] if scratch is None else [f"scratch={scratch}"]
    chosen.cmd_opts = SimpleNamespace(x=["prove=true", *elsewhere], quiet=True)  # type: ignore[assignment]  # an argparse namespace
    chosen.attributes["configure_logger"] = False
    place = Place.of(connection, scratch)
    connection.rollback()
    with (
        scratch_database(place) as empty,
        engine_of(place, empty.info.dbname) as engine,
        engine.connect() as in_scratch,
    ):
        chosen.attributes["connection"] = in_scratch
        script = command.revision(chosen, message, autogenerate=True)
    assert script is not None
    assert not isinstance(script, list)
    path = Path(script.path)
    refuse_unserved(chosen, [script.path])
    chosen.attributes["connection"] = connection
    try:
        command.stamp(chosen, script.revision)
    except CommandError:
        if not connection.invalidated:  # a lost COMMIT may have stamped the database
            path.unlink()  # the same command would refuse, because the application has a revision
        raise
    return path, script.revision
