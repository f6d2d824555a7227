"""Drift of foreign data wrappers, servers and tables."""

from __future__ import annotations

from drift import NAMED, Drift

from app_schema import ddl

_WRAPPER = "CREATE FOREIGN DATA WRAPPER far"
_SERVER = _WRAPPER + "; CREATE SERVER there FOREIGN DATA WRAPPER far OPTIONS (host 'h')"
_FOREIGN = (
    _SERVER + "; CREATE FOREIGN TABLE abroad (a integer NOT NULL, b text) SERVER there OPTIONS (name 'x')"
)
FOREIGN = {
    "wrapper extra": Drift("CREATE FOREIGN DATA WRAPPER stray", "stray"),
    "wrapper missing": Drift(
        "DROP FOREIGN DATA WRAPPER far", "far", _WRAPPER, (ddl.ForeignDataWrapper("far"),)
    ),
    "wrapper option": Drift(
        "ALTER FOREIGN DATA WRAPPER far OPTIONS (debug 'true')",
        "far",
        _WRAPPER,
        (ddl.ForeignDataWrapper("far"),),
    ),
    "server extra": Drift(
        "CREATE SERVER stray FOREIGN DATA WRAPPER far", "stray", _WRAPPER, (ddl.ForeignDataWrapper("far"),)
    ),
    "server missing": Drift(
        "DROP SERVER there",
        "there",
        _SERVER,
        (
            ddl.ForeignDataWrapper("far"),
            ddl.ForeignServer("there", "FOREIGN DATA WRAPPER far", options="host 'h'"),
        ),
    ),
    "server option": Drift(
        "ALTER SERVER there OPTIONS (SET host 'other')",
        "there",
        _SERVER,
        (
            ddl.ForeignDataWrapper("far"),
            ddl.ForeignServer("there", "FOREIGN DATA WRAPPER far", options="host 'h'"),
        ),
    ),
    "server grant": Drift(
        "GRANT USAGE ON FOREIGN SERVER there TO pg_monitor",
        "there",
        _SERVER,
        (
            ddl.ForeignDataWrapper("far"),
            ddl.ForeignServer("there", "FOREIGN DATA WRAPPER far", options="host 'h'"),
        ),
    ),
    "user mapping extra": Drift(
        "CREATE USER MAPPING FOR PUBLIC SERVER there",
        "there",
        _SERVER,
        (
            ddl.ForeignDataWrapper("far"),
            ddl.ForeignServer("there", "FOREIGN DATA WRAPPER far", options="host 'h'"),
        ),
        unmended=NAMED,
    ),
    "foreign table extra": Drift(
        "CREATE FOREIGN TABLE stray (a int) SERVER there",
        "stray",
        _SERVER,
        (
            ddl.ForeignDataWrapper("far"),
            ddl.ForeignServer("there", "FOREIGN DATA WRAPPER far", options="host 'h'"),
        ),
    ),
    "foreign table missing": Drift(
        "DROP FOREIGN TABLE abroad",
        "abroad",
        _FOREIGN,
        (
            ddl.ForeignDataWrapper("far"),
            ddl.ForeignServer("there", "FOREIGN DATA WRAPPER far", options="host 'h'"),
            ddl.ForeignTable(
                "abroad", "(a integer NOT NULL, b text) SERVER there OPTIONS (name 'x')", schema="public"
            ),
        ),
    ),
    "foreign table option": Drift(
        "ALTER FOREIGN TABLE abroad OPTIONS (SET name 'y')",
        "abroad",
        _FOREIGN,
        (
            ddl.ForeignDataWrapper("far"),
            ddl.ForeignServer("there", "FOREIGN DATA WRAPPER far", options="host 'h'"),
            ddl.ForeignTable(
                "abroad", "(a integer NOT NULL, b text) SERVER there OPTIONS (name 'x')", schema="public"
            ),
        ),
    ),
    "foreign table column": Drift(
        "ALTER FOREIGN TABLE abroad ADD c int",
        "abroad",
        _FOREIGN,
        (
            ddl.ForeignDataWrapper("far"),
            ddl.ForeignServer("there", "FOREIGN DATA WRAPPER far", options="host 'h'"),
            ddl.ForeignTable(
                "abroad", "(a integer NOT NULL, b text) SERVER there OPTIONS (name 'x')", schema="public"
            ),
        ),
    ),
    "foreign table column option": Drift(
        "ALTER FOREIGN TABLE abroad ALTER b OPTIONS (name 'z')",
        "abroad",
        _FOREIGN,
        (
            ddl.ForeignDataWrapper("far"),
            ddl.ForeignServer("there", "FOREIGN DATA WRAPPER far", options="host 'h'"),
            ddl.ForeignTable(
                "abroad", "(a integer NOT NULL, b text) SERVER there OPTIONS (name 'x')", schema="public"
            ),
        ),
    ),
}
