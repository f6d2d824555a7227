"""The pages of what is written: the changes with their inverse, and the deletion of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette_admin.flash import flash
from starlette_admin.helpers import on_commit
from starlette_admin.routing import route
from starlette_admin.types import RequestAction

from app_schema.studio.changes import Change, Changes, undo
from app_schema.studio.deletion import effects
from app_schema.studio.page import Page
from app_schema.studio.session import read, refused
from app_schema.studio.view import TableView


class ChangesPage(Page):
    """The changes that this studio has written, each with the statement that undoes it."""

    def __init__(self, *args: Any, changes: Changes, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._changes = changes

    @route("")
    async def index(self, request: Request) -> Response:
        """The page."""
        return await self.show(request, "changes.html", made=list(self._changes))

    @route("/undo", methods=["POST"])
    async def undo(self, request: Request) -> Response:
        """Undoes the change in the form, and returns to the page of the button."""
        form = await request.form()
        change = self._changes.find(str(form.get("number")))
        if change is None:
            raise HTTPException(404, "There is no such change: it was undone, or too many came after it.")
        if not await read(undo, request.state.session, change):
            raise HTTPException(
                409, f"The row is no longer as the change has left it: nothing is undone.\n{change.inverse}"
            )
        on_commit(request, lambda: _mark(change))
        flash(request, f"Undone: {change.inverse}", "success")
        return RedirectResponse(request.url_for("studio:changes"), 303)


def _mark(change: Change) -> None:
    change.undone = True


class DeletePage(Page):
    """Asks before rows are deleted, and lists the rows that the deletion also deletes."""

    def __init__(self, *args: Any, tables: Mapping[str, TableView], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._tables = tables

    def _table(self, request: Request) -> TableView:
        view = self._tables.get(request.query_params.get("table", ""))
        if view is None or not view.can_delete(request):
            raise HTTPException(
                403, "Rows are deleted only with --write, and only from a table of the models."
            )
        request.state.action = RequestAction.DETAIL
        return view

    @route("")
    async def index(self, request: Request) -> Response:
        """The page of the rows of ``?table=`` with the keys ``?pk=``."""
        view, keys = self._table(request), request.query_params.getlist("pk")
        delete = await view.delete_statement(request, keys)
        effect, refusal = None, None
        try:
            effect = await read(effects, request.state.session, delete)
        except HTTPException as error:
            refusal = error.detail
        names = [await view.repr(row, request) for row in await view.find_by_pks(request, keys)]
        return await self.show(
            request, "delete.html", view=view, names=names, effects=effect, refusal=refusal
        )

    @route("", methods=["POST"])
    async def delete(self, request: Request) -> Response:
        """Deletes the rows."""
        view, keys = self._table(request), request.query_params.getlist("pk")
        try:
            number = await view.delete(request, keys)
        except (DBAPIError, psycopg.Error) as error:
            raise refused(error) from error
        flash(
            request, f"{number} {'row' if number == 1 else 'rows'} of {view.menu_label} deleted.", "success"
        )
        return RedirectResponse(request.url_for("studio:list", key=view.key), 303)
