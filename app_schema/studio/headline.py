"""The head line of every page: server, database, role, and whether writes are allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True)
class HeadLine:
    """The server, database and role of the studio's connection, without secrets."""

    server: str
    version: str
    database: str
    role: str
    write: bool


def head_line(engine: sa.Engine, *, write: bool) -> HeadLine:
    """The server, database and login role, as libpq knows them after connecting."""
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        info = driver.info
        host = info.host or info.hostaddr
        return HeadLine(
            server=f"{host}:{info.port}",
            version=f"PostgreSQL {info.server_version // 10000}.{info.server_version % 10000}",
            database=info.dbname,
            role=info.user,
            write=write,
        )
