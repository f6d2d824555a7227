"""Tables of an application's own beside the package's: a branch on its lineage, or a version table."""

from __future__ import annotations

import re
import shutil
import uuid
from pathlib import Path

import psycopg
import pytest
from commands import ROOT, Run, data
from page import Page
from program import alembic, app_schema

from app_schema import url as urls
from app_schema.migrations.lineage import Lineage
from app_schema.mued.application import APPLICATION as PACKAGE

pytestmark = pytest.mark.part(of=4)

PAGE = Page("docs/application.md")
BRANCH, SECOND = "A branch on the package's revisions", "A second version table"
NEWEST = min(Lineage(PACKAGE).heads)
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
NOTHING = """\
revision = "shop_0001"
down_revision = None


def upgrade():
    pass


def downgrade():
    pass
"""
ALONE = """\
from sqlalchemy import Column, Integer, MetaData, Table

Base = MetaData(schema="shop", naming_convention={"pk": "pk_%(table_name)s"})
Table("orders", Base, Column("id", Integer, primary_key=True))
"""


def written(place: Path, heading: str) -> Path:
    """The files of a section of the page; its package has another name, since a test imports it."""
    for name, text in PAGE.files(heading).items():
        file = place / name.replace("shop/", "beside/")
        file.parent.mkdir(exist_ok=True)
        own = text.replace("[alembic]", "[alembic]\nfile_template = %%(rev)s")
        own = own.replace("app_schema:alembic", f"{ROOT}/alembic")  # as the wheel has it
        file.write_text(re.sub(r"\bshop\.(application|models)", r"beside.\1", own))
    (place / "pyproject.toml").write_text(
        '[tool.app_schema]\napplication = "beside.application:APPLICATION"\n'
    )
    return place


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project of the page with a branch on the package's revisions."""
    (tmp_path / "versions").mkdir()
    monkeypatch.chdir(tmp_path)
    return written(tmp_path, BRANCH)


@pytest.fixture
def app(project: Path) -> str:
    """The application of the page, with one revision of its own and the package's models."""
    (project / "versions" / "shop_0001.py").write_text(FIRST)
    (project / "beside" / "models.py").write_text("from app_schema.models import Base\n")
    return "beside.application:APPLICATION"


def test_a_directory_of_the_wheel_is_named_in_an_editable_install(project: Path) -> None:
    ini = project / "alembic.ini"
    ini.write_text(ini.read_text().replace(f"{ROOT}/alembic", "app_schema:alembic"))
    said = app_schema("postgresql://localhost:1/x", "history")
    assert said.returncode == 2
    assert f"write {ROOT}/alembic in its place" in " ".join(said.stderr.split())


@pytest.mark.part(of=2, among="beside")
def test_a_declared_table_of_its_own_is_created_and_never_dropped(project: Path, database_url: str) -> None:
    """In a schema of the package, where its application alone would find the table undeclared."""
    for _, command, *arguments in PAGE.lines(BRANCH):
        proof = ("--no-prove", "--rev-id", f"shop_{arguments[1]}") if command == "revision" else ()
        said = app_schema(database_url, command, *arguments, *proof)
        assert said.returncode == 0, said.stderr
    file = project / "versions" / "shop_orders.py"
    assert 'op.create_table(\n        "orders"' in file.read_text()
    assert f'depends_on = "{NEWEST}"' in file.read_text()
    assert "op." not in (project / "versions" / "shop_more.py").read_text()
    below = project / "below"
    below.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(below)  # the project of the configuration is found, and its modules
        assert app_schema(database_url, "upgrade").returncode == 0
        said = app_schema(database_url, "status")  # the stamp of the branch stands for both heads
        assert (said.returncode, said.stdout, said.stderr) == (0, "at shop_more, 0 pending\n", "")
        said = alembic(database_url, "-x", "prune=true", "check", configuration=project / "alembic.ini")
        assert said.returncode == 0, said.stderr


def test_two_heads_are_named_before_a_revision_is_written(app: str, database_url: str) -> None:
    del app
    said = app_schema(database_url, "revision", "-m", "x")
    assert said.returncode == 2
    assert f"have 2 heads: name the parent, by --head {NEWEST} or --head shop@head." in said.stderr


def test_prune_without_an_application_is_refused(project: Path, database_url: str) -> None:
    (project / "pyproject.toml").write_text("")
    said = alembic(database_url, "-x", "prune=true", "check", configuration=project / "alembic.ini")
    assert said.returncode == 2
    assert f"does not declare the tables of the revisions in {project / 'versions'}: name the" in said.stderr


