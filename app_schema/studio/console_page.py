"""The page of the SQL console."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any

import anyio.to_thread
import psycopg
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import Response
from starlette_admin.routing import route

from app_schema.errors import AppSchemaError
from app_schema.studio import console, grid
from app_schema.studio.page import Page
from app_schema.studio.session import TIMEOUT, refused

REMEMBERED = 50
"""So many texts are in the history. It ends with the studio: a text may contain what nobody should keep."""


class ConsolePage(Page):
    """Runs or explains one query, as the chosen person sees the rows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._history: deque[str] = deque(maxlen=REMEMBERED)

    @route("")
    async def index(self, request: Request) -> Response:
        """The empty page."""
        return await self._show(request)

    @route("", methods=["POST"])
    async def run(self, request: Request) -> Response:
        """The page with the rows or the plan of the text."""
        form = await request.form()
        text, action = str(form.get("sql") or ""), form.get("do")
        if text.strip():
            self._remember(text)
        engine = request.state.session.get_bind()
        arguments = (engine, text, getattr(request.state, "view_as", None), self.application.acting)
        try:
            if action == "query":
                return await self._show(request, sql=text, grid=await _run(console.query, *arguments))
            steps = await _run(partial(console.plan, analyze=action == "analyze"), *arguments)
            return await self._show(request, sql=text, plan=steps)
        except AppSchemaError as error:
            return await self._show(request, sql=text, refusal=str(error))
        except (DBAPIError, psycopg.Error) as error:
            return await self._show(request, sql=text, refusal=refused(error).detail)

    def _remember(self, text: str) -> None:
        if text in self._history:
            self._history.remove(text)
        self._history.appendleft(text)

    async def _show(self, request: Request, **context: Any) -> Response:
        return await self.show(
            request,
            "console.html",
            history=list(self._history),
            most=grid.ROWS,
            timeout=TIMEOUT,
            **{"sql": "", **context},
        )


_run = anyio.to_thread.run_sync
