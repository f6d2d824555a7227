"""Serves the studio, on this machine only."""

from __future__ import annotations

import logging
import secrets
import socket
from collections.abc import Callable

import sqlalchemy as sa
import uvicorn

from app_schema.application import Application
from app_schema.errors import ConfigurationError
from app_schema.studio.app import studio

HOST = "127.0.0.1"


def serve(
    engine: sa.Engine,
    application: Application | None = None,
    *,
    port: int = 0,
    write: bool = False,
    ready: Callable[[str], None] = print,
) -> None:
    """Serves until Ctrl-C.

    :param port: 0: a free one.
    :param ready: called with the link, which admits one browser, once.
    :raises ConfigurationError: if the port is in use.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise ConfigurationError(f"Port {port} cannot be listened on: {error}.") from error
        chosen = listener.getsockname()[1]
        token = secrets.token_urlsafe(32)
        app = studio(engine, application, token=token, port=chosen, write=write)
        # uvicorn would log a refused statement with the values of the row; the page shows the error without
        # them
        logging.getLogger("starlette_admin").setLevel(logging.CRITICAL)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False))
        listener.listen()
        ready(f"http://{HOST}:{chosen}/?token={token}")
        server.run(sockets=[listener])
