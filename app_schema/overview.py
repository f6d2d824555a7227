"""Facts of a server and a database, and problems to correct before a migration: the command `connect`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app_schema import url
from app_schema.adoption.notice import unadopted
from app_schema.application import Application
from app_schema.copied import of_copy
from app_schema.database import settings
from app_schema.ddl import Extension, declared
from app_schema.ddl.sql import qualified
from app_schema.errors import ServerError
from app_schema.migrations.lineage import Lineage, current
from app_schema.migrations.once import TABLE as ONCE
from app_schema.migrations.preflight import unwritable
from app_schema.migrations.unknown_revision import foreign
from app_schema.target import EMBEDDED, Target

TRIES = 10
COUNTED = 64 * 2**20
"""Bytes: the rows of larger tables are estimates, because count(*) scans the whole table."""

_SERVER = sa.text("""
SELECT pg_catalog.current_setting('server_version') AS version,
       d.datname AS database, pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
       current_user AS role, r.rolsuper AS superuser, r.rolbypassrls AS bypass_rls,
       r.rolcreatedb OR r.rolsuper AS create_databases,
       pg_catalog.pg_has_role(d.datdba, 'USAGE') AS owner,
       pg_catalog.pg_get_userbyid(d.datdba) AS owned_by,
       pg_catalog.pg_is_in_recovery() AS standby,
       pg_catalog.current_setting('default_transaction_read_only')::boolean AS read_only,
       pg_catalog.pg_backend_pid() AS backend
FROM pg_catalog.pg_database AS d CROSS JOIN pg_catalog.pg_roles AS r
WHERE d.datname = pg_catalog.current_database() AND r.rolname = current_user
""")
_EXTENSIONS = sa.text("""
SELECT w.name, e.extversion AS found, a.default_version AS available
FROM pg_catalog.unnest(CAST(:names AS text[])) AS w(name)
LEFT JOIN pg_catalog.pg_extension AS e ON e.extname = w.name
LEFT JOIN pg_catalog.pg_available_extensions AS a ON a.name = w.name
ORDER BY w.name
""")
_TABLES = sa.text("""
SELECT n.nspname AS schema, c.relname AS name,
       pg_catalog.pg_table_size(c.oid) AS bytes, pg_catalog.has_table_privilege(c.oid, 'SELECT')
         AND NOT pg_catalog.row_security_active(c.oid) AS readable,
       pg_catalog.pg_get_userbyid(c.relowner) AS owned_by,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owner
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.oid IS DISTINCT FROM pg_catalog.to_regclass(:version_table)
  AND c.oid IS DISTINCT FROM pg_catalog.to_regclass(:once_table)
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS d
    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
ORDER BY n.nspname, c.relname
""")
_NAMES = sa.text("""
SELECT kind, CASE schema WHEN 'public' THEN name ELSE schema || '.' || name END AS name
FROM (
  SELECT 'view', n.nspname, c.relname, c.oid, 'pg_catalog.pg_class'::regclass
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('v', 'm')
  UNION ALL
  SELECT 'enum', n.nspname, t.typname, t.oid, 'pg_catalog.pg_type'::regclass
  FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
  WHERE t.typtype = 'e'
) AS found (kind, schema, name, oid, catalog)
WHERE schema <> 'information_schema' AND schema !~ '^pg_'
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS d
    WHERE d.classid = found.catalog AND d.objid = found.oid AND d.deptype = 'e'
  )
