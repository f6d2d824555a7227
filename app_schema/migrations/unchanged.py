"""Tables are locked, and the objects that act on them are compared with a digest, in one statement."""

from __future__ import annotations

from collections.abc import Sequence

from app_schema import pinned
from app_schema.catalog.digest import digest_query
from app_schema.ddl.block import block, refuse
from app_schema.ddl.sql import literal, qualified
from app_schema.migrations.once import CANNOT_TELL, recorded

_CHANGED = "An object of the database was created, changed or dropped after the revision was written."
_PATH = {"search_path": "", "jit": "off"}


def lock_unchanged(
    key: str, tables: Sequence[tuple[str, str]], digest: str, schema: str | None = "public"
) -> str:
    """Locks the existing tables in this order, refuses another digest, and records the key.

    The digest is read after the locks: until then another session may commit DDL.

    :param tables: schema and name of each.
    :param schema: that of the version table.
    """
    names = ", ".join(literal(qualified(name, place)) for place, name in tables)
    query = digest_query(tables)
    lock = block(
        [
            "DECLARE",
            "  path CONSTANT text := current_setting('search_path');",
            "  present CONSTANT text := (SELECT string_agg(t.name, ', ' ORDER BY t.n)",
            f"    FROM unnest(ARRAY[{names}]) WITH ORDINALITY AS t(name, n)",
            "    JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(t.name) AND c.relkind IN ('r', 'p'));",
            "  needed text[];",
            "  found text;",
            "BEGIN",
            "  IF present IS NOT NULL THEN",
            "    EXECUTE 'LOCK TABLE ' || present || ' IN ACCESS EXCLUSIVE MODE';",
            "  END IF;",
            f"  PERFORM {pinned.calls(_PATH, local=True)};",
            f"  needed := ({query.needed});",
            f"  EXECUTE {query.composed} INTO found;",
            "  PERFORM set_config('search_path', path, true);",
            f"  IF found IS DISTINCT FROM {literal(digest)} THEN",
            refuse(_CHANGED, state=CANNOT_TELL),
            "  END IF;",
            "END",
        ]
    )
    other = f"{key!r} is recorded with another digest"
    hint = "continue with the revision that began"
    return recorded(key, lock, literal(digest), other, hint, schema)
