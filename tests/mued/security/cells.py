"""The cells of the tenant matrix, and how they are asked for.

A cell is a person, a role, a command and a row. rules.py has the expected result, the server the seen result.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import cast
import psycopg
from psycopg import sql
from rules import RULES, VIEWS, Person, Row, World

from app_schema.models import Base

ASKERS: dict[str, str | None] = {"unset": None, "empty": "", "unknown": "user_nobody"} | {
    name: f"user_{name}" for name in cast.PEOPLE
}
COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE", "HAND OVER", "TAKE OVER")

# Runs a statement and rolls it back; returns the number of rows or the SQLSTATE.
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
    """A person, a role, a command and a row; seen is yes, no, or the SQLSTATE of an error."""

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
    identity: str | None = None  # what app.identity holds when it is asked, or nothing

    def ask(self, role: str, asker: str, query: sql.SQL | sql.Composed, parameters: list[Any]) -> list[Any]:
        """The rows of a query of that asker in that role; whatever it does is rolled back."""
        connection = self.untouched if asker == "unset" else self.connection
        with connection.transaction(force_rollback=True):
            if asker != "unset":
                setting = "SELECT set_config('app.current_user_id', %s, true)"
                connection.execute(setting, [ASKERS[asker]])
            if self.identity is not None:
                connection.execute("SELECT set_config('app.identity', %s, true)", [self.identity])
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(self.roles[role])))
            found: list[Any] = connection.execute(query, parameters).fetchall()
            return found


def rows(connection: psycopg.Connection[Any], table: str) -> list[Row]:
    query = sql.SQL("SELECT to_jsonb(t) FROM {} AS t").format(sql.Identifier(*table.split(".")))
    return [row for (row,) in connection.execute(query)]


def as_json(row: Row) -> Row:
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
    if command in {"HAND OVER", "TAKE OVER"}:
        return "no"
    rule = RULES[table]
    who = {"SELECT": rule.see, "INSERT": rule.insert, "UPDATE": rule.update, "DELETE": rule.delete}[command]
    return "yes" if who.holds(row, _person(world, asker), world) else "no"


def reads(ground: Ground, role: str, asker: str) -> Iterator[Cell]:
    """All SELECT cells of a person, by a single query for all tables and views."""
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
    """All writing cells of a person, by a single query for all statements."""
    planned = [*_inserts(ground), *_changes(ground), *_moves(ground, asker)]
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
        change = sql.SQL(rule.column if "=" in rule.column else f"{rule.column} = {rule.column}")
        for row in ground.world.rows[table]:
            yield "UPDATE", table, row, _update(table, row, change)
            delete = sql.SQL("DELETE FROM {} WHERE {}").format(name, _where(table, row))
            yield "DELETE", table, row, delete


def _moves(ground: Ground, asker: str) -> Iterator[Planned]:
    """Rows that the person gives to another, and rows of another whose owner the person becomes."""
    me = _person(ground.world, asker).id
    for table, rule in RULES.items():
        if rule.owner is None:
            continue
        # public ones first: what is given away must stay visible, or the policy for SELECT refuses it
        found = sorted(ground.world.rows[rule.parent], key=lambda row: not row.get("is_public", False))
        parents = {row["id"]: row.get("user_id", row["id"]) for row in found}
        for row in ground.world.rows[table]:
            owner = parents.get(row[rule.owner])
            targets = {
                "HAND OVER": next(key for key, whose in parents.items() if whose != owner),
                "TAKE OVER": next((key for key, whose in parents.items() if whose == me != owner), None),
            }
            for command, target in targets.items():
                if target is not None:
                    change = sql.SQL("{} = {}").format(sql.Identifier(rule.owner), target)
                    yield command, table, row, _update(table, row, change)


def _update(table: str, row: Row, change: sql.Composable) -> sql.Composed:
    name = sql.Identifier(*table.split("."))
    return sql.SQL("UPDATE {} SET {} WHERE {}").format(name, change, _where(table, row))


def _where(table: str, row: Row) -> sql.Composed:
    keys = [column.name for column in Base.metadata.tables[table].primary_key]
    return sql.SQL(" AND ").join(sql.SQL("{} = {}").format(sql.Identifier(key), row[key]) for key in keys)
