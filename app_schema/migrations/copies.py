"""Two copies of this package, as an installed one and a checkout: their revisions may differ."""

from __future__ import annotations

from pathlib import Path

from app_schema.errors import ConfigurationError

PACKAGE = Path(__file__).resolve().parent.parent
_IN_WHEEL = "app_schema:alembic"
"""The revisions of the package, as a wheel has them; in a checkout they are beside the package."""


def refuse_other(scripts: Path, configuration: str) -> None:
    """Raise ConfigurationError if the revisions belong to another copy of the package than the imported one.

    One copy would stamp a revision that is different or absent in the other.

    :param scripts: the directory of ``script_location``.
    :param configuration: the file that sets it, for the error.
    """
    owner = _owner(scripts)
    if owner is not None and owner != PACKAGE:
        checkout = owner.parent if scripts.resolve().parent == owner.parent else None
        remedy = f"pip install -e '{checkout}'" if checkout else f"use the program that belongs to {owner}"
        raise ConfigurationError(
            f"{configuration} belongs to the copy of app_schema in {owner}, but the one in {PACKAGE} is "
            f"imported, and their revisions may differ: {remedy}, or run this in another directory."
        )


def refuse_other_here() -> None:
    """The same for the alembic.ini of the working directory; one of another project is ignored."""
    ini = Path("alembic.ini")
    if not ini.is_file() or ini.resolve().parent in {PACKAGE, PACKAGE.parent}:
        return
    from alembic.config import Config
    from alembic.util import CommandError

    try:
        location = Config(ini).get_main_option("script_location")
    except (CommandError, ValueError, KeyError):  # of another project
        return
    if location and ":" not in location:
        refuse_other(Path(location), str(ini.resolve()))


def refuse_absent(location: str | None, configuration: str) -> None:
    """Raise ConfigurationError if ``script_location`` is a directory of the wheel, and none is installed."""
    if location == _IN_WHEEL and not (PACKAGE / "alembic").is_dir():
        raise ConfigurationError(
            f"{configuration}: {_IN_WHEEL} is a directory of the wheel, and app_schema is installed with -e: "
            f"write {PACKAGE.parent / 'alembic'} in its place, in version_locations too."
        )


def _owner(scripts: Path) -> Path | None:
    """The package of these revisions: beside them in a checkout, around them in a wheel."""
    parent = scripts.resolve().parent
    packages = [parent / "app_schema"] + ([parent] if parent.name == "app_schema" else [])
    return next((package for package in packages if (package / "migrations" / "copies.py").is_file()), None)
