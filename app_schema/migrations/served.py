"""The application that an env.py serves.

Projects put tables of their own beside those of a package by a branch on the package's revisions, and run the
package's env.py. It knows the package's application only, in which the project's tables are undeclared.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app_schema.application import Application, of_project
from app_schema.errors import ConfigurationError
from app_schema.migrations.configuration import APPLICATION, config
from app_schema.migrations.copies import PACKAGE
from app_schema.migrations.loading import directories

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy import MetaData

_OF_THE_REVISIONS = ("naming_convention", "search_path")
"""The fields on which the meaning of the revisions depends."""


def served(context: EnvironmentContext, named: Application) -> Application:
    """The application of a run: that of the caller, else the project's if it has the same env.py, else the
    one that the env.py names.

    :raises ConfigurationError: if the project's application cannot be imported, or runs the revisions with
        other settings; for prune, if the project has revisions but no application. Its metadata raises it if
        a table of the named application is absent.
    """
    chosen: Application | None = context.config.attributes.get(APPLICATION)
    if chosen is None:
        project = of_project(_directory(context.config.config_file_name))
        chosen = project if project is not None and _same_place(context, project) else named
    if chosen is named:
        _refuse_to_prune_beside(context, named)
        return named
    for field in _OF_THE_REVISIONS:
        if getattr(chosen, field) != getattr(named, field):
            raise ConfigurationError(
                f"The application {chosen.name} runs the revisions of {named.name} with another {field}: "
                f"make it of that application by dataclasses.replace."
            )
    return dataclasses.replace(chosen, declared=partial(_whole, chosen, named))


def _refuse_to_prune_beside(context: EnvironmentContext, named: Application) -> None:
    """Revisions beside those of the env.py create tables that its application does not declare."""
    all_directories = directories(context.script)
    others = sorted(map(str, all_directories - {Path(context.script.dir).resolve() / "versions"}))
    if len(others) < len(all_directories) > 1 and context.get_x_argument(as_dictionary=True).get("prune"):
        raise ConfigurationError(
            f"-x prune=true compares by {named.name} alone, which does not declare the tables of the "
            f"revisions in {', '.join(others)}: name the application of both in [tool.app_schema] of "
            "pyproject.toml."
        )


def _directory(configuration: str | None) -> Path | None:
    """The project's directory: the configuration file's, unless the package brings that file along."""
    directory = Path(configuration).resolve().parent if configuration else None
    return None if directory in {PACKAGE, PACKAGE.parent} else directory


def _same_place(context: EnvironmentContext, app: Application) -> bool:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(config(app))
    return Path(scripts.dir).resolve() == Path(context.script.dir).resolve()


def _whole(chosen: Application, named: Application) -> MetaData:
    metadata = chosen.metadata
    if absent := sorted(named.metadata.tables.keys() - metadata.tables.keys()):
        raise ConfigurationError(
            f"The application {chosen.name} runs the revisions of {named.name}, but does not declare "
            f"{', '.join(absent[:3])}{', ...' if absent[3:] else ''}, which a comparison would report as "
            f"undeclared: derive the models from the declarative base of {named.name}, or use a second "
            "version table."
        )
    return metadata
