"""The studio as an ASGI application."""

from __future__ import annotations

import secrets
from itertools import groupby

import sqlalchemy as sa
from jinja2 import PackageLoader
from sqlalchemy.orm import configure_mappers
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette_admin import DropDown
from starlette_admin.contrib.sqla import Admin

from app_schema.models import Base
from app_schema.studio.access import Door
from app_schema.studio.page import MigrationsPage, SchemaPage, Start, ViewAsPage
from app_schema.studio.script import Nonce
from app_schema.studio.session import ViewAs, sessions
from app_schema.studio.view import TableView

HOSTS = ["127.0.0.1", "localhost", "[::1]"]
"""Names under which a browser of this machine asks; another one is a page of elsewhere that points here."""


def studio(engine: sa.Engine, *, token: str, port: int, write: bool = False) -> Starlette:
    """The application.

    :param token: what the first request must bring as ``?token=``; it works once.
    :param port: where it listens; the cookie is named after it.
    :param write: rows may be made, changed and deleted; else each transaction is read-only.
    """
    configure_mappers()
    app = Starlette(
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False),
            Middleware(Door, token=token, port=port),
        ]
    )
    admin = Admin(
        sessions(engine, write=write),
        title="app_schema studio",
        base_url="",
        route_name="studio",
        index_view=Start("Start", icon="fa fa-house", path="/"),
        secret_key=secrets.token_hex(32),
        middlewares=[Middleware(ViewAs)],
        additional_loaders=[PackageLoader("app_schema.studio")],
        timezone_config=None,
    )
    admin.templates.env.add_extension(Nonce)
    for view in _tables(write=write):
        admin.add_view(view)
    admin.add_view(SchemaPage("Schema", icon="fa fa-sitemap", path="/schema", route_name="schema"))
    admin.add_view(
        MigrationsPage("Migrations", icon="fa fa-list-check", path="/migrations", route_name="migrations")
    )
    admin.add_view(ViewAsPage("View as", icon="fa fa-user", path="/view-as", route_name="view-as"))
    admin.mount_to(app)
    return app


def _tables(*, write: bool) -> list[DropDown]:
    """The tables, under the domain whose module has them."""
    models = sorted(
        (mapper.class_ for mapper in Base.registry.mappers), key=lambda one: (_domain(one), one.__tablename__)
    )
    return [
        DropDown(domain, [TableView(model, write=write) for model in group], always_open=False)
        for domain, group in groupby(models, _domain)
    ]


def _domain(model: type) -> str:
    return model.__module__.removeprefix("app_schema.models.").partition(".")[0]
