"""The tenant matrix: every row of every table, every command, every role, everybody who may ask.

A cell is what one asker in one role may do to one row with one command. What is expected comes from rules.py,
what is seen from the server; all cells are compared.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import cast
import psycopg
import pytest
import sqlalchemy as sa
from logins import CreateLogin
from psycopg import sql
from rules import RULES, VIEWS, Person, Row, World
from sqlalchemy.orm import Session as OrmSession

from app_schema import database
from app_schema.models import Base
from app_schema.testing.databases import Databases
from app_schema.testing.factories import RowFactory

ASKERS: dict[str, str | None] = {"unset": None, "empty": "", "unknown": "user_nobody"} | {
    name: f"user_{name}" for name in cast.PEOPLE
}
DOCS = Path(__file__).parents[2] / "docs" / "identity.md"
COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE", "HAND OVER")

# Runs a statement, takes it back, and says how many rows it met or which error it raised.
ATTEMPT = """
    CREATE SCHEMA matrix;
    CREATE FUNCTION matrix.attempt(statement text) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE
      met bigint;
    BEGIN
      EXECUTE statement;
      GET DIAGNOSTICS met = ROW_COUNT;
      SET CONSTRAINTS ALL IMMEDIATE;
      RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = met;
    EXCEPTION WHEN OTHERS THEN
      RETURN CASE SQLSTATE WHEN 'ZZ000' THEN SQLERRM || ' rows' ELSE SQLSTATE END;
    END $$;
    GRANT USAGE ON SCHEMA matrix TO PUBLIC;
