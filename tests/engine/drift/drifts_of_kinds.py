"""Drift of all that is no table: code, types, and the kinds that are rare."""
# ruff: noqa: E501 - statements of SQL

from __future__ import annotations

import sqlalchemy as sa
from drift import Drift
from drifts_of_tables import OWNER

from app_schema import ddl

NAMED = "of a kind that is not compared, and named where it is met"

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

TYPES = {
    "enum label extra": Drift("ALTER TYPE mood ADD VALUE 'angry'", "mood"),
    "enum extra": Drift("CREATE TYPE stray AS ENUM ('a')", "stray"),
    "domain check": Drift("ALTER DOMAIN zip ADD CONSTRAINT stray CHECK (VALUE <> '00000')", "zip"),
    "domain check missing": Drift("ALTER DOMAIN zip DROP CONSTRAINT zip_check", "zip"),
    "domain default": Drift("ALTER DOMAIN zip SET DEFAULT '12345'", "zip"),
    "domain not null": Drift("ALTER DOMAIN zip SET NOT NULL", "zip"),
    "domain not valid": Drift("ALTER DOMAIN zip ADD CONSTRAINT stray CHECK (VALUE <> '') NOT VALID", "zip"),
    "domain extra": Drift("CREATE DOMAIN stray AS int CHECK (VALUE > 0)", "stray"),
    "domain over a domain": Drift("CREATE DOMAIN stray AS zip CHECK (VALUE <> '11111')", "stray"),
    "composite extra": Drift("CREATE TYPE stray AS (a int, b text)", "stray"),
    "composite missing": Drift(
        "DROP TYPE pair",
        "pair",
        "CREATE TYPE pair AS (a integer, b text)",
        (ddl.Composite("pair", "(a integer, b text)", schema="public"),),
    ),
    "composite attribute extra": Drift(
        "ALTER TYPE pair ADD ATTRIBUTE c date",
        "pair",
        "CREATE TYPE pair AS (a integer, b text)",
        (ddl.Composite("pair", "(a integer, b text)", schema="public"),),
    ),
    "composite attribute type": Drift(
        "ALTER TYPE pair ALTER ATTRIBUTE a TYPE bigint",
        "pair",
        "CREATE TYPE pair AS (a integer, b text)",
        (ddl.Composite("pair", "(a integer, b text)", schema="public"),),
    ),
    "range extra": Drift("CREATE TYPE stray AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi)", "stray"),
    "range missing": Drift(
        "DROP TYPE span",
        "span",
        "CREATE TYPE span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi)",
        (
            ddl.RangeType(
                "span", "AS RANGE (SUBTYPE = double precision, SUBTYPE_DIFF = float8mi)", schema="public"
            ),
        ),
    ),
    "range without difference": Drift(
        "DROP TYPE span; CREATE TYPE span AS RANGE (SUBTYPE = float8)",
        "span",
        "CREATE TYPE span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi)",
        (
            ddl.RangeType(
                "span", "AS RANGE (SUBTYPE = double precision, SUBTYPE_DIFF = float8mi)", schema="public"
            ),
        ),
    ),
    "base type extra": Drift(
        "CREATE TYPE stray; CREATE FUNCTION stray_in(cstring) RETURNS stray LANGUAGE internal IMMUTABLE STRICT AS 'int4in'; CREATE FUNCTION stray_out(stray) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out'; CREATE TYPE stray (INPUT = stray_in, OUTPUT = stray_out, LIKE = integer)",
        "stray",
        unmended=NAMED,
    ),
    "type grant": Drift(
        "REVOKE USAGE ON TYPE mood FROM PUBLIC", "mood", unmended="autogenerate does not write it"
    ),
    "type owner": Drift("ALTER TYPE mood OWNER TO pg_monitor", "owner", unmended=OWNER),
    "comment": Drift("COMMENT ON TYPE mood IS 'stray'", "comment"),
    "collation extra": Drift("CREATE COLLATION stray (PROVIDER = libc, LOCALE = 'C')", "stray"),
    "collation missing": Drift(
        "DROP COLLATION plain",
        "plain",
        "CREATE COLLATION plain (PROVIDER = libc, LOCALE = 'C')",
        (ddl.Collation("plain", "(PROVIDER = libc, LOCALE = 'C')", schema="public"),),
    ),
    "collation changed": Drift(
        "DROP COLLATION plain; CREATE COLLATION plain (PROVIDER = libc, LOCALE = 'POSIX')",
        "plain",
        "CREATE COLLATION plain (PROVIDER = libc, LOCALE = 'C')",
        (ddl.Collation("plain", "(PROVIDER = libc, LOCALE = 'C')", schema="public"),),
    ),
    "conversion extra": Drift(
        "CREATE CONVERSION stray FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8", "stray", unmended=NAMED
    ),
}

