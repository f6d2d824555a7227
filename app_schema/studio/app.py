"""The studio as an ASGI application."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from jinja2 import PackageLoader
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette_admin import DropDown
from starlette_admin.contrib.sqla import Admin

from app_schema.application import Application, find
from app_schema.reference.domain import domain_of
from app_schema.studio import moment
from app_schema.studio.access import Door
from app_schema.studio.change_page import ChangesPage, DeletePage
from app_schema.studio.changes import Changes
from app_schema.studio.console_page import ConsolePage
from app_schema.studio.copy_page import CopyPage
from app_schema.studio.headline import head_line
from app_schema.studio.page import (
    MigrationsPage,
    Page,
    PicturePage,
    RelationPage,
    SchemaPage,
    Start,
    ViewAsPage,
)
from app_schema.studio.querylog import QueryLog, watch
from app_schema.studio.script import Nonce
from app_schema.studio.session import AS_LOGIN, ViewAs, sessions
from app_schema.studio.view import TableView

HOSTS = ["127.0.0.1", "localhost", "[::1]"]
"""Host names of this machine; another one means DNS rebinding by a foreign page."""


def studio(
    engine: sa.Engine,
    application: Application | None = None,
    *,
    token: str,
    port: int,
    write: bool = False,
) -> Starlette:
    """The studio of an application; None: of the configured one.

    :param token: the required ``?token=`` of the first request; valid once.
    :param port: the port, which the name of the cookie contains.
    :param write: allows INSERT, UPDATE and DELETE; else each transaction is read-only.
    """
    application = application or find()
    watch(engine)
    moment.as_text(engine)
    app = Starlette(
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False),
            Middleware(Door, token=token, port=port),
        ]
    )
    admin = Admin(
        sessions(engine, write=write),
        title="app_schema studio",
        static_dir=str(Path(__file__).parent / "static"),
        base_url="",
        route_name="studio",
        index_view=Start(application, "Start", icon="fa fa-house", path="/"),
        secret_key=secrets.token_hex(32),
        middlewares=[Middleware(QueryLog), Middleware(ViewAs, acting=application.acting)],
        additional_loaders=[PackageLoader("app_schema.studio")],
        timezone_config=None,
    )
    admin.templates.env.add_extension(Nonce)
    admin.templates.env.globals.update(
        place=head_line(engine, write=write),
        acting_role=application.acting and application.acting.user,
        as_login=lambda path: path.startswith(AS_LOGIN),
    )
    changes = Changes()
    admin.templates.env.globals["changes"] = changes
    tables = _tables(application, changes, write=write)
    for view in chain(tables, _pages(application, tables, changes, write=write)):
        admin.add_view(view)
    admin.mount_to(app)
    return app


def _pages(
    application: Application, menu: list[DropDown], changes: Changes, *, write: bool
) -> Iterator[Page]:
    """The pages that are no table; without an icon they are not in the menu."""

    def page(kind: type[Page], title: str, icon: str | None = None, **more: Any) -> Page:
        name = title.lower().replace(" ", "-")
        shown = {"icon": f"fa fa-{icon}"} if icon else {"add_to_menu": False}
        return kind(application, title, path=f"/{name}", route_name=name, **shown, **more)

    tables = {view.key: view for group in menu for view in group.views if isinstance(view, TableView)}
    yield page(ConsolePage, "Console", "terminal")
    yield page(SchemaPage, "Schema", "sitemap")
    yield page(PicturePage, "Picture", "diagram-project")
    yield page(MigrationsPage, "Migrations", "list-check")
    yield page(RelationPage, "Relation")
    yield page(CopyPage, "Copy", tables=tables)
    if write:
        yield page(ChangesPage, "Changes", "clock-rotate-left", changes=changes)
        yield page(DeletePage, "Delete", tables=tables)
    if application.acting is not None and application.acting.people:
        yield page(ViewAsPage, "View as", "user")


def _tables(application: Application, changes: Changes, *, write: bool) -> list[DropDown]:
    """The tables, under the domain whose module has them."""
    mapped = sorted(
        application.mappers, key=lambda mapper: (domain_of(mapper.class_), str(mapper.local_table))
    )
    models = [mapper.class_ for mapper in mapped]
    return [
        DropDown(domain, [TableView(model, changes, write=write) for model in group], always_open=False)
        for domain, group in groupby(models, domain_of)
    ]