"""


class Cell(NamedTuple):
    """One asker, one role, one command, one row; seen is yes, no, or the SQLSTATE of an error."""

    role: str
    asker: str
    command: str
    table: str
    row: str
    expected: str
    seen: str


@dataclass
class Ground:
    """A database with the cast in it, whose objects belong to a plain role, as in production."""

    connection: psycopg.Connection[Any]
    untouched: psycopg.Connection[Any]  # once set, a setting is empty for the rest of its connection
    roles: dict[str, str]
    world: World
    copies: list[tuple[str, Row]]

    def ask(self, role: str, asker: str, query: sql.SQL | sql.Composed, parameters: list[Any]) -> list[Any]:
        """The rows of a query of that asker in that role; whatever it does is rolled back."""
        connection = self.untouched if asker == "unset" else self.connection
        with connection.transaction(force_rollback=True):
            if asker != "unset":
                setting = "SELECT set_config('app.current_user_id', %s, true)"
                connection.execute(setting, [ASKERS[asker]])
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(self.roles[role])))
            found: list[Any] = connection.execute(query, parameters).fetchall()
            return found


@pytest.fixture(scope="module")
def ground(databases: Databases, template: str, create_login: CreateLogin) -> Iterator[Ground]:
    name = databases.create(template)
    engine = database.engine(databases.url(name), poolclass=sa.NullPool)
    with OrmSession(engine, expire_on_commit=False, autoflush=False) as session:
        specs = cast.fill(session)
        session.commit()
        copies = [
            (str(sa.inspect(model).local_table), cast.sent_columns(RowFactory.of[model].build(**values)))
            for model, values in specs
        ]
    roles = {"app_user": "app_user", "service_account": "service_account"}
    roles |= {"owner": create_login(), "stranger": create_login()}
    url = databases.url(name)
    with (
        psycopg.connect(url, autocommit=True) as connection,
        psycopg.connect(url, autocommit=True) as untouched,
    ):
        connection.execute(ATTEMPT)
        _give_away(connection, roles["owner"])
        rows = {table: _rows(connection, table) for table in RULES}
        sent = [(table, _json(row)) for table, row in copies]
        yield Ground(connection, untouched, roles, World(rows), sent)
    databases.drop(name)


def _give_away(connection: psycopg.Connection[Any], owner: str) -> None:
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


def _rows(connection: psycopg.Connection[Any], table: str) -> list[Row]:
    query = sql.SQL("SELECT to_jsonb(t) FROM {} AS t").format(sql.Identifier(*table.split(".")))
    return [row for (row,) in connection.execute(query)]


def _json(row: Row) -> Row:
    found: Row = json.loads(json.dumps(row, default=str))
    return found


def _key(table: str, row: Row) -> str:
    return json.dumps([row[column.name] for column in Base.metadata.tables[table].primary_key])


def _person(world: World, asker: str) -> Person:
    for row in world.rows["public.users"]:
        if row["clerk_id"] == ASKERS[asker]:
            return Person(row["id"], row["role"])
    return Person(None, None)


def _expected(world: World, role: str, asker: str, command: str, table: str, row: Row) -> str:
    if role != "app_user":
        return "no" if role == "stranger" else "yes"
    if command == "HAND OVER":
        return "no"
    rule = RULES[table]
    who = {"SELECT": rule.see, "INSERT": rule.insert, "UPDATE": rule.update, "DELETE": rule.delete}[command]
    return "yes" if who.holds(row, _person(world, asker), world) else "no"


def reads(ground: Ground, role: str, asker: str) -> Iterator[Cell]:
    """All SELECT cells of one asker; one query for all tables and views."""
    places = {table: (table, None) for table in RULES} | VIEWS
    keys = {
        place: [column.name for column in Base.metadata.tables[table].primary_key] if key is None else [key]
        for place, (table, key) in places.items()
    }
    parts = [
        sql.SQL("SELECT {}, jsonb_build_array({})::text FROM {}").format(
            place, sql.SQL(", ").join(map(sql.Identifier, keys[place])), sql.Identifier(*place.split("."))
        )
        for place in places
    ]
    if role == "stranger":
        query = sql.SQL("SELECT matrix.attempt(one) FROM unnest(%s::text[]) AS one")
        texts = [part.as_string(ground.connection) for part in parts]
        assert set(ground.ask(role, asker, query, [texts])) == {("42501",)}
        found = set()
    else:
        found = set(ground.ask(role, asker, sql.SQL(" UNION ALL ").join(parts), []))
    for place, (table, _) in places.items():
        for row in ground.world.rows[table]:
            expected = _expected(ground.world, role, asker, "SELECT", table, row)
            key = _key(table, row)
            yield Cell(role, asker, "SELECT", place, key, expected, "yes" if (place, key) in found else "no")


def writes(ground: Ground, role: str, asker: str) -> Iterator[Cell]:
    """All cells of one asker that write; one query for all statements."""
    planned = [*_inserts(ground), *_changes(ground)]
    query = sql.SQL(
        "SELECT matrix.attempt(one) FROM unnest(%s::text[]) WITH ORDINALITY AS t (one, n) ORDER BY n"
    )
    texts = [text.as_string(ground.connection) for *_, text in planned]
    found = ground.ask(role, asker, query, [texts])
    for (command, table, row, _), (outcome,) in zip(planned, found, strict=True):
        expected = _expected(ground.world, role, asker, command, table, row)
        label = _key(table, row) if command != "INSERT" else json.dumps(row)[:80]
        yield Cell(role, asker, command, table, label, expected, _seen(outcome))


def _seen(outcome: str) -> str:
    if outcome in {"0 rows", "42501"}:
        return "no"
    # class 23 is a constraint: the row had passed the policies
    return "yes" if outcome == "1 rows" or outcome.startswith("23") else outcome


Planned = tuple[str, str, Row, sql.Composable]


def _inserts(ground: Ground) -> Iterator[Planned]:
    for table, row in ground.copies:
        columns = sql.SQL(", ").join(map(sql.Identifier, row))
        insert = sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM jsonb_populate_record(NULL::{0}, {2})")
        yield (
            "INSERT",
            table,
            row,
            insert.format(sql.Identifier(*table.split(".")), columns, json.dumps(row)),
        )


def _changes(ground: Ground) -> Iterator[Planned]:
    for table, rule in RULES.items():
        name = sql.Identifier(*table.split("."))
        keys = [column.name for column in Base.metadata.tables[table].primary_key]
        for row in ground.world.rows[table]:
            where = sql.SQL(" AND ").join(
                sql.SQL("{} = {}").format(sql.Identifier(key), row[key]) for key in keys
            )
            change = rule.column if "=" in rule.column else f"{rule.column} = {rule.column}"
            update = sql.SQL("UPDATE {} SET {} WHERE {}")
            yield "UPDATE", table, row, update.format(name, sql.SQL(change), where)
            yield "DELETE", table, row, sql.SQL("DELETE FROM {} WHERE {}").format(name, where)
            if rule.owner is not None:
                other = next(
                    one["id"] for one in ground.world.rows["public.users"] if one["id"] != row[rule.owner]
                )
                give = sql.SQL("{} = {}").format(sql.Identifier(rule.owner), other)
                yield "HAND OVER", table, row, update.format(name, give, where)


def test_every_table_has_a_rule_and_rows(ground: Ground) -> None:
    assert set(RULES) == set(Base.metadata.tables)
    assert [table for table, rows in ground.world.rows.items() if not rows] == []


def test_matrix(ground: Ground) -> None:
    cells = [
        cell
        for role in ground.roles
        for asker in ASKERS
        for part in (reads, writes)
        for cell in part(ground, role, asker)
    ]
    print(f"{len(cells)} cells: {dict(Counter(cell.command for cell in cells))}")
    assert f"compares {len(cells):,} cells" in DOCS.read_text(encoding="utf-8")
    assert {cell.command for cell in cells} == set(COMMANDS)
    assert [cell for cell in cells if cell.expected != cell.seen] == []


def test_nobody_has_what_row_security_does_not_bind(ground: Ground) -> None:
    """TRUNCATE empties a table whatever its policies say; REFERENCES and TRIGGER let one look behind them."""
    query = """
        SELECT role, place FROM unnest(%s::text[]) AS role, unnest(%s::text[]) AS place
         WHERE has_table_privilege(role, place, 'TRUNCATE, REFERENCES, TRIGGER')"""
    roles = [name for role, name in ground.roles.items() if role != "owner"]
    assert ground.connection.execute(query, [roles, list(RULES)]).fetchall() == []


BROKEN = {
    "no row security": (
        "bob",
        "ALTER TABLE public.sessions DISABLE ROW LEVEL SECURITY",
        ("public.sessions", "SELECT"),
    ),
    "view of its owner": (
        "bob",
        "ALTER VIEW public.v_session_details RESET (security_invoker)",
        ("public.v_session_details", "SELECT"),
    ),
    "insert for others": (
        "bob",
        "ALTER POLICY log_entries_app_user_insert ON public.log_entries WITH CHECK (true)",
        ("public.log_entries", "INSERT"),
    ),
    "everybody's notes": (
        "unknown",
        "ALTER POLICY fragments_app_user_all ON muednote_v3.fragments USING (true)",
        ("muednote_v3.fragments", "DELETE"),
    ),
    "give away": (
        "ann",
        "ALTER POLICY sessions_app_user_update ON public.sessions WITH CHECK (true)",
        ("public.sessions", "HAND OVER"),
    ),
    "second policy": (
        "adam",
        "CREATE POLICY second ON public.users FOR UPDATE TO app_user USING (true)",
        ("public.users", "UPDATE"),
    ),
}


@pytest.mark.parametrize(("asker", "statement", "cell"), BROKEN.values(), ids=BROKEN)
def test_matrix_notices_what_is_broken(
    ground: Ground, asker: str, statement: str, cell: tuple[str, str]
) -> None:
    with ground.connection.transaction(force_rollback=True):
        ground.connection.execute(statement.encode())
        cells = [*reads(ground, "app_user", asker), *writes(ground, "app_user", asker)]
    assert cell in {(one.table, one.command) for one in cells if one.expected != one.seen}
