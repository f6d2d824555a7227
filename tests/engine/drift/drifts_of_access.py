"""Drift of privileges, policies, roles and schemas."""
# ruff: noqa: E501 - statements of SQL

from __future__ import annotations

from drift import Drift

from app_schema.ddl import ObjectGrant, Owner, Setting

_PLATFORM = "a platform's, unless the metadata declares one of the kind"

ACCESS = {
    "table grant": Drift("GRANT INSERT ON t TO pg_monitor", "t"),
    "table grant missing": Drift("REVOKE SELECT ON t FROM pg_monitor", "t"),
    "column grant": Drift("GRANT UPDATE (n) ON t TO pg_monitor", "t"),
    "sequence grant": Drift("GRANT USAGE ON SEQUENCE child_id_seq TO pg_monitor", "child_id_seq"),
    "schema grant": Drift("GRANT CREATE ON SCHEMA public TO pg_monitor", "public"),
    "language grant": Drift("REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC", "plpgsql"),
    "grant on a language of an extension": Drift("GRANT USAGE ON LANGUAGE plpgsql TO pg_monitor", "plpgsql"),
    "database grant": Drift(
        "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO pg_monitor', current_database()); END $$",
        "grants on the database",
        unmended=_PLATFORM,
    ),
    "database grant beside a declared one": Drift(
        "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO pg_monitor', current_database()); END $$",
        "pg_monitor",
        "DO $$ BEGIN EXECUTE format('GRANT TEMP, CONNECT ON DATABASE %I TO PUBLIC', current_database()); "
        "EXECUTE format('GRANT TEMP ON DATABASE %I TO pg_signal_backend', current_database()); END $$",
        (ObjectGrant("TEMPORARY", on="DATABASE", to="pg_signal_backend"),),
    ),
    "default privileges": Drift(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor", "default"
    ),
    "setting of the database": Drift(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''7MB''', current_database()); END $$",
        "settings",
        unmended=_PLATFORM,
    ),
    "setting of a role here": Drift(
        "DO $$ BEGIN EXECUTE format('ALTER ROLE postgres IN DATABASE %I SET work_mem = ''7MB''', current_database()); END $$",
        "settings",
        unmended=_PLATFORM,
    ),
    "setting of the database beside a declared one": Drift(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''7MB''', current_database()); END $$",
        "work_mem",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET app.x = ''1''', current_database()); END $$",
        (Setting("app.x", 1),),
    ),
    "setting of a role here changed": Drift(
        "DO $$ BEGIN EXECUTE format('ALTER ROLE postgres IN DATABASE %I SET search_path = \"B\", a', current_database()); END $$",
        "search_path",
        "DO $$ BEGIN EXECUTE format('ALTER ROLE postgres IN DATABASE %I SET search_path = a, \"B\"', current_database()); END $$",
        (Setting("Search_Path", 'a, "B"', role="postgres"),),
    ),
    "declared owner of a table": Drift(
        "ALTER TABLE child OWNER TO pg_signal_backend",
        "owner",
        "ALTER TABLE child OWNER TO pg_read_all_data",
        (Owner("pg_read_all_data", table="child", schema="public"),),
    ),
    "declared owner of a function missing": Drift(
        "ALTER FUNCTION add OWNER TO CURRENT_USER",
        "owner",
        "ALTER FUNCTION add OWNER TO pg_monitor",
        (Owner("pg_monitor", of="function", name="add(integer, integer)", schema="public"),),
    ),
    "owner of a type beside a declared one": Drift(
        "ALTER TYPE mood OWNER TO pg_monitor",
        "owner",
        "ALTER FUNCTION add OWNER TO pg_monitor",
        (Owner("pg_monitor", of="function", name="add(integer, integer)", schema="public"),),
    ),
    "extension extra": Drift(
        "CREATE EXTENSION pg_trgm",
        "pg_trgm",
        unmended="what was there before the first revision is not dropped",
    ),
}
