"""The pages without a table: the start, the schema, the migrations, and the choice of the person."""

from __future__ import annotations

from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette_admin import CustomView
from starlette_admin.routing import route

from app_schema import upstream
from app_schema.application import Application
from app_schema.ddl import View, declared
from app_schema.ddl.sql import qualified
from app_schema.migrations.drift import Drift, drift
from app_schema.migrations.lineage import Lineage, current
from app_schema.overview import of_revision
from app_schema.studio import grid, picture, tables
from app_schema.studio.field import table_key
from app_schema.studio.session import VIEW_AS, read

FOUND = 20
"""So many people are listed for a search."""
RELATION_ROWS = 50
"""So many rows are on a page of a table that the models do not declare."""


class Page(CustomView):
    """A page of our own."""

    def __init__(self, application: Application, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.application = application

    async def show(self, request: Request, template: str, **context: Any) -> Response:
        """The page with its title."""
        assert self._admin is not None, "the page is not mounted"
        page = {"title": self.menu_label, **context}
        return upstream.template_response(self._admin, request, template, page)  # type: ignore[no-any-return]


class Start(Page):
    """Every table and view, with rows and size; those that the models do not declare stand apart."""

    @route("")
    async def index(self, request: Request) -> Response:
        """The page."""
        whole = not getattr(request.state, "view_as", None)
        relations = await read(partial(tables.relations, request.state.session, whole=whole))
        metadata = self.application.metadata
        keys = {
            qualified(table.name, table.schema or "public"): table_key(table)
            for table in metadata.tables.values()
            if table.primary_key.columns
        }
        views = {
            qualified(view.name, view.schema or "public")
            for view in declared(metadata).values()
            if isinstance(view, View)
        }
        return await self.show(
            request,
            "start.html",
            tables=[row | {"key": keys[row["qualified"]]} for row in relations if row["qualified"] in keys],
            others=[row for row in relations if row["qualified"] not in keys],
            declared=views,
        )


class RelationPage(Page):
    """A table or view as the database has it, whatever the models declare."""

    @route("")
    async def index(self, request: Request) -> Response:
        """The page of ``?name=``, qualified and quoted as on the start page; ``?skip=`` skips rows."""
        name, skip = request.query_params.get("name", ""), request.query_params.get("skip", "0")
        relations = await read(tables.relations, request.state.session)
        relation = next((row for row in relations if row["qualified"] == name), None)
        if relation is None:
            raise HTTPException(404, f"The database has no table or view {name}.")
        if not skip.isdecimal():
            raise HTTPException(400, "?skip= is no number.")
        rows = await read(
            partial(
                grid.grid,
                request.state.session.connection(),
                f"TABLE {name}",
                skip=int(skip),
                rows=RELATION_ROWS,
            )
        )
        return await self.show(
            request, "relation.html", relation=relation, grid=rows, skip=int(skip), size=RELATION_ROWS
        )


class SchemaPage(Page):
    """The structure of a table in the database."""

    @route("")
    async def index(self, request: Request) -> Response:
        """The page; ``?table=`` names another table than the first."""
        by_key = {table_key(table): table for table in self.application.metadata.sorted_tables}
        name = request.query_params.get("table", min(by_key, default=""))
        if name not in by_key:
            raise HTTPException(404, f"The models have no table {name}.")
        parts = await read(tables.parts, request.state.session, by_key[name])
        docs = {column.name: column.doc or "" for column in by_key[name].columns}
        return await self.show(
            request, "schema.html", name=name, names=sorted(by_key), parts=parts, docs=docs
        )


class PicturePage(Page):
    """The tables and their foreign keys as a picture."""

    @route("")
    async def index(self, request: Request) -> Response:
        """The page."""
        mapped = [table for table in self.application.metadata.tables.values() if table.primary_key.columns]
        return await self.show(
            request,
            "picture.html",
            picture=await read(picture.picture, request.state.session, mapped),
            keys={qualified(table.name, table.schema or "public"): table_key(table) for table in mapped},
            width=picture.WIDTH,
            head=picture.HEAD,
            line=picture.LINE,
        )


class MigrationsPage(Page):
    """The applied and the pending revisions."""

    @route("")
    async def index(self, request: Request) -> Response:
        """The page, newest revision first; with ``?drift=1`` the models are compared with the database."""
        lineage = Lineage(self.application)
        stamped = await read(_stamped, request.state.session, self.application)
        applied = lineage.applied(stamped)
        return await self.show(
            request,
            "migrations.html",
            revisions=[(revision, revision.revision in applied) for revision in lineage.all()],
            here=sorted(stamped),
            problems=list(of_revision(stamped, lineage)),
            drift=await read(_drift, request.state.session, self.application)
            if "drift" in request.query_params
            else None,
        )


def _stamped(session: Session, app: Application) -> frozenset[str]:
    return current(session.connection(), app)


def _drift(session: Session, app: Application) -> Drift:
    return drift(session.connection(), app)


class ViewAsPage(Page):
    """Shows the database as one person sees it, under row-level security."""

    @route("")
    async def index(self, request: Request) -> Response:
        """The page, with the people that ``?q=`` finds."""
        term = request.query_params.get("q", "")
        people = await read(_people, request.state.session, self.application, term)
        acting = self.application.acting
        assert acting is not None
        columns = ", ".join(column.replace("_", " ") for column in acting.people[1:])
        return await self.show(
            request, "view_as.html", people=people, term=term, role=acting.user, columns=columns
        )

    @route("/person", methods=["POST"])
    async def choose(self, request: Request) -> Response:
        """Starts viewing as the person in the form; without one, stops."""
        person = str((await request.form()).get("person") or "")
        response = RedirectResponse(request.url_for("studio:index"), 303)
        if person:
            response.set_cookie(VIEW_AS, person, httponly=True, samesite="strict")
        else:
            response.delete_cookie(VIEW_AS)
        return response


def _people(session: Session, app: Application, term: str) -> list[dict[str, Any]]:
    """The people of a search: value of the setting, and description."""
    assert app.acting is not None
    name, *columns = app.acting.people
    table = next(
        table for table in app.metadata.tables.values() if qualified(table.name, table.schema) == name
    )
    shown = [table.c[column] for column in columns]
    query = sa.select(*shown).order_by(shown[0]).limit(FOUND)
    if term:
        text = [sa.cast(column, sa.Text) for column in shown]
        query = query.where(sa.or_(*(column.icontains(term, autoescape=True) for column in text)))
    rows = session.execute(query)
    return [
        {"person": row[0], "about": ["" if text is None else str(text) for text in row[1:]]} for row in rows
    ]
