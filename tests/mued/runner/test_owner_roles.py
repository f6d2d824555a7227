"""Owner roles as platforms give them: no superuser, no CREATEDB, no CREATEROLE, extensions made by another,
default privileges to a role of the platform. What cannot be done is one sentence with the remedy."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.util import CommandError
from declaring import declaring
from lineage import Alembic
from written import heads, rows

from app_schema import database
from app_schema import url as urls
from app_schema.errors import ModelError
from app_schema.migrations.drift import drift
from app_schema.models import Base

pytestmark = pytest.mark.part(of=6)

ROLES = ("app_user", "service_account")
EXTENSIONS = ("vector", "pg_trgm", "btree_gist")


@dataclass
class Platform:
    """A database with an owner who may do nothing else, and the role that default privileges favour."""

    admin: str
    owner: str
    anon: str
    url: str

    def send(self, *statements: str) -> None:
        with psycopg.connect(self.admin, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def fails(self, *command: str) -> str:
        with pytest.raises(CommandError) as caught:
            Alembic(self.url)(*command)
        return str(caught.value)


def _on_database(statement: str) -> str:
    return f"DO $$ BEGIN EXECUTE format('{statement}', current_database()); END $$"


@pytest.fixture
def roles(server_url: str) -> Iterator[tuple[str, str]]:
    """The owner and anon; they go after their database. The models' roles are made by a DBA."""
    name = secrets.token_hex(4)
    owner, anon = f"owner_{name}", f"anon_{name}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {owner} LOGIN PASSWORD 'x'; CREATE ROLE {anon}".encode())
        for role in ROLES:
            make = f"CREATE ROLE {role}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL"
            connection.execute(f"DO $$ BEGIN {make}; END $$".encode())
    yield owner, anon
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP ROLE {owner}; DROP ROLE {anon}".encode())


@pytest.fixture
def platform(roles: tuple[str, str], empty_url: str) -> Platform:
    owner, anon = roles
    url = urls.parse(empty_url).set(username=owner, password="x").render_as_string(hide_password=False)
    made = Platform(empty_url, owner, anon, url)
    made.send(_on_database(f"ALTER DATABASE %I OWNER TO {owner}"))
    for what in ("TABLES", "SEQUENCES", "FUNCTIONS"):
        favour = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT ALL ON {what} TO {anon}"
        made.send(favour)
    return made


def _checked(platform: Platform) -> str:
    with pytest.raises(CommandError) as caught:
        Alembic(platform.url, x=("cache=false",))("check")
    return str(caught.value)


def test_owner_who_may_do_nothing_else_goes_up_and_down(platform: Platform, server_url: str) -> None:
    platform.send(*(f"CREATE EXTENSION {extension}" for extension in EXTENSIONS))
    alembic = Alembic(platform.url)
    for _ in range(2):
        alembic("upgrade", "head")
        held = f"""
            SELECT c.relname FROM pg_class AS c, aclexplode(c.relacl) AS x
             WHERE x.grantee = '{platform.anon}'::regrole
            UNION ALL SELECT p.proname FROM pg_proc AS p, aclexplode(p.proacl) AS x
             WHERE x.grantee = '{platform.anon}'::regrole"""
        assert rows(platform.admin, held) == []
        engine = database.engine(platform.url)
        with engine.connect() as connection:
            found = drift(connection, declaring(Base.metadata), server_url)
        engine.dispose()
        said = _checked(platform)
        assert said.startswith(f"the role {platform.owner} may not create the scratch database")
        assert "-x scratch=URL of alembic and app-schema revision, or --scratch URL of" in said
        assert "\n" not in said
        assert {obj.object.split(" on ")[0] for obj in found.objects} == {f"default grant {platform.anon}"}
        alembic("downgrade", "base")
    assert heads(platform.admin) == []
    left = (
        "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' "
        "UNION ALL SELECT rolname FROM pg_roles WHERE rolname IN ('app_user', 'service_account')"
    )
    assert {name for (name,) in rows(platform.admin, left)} == {*EXTENSIONS, *ROLES}, "what a DBA made stays"


def test_extension_that_only_a_superuser_may_make_names_the_statement(platform: Platform) -> None:
    said = platform.fails("upgrade", "head")
    assert said.startswith("the pending revisions cannot be applied here\n")
    assert (
        f"{platform.owner} may not create the extension vector: as a superuser or in the provider's console, "
        "run CREATE EXTENSION vector SCHEMA public" in said
    )
    assert rows(platform.admin, "SELECT FROM pg_class WHERE relname = 'alembic_version'") == []


def test_scratch_database_without_an_extension_names_a_way_and_no_block_of_ours(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    platform.send(f"ALTER ROLE {platform.owner} CREATEDB")
    engine = database.engine(platform.url, poolclass=sa.NullPool)
    with engine.connect() as connection, pytest.raises(ModelError) as refused:
        drift(connection, declaring(Base.metadata))
    said = str(refused.value)
    assert f"{platform.owner} may not create the extension" in said
    assert "--scratch URL of" in said
    assert "\n" not in said


def test_grant_that_postgres_only_warns_of_is_refused(platform: Platform) -> None:
    """The schema public belongs to whoever owns the database; another role's GRANT there does nothing."""
    platform.send(
        *(f"CREATE EXTENSION {extension}" for extension in EXTENSIONS),
        _on_database("ALTER DATABASE %I OWNER TO CURRENT_USER"),
        _on_database(f"GRANT CREATE ON DATABASE %I TO {platform.owner}"),
        f"GRANT CREATE ON SCHEMA public TO {platform.owner}",
    )
    said = platform.fails("upgrade", "head")
    for role in ROLES:
        assert f"or as its owner, GRANT USAGE ON SCHEMA public TO {role}" in said
    assert rows(platform.admin, "SELECT FROM pg_class WHERE relname = 'alembic_version'") == []
    platform.send(*(f"GRANT USAGE ON SCHEMA public TO {role}" for role in ROLES))
    Alembic(platform.url)("upgrade", "head")
    assert len(heads(platform.admin)) == 1
    platform.send(f"DROP OWNED BY {platform.owner}")


def test_owner_of_nothing_is_told_all_that_is_missing(platform: Platform) -> None:
    platform.send(
        *(f"CREATE EXTENSION {extension}" for extension in EXTENSIONS),
        _on_database("ALTER DATABASE %I OWNER TO CURRENT_USER"),
    )
    said = platform.fails("upgrade", "head")
    for line in (
        f"{platform.owner} may not create the schema app: GRANT CREATE ON DATABASE",
        f"{platform.owner} may not create tables in the schema public: GRANT CREATE ON SCHEMA public TO",
    ):
        assert line in said
    assert rows(platform.admin, "SELECT FROM pg_class WHERE relname = 'alembic_version'") == []
    platform.send(f"DROP OWNED BY {platform.owner}")
