"""Both sides of a comparison, printed by PostgreSQL.

The declared side is created as an empty *twin* in ``pg_temp``, inside a subtransaction that always ends with
an error, so PostgreSQL rolls the twin back. The real object is locked no stronger than ACCESS SHARE.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from app_schema import pinned
from app_schema.ddl.block import execute
from app_schema.ddl.sql import dollar, ident, literal, qualified

SEARCHED = "app_schema.schemas"
"""Setting: the schemas of the search_path, kept before a comparison empties the search_path."""
UNDONE = "AS009"
"""SQLSTATE of the error that undoes the statements of a comparison.

A code that ends with 000 names a class: PL/pgSQL would also catch the refusals of class AS for it.
"""
EQUAL = "app_schema.equal"
"""Setting: a character for each object of :mod:`app_schema.ddl.together`, 1 if it is equal."""
_PATH = "app_schema.path"
"""Setting: the search_path under which a twin is created, for the later statements that change the twin."""
_TWIN_LAST = "concat_ws(', ', nullif(current_setting('search_path'), ''), 'pg_temp')"


class Copied(NamedTuple):
    """The table that a twin is a copy of."""

    real: str
    """As SQL names it."""
    name: str

    @property
    def twin(self) -> str:
        """The copy, as SQL names it."""
        return qualified(self.name, "pg_temp")

    @property
    def creation(self) -> str:
        """The statement that creates the copy."""
        return f"CREATE TABLE {self.twin} (LIKE {self.real})"


def copied(table: str | None, schema: str | None) -> Copied:
    """The table of this name."""
    assert table is not None
    return Copied(qualified(table, schema), table)


@dataclass(frozen=True, slots=True)
class Side:
    """The source of one side's definition: printed from a twin, or given as an SQL expression."""

    twin: tuple[str, ...] = ()
    like: Copied | None = None
    """The table that is copied before the statements of ``twin`` run."""
    value: str | None = None
    qualified: bool = False
    """Every name in the value is qualified, so the reflected side is printed with an empty search_path."""
    exact: bool = False
    """Compared character by character, like the body of a function."""
    printed: str = ""
    """The print of PostgreSQL, if known: then no twin is created, unless later statements change the
    twin."""

    @property
    def known(self) -> str | None:
        """SQL expression: the definition without a twin; None: a twin is needed."""
        return literal(self.printed) if self.printed else self.value


def keep_search_path() -> list[str]:
    """PL/pgSQL that keeps the search_path in :data:`SEARCHED`."""
    return [f"  found := set_config({literal(SEARCHED)}, current_schemas(false)::text, true);"]


# Sessions of app_schema have every setting of app_schema.pinned; a console that sends each statement of a
# script in a separate session has none. quote_all_identifiers would then change the names that are replaced
# in a print.
_UNQUOTED = f"PERFORM {pinned.calls({'quote_all_identifiers': 'off'}, local=True)};"


def look_up(side: Side) -> list[str]:
    """PL/pgSQL that reads the reflected side into ``found``, NULL if the object is absent."""
    as_compared = side.known is not None and not side.qualified
    return [*([f"  {_UNQUOTED}"] if as_compared else []), "  EXECUTE definition INTO found USING ns;"]


def on_path() -> list[str]:
    """PL/pgSQL that sets what a twin is created under.

    PostgreSQL searches pg_temp first unless search_path names it: named last, an unqualified name in the
    statement means the real table, not its twin. With an empty search_path, set afterwards, PostgreSQL
    qualifies every name that it prints.
    """
    return [
        f"    PERFORM set_config({literal(_PATH)}, {_TWIN_LAST}, true);",
        f"    PERFORM set_config('search_path', current_setting({literal(_PATH)}), true);",
        "    PERFORM set_config('check_function_bodies', 'off', true);",
        f"    {_UNQUOTED}",
    ]


def compare(side: Side, *, later: tuple[str, ...] = ()) -> list[str]:
    """PL/pgSQL that prints the reflected side into ``found`` and the declared side into ``expected``."""
    if side.known is not None and not side.qualified and not (later and side.twin):
        return [*look_up(side), f"  expected := {side.known};"]
    return [
        "  BEGIN",
        *on_path(),
        *_created(side),
        "    PERFORM set_config('search_path', '', true);",
        "    EXECUTE definition INTO found USING ns;",
        *_expected(side),
        *(line for change in later for line in _changed_later(change)),
        f"    RAISE SQLSTATE '{UNDONE}';",
        f"  EXCEPTION WHEN SQLSTATE '{UNDONE}' THEN NULL;",
        "  END;",
    ]


def _created(side: Side) -> list[str]:
    """PL/pgSQL that creates the twin.

    A function of a row of the table has no match for a row of the copy: then that row becomes one by a cast.
    """
    if side.like is None:
        return execute(side.twin)
    twin, real, function = side.like.twin, side.like.real, "pg_temp.app_schema_row"
    cast = (
        f"CREATE FUNCTION {function}({twin}) RETURNS {real} LANGUAGE plpgsql IMMUTABLE AS 'BEGIN END'",
        f"CREATE CAST ({twin} AS {real}) WITH FUNCTION {function} AS IMPLICIT",
    )
    return [
        *execute((side.like.creation,)),
        "  BEGIN",
        *execute(side.twin),
        "  EXCEPTION WHEN undefined_function OR undefined_column THEN",
        *execute((*cast, *side.twin)),
        "  END;",
    ]


def _expected(side: Side) -> list[str]:
    """PL/pgSQL that prints the declared side, without the cast of a row of the copy."""
    if side.value is not None:
        return [f"    expected := {side.value};"]
    printed = ["    EXECUTE definition INTO expected USING pg_my_temp_schema();"]
    if side.like is not None:
        name = ident(side.like.name)
        for row in (name, "new", "old"):
            cast = f"concat({literal(f'({row}.*)::')}, ns::regnamespace, {literal(f'.{name}')})"
            printed.append(f"    expected := replace(expected, {cast}, {literal(f'{row}.*')});")
    return printed


def _changed_later(change: str) -> list[str]:
    """PL/pgSQL that also accepts the state after a later statement; a failure of the statement is ignored."""
    return [
        "    IF found IS DISTINCT FROM expected THEN",
        "      DECLARE",
        "        found_later text;",
        "        expected_later text;",
        "      BEGIN",
        f"        PERFORM set_config('search_path', current_setting({literal(_PATH)}), true);",
        f"        EXECUTE {dollar(change)};",
        "        PERFORM set_config('search_path', '', true);",
        "        EXECUTE definition INTO found_later USING ns;",
        "        EXECUTE definition INTO expected_later USING pg_my_temp_schema();",
        "        IF found_later = expected_later THEN",
        "          found := found_later;",
        "          expected := expected_later;",
        "        END IF;",
        "      EXCEPTION WHEN OTHERS THEN NULL;",
        "      END;",
        "    END IF;",
    ]
