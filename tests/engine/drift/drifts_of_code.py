"""Drift of functions, procedures and aggregates."""
# ruff: noqa: E501 - statements of SQL

from __future__ import annotations

import sqlalchemy as sa
from drift import OWNER, Drift

from app_schema import ddl

CODE = {
    "function body": Drift(
        "CREATE OR REPLACE FUNCTION add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE SET search_path = '' AS 'SELECT a - b'",
        "add",
    ),
    "function volatility": Drift("ALTER FUNCTION add STABLE", "add"),
    "function cost": Drift("ALTER FUNCTION add COST 7", "add"),
    "function leakproof": Drift("ALTER FUNCTION add LEAKPROOF", "add"),
    "function parallel": Drift("ALTER FUNCTION add PARALLEL SAFE", "add"),
    "function setting": Drift("ALTER FUNCTION add SET work_mem = '1MB'", "add"),
    "function support": Drift("ALTER FUNCTION add SUPPORT generate_series_int4_support", "add"),
    "function extra": Drift("CREATE FUNCTION stray(int) RETURNS int RETURN 1", "stray"),
    "function atomic extra": Drift(
        "CREATE FUNCTION stray() RETURNS SETOF int BEGIN ATOMIC SELECT id FROM t; END", "stray"
    ),
    "function executed": Drift("GRANT EXECUTE ON FUNCTION add TO pg_monitor", "add"),
    "function owner": Drift("ALTER FUNCTION add OWNER TO pg_monitor", "owner", unmended=OWNER),
    "procedure extra": Drift("CREATE PROCEDURE stray(a int) LANGUAGE sql AS 'SELECT 1'", "stray"),
    "procedure missing": Drift(
        "DROP PROCEDURE work",
        "work",
        "CREATE PROCEDURE work(a integer) LANGUAGE sql AS 'SELECT 1'",
        (
            ddl.Procedure(
                "work", "SELECT 1", arguments="a integer", language="sql", settings=None, schema="public"
            ),
        ),
    ),
    "procedure body": Drift(
        "CREATE OR REPLACE PROCEDURE work(a integer) LANGUAGE sql AS 'SELECT 2'",
        "work",
        "CREATE PROCEDURE work(a integer) LANGUAGE sql AS 'SELECT 1'",
        (
            ddl.Procedure(
                "work", "SELECT 1", arguments="a integer", language="sql", settings=None, schema="public"
            ),
        ),
    ),
    "aggregate extra": Drift("CREATE AGGREGATE stray(int) (SFUNC = add, STYPE = int)", "stray"),
    "aggregate changed": Drift(
        "CREATE OR REPLACE AGGREGATE total(int) (SFUNC = add, STYPE = int, INITCOND = '5')",
        "total",
        "CREATE AGGREGATE total(int) (SFUNC = add, STYPE = int)",
        (ddl.Aggregate("total", "integer", sfunc="public.add", stype="integer", schema="public"),),
    ),
    "aggregate moving": Drift(
        "CREATE AGGREGATE stray(int) (SFUNC = add, STYPE = int, MSFUNC = add, MINVFUNC = add, MSTYPE = int)",
        "stray",
        unmended="an aggregate of more than its five parts is not written",
    ),
    "aggregate variadic": Drift(
        "CREATE FUNCTION step(int, VARIADIC int[]) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE AGGREGATE stray(VARIADIC int[]) (SFUNC = step, STYPE = int)",
        "stray",
    ),
    "aggregate final modifies": Drift(
        "CREATE AGGREGATE stray(int) (SFUNC = add, STYPE = int, FINALFUNC = abs, FINALFUNC_MODIFY = READ_WRITE)",
        "stray",
        unmended="an aggregate of more than its five parts is not written",
    ),
    "aggregate extra with a grant": Drift(
        "CREATE AGGREGATE stray(int) (SFUNC = add, STYPE = int); GRANT EXECUTE ON FUNCTION stray(int) TO pg_monitor",
        "stray",
    ),
    "aggregate grant": Drift(
        "GRANT EXECUTE ON FUNCTION total(int) TO pg_monitor",
        "total",
        "CREATE AGGREGATE total(int) (SFUNC = add, STYPE = int)",
        (ddl.Aggregate("total", "integer", sfunc="public.add", stype="integer", schema="public"),),
    ),
    "aggregate revoked": Drift(
        "REVOKE EXECUTE ON FUNCTION total(int) FROM PUBLIC",
        "total",
        "CREATE AGGREGATE total(int) (SFUNC = add, STYPE = int)",
        (ddl.Aggregate("total", "integer", sfunc="public.add", stype="integer", schema="public"),),
    ),
    "function with a default executed": Drift(
        "DROP FUNCTION far",
        "far",
        "CREATE FUNCTION far(a int DEFAULT 3, b text DEFAULT 'x,(y') RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION far FROM PUBLIC; GRANT EXECUTE ON FUNCTION far TO pg_monitor",
        (
            ddl.Function(
                "far",
                "SELECT 1",
                arguments="a integer DEFAULT 3, b text DEFAULT 'x,(y'",
                returns="integer",
                language="sql",
                settings=None,
                execute="pg_monitor",
                schema="public",
            ),
        ),
    ),
    "procedure with a default executed": Drift(
        "CREATE PROCEDURE stray(a int DEFAULT 3) LANGUAGE sql AS 'SELECT 1'; GRANT EXECUTE ON PROCEDURE stray TO pg_monitor",
        "stray",
    ),
    "materialized view with statistics": Drift(
        "CREATE MATERIALIZED VIEW stray AS SELECT id, name FROM t; CREATE STATISTICS stray_s ON id, name FROM stray",
        "stray",
    ),
    "view changed": Drift("CREATE OR REPLACE VIEW v AS SELECT id, n FROM t WHERE n > 7", "v"),
    "view option": Drift("ALTER VIEW v SET (security_barrier = true)", "v"),
    "view default": Drift("ALTER VIEW v ALTER n SET DEFAULT 7", "v"),
    "view missing": Drift("DROP VIEW v", "v"),
    "view extra": Drift("CREATE VIEW stray AS SELECT 1 AS a", "stray"),
    "view grant on columns": Drift("GRANT SELECT (id) ON v TO pg_monitor", "v"),
    "materialized view extra": Drift(
        "CREATE MATERIALIZED VIEW stray AS SELECT id FROM t; CREATE INDEX ON stray (id)", "stray"
    ),
    "materialized view parameter": Drift(
        "ALTER MATERIALIZED VIEW mv SET (fillfactor = 70)",
        "mv",
        "CREATE MATERIALIZED VIEW mv AS SELECT id FROM t",
        (ddl.View("mv", "SELECT id FROM public.t", materialized=True, schema="public"),),
    ),
    "materialized view index missing": Drift(
        "DROP INDEX ix_mv",
        "ix_mv",
        "CREATE MATERIALIZED VIEW mv AS SELECT id FROM t; CREATE UNIQUE INDEX ix_mv ON mv (id)",
        (
            ddl.View("mv", "SELECT id FROM public.t", materialized=True, schema="public"),
            ddl.TableIndex(
                "ix_mv", "CREATE UNIQUE INDEX ix_mv ON public.mv USING btree (id)", schema="public"
            ),
        ),
    ),
    "sequence extra": Drift("CREATE SEQUENCE stray", "stray"),
    "sequence increment": Drift(
        "ALTER SEQUENCE numbers INCREMENT 5",
        "numbers",
        "CREATE SEQUENCE numbers",
        (lambda metadata: sa.Sequence("numbers", metadata=metadata),),
    ),
    "sequence owned": Drift(
        "ALTER SEQUENCE numbers OWNED BY t.n",
        "numbers",
        "CREATE SEQUENCE numbers",
        (lambda metadata: sa.Sequence("numbers", metadata=metadata),),
    ),
    "sequence unlogged": Drift(
        "ALTER SEQUENCE numbers SET UNLOGGED",
        "numbers",
        "CREATE SEQUENCE numbers",
        (lambda metadata: sa.Sequence("numbers", metadata=metadata),),
        unmended="autogenerate does not write it",
    ),
}