ORDER BY 1, 2
""")


@dataclass(frozen=True)
class ServerFacts:
    """The server, the role and the connection. `round_trip` is the median of ten, in milliseconds."""

    version: str
    place: str
    origin: str
    database: str
    encoding: str
    role: str
    owner: bool
    owned_by: str
    superuser: bool
    bypass_rls: bool
    create_databases: bool
    pooled: bool
    tls: bool
    local: bool
    standby: bool
    writable: bool
    round_trip: float


@dataclass(frozen=True)
class ExtensionState:
    """An extension that the schema needs.

    The versions: declared as the minimum, created in the database, and available on the server; None if
    absent.
    """

    name: str
    minimum: str | None
    found: str | None
    available: str | None


@dataclass(frozen=True)
class TableRows:
    """A table; `rows` is None if the role may not read all rows, and an estimate for a large table."""

    schema: str
    name: str
    rows: int | None
    estimated: bool
    bytes: int
    owned_by: str
    owner: bool


@dataclass(frozen=True)
class Overview:
    """The facts. `problems` are sentences, each with its remedy; empty if nothing must be corrected.

    `here` is None if the role may not read the version table.
    """

    server: ServerFacts
    extensions: list[ExtensionState]
    here: frozenset[str] | None
    heads: frozenset[str]
    tables: list[TableRows]
    views: list[str]
    enums: list[str]
    problems: list[str]


def overview(connection: sa.Connection, target: Target, app: Application) -> Overview:
    """Reads all facts. Only counting rows is slow, and only small tables are counted."""
    lineage, metadata = Lineage(app), app.metadata
    server = server_facts(connection, target)
    extensions = extension_states(connection, metadata)
    tables = _tables(connection, app)
    problems = [
        *of_server(server),
        *of_pooler(server, target),
        *filter(None, map(of_extension, extensions)),
    ]
    stamped: frozenset[str] | None = None
    try:
        stamped = current(connection, app)
        foreign = unadopted(connection, app, stamped)
        problems += [foreign] if foreign else of_revision(stamped, lineage)
    except ServerError as error:
        problems.append(str(error))
    newest = stamped is not None and lineage.is_newest(stamped)
    problems += of_copy(connection, app, newest=newest)
    problems += _of_tables(server, tables, metadata, newest=newest)
    names = connection.execute(_NAMES).all()
    views, enums = ([row.name for row in names if row.kind == kind] for kind in ("view", "enum"))
    return Overview(server, extensions, stamped, lineage.heads, tables, views, enums, problems)


def of_revision(stamped: frozenset[str], lineage: Lineage) -> Iterator[str]:
    """The problem of the revision of a database, if any."""
    if unknown := lineage.unknown(stamped):
        yield foreign(unknown)
    elif lineage.fork:  # an upgrade would fail
        yield lineage.fork
    elif older := lineage.included(stamped):  # an upgrade would fail
        yield older
    elif stamped != lineage.heads:
        at = f"is at {', '.join(sorted(stamped))}" if stamped else "was never migrated"
        newest = ", ".join(sorted(lineage.heads))
        yield f"The database {at}, the newest revision is {newest}: run app-schema upgrade."


def server_facts(connection: sa.Connection, target: Target) -> ServerFacts:
    """The server and the connection, measured by ten round trips."""
    facts = connection.execute(_SERVER).one()
    driver: Any = connection.connection.dbapi_connection
    times = []
    for _ in range(TRIES):
        begin = time.perf_counter()
        driver.execute("SELECT 1").fetchone()
        times.append(time.perf_counter() - begin)
    host = target.url.host or target.url.query.get("host", "the default socket")
    return ServerFacts(
        version=facts.version,
        place=host if isinstance(host, str) else ", ".join(host),
        origin=target.origin,
        database=facts.database,
        encoding=facts.encoding,
        role=facts.role,
        owner=facts.owner,
        owned_by=facts.owned_by,
        superuser=facts.superuser,
        bypass_rls=facts.superuser or facts.bypass_rls,
        create_databases=facts.create_databases,
        # a pooler sends its client an invented backend number at login
        pooled=driver.info.backend_pid != facts.backend or url.direct(target.url) != target.url,
        tls=driver.pgconn.ssl_in_use,
        local=driver.info.host.startswith("/") or driver.info.hostaddr in {"127.0.0.1", "::1"},
        standby=facts.standby,
        writable=not (facts.standby or facts.read_only),
        round_trip=round(statistics.median(times) * 1000, 3),
    )


def extension_states(connection: sa.Connection, metadata: sa.MetaData) -> list[ExtensionState]:
    """The declared extensions and their versions on the server."""
    needed = {item.name: item.version for item in declared(metadata).values() if isinstance(item, Extension)}
    rows = connection.execute(_EXTENSIONS, {"names": list(needed)})
    return [ExtensionState(row.name, needed[row.name], row.found, row.available) for row in rows]


def _tables(connection: sa.Connection, app: Application) -> list[TableRows]:
    own = {
        "version_table": app.qualified_version_table,
        "once_table": qualified(ONCE, app.version_table_schema),
    }
    rows = connection.execute(_TABLES, own).all()
    small = [(row.schema, row.name) for row in rows if row.readable and row.bytes <= COUNTED]
    large = [(row.schema, row.name) for row in rows if row.readable and row.bytes > COUNTED]
    counts = _counts(connection, small) | {table: estimate(connection, *table) for table in large}
    return [
        TableRows(
            schema=row.schema,
            name=row.name,
            rows=counts.get((row.schema, row.name)),
            estimated=(row.schema, row.name) in large,
            bytes=row.bytes,
            owned_by=row.owned_by,
            owner=row.owner,
        )
        for row in rows
    ]


def _counts(connection: sa.Connection, tables: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The rows of these tables, in one round trip."""
    if not tables:
        return {}
    each = (f"SELECT count(*) FROM {qualified(name, schema)}" for schema, name in tables)
    counted = connection.exec_driver_sql(
        f"SELECT ARRAY[({'), ('.join(each)})]", execution_options={"no_parameters": True}
    )
    return dict(zip(tables, counted.scalar_one(), strict=True))


