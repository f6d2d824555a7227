"""The place of an application's revisions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from app_schema.errors import ConfigurationError

if TYPE_CHECKING:
    from alembic.config import Config

    from app_schema.application import Application


APPLICATION = "app_schema.application"
"""The key of the application in the attributes of a configuration, which its env.py serves."""
SERVED = "app_schema.served"
"""The key that is true after a run of our environment."""


def refuse_unserved(chosen: Config, written: Iterable[str | None]) -> None:
    """Deletes the revisions of an env.py that runs Alembic alone: they lack views, policies and the proof.

    :raises ConfigurationError: with the env.py to write.
    """
    if chosen.attributes.get(SERVED):
        return
    for path in filter(None, written):
        Path(path).unlink(missing_ok=True)
    raise ConfigurationError(
        f"{chosen.get_main_option('script_location')}/env.py runs Alembic alone, and its revision would lack "
        "views, functions and policies: nothing was written. Its text must be: from alembic import context; "
        "from app_schema.migrations import entry; entry.run(context, APPLICATION), with your application."
    )


def config(app: Application | None = None) -> Config:
    """Alembic's configuration for the revisions of an application; None: the configured one.

    :raises ConfigurationError: if the alembic.ini of the working directory belongs to another copy, or that
        of the application names a directory of the wheel although no wheel is installed.
    """
    from alembic.config import Config

    from app_schema.application import find
    from app_schema.migrations.copies import refuse_absent, refuse_other_here

    refuse_other_here()
    app = app or find()
    chosen = Config(app.ini, attributes={APPLICATION: app})
    refuse_absent(chosen.get_main_option("script_location"), str(app.ini))
    if app.versions is not None:
        chosen.set_main_option("version_locations", str(app.versions).replace("%", "%%"))
    return chosen
