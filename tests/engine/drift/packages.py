"""The tables of packages that know nothing of this one, created by the packages themselves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.resources import files

import sqlalchemy as sa
from measuring import execute

_MIGRATE = """
import json, sys
import django
from django.conf import settings
from django.core.management import call_command

applications = ("admin", "auth", "contenttypes", "flatpages", "redirects", "sessions", "sites")
settings.configure(
    DATABASES={"default": json.loads(sys.argv[1])},
    INSTALLED_APPS=[f"django.contrib.{application}" for application in applications],
    USE_TZ=True,
)
django.setup()
call_command("migrate", verbosity=0)
"""


def _django(engine: sa.Engine) -> None:
    """The tables of the contributed applications, in a process of its own: its settings are global."""
    url = engine.url
    # host and port may be in the query, as a socket is
    given = {"HOST": url.host or url.query.get("host"), "PORT": url.port or url.query.get("port")}
    database = {"ENGINE": "django.db.backends.postgresql", "NAME": url.database, "USER": url.username}
    settings = {**database, "PASSWORD": url.password, **given}
    shown = {name: str(value or "") for name, value in settings.items()}
    subprocess.run([sys.executable, "-c", _MIGRATE, json.dumps(shown)], check=True, capture_output=True)


def _procrastinate(engine: sa.Engine) -> None:
    execute(engine, files("procrastinate.sql").joinpath("schema.sql").read_text(encoding="utf-8"))


PACKAGES: Mapping[str, Callable[[sa.Engine], None]] = {"django": _django, "procrastinate": _procrastinate}
"""The function that creates the tables of a package."""
