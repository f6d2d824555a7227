"""Whatever default privileges grant, what a revision makes ends with the declared privileges and no other."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from autogen import autogenerate
from written import Written, one, rows

from app_schema.ddl import Function, Grant, View, attach

pytestmark = pytest.mark.part(of=4)

HELD = """
SELECT o.kind, o.name, x.privilege_type FROM (
  SELECT c.relkind::text AS kind, c.relname::text AS name, c.relacl AS acl FROM pg_class AS c
   WHERE c.relnamespace = 'public'::regnamespace AND c.relkind <> 'i'
  UNION ALL SELECT 'function', p.proname, p.proacl FROM pg_proc AS p
   WHERE p.pronamespace = 'public'::regnamespace
  UNION ALL SELECT 'type', y.typname, y.typacl FROM pg_type AS y WHERE y.typnamespace = 'public'::regnamespace
  UNION ALL SELECT 'schema', n.nspname, n.nspacl FROM pg_namespace AS n) AS o, aclexplode(o.acl) AS x
 WHERE x.grantee = (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = '{role}')
 ORDER BY 1, 2, 3"""
OPEN = """
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO {role};
ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TYPES TO {role};
ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO {role};
"""
MAKES = """
op.create_schema("extra")
op.create_enum("mood", ["a", "b"], schema="public")
op.create_domain("whole", "integer", schema="public")
op.create_sequence("loose", "AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9 CACHE 1", schema="public")
op.create_table(
    "t", sa.Column("id", sa.Integer(), sa.Identity()), sa.Column("n", sa.Integer()), schema="public"
)
op.create_table("s", sa.Column("id", sa.Integer(), autoincrement=True, primary_key=True), schema="public")
op.add_column("t", sa.Column("more", sa.BigInteger(), sa.Identity(), nullable=False), schema="public")
op.create_view("v", "SELECT 1 AS a", schema="public")
op.create_view("m", "SELECT 1 AS a", materialized=True, schema="public")
op.create_function("f", "SELECT 1", returns="int", language="sql", arguments="a int = 1", schema="public")
op.create_function("g", "SELECT 1", returns="int", language="sql", execute="pg_monitor", schema="public")
op.run_once("k", "UPDATE public.t SET n = 1")
op.create_grant("SELECT", to="{role}", table="t", schema="public")
"""


@pytest.fixture
def role(server_url: str) -> Iterator[str]:
    """The role that default privileges favour."""
    name = f"anon_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name}".encode())
    yield name
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP ROLE {name}".encode())


@pytest.fixture
def opened(role: str, create_database: object) -> str:
    """A database that goes before the role does."""
    url: str = create_database()  # type: ignore[operator]  # a fixture's function
    with psycopg.connect(url) as connection:
        connection.execute(OPEN.format(role=role).encode())
    return url


def _send(url: str, sql: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(sql.encode())


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


@pytest.mark.parametrize("x", [(), ("autocommit=true",)])
def test_objects_of_a_revision_have_the_declared_privileges(
    opened: str, role: str, written: Written, x: tuple[str, ...]
) -> None:
    written.add(MAKES.format(role=role))
    written.upgrade(opened, x=x)
    assert rows(opened, HELD.format(role=role)) == [("r", "t", "SELECT")]
    assert one(opened, "SELECT has_function_privilege('pg_read_all_data', 'f(int)', 'EXECUTE')"), "PUBLIC may"
    assert not one(opened, "SELECT has_function_privilege('pg_read_all_data', 'g()', 'EXECUTE')")

    _send(opened, "UPDATE alembic_version SET version_num = 'r0'; DELETE FROM alembic_version")
    written.upgrade(opened, x=x)

    assert rows(opened, HELD.format(role=role)) == [("r", "t", "SELECT")], "a second run refuses nothing"


def test_script_has_them_too(
    opened: str, role: str, written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    from alembic import command

    written.add(MAKES.format(role=role))
    command.upgrade(written.config(), "head", sql=True)
    script = capsys.readouterr().out
    for _ in range(2):
        with psycopg.connect(opened, autocommit=True) as connection:
            connection.execute(script.encode())
    assert rows(opened, HELD.format(role=role)) == [("r", "t", "SELECT")]


def test_what_is_made_again_has_them_too(opened: str, role: str, written: Written) -> None:
    """A view or function that PostgreSQL cannot replace in place, an enum with other labels."""
    written.add(MAKES.format(role=role))
    written.add(
        """
        op.replace_view("v", "SELECT 'a'::text AS b", schema="public")
        op.replace_view("m", "SELECT 2 AS a", materialized=True, schema="public")
        op.replace_function(
            "f", "SELECT 1::bigint", returns="bigint", language="sql", arguments="a int = 1", schema="public"
        )
        op.replace_enum("mood", ["b", "a"], schema="public")
        """
    )
    written.upgrade(opened)
    assert rows(opened, HELD.format(role=role)) == [("r", "t", "SELECT")]


def test_public_keeps_what_is_its_by_birth(opened: str, role: str, written: Written) -> None:
    """A function that names no roles is everybody's, also where default privileges say otherwise."""
    _send(opened, "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    written.add(MAKES.format(role=role))
    written.upgrade(opened)
    assert one(opened, "SELECT has_function_privilege('pg_read_all_data', 'f(int)', 'EXECUTE')")
    assert not one(opened, "SELECT has_function_privilege('pg_read_all_data', 'g()', 'EXECUTE')")


def test_setting_of_the_database_keeps_them(opened: str, role: str, written: Written) -> None:
    name = one(opened, "SELECT quote_ident(current_database())")
    _send(opened, f"ALTER DATABASE {name} SET app_schema.default_privileges = keep")
    written.add("op.create_table('t', sa.Column('id', sa.Integer()), schema='public')")
    written.upgrade(opened)
    assert ("r", "t", "TRUNCATE") in rows(opened, HELD.format(role=role))


def test_generated_revision_is_clean_under_default_privileges(opened: str, role: str) -> None:
    metadata = sa.MetaData(schema="public")
    table = sa.Table(
        "t", metadata, sa.Column("id", sa.Integer, sa.Identity(), primary_key=True), Grant("SELECT", to=role)
    )
    attach(
        metadata,
        Function("f", "SELECT 1", returns="int", language="sql", schema="public"),
        Function("g", "SELECT 1", returns="int", language="sql", execute=role, schema="public"),
        View("v", f"SELECT id FROM {table.fullname}", schema="public"),
        Grant("SELECT", to=role, table="v", schema="public"),
    )
    engine = sa.create_engine(opened.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)
    made = autogenerate(engine, metadata)
    for _ in range(2):
        made.upgrade(engine)
    again = autogenerate(engine, metadata)
    assert again.empty, again.text
    assert [label for label in again.undeclared if not label.startswith("default ")] == []
    made.downgrade(engine)
    made.upgrade(engine)
    assert autogenerate(engine, metadata).empty


HANDWRITTEN = """
op.execute("CREATE SCHEMA extra")
op.execute("CREATE TABLE public.a (id int GENERATED ALWAYS AS IDENTITY, n int)")
op.execute("CREATE TABLE public.b AS SELECT 1 AS n; CREATE VIEW public.v AS SELECT n FROM public.b")
op.create_grant("SELECT", to="{role}", table="a", schema="public")
op.execute(sa.text("ALTER TABLE public.b ADD COLUMN k serial"))
op.execute("GRANT SELECT ON public.b TO {role}")
op.run_once("k", "CREATE TABLE public.kept AS SELECT n FROM public.b")
bind = op.get_bind()
bind.execute(sa.text("CREATE TABLE public.c (id int)"))
op.create_table("d", sa.Column("id", sa.Integer), schema="public")
op.create_grant("SELECT", to="{role}", table="d", schema="public")
bind.exec_driver_sql("CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
bind.exec_driver_sql("CREATE TYPE public.mood AS ENUM ('a')")
bind.exec_driver_sql("GRANT SELECT ON public.c TO {role}")
op.execute(sa.DDL("CREATE MATERIALIZED VIEW public.m AS SELECT 1 AS a"))
"""
GRANTED = [("r", name, "SELECT") for name in ("a", "b", "c", "d")]


@pytest.mark.parametrize("x", [(), ("autocommit=true",)], ids=["usual", "autocommit"])
def test_what_handwritten_sql_creates_has_what_a_revision_grants(
    opened: str, role: str, written: Written, x: tuple[str, ...]
) -> None:
    _send(opened, f"CREATE TABLE public.older (id int); GRANT SELECT ON public.older TO {role}")
    before = rows(opened, HELD.format(role=role))
    written.add(HANDWRITTEN.format(role=role))
    written.add("op.execute('ALTER TABLE public.older ADD COLUMN n int')")
    written.upgrade(opened, x=x)
    assert [row for row in rows(opened, HELD.format(role=role)) if row not in before] == GRANTED
    assert [row for row in before if row not in rows(opened, HELD.format(role=role))] == []


def test_what_a_script_creates_by_hand_has_what_it_grants(
    opened: str, role: str, written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    from alembic import command

    sql = [line for line in HANDWRITTEN.format(role=role).splitlines() if "bind" not in line]
    written.add("\n".join(sql))
    command.upgrade(written.config(), "head", sql=True)
    with psycopg.connect(opened, autocommit=True) as connection:
        connection.execute(capsys.readouterr().out.encode())
    assert rows(opened, HELD.format(role=role)) == [row for row in GRANTED if row[1] != "c"]


def test_nobody_sees_a_new_table_with_the_grants_of_default_privileges(
    opened: str, role: str, written: Written
) -> None:
    """Not even where the revision commits in the middle."""
    written.add(
        """
        op.execute("CREATE TABLE public.a (id int)")
        with op.get_context().autocommit_block():
            seen = op.get_bind().execute(sa.text(
                "SELECT relacl::text FROM pg_class WHERE oid = 'public.a'::regclass")).scalar()
        assert "anon" not in str(seen), seen
        """
    )
    written.upgrade(opened)
    assert rows(opened, HELD.format(role=role)) == []


def test_default_privileges_that_a_revision_sets_itself_count(
    role: str, create_database: Callable[[], str], written: Written
) -> None:
    url = create_database()
    written.add(
        f"""
        op.execute("ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {role}")
        op.execute("CREATE TABLE public.a (id int)")
        """
    )
    written.upgrade(url)
    assert rows(url, HELD.format(role=role)) == []


def test_a_statement_that_creates_and_grants_keeps_all_and_says_so(
    opened: str, role: str, written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    written.add(f"op.execute('CREATE TABLE public.a (id int); GRANT SELECT ON public.a TO {role}')")
    written.upgrade(opened)
    assert "Write GRANT as a statement of its own" in capsys.readouterr().err
    assert ("r", "a", "SELECT") in rows(opened, HELD.format(role=role))