def estimate(connection: sa.Connection, schema: str, name: str) -> int:
    """The planner's estimate of the rows of a table.

    The planner scales the density of the last ANALYZE, or a default, by the present size of the table.
    """
    explained = connection.exec_driver_sql(
        f"EXPLAIN (FORMAT JSON) SELECT FROM {qualified(name, schema)}",
        execution_options={"no_parameters": True},
    )
    return int(explained.scalar_one()[0]["Plan"]["Plan Rows"])


def of_server(server: ServerFacts) -> Iterator[str]:
    """Problems of the server."""
    if sentence := unwritable(standby=server.standby, read_only=not server.writable):
        yield sentence
    if not server.tls and not server.local:
        yield "The connection is not encrypted: add sslmode=require to the URL."
    if server.encoding != "UTF8":
        yield f"The encoding is {server.encoding}: create the database again with ENCODING 'UTF8'."


def of_pooler(server: ServerFacts, target: Target) -> Iterator[str]:
    """The problem of a pooler without a known direct endpoint."""
    twin = url.direct(target.url) != target.url or (
        target.origin == "DATABASE_URL" and settings().direct_database_url is not None
    )
    if server.pooled and not twin:
        yield (
            "The connection is pooled, so locks and settings of a session leak: set DIRECT_DATABASE_URL "
            "to the server itself for migrations."
        )


def of_extension(state: ExtensionState) -> str | None:
    """The problem of an extension that is absent or too old; None: no problem."""
    if state.found is None and state.available is None:
        return f"The server has no extension {state.name}: install its files on the server."
    if state.minimum and (old := state.found or state.available) and _parts(old) < _parts(state.minimum):
        mend = (
            f"ALTER EXTENSION {state.name} UPDATE" if state.found else "install a newer version on the server"
        )
        return f"The extension {state.name} is {old}, and {state.minimum} or later is needed: {mend}."
    return None


def _of_tables(
    server: ServerFacts, tables: list[TableRows], metadata: sa.MetaData, *, newest: bool
) -> Iterator[str]:
    reflected = {(table.schema, table.name) for table in tables}
    expected = {(table.schema or "public", table.name) for table in metadata.tables.values()}
    missing = sorted(".".join(place) for place in expected - reflected)
    if missing and newest:
        yield f"The revision is the newest, but {', '.join(missing)} is missing: run app-schema verify."
    owners = sorted(
        {table.owned_by for table in tables if not table.owner and (table.schema, table.name) in expected}
    )
    if owners:
        yield f"The tables belong to {', '.join(owners)}, not to {server.role}: migrate as their owner."


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def url_line(target: Target) -> str:
    """The line that sets DATABASE_URL for other programs; the URL of the embedded server has no secret."""
    shown = url.show(target.url)
    return f"export DATABASE_URL='{shown}'" if target.origin == EMBEDDED else f"{shown} ({target.origin})"
