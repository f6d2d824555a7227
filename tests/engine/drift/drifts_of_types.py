"""Drift of types: enums, domains, composite and range types, collations."""
# ruff: noqa: E501 - statements of SQL

from __future__ import annotations

from drift import NAMED, OWNER, Drift

from app_schema import ddl

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
    "type grant": Drift("GRANT USAGE ON TYPE mood TO pg_monitor WITH GRANT OPTION", "mood"),
    "type grant of PUBLIC": Drift("REVOKE USAGE ON TYPE mood FROM PUBLIC", "mood"),
    "composite grant": Drift(
        "GRANT USAGE ON TYPE pair TO pg_monitor; REVOKE USAGE ON TYPE pair FROM PUBLIC",
        "pair",
        "CREATE TYPE pair AS (a integer)",
        (ddl.Composite("pair", "(a integer)", schema="public"),),
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
