"""The server of the benchmarks, and the databases made there."""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from environments import models

ROOT = Path(__file__).resolve().parent.parent
CHUNK = 100
"""Tables made in one transaction: PostgreSQL's lock table is small by default."""


@dataclass(frozen=True)
class Shape:
    tables: int
    schemas: int
    triggers: bool = False

    def __str__(self) -> str:
        return f"{self.tables},{self.schemas},{self.triggers:d}"


class Server:
    """Where the databases are made."""

    def __init__(self, text: str | None) -> None:
        sys.path.append(str(ROOT))  # the checkout need not be installed
        from app_schema import embedded
        from app_schema import url as urls

        self.url = urls.parse(text or embedded.start())
        self._engine = sa.create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with self._engine.connect() as connection:
            self.version = connection.scalar(sa.text("SHOW server_version"))

    @property
    def target(self) -> str:
        """For the proxy."""
        host, port = self.url.query.get("host", self.url.host), self.url.query.get("port", self.url.port)
        assert isinstance(host, str), "one host, please"
        return f"{host}/.s.PGSQL.{port or 5432}" if host.startswith("/") else f"{host}:{port or 5432}"

    @contextmanager
    def database(self, name: str) -> Iterator[sa.URL]:
        name = f"bench_{name}_{os.getpid()}"
        with self._engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            yield self.url.set(database=name)
        finally:
            with self._engine.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def fill(url: sa.URL, shape: Shape) -> None:
    """Makes the tables, and then the statistics that a running server would have."""
    metadata = models.build(shape.tables, shape.schemas)
    tables = list(metadata.tables.values())
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for number in range(shape.schemas):
            connection.exec_driver_sql(f"CREATE SCHEMA s{number}")
        connection.exec_driver_sql(
            "CREATE FUNCTION s0.touch() RETURNS trigger LANGUAGE plpgsql SET search_path TO '' "
            f"AS $${models.TOUCH}$$"
            if shape.triggers
            else "SELECT 1"
        )
    for start in range(0, len(tables), CHUNK):
        with engine.begin() as connection:
            for table in tables[start : start + CHUNK]:
                table.create(connection, checkfirst=False)
                if shape.triggers:
                    connection.exec_driver_sql(
                        f"CREATE TRIGGER touch BEFORE UPDATE ON {table.fullname} "
                        "FOR EACH ROW EXECUTE FUNCTION s0.touch()"
                    )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM (ANALYZE)")
