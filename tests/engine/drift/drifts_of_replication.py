"""Drift of publications, extended statistics and event triggers."""
# ruff: noqa: E501 - statements of SQL

from __future__ import annotations

from drift import Drift

from app_schema import ddl

_STATISTICS = "CREATE STATISTICS stat ON n, name FROM t"
STATISTICS = {
    "extra": Drift("CREATE STATISTICS stray ON id, n FROM t", "stray"),
    "missing": Drift(
        "DROP STATISTICS stat",
        "stat",
        _STATISTICS,
        (ddl.Statistics("stat", "CREATE STATISTICS public.stat ON n, name FROM public.t", schema="public"),),
    ),
    "kinds": Drift(
        "DROP STATISTICS stat; CREATE STATISTICS stat (ndistinct) ON n, name FROM t",
        "stat",
        _STATISTICS,
        (ddl.Statistics("stat", "CREATE STATISTICS public.stat ON n, name FROM public.t", schema="public"),),
    ),
    "target": Drift(
        "ALTER STATISTICS stat SET STATISTICS 500",
        "stat",
        _STATISTICS,
        (ddl.Statistics("stat", "CREATE STATISTICS public.stat ON n, name FROM public.t", schema="public"),),
    ),
    "expression extra": Drift("CREATE STATISTICS stray ON lower(name) FROM t", "stray"),
}
_PUBLICATION = "CREATE PUBLICATION pub FOR TABLE t (id, n) WHERE (id > 0)"
REPLICATION = {
    "publication extra": Drift("CREATE PUBLICATION stray FOR TABLE t", "stray"),
    "publication of a table with an heir extra": Drift(
        "CREATE TABLE heir () INHERITS (t); CREATE PUBLICATION stray FOR TABLE t (id, n) WHERE (n > 3)",
        "stray",
    ),
    "publication of all tables extra": Drift("CREATE PUBLICATION stray FOR ALL TABLES", "stray"),
    "publication of a schema extra": Drift("CREATE PUBLICATION stray FOR TABLES IN SCHEMA public", "stray"),
    "publication missing": Drift(
        "DROP PUBLICATION pub",
        "pub",
        _PUBLICATION,
        (ddl.Publication("pub", "TABLE public.t (id, n) WHERE (id > 0)"),),
    ),
    "publication table extra": Drift(
        "ALTER PUBLICATION pub ADD TABLE child",
        "pub",
        _PUBLICATION,
        (ddl.Publication("pub", "TABLE public.t (id, n) WHERE (id > 0)"),),
    ),
    "publication columns": Drift(
        "ALTER PUBLICATION pub SET TABLE t (id) WHERE (id > 0)",
        "pub",
        _PUBLICATION,
        (ddl.Publication("pub", "TABLE public.t (id, n) WHERE (id > 0)"),),
    ),
    "publication condition": Drift(
        "ALTER PUBLICATION pub SET TABLE t (id, n)",
        "pub",
        _PUBLICATION,
        (ddl.Publication("pub", "TABLE public.t (id, n) WHERE (id > 0)"),),
    ),
    "publication option": Drift(
        "ALTER PUBLICATION pub SET (publish = 'insert')",
        "pub",
        _PUBLICATION,
        (ddl.Publication("pub", "TABLE public.t (id, n) WHERE (id > 0)"),),
    ),
    "subscription extra": Drift(
        "CREATE SUBSCRIPTION stray CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE)",
        "stray",
        unmended="a subscription has a password, and a slot elsewhere",
    ),
}
_WATCH = "CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER watcher ON ddl_command_end EXECUTE FUNCTION watch()"
EVENTS = {
    "event trigger extra": Drift(_WATCH, "watcher"),
    "event trigger missing": Drift(
        "DROP EVENT TRIGGER watcher",
        "watcher",
        _WATCH,
        (
            ddl.Function("watch", "BEGIN END", returns="event_trigger", settings=None, schema="public"),
            ddl.EventTrigger("watcher", "ON ddl_command_end EXECUTE FUNCTION public.watch()"),
        ),
    ),
    "event trigger disabled": Drift(
        "ALTER EVENT TRIGGER watcher DISABLE",
        "watcher",
        _WATCH,
        (
            ddl.Function("watch", "BEGIN END", returns="event_trigger", settings=None, schema="public"),
            ddl.EventTrigger("watcher", "ON ddl_command_end EXECUTE FUNCTION public.watch()"),
        ),
    ),
    "event trigger filter": Drift(
        "DROP EVENT TRIGGER watcher; CREATE EVENT TRIGGER watcher ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION watch()",
        "watcher",
        _WATCH,
        (
            ddl.Function("watch", "BEGIN END", returns="event_trigger", settings=None, schema="public"),
            ddl.EventTrigger("watcher", "ON ddl_command_end EXECUTE FUNCTION public.watch()"),
        ),
    ),
}
