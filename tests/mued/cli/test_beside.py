"""Tables of an application's own beside the package's: a branch on its lineage, or a version table."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

import psycopg
import pytest
from commands import ROOT, Run, data
from program import alembic, app_schema

from app_schema import url as urls
from app_schema.migrations.lineage import Lineage
from app_schema.mued.application import APPLICATION as PACKAGE

NEWEST = min(Lineage(PACKAGE).heads)
INI = """\
[alembic]
script_location = {root}/alembic
path_separator = newline
file_template = %%(rev)s
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


def declared():
    from beside_models import Base

    return Base


APPLICATION = dataclasses.replace(
    PACKAGE, name="shop", declared=declared, configuration=Path(__file__).parent / "alembic.ini"
)
"""
SECOND = """\
from pathlib import Path

from app_schema.application import Application


def declared():
    from beside_models import Base

    return Base


APPLICATION = Application(
    name="shop",
    declared=declared,
    configuration=Path(__file__).parent / "alembic.ini",
    version_table_schema="shop",
)
"""
OWN_INI = """\
[alembic]
script_location = %(here)s/migrations
prepend_sys_path = %(here)s
path_separator = os
file_template = %%(rev)s
"""
ENV = """\
from alembic import context
from beside_shop import APPLICATION

from app_schema.migrations import entry

entry.run(context, APPLICATION)
"""
NOTHING = """\
revision = "shop_0001"
down_revision = None


def upgrade():
    pass


def downgrade():
    pass
"""
MODELS = """\
import uuid

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.mued.models import Base


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("public.users.id"))
"""
ALONE = """\
from sqlalchemy import Column, Integer, MetaData, Table

Base = MetaData(schema="shop", naming_convention={"pk": "pk_%(table_name)s"})
Table("orders", Base, Column("id", Integer, primary_key=True))
"""
REFERRING = """\
from sqlalchemy import ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app_schema.models import User
from app_schema.mued.naming import NAMING_CONVENTION


class Base(DeclarativeBase):
    metadata = MetaData(schema="shop", naming_convention=NAMING_CONVENTION)


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id = mapped_column(ForeignKey(User.__table__.c.id), index=True)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project of the page, with an application of its own."""
    (tmp_path / "pyproject.toml").write_text('[tool.app_schema]\napplication = "beside_shop:APPLICATION"\n')
    (tmp_path / "alembic.ini").write_text(INI.format(root=ROOT))
    (tmp_path / "versions").mkdir()
    (tmp_path / "beside_shop.py").write_text(APPLICATION)
    (tmp_path / "beside_models.py").write_text(MODELS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def app(project: Path) -> str:
    """The application of the page, with one revision of its own and the package's models."""
    (project / "versions" / "shop_0001.py").write_text(FIRST)
    (project / "beside_models.py").write_text("from app_schema.mued.models import Base\n")
    return "beside_shop:APPLICATION"


def test_a_declared_table_of_its_own_is_created_and_never_dropped(project: Path, database_url: str) -> None:
    """In a schema of the package, where its application alone would find the table undeclared."""
    branch = (
        "--head",
        "base",
        "--branch-label",
        "shop",
        "--version-path",
        "versions",
        "--rev-id",
        "shop_0001",
    )
    said = app_schema(database_url, "revision", "-m", "x", "--no-prove", *branch, "--depends-on", NEWEST)
    assert said.returncode == 0, said.stderr
    file = project / "versions" / "shop_0001.py"
    assert 'op.create_table(\n        "orders"' in file.read_text()
    assert f'depends_on = "{NEWEST}"' in file.read_text()
    below = project / "below"
    below.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(below)  # the project of the configuration is found, and its modules
        assert app_schema(database_url, "upgrade").returncode == 0
        said = app_schema(database_url, "status")  # the stamp of the branch stands for both heads
        assert (said.returncode, said.stdout, said.stderr) == (0, "at shop_0001, 0 pending\n", "")
        ini = project / "alembic.ini"
        asked = ("revision", "--autogenerate", "--head", "shop@head", "--rev-id", "shop_0002", "-m", "x")
        said = alembic(database_url, "-x", "prune=true", *asked, configuration=ini)
        assert said.returncode == 0, said.stderr
        assert "op." not in (project / "versions" / "shop_0002.py").read_text()


def test_two_heads_are_named_before_a_revision_is_written(app: str, database_url: str) -> None:
    del app
    said = app_schema(database_url, "revision", "-m", "x")
    assert said.returncode == 2
    assert f"have 2 heads: name the parent, by --head {NEWEST} or --head shop@head." in said.stderr


def test_adoption_up_to_two_heads_is_refused(app: str, database_url: str) -> None:
    del app
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP TABLE public.alembic_version")
    said = app_schema(database_url, "adopt", "--write")
    assert said.returncode == 2
    assert f"shop has 2: {NEWEST}, shop_0001. Adopt by the application of one branch" in said.stderr


def test_an_application_without_the_packages_tables_is_refused(project: Path, database_url: str) -> None:
    (project / "beside_models.py").write_text(ALONE)
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


@pytest.fixture
def alone(project: Path) -> Path:
    """The project with revisions and a version table of its own, in a schema that does not exist."""
    (project / "beside_shop.py").write_text(SECOND)
    (project / "beside_models.py").write_text(ALONE)
    (project / "alembic.ini").write_text(OWN_INI)
    (project / "migrations" / "versions").mkdir(parents=True)
    (project / "migrations" / "env.py").write_text(ENV)
    shutil.copy(ROOT / "alembic" / "script.py.mako", project / "migrations")
    return project


def test_schema_of_its_version_table_is_created_and_stays(alone: Path, empty_url: str) -> None:
    """By a run, by a script that is sent twice, and in the copy of a proof."""
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


def test_the_second_application_speaks_of_its_own_tables(alone: Path, database_url: str) -> None:
    """And says nothing of the package's, though a foreign key refers to one, nor of both version tables."""
    (alone / "beside_models.py").write_text(REFERRING)
    said = app_schema(database_url, "revision", "-m", "x")
    assert (said.returncode, "is proved: up twice" in said.stderr) == (0, True), said.stderr
    assert app_schema(database_url, "upgrade").returncode == 0
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
