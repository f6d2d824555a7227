"""Access control: only the browser with the link, on this machine."""

from __future__ import annotations

import secrets
from hmac import compare_digest

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    # the pages of starlette-admin contain inline styles, also in attributes; no resource is from another host
    "content-security-policy": "default-src 'none'; script-src 'self' 'nonce-{nonce}'; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; font-src 'self' data:; "
    "frame-ancestors 'none'; form-action 'self'; base-uri 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


_PURPOSES = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_PREVIEW = {"prefetch", "prefetch;prerender", "preview"}
"""Headers of browsers that prefetch or preview a page."""


class Door:
    """Middleware: the token of the link admits one browser, once; a cookie identifies it afterwards.

    Scripts and other sites cannot read the cookie. Browsers send it to other ports of this machine too, so
    its name contains the port.
    """

    def __init__(self, app: ASGIApp, *, token: str, port: int) -> None:
        self.app = app
        self._token: str | None = token
        self._cookie = f"app_schema_studio_{port}"
        self._secret = secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs the request, or refuses it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        request.state.nonce = secrets.token_urlsafe(16)
        app = self.app if self._known(request) else self._answer(request)

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(
                    {name: text.format(nonce=request.state.nonce) for name, text in HEADERS.items()}
                )
                if "/static/" not in request.url.path:
                    headers["cache-control"] = "no-store"
            await send(message)

        await app(scope, receive, sealed)

    def _known(self, request: Request) -> bool:
        cookie = request.cookies.get(self._cookie, "")
        return "token" not in request.query_params and compare_digest(cookie.encode(), self._secret.encode())

    def _answer(self, request: Request) -> Response:
        token = request.query_params.get("token")
        if token is None:
            return PlainTextResponse("Open the link that `app-schema studio` has printed.\n", 403)
        if self._token is None or not compare_digest(token.encode(), self._token.encode()):
            return PlainTextResponse(
                "This link is invalid or was used: it is valid once. Start `app-schema studio` again.\n",
                403,
            )
        if request.method != "GET" or _PREVIEW & {request.headers.get(name) for name in _PURPOSES}:
            # a prefetch does not use the link up
            return PlainTextResponse("Open this link in a browser.\n", 405, {"allow": "GET"})
        self._token = None
        response = RedirectResponse(request.url.remove_query_params("token"), 303)
        response.set_cookie(self._cookie, self._secret, httponly=True, samesite="strict")
        return response
