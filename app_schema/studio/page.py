"""The pages that are no table: the start, the schema, the migrations, and whose eyes are borrowed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette_admin import CustomView
from starlette_admin.routing import route

from app_schema.migrations.drift import Drift, drift
from app_schema.migrations.lineage import Lineage, current
from app_schema.models import Base, User
from app_schema.overview import of_revision
from app_schema.studio import tables
from app_schema.studio.session import VIEW_AS, read

FOUND = 20
"""So many people are listed for a search."""


class Page(CustomView):
    """A page of our own."""

    async def show(self, request: Request, template: str, **context: Any) -> Response:
        """The page with its title."""
        assert self._admin is not None, "a page is mounted before it is shown"
        return self._admin._template_response(  # noqa: SLF001 - its public name shows no message of the form before
            request, template, {"title": self.menu_label, **context}
        )


class Start(Page):
    """Every table, with its size."""

    @route("")
    async def index(self, request: Request) -> Response:
        """The page."""
        found = await read(tables.overview, request.state.session, list(Base.metadata.tables.values()))
        return await self.show(request, "start.html", tables=found)


class SchemaPage(Page):
    """What a table is made of, as the database has it."""

    @route("")
    async def index(self, request: Request) -> Response:
        """The page; ``?table=`` names another table than the first."""
        known = {table.name: table for table in Base.metadata.sorted_tables}
        name = request.query_params.get("table", "users")
        if name not in known:
            raise HTTPException(404, f"The models have no table {name}.")
        parts = await read(tables.parts, request.state.session, known[name])
        docs = {column.name: column.doc or "" for column in known[name].columns}
        return await self.show(
            request, "schema.html", table=known[name], names=sorted(known), parts=parts, docs=docs
        )


class MigrationsPage(Page):
    """Which revisions the database has, and which are to come."""

    @route("")
    async def index(self, request: Request) -> Response:
        """The page, newest revision first; with ``?drift=1`` the models are compared with the database."""
        lineage = Lineage()
        here = await read(_here, request.state.session)
        applied = lineage.applied(here)
        return await self.show(
            request,
            "migrations.html",
            revisions=[(one, one.revision in applied) for one in lineage.all()],
            here=sorted(here),
            problems=list(of_revision(here, lineage.heads, lineage.unknown(here))),
            drift=await read(_drift, request.state.session) if "drift" in request.query_params else None,
        )


def _here(session: Session) -> frozenset[str]:
    return current(session.connection())


def _drift(session: Session) -> Drift:
    return drift(session.connection(), Base.metadata)


class ViewAsPage(Page):
    """Shows the database as one person sees it, under row-level security."""

    @route("")
    async def index(self, request: Request) -> Response:
        """The page, with the people that ``?q=`` finds."""
        term = request.query_params.get("q", "")
        people = await read(_people, request.state.session, term)
        return await self.show(request, "view_as.html", people=people, term=term)

    @route("/person", methods=["POST"])
    async def choose(self, request: Request) -> Response:
        """Borrows the eyes of the person in the form; without one, gives them back."""
        person = str((await request.form()).get("person") or "")
        response = RedirectResponse(request.url_for("studio:index"), 303)
        if person:
            response.set_cookie(VIEW_AS, person, httponly=True, samesite="strict")
        else:
            response.delete_cookie(VIEW_AS)
        return response


def _people(session: Session, term: str) -> list[Any]:
    text = (User.clerk_id, User.email, User.name)
    query = sa.select(User.clerk_id, User.name, User.email, User.role).order_by(User.clerk_id).limit(FOUND)
    if term:
        query = query.where(sa.or_(*(column.icontains(term, autoescape=True) for column in text)))
    return list(session.execute(query).mappings())
