"""Everything of a migrated database for another owner."""

from __future__ import annotations

from typing import Any

import psycopg


def give_away(connection: psycopg.Connection[Any], owner: str) -> None:
    """Makes a role the owner of everything that the revisions create, as on a platform without superusers."""
    commands = connection.execute(
        """
        SELECT format('ALTER %%s %%s OWNER TO %%I', kind, name, %(owner)s::text)
          FROM (SELECT CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind, oid::regclass::text AS name
                  FROM pg_class WHERE relkind IN ('r', 'v')
                   AND relnamespace = ANY (ARRAY['public', 'muednote_v3']::regnamespace[])
                UNION ALL
                SELECT 'FUNCTION', oid::regprocedure::text FROM pg_proc
                 WHERE pronamespace = 'app'::regnamespace
                UNION ALL
                SELECT 'SCHEMA', unnest(ARRAY['app', 'muednote_v3', 'public'])) AS made
        """,
        {"owner": owner},
    ).fetchall()
    for (command,) in commands:
        connection.execute(command)