_OPERATOR = "CREATE OPERATOR |+| (FUNCTION = add, LEFTARG = int, RIGHTARG = int)"
_CAST = "CREATE FUNCTION to_bool(mood) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'; CREATE CAST (mood AS boolean) WITH FUNCTION to_bool"
_CLASS = """
CREATE OPERATOR CLASS int_ops FOR TYPE int USING btree AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int)
"""
OPERATORS = {
    "operator extra": Drift(_OPERATOR, "|+|"),
    "operator missing": Drift(
        "DROP OPERATOR |+| (int, int)",
        "|+|",
        _OPERATOR,
        (
            ddl.Operator(
                "|+|(integer, integer)",
                "(FUNCTION = public.add, LEFTARG = integer, RIGHTARG = integer)",
                schema="public",
            ),
        ),
    ),
    "operator changed": Drift(
        "DROP OPERATOR |+| (int, int); CREATE OPERATOR |+| (FUNCTION = add, LEFTARG = int, RIGHTARG = int, COMMUTATOR = |+|)",
        "|+|",
        _OPERATOR,
        (
            ddl.Operator(
                "|+|(integer, integer)",
                "(FUNCTION = public.add, LEFTARG = integer, RIGHTARG = integer)",
                schema="public",
            ),
        ),
    ),
    "operator class extra": Drift(_CLASS, "int_ops"),
    "operator class missing": Drift(
        "DROP OPERATOR FAMILY int_ops USING btree",
        "int_ops",
        _CLASS,
        (
            ddl.OperatorClass(
                "int_ops USING btree",
                "FOR TYPE integer USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer)",
                schema="public",
            ),
        ),
    ),
    "operator family extra": Drift("CREATE OPERATOR FAMILY stray USING btree", "stray"),
    "operator family grown": Drift(
        "ALTER OPERATOR FAMILY stray USING btree ADD OPERATOR 1 < (int, bigint)",
        "stray",
        "CREATE OPERATOR FAMILY stray USING btree",
        (ddl.OperatorFamily("stray USING btree", schema="public"),),
    ),
    "cast extra": Drift(_CAST, "mood"),
    "cast missing": Drift(
        "DROP CAST (mood AS boolean)",
        "mood",
        _CAST,
        (
            ddl.Function(
                "to_bool",
                "SELECT true",
                arguments="public.mood",
                returns="boolean",
                language="sql",
                volatility="IMMUTABLE",
                settings=None,
                schema="public",
            ),
            ddl.Cast("public.mood AS boolean", "WITH FUNCTION public.to_bool(public.mood)", schema="public"),
        ),
    ),
    "cast made implicit": Drift(
        "DROP CAST (mood AS boolean); CREATE CAST (mood AS boolean) WITH FUNCTION to_bool AS IMPLICIT",
        "mood",
        _CAST,
        (
            ddl.Function(
                "to_bool",
                "SELECT true",
                arguments="public.mood",
                returns="boolean",
                language="sql",
                volatility="IMMUTABLE",
                settings=None,
                schema="public",
            ),
            ddl.Cast("public.mood AS boolean", "WITH FUNCTION public.to_bool(public.mood)", schema="public"),
        ),
    ),
    "language extra": Drift(
        "CREATE FUNCTION stray() RETURNS language_handler LANGUAGE internal AS 'fmgr_sql_validator'; CREATE LANGUAGE stray HANDLER stray",
        "stray",
        unmended=NAMED,
    ),
    "access method extra": Drift(
        "CREATE ACCESS METHOD stray TYPE TABLE HANDLER heap_tableam_handler", "stray", unmended=NAMED
    ),
    "transform extra": Drift(
        "CREATE FUNCTION stray(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'numeric_sortsupport'; CREATE TRANSFORM FOR mood LANGUAGE plpgsql (FROM SQL WITH FUNCTION stray(internal))",
        "mood",
        unmended=NAMED,
    ),
}

