"""The tenant matrix: every row of every table, every command, every role, everybody who may ask.

All cells are compared, and it is shown that the comparison would notice what is broken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cast
import cells as matrix
import psycopg
import pytest
import sqlalchemy as sa
from cells import ASKERS, ATTEMPT, COMMANDS, Ground, as_json, reads, rows, writes
from giving import give_away
from logins import CreateLogin
from psycopg import sql
from rules import RULES, World
from sqlalchemy.orm import Session as OrmSession

from app_schema import database
from app_schema.models import Base
from app_schema.mued.factories import RowFactory
from app_schema.testing.databases import Databases

DOCS = Path(__file__).parents[3] / "docs" / "identity.md"


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
        give_away(connection, roles["owner"])
        found = {table: rows(connection, table) for table in RULES}
        sent = [(table, as_json(row)) for table, row in copies]
        yield Ground(connection, untouched, roles, World(found), sent)
    databases.drop(name)


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


def test_matrix_is_the_same_with_the_identity_of_the_person_or_of_another(ground: Ground) -> None:
    """app.identity saves a look-up; it is not used where app.current_user_id names another person."""
    people = {
        row["clerk_id"]: f"{row['id']} {row['role']} {row['clerk_id']}"
        for row in ground.world.rows["public.users"]
    }
    for asker, clerk_id in ASKERS.items():
        own = people.get(clerk_id or "")
        for identity in {own, people["user_adam"], f"{people['user_adam']} {clerk_id}"} - {None}:
            asking = replace(ground, identity=identity)
            found = [*reads(asking, "app_user", asker)]
            if identity == own:
                found += writes(asking, "app_user", asker)
            assert [cell for cell in found if cell.expected != cell.seen] == []


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
    assert cell in {(other.table, other.command) for other in cells if other.expected != other.seen}


# Both halves of these policies say the same, and no column that they read may be changed: one half does for
# both. What else the check of reservations says is tested by R06.
SAID_TWICE = {
    ("ai_dialogue_log_app_user_update", "USING"),
    ("ai_dialogue_log_app_user_update", "WITH CHECK"),
    ("lesson_slots_app_user_update", "USING"),
    ("materials_app_user_update", "USING"),
    ("messages_app_user_update", "USING"),
    ("messages_app_user_update", "WITH CHECK"),
    ("question_templates_app_user_update", "USING"),
    ("question_templates_app_user_update", "WITH CHECK"),
    ("reservations_app_user_update", "WITH CHECK"),
    ("users_app_user_update", "USING"),
    ("users_app_user_update", "WITH CHECK"),
}


def test_matrix_notices_every_policy_that_is_weakened(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = ground.connection.execute("""
        SELECT schemaname, tablename, policyname, half
          FROM pg_policies
         CROSS JOIN LATERAL (VALUES ('USING', qual), ('WITH CHECK', with_check)) AS halves (half, said)
         WHERE 'app_user' = ANY (roles) AND said IS NOT NULL""").fetchall()
    monkeypatch.setattr(matrix, "VIEWS", {})
    unnoticed = set()
    for schema, table, policy, half in policies:
        monkeypatch.setattr(matrix, "RULES", {f"{schema}.{table}": RULES[f"{schema}.{table}"]})
        part = replace(ground, copies=[copy for copy in ground.copies if copy[0] == f"{schema}.{table}"])
        with ground.connection.transaction(force_rollback=True):
            alter = sql.SQL("ALTER POLICY {} ON {} {} (true)")
            ground.connection.execute(
                alter.format(sql.Identifier(policy), sql.Identifier(schema, table), sql.SQL(half))
            )
            if not any(_differs(part, asker) for asker in ASKERS if asker != "unset"):
                unnoticed.add((policy, half))
    print(f"{len(policies)} policies weakened")
    assert unnoticed == SAID_TWICE


def _differs(ground: Ground, asker: str) -> bool:
    cells = [*reads(ground, "app_user", asker), *writes(ground, "app_user", asker)]
    return any(cell.expected != cell.seen for cell in cells)
