"""Rows to copy or to keep as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette_admin.routing import route
from starlette_admin.types import RequestAction

from app_schema.studio.copying import ENDINGS, MEDIA, lines
from app_schema.studio.page import Page
from app_schema.studio.present import columns
from app_schema.studio.session import SETTINGS, as_person
from app_schema.studio.view import TableView


class CopyPage(Page):
    """The rows of a list as text: those of ``?pk=``, else all that search and filters find."""

    def __init__(self, *args: Any, tables: Mapping[str, TableView], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._tables = tables

    @route("/{key}")
    async def rows(self, request: Request) -> Response:
        """The text in the form ``?as=``; with ``?file`` the browser keeps it as a file."""
        view, form = self._tables.get(request.path_params["key"]), request.query_params.get("as", "")
        if view is None or form not in MEDIA:
            raise HTTPException(
                404, f"Write /copy/TABLE?as=FORM, of a table of the models, as {', '.join(MEDIA)}."
            )
        request.state.action = RequestAction.LIST
        query = await view.chosen(request)
        shown = columns(request, view.table)
        text = self._lines(
            request,
            form,
            view.table,
            query,
            [column for column in view.table.columns if column.name in shown],
        )
        headers = {}
        if "file" in request.query_params:
            headers["content-disposition"] = f'attachment; filename="rows.{ENDINGS[form]}"'
        return StreamingResponse(text, media_type=MEDIA[form], headers=headers)

    def _lines(
        self, request: Request, form: str, table: sa.Table, query: sa.Select[Any], shown: list[sa.Column[Any]]
    ) -> Iterator[str]:
        """The text, by its own connection: that of the request is closed before a browser has read all."""
        person, acting = getattr(request.state, "view_as", None), self.application.acting
        engine: sa.Engine = request.state.session.get_bind()
        with (
            engine.connect().execution_options(postgresql_readonly=True) as connection,
            as_person(connection, person, acting),
        ):
            connection.exec_driver_sql(SETTINGS)
            yield from lines(connection, form, table, query, shown)
