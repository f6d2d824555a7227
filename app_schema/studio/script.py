"""Scripts by nonce: the templates' own scripts run, and no other that gets into a page."""

from __future__ import annotations

import re

from jinja2.ext import Extension

_SCRIPT = re.compile(r"<script\b(?! nonce)")
_NONCED = '<script nonce="{{ request.state.nonce }}"'
_COLUMNS = ('onclick="applyColumnVisibility()"', 'data-studio="apply-columns"')
"""The one handler of starlette-admin's templates; `studio.js` listens for it, as for our own."""


class Nonce(Extension):
    """Adds the nonce of the response to the source of each template, which contains no data yet."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The template's source; called before it is compiled."""
        del name, filename
        return _SCRIPT.sub(_NONCED, source).replace(*_COLUMNS)