def test_adoption_up_to_two_heads_is_refused(app: str, database_url: str) -> None:
    del app
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP TABLE public.alembic_version")
    said = app_schema(database_url, "adopt", "--write")
    assert said.returncode == 2
    assert f"shop has 2: {NEWEST}, shop_0001. Adopt by the application of one branch" in said.stderr


def test_an_application_without_the_packages_tables_is_refused(project: Path, database_url: str) -> None:
    (project / "beside" / "models.py").write_text(ALONE)
    said = alembic(database_url, "-x", "prune=true", "check", configuration=project / "alembic.ini")
    assert said.returncode == 2
    assert "shop runs the revisions of MUED, but does not declare muednote_v3." in said.stderr
    assert app_schema(database_url, "revision", "-m", "x").returncode == 2
    assert alembic(database_url, "upgrade", "head", configuration=project / "alembic.ini").returncode == 0


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
    assert "1 revision applied." in command("upgrade", "+1")


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project of the page with a second version table, in a schema that does not exist."""
    (tmp_path / "migrations" / "versions").mkdir(parents=True)
    shutil.copy(ROOT / "alembic" / "script.py.mako", tmp_path / "migrations")
    monkeypatch.chdir(tmp_path)
    return written(tmp_path, SECOND)


def test_schema_of_its_version_table_is_created_and_stays(alone: Path, empty_url: str) -> None:
    """By a run, by a script that is sent twice, and in the copy of a proof."""
    (alone / "beside" / "models.py").write_text(ALONE)
    said = app_schema(empty_url, "revision", "-m", "x", "--rev-id", "shop_0001")
    assert (said.returncode, "is proved: up twice" in said.stderr) == (0, True), said.stderr
    planned = app_schema(empty_url, "plan").stdout
    assert (
        0 < planned.index("CREATE SCHEMA IF NOT EXISTS shop;") < planned.index("CREATE TABLE shop.alembic_v")
    )
    assert planned.count("CREATE SCHEMA") == 1
    ini = alone / "alembic.ini"
    for _ in range(2):
        assert app_schema(empty_url, "upgrade").stdout == "shop_0001\n"
        assert alembic(empty_url, "downgrade", "base", configuration=ini).returncode == 0
    script = alembic(empty_url, "upgrade", "head", "--sql", configuration=ini).stdout
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA shop CASCADE")
        for _ in range(2):
            connection.execute(script.encode())
        assert connection.execute("SELECT version_num FROM shop.alembic_version").fetchall() == [
            ("shop_0001",)
        ]
        connection.execute("DROP SCHEMA shop CASCADE")
        assert alembic(empty_url, "ensure_version", configuration=ini).returncode == 0
        assert connection.execute("SELECT to_regclass('shop.alembic_version') IS NULL").fetchone() == (False,)


@pytest.mark.part(of=2, among="beside")
def test_the_second_application_speaks_of_its_own_tables(alone: Path, database_url: str) -> None:
    """And says nothing of the package's, though a foreign key refers to one, nor of both version tables."""
    del alone
    for _, *arguments in PAGE.lines(SECOND):
        said = app_schema(database_url, *arguments)
        assert said.returncode == 0, said.stderr
        assert ("revision" in arguments) is ("is proved: up twice" in said.stderr)
    said = app_schema(database_url, "audit")
    assert {line.rpartition(" ")[2] for line in said.stdout.splitlines() if ": table" in line} == {
        "shop.alembic_version",
        "shop.orders",
    }
    assert "public" not in said.stdout
    assert (
        app_schema(database_url, "--app", "app_schema.mued.application:APPLICATION", "audit").returncode == 0
    )


def test_a_role_that_may_not_create_the_schema_is_told_before(alone: Path, empty_url: str) -> None:
    (alone / "migrations" / "versions" / "shop_0001.py").write_text(NOTHING)
    role = f"clerk_{uuid.uuid4().hex}"
    url = urls.parse(empty_url).set(username=role, password="x").render_as_string(hide_password=False)
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
        try:
            said = app_schema(url, "upgrade")
        finally:
            connection.execute(f"DROP ROLE {role}")
    assert said.returncode == 2
    assert f"{role} may not create the schema shop: GRANT CREATE ON DATABASE" in said.stderr


def test_a_version_table_of_its_own_is_no_finding(run: Run, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE SCHEMA shop")
        connection.execute("CREATE TABLE shop.alembic_version (version_num varchar(32) PRIMARY KEY)")
        connection.execute("INSERT INTO shop.alembic_version VALUES ('0001')")
    for command in ("connect", "status", "verify", "audit"):
        said = run(database_url, command)
        assert said.startswith("exit code 0"), said
