"""Settings of a Django project with one app and no others."""
# ruff: noqa: INP001 - copied into a Django project

from __future__ import annotations

import os

from psycopg.conninfo import conninfo_to_dict

_found = conninfo_to_dict(os.environ["DATABASE_URL"].replace("+psycopg", ""))
INSTALLED_APPS = ["music"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _found["dbname"],
        "USER": _found.get("user", ""),
        "PASSWORD": _found.get("password", ""),
        "HOST": _found.get("host", ""),
        "PORT": _found.get("port", ""),
    }
}