_MAPPED = ddl.TextSearchConfiguration(
    "words",
    mappings={
        "asciihword, asciiword, email, file, float, host, hword, hword_asciipart, hword_numpart, hword_part, int, "
        "numhword, numword, sfloat, uint, url, url_path, version, word": "pg_catalog.simple"
    },
    schema="public",
)
_CONFIG = "CREATE TEXT SEARCH CONFIGURATION words (COPY = simple)"
_DICTIONARY = "CREATE TEXT SEARCH DICTIONARY stem (TEMPLATE = snowball, LANGUAGE = english)"
SEARCH = {
    "configuration extra": Drift("CREATE TEXT SEARCH CONFIGURATION stray (COPY = simple)", "stray"),
    "configuration missing": Drift("DROP TEXT SEARCH CONFIGURATION words", "words", _CONFIG, (_MAPPED,)),
    "configuration mapping": Drift(
        "ALTER TEXT SEARCH CONFIGURATION words ALTER MAPPING FOR asciiword WITH english_stem, simple",
        "words",
        _CONFIG,
        (_MAPPED,),
    ),
    "configuration mapping dropped": Drift(
        "ALTER TEXT SEARCH CONFIGURATION words DROP MAPPING FOR email", "words", _CONFIG, (_MAPPED,)
    ),
    "dictionary extra": Drift("CREATE TEXT SEARCH DICTIONARY stray (TEMPLATE = simple)", "stray"),
    "dictionary missing": Drift(
        "DROP TEXT SEARCH DICTIONARY stem",
        "stem",
        _DICTIONARY,
        (
            ddl.TextSearchDictionary(
                "stem", "(TEMPLATE = pg_catalog.snowball, LANGUAGE = english)", schema="public"
            ),
        ),
    ),
    "dictionary option": Drift(
        "ALTER TEXT SEARCH DICTIONARY stem (LANGUAGE = german)",
        "stem",
        _DICTIONARY,
        (
            ddl.TextSearchDictionary(
                "stem", "(TEMPLATE = pg_catalog.snowball, LANGUAGE = english)", schema="public"
            ),
        ),
    ),
    "parser extra": Drift(
        "CREATE TEXT SEARCH PARSER stray (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)",
        "stray",
        unmended=NAMED,
    ),
    "template extra": Drift(
        "CREATE TEXT SEARCH TEMPLATE stray (LEXIZE = dsimple_lexize)", "stray", unmended=NAMED
    ),
}

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
        unmended=NAMED,
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

ACCESS = {
    "table grant": Drift("GRANT INSERT ON t TO pg_monitor", "t"),
    "table grant missing": Drift("REVOKE SELECT ON t FROM pg_monitor", "t"),
    "column grant": Drift("GRANT UPDATE (n) ON t TO pg_monitor", "t"),
    "sequence grant": Drift("GRANT USAGE ON SEQUENCE child_id_seq TO pg_monitor", "child_id_seq"),
    "schema grant": Drift("GRANT CREATE ON SCHEMA public TO pg_monitor", "public"),
    "language grant": Drift("REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC", "plpgsql", unmended=NAMED),
    "database grant": Drift(
        "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO pg_monitor', current_database()); END $$",
        "grants on the database",
        unmended=NAMED,
    ),
    "default privileges": Drift(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor", "default"
    ),
    "setting of the database": Drift(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''7MB''', current_database()); END $$",
        "settings",
        unmended=NAMED,
    ),
    "setting of a role here": Drift(
        "DO $$ BEGIN EXECUTE format('ALTER ROLE postgres IN DATABASE %I SET work_mem = ''7MB''', current_database()); END $$",
        "settings",
        unmended=NAMED,
    ),
    "extension extra": Drift(
        "CREATE EXTENSION pg_trgm",
        "pg_trgm",
        unmended="what was there before the first revision is not dropped",
    ),
}
