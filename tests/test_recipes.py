"""The recipes of the documentation run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from app_schema.catalog import snapshot
from app_schema.ddl import Key
from app_schema.migrations import setup
from app_schema.migrations.impl import guarded

pytestmark = pytest.mark.part(of=6)

RECIPES = (Path(__file__).parent.parent / "docs" / "recipes.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?```python\n(.*?)```", RECIPES, re.MULTILINE | re.DOTALL)
ROWS = """\
WITH person AS (
  INSERT INTO users (clerk_id, email) VALUES ('ann', 'ann@example.org') RETURNING id
), entry AS (
  INSERT INTO log_entries (user_id, type, content) SELECT id, 'practice', 'scales' FROM person
)
INSERT INTO sessions (user_id, type, title, user_short_note) SELECT id, 'mix', ' Blues', 'note' FROM person"""


def test_every_recipe_is_found() -> None:
    assert len(BLOCKS) == RECIPES.count("```python\n") == 7


@pytest.mark.parametrize("block", [block for _, block in BLOCKS], ids=[title for title, _ in BLOCKS])
def test_recipe_goes_up_and_down_and_again(engine: sa.Engine, block: str) -> None:
    setup()
    revision = ModuleType("recipe")
    exec(f"import sqlalchemy as sa\nfrom alembic import op\n{block}", revision.__dict__)  # noqa: S102 - what a revision is
    with engine.begin() as connection:
        connection.execute(sa.text(ROWS))

    def run(name: str) -> dict[Key, str]:
        with engine.connect() as connection:
            context = guarded(
                MigrationContext.configure(connection, opts={"transaction_per_migration": True})
            )
            with context.begin_transaction(_per_migration=True), Operations.context(context):
                getattr(revision, name)()
        with engine.connect() as connection:
            return dict(snapshot(connection))

    with engine.connect() as connection:
        before = dict(snapshot(connection))
    up = run("upgrade")
    assert up != before
    assert run("upgrade") == up
    assert run("downgrade") == before
    assert run("downgrade") == before
    assert run("upgrade") == up
