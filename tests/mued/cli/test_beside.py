"""Tables of an application's own beside the package's: a branch on its lineage, or a version table."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from commands import ROOT, Run, data

INI = """\
[alembic]
script_location = {root}/alembic
path_separator = newline
version_locations =
    {root}/alembic/versions
    %(here)s/versions
"""
FIRST = '''\
"""Notes of the shop.

Revision ID: shop_0001
"""

import sqlalchemy as sa

from app_schema import op

revision = "shop_0001"
down_revision = None
branch_labels = ("shop",)
depends_on = "0005_service_accounts"


def upgrade() -> None:
    op.create_schema("shop")
    op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True), schema="shop")


def downgrade() -> None:
    op.drop_table("notes", schema="shop")
    op.drop_schema("shop")
'''
APPLICATION = """\
import dataclasses
from pathlib import Path

from app_schema.mued.application import APPLICATION as PACKAGE

APPLICATION = dataclasses.replace(PACKAGE, name="shop", configuration=Path(__file__).parent / "beside.ini")
"""


@pytest.fixture
def app(tmp_path: Path) -> str:
    """The application of the page, with one revision of its own."""
    (tmp_path / "beside.ini").write_text(INI.format(root=ROOT))
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "shop_0001.py").write_text(FIRST)
    (tmp_path / "beside_shop.py").write_text(APPLICATION)
    return "beside_shop:APPLICATION"


def test_a_branch_on_the_lineage_of_the_package(run: Run, database_url: str, app: str) -> None:
    def command(*arguments: str) -> str:
        return run(database_url, "--app", app, *arguments)

    assert data(command("status", "--json"))["pending"][0]["revision"] == "shop_0001"
    assert "CREATE TABLE shop.notes" in command("plan")
    said = command("upgrade")
    assert said.startswith("exit code 0"), said
    assert ", shop_0001\n" in said
    assert command("upgrade", "+1").startswith("exit code 0")
    for looking in ("connect", "status", "plan", "history", "verify", "audit"):
        assert command(looking).startswith("exit code 0"), command(looking)
    assert "here" in command("history")
    back = command("rollback", "shop@-1")
    assert back.startswith("exit code 0"), back
    assert "shop_0001" not in back.partition("\n--- stderr")[0].splitlines()[-1]
    assert command("status").startswith("exit code 1")


def test_a_version_table_of_its_own_is_no_finding(run: Run, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE SCHEMA shop")
        connection.execute("CREATE TABLE shop.alembic_version (version_num varchar(32) PRIMARY KEY)")
        connection.execute("INSERT INTO shop.alembic_version VALUES ('0001')")
    for command in ("connect", "status", "verify", "audit"):
        said = run(database_url, command)
        assert said.startswith("exit code 0"), said
