"""Models that are written for a database declare what it has; what they cannot declare is named."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic.util import CommandError
from autogen import autogenerate
from grown import GROWN
from measuring import execute
from packages import PACKAGES

from app_schema.application import Application
from app_schema.catalog import diff, snapshot
from app_schema.codegen.baseline import baseline
from app_schema.codegen.models import models
from app_schema.errors import ConfigurationError, DifferentError
from app_schema.migrations import upgrade
from app_schema.migrations.drift import drift
from app_schema.testing.plugin import CreateDatabase

pytestmark = pytest.mark.part(of=4)

MISSING = {
    "owned sequence of its own name, type and start": ["OWNED BY public.t.id"],
}
"""An object without a declaration in metadata -> the beginning of the sentence, or a part of it."""
STRANGER = Path(__file__).parents[1] / "stranger" / "project"
ENVIRONMENT = """\
from alembic import context
from written_models import APPLICATION

from app_schema.migrations import entry

entry.run(context, APPLICATION)
"""
PLAIN_ENVIRONMENT = """\
from alembic import context
from written_models import APPLICATION

context.configure(context.config.attributes["connection"], target_metadata=APPLICATION.metadata)
with context.begin_transaction():
    context.run_migrations()
"""
SHOP = """
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE person (id integer PRIMARY KEY, email text NOT NULL, mood mood, CHECK (email LIKE '%@%'));
CREATE UNIQUE INDEX person_email ON person (lower(email) text_pattern_ops DESC) WHERE mood <> 'sad';
CREATE TABLE purchase (id bigserial PRIMARY KEY, person_id integer NOT NULL REFERENCES person,
                       flag smallint CHECK (flag IN (0, 1)), at timestamptz DEFAULT now());
CREATE INDEX purchase_of ON purchase (person_id) INCLUDE (at);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.at := now(); RETURN NEW; END$$;
CREATE TRIGGER stamp BEFORE UPDATE ON purchase FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE VIEW spent AS SELECT person_id, count(*) AS purchases FROM purchase GROUP BY person_id;
ALTER TABLE purchase ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON purchase USING (person_id = 1);
INSERT INTO person VALUES (1, 'a@b', 'happy'), (2, 'c@d', NULL);
INSERT INTO purchase (person_id) VALUES (1), (2)"""

NAMES = """
CREATE SCHEMA other;
CREATE TYPE mapped AS ENUM ('a-b', 'a b', '', '1', '-1', '__x', 'None');
CREATE TYPE other.mapped AS ENUM ('other');
CREATE TABLE t (id integer PRIMARY KEY, registry text, metadata text, __x text, class text, _sa_registry text,
                type_annotation_map text, __table__ text, "a b" text, "1x" text, "ﬁ" text);
CREATE TABLE "Base" (id integer PRIMARY KEY, int integer, str text, datetime timestamp, "Optional" integer,
                     metadata_id integer REFERENCES t, mapped mapped);
CREATE TABLE other."Base" (id integer PRIMARY KEY, mapped other.mapped, many other.mapped[],
                           day date, total numeric);
CREATE TABLE without_key (id uuid, metadata mapped)"""

TEXTS = r"""
CREATE TABLE t (id integer PRIMARY KEY, a text DEFAULT 'x :b % \:c \: \\:d :e: %s',
                "b:c" integer CHECK ("b:c" > 0),
                "x%s" text CHECK ("x%s" <> ' :b %(a)s \:c'),
                g text GENERATED ALWAYS AS (coalesce(a, ' :b \: %(s)s')) STORED);
CREATE INDEX i ON t ((a || ' :b % \:')) WHERE a <> ' :c %(a)s';
COMMENT ON COLUMN t.a IS ' :b %s'"""


@contextmanager
def loaded(text: str, directory: Path) -> Iterator[sa.MetaData]:
    """The metadata of the written module, imported from its file."""
    path = directory / "written_models.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        yield module.Base.metadata if hasattr(module, "Base") else module.metadata
    finally:
        del sys.modules[path.stem]


def test_a_domain_over_a_type_of_an_extension_is_created_after_the_extension(
    empty_engine: sa.Engine, tmp_path: Path
) -> None:
    execute(
        empty_engine,
        "CREATE EXTENSION citext; CREATE DOMAIN slug AS citext; CREATE TABLE t (id slug PRIMARY KEY)",
    )
    with empty_engine.connect() as connection:
        written = models(connection)
    assert written.missing == []
    with loaded(written.text, tmp_path) as metadata:
        found = autogenerate(empty_engine, metadata, managed_schemas={"public"})
        assert (found.diffs, found.undeclared) == ([], []), written.text


def test_domains_are_declared_so_that_an_empty_database_gets_them(
    empty_engine: sa.Engine, create_database: CreateDatabase, tmp_path: Path
) -> None:
    execute(
        empty_engine,
        "CREATE DOMAIN z AS text DEFAULT 'x' CHECK (VALUE <> ''); CREATE DOMAIN a AS z NOT NULL; "
        "CREATE TYPE pair AS (a a); CREATE TABLE t (id int PRIMARY KEY, a a, b a[], p pair[])",
    )
    with empty_engine.connect() as connection:
        written = models(connection)
    assert written.missing == []
    with loaded(written.text, tmp_path) as metadata:
        url = create_database().replace("postgresql:", "postgresql+psycopg:", 1)
        new = sa.create_engine(url, poolclass=sa.NullPool)
        found = autogenerate(new, metadata, managed_schemas={"public"})
        found.upgrade(new)
    with empty_engine.connect() as connection, new.connect() as other:
        assert diff(snapshot(connection), snapshot(other)) == []


@pytest.mark.part(of=6)
@pytest.mark.parametrize("shape", GROWN)
def test_models_declare_what_the_database_has(shape: str, empty_engine: sa.Engine, tmp_path: Path) -> None:
    execute(empty_engine, GROWN[shape])
    with empty_engine.connect() as connection:
        written = models(connection)
    expected = MISSING.get(shape, [])
    assert len(written.missing) == len(expected), written.missing
    for sentence, part in zip(written.missing, expected, strict=True):
        assert part in sentence
    with loaded(written.text, tmp_path) as metadata:
        found = autogenerate(empty_engine, metadata, managed_schemas={"public"})
        if not expected:
            assert (found.diffs, found.undeclared) == ([], []), written.text


@pytest.mark.parametrize("package", PACKAGES)
def test_tables_of_packages_are_written_twice_alike_and_a_baseline_creates_them(
    package: str, empty_engine: sa.Engine, tmp_path: Path
) -> None:
    PACKAGES[package](empty_engine)
    with empty_engine.connect() as connection:
        written = models(connection)
        assert models(connection) == written
    assert written.missing == []
    with loaded(written.text, tmp_path) as metadata:
        app = Application(name=package, declared=metadata, configuration=project(tmp_path))
        vars(sys.modules["written_models"])["APPLICATION"] = app
        with empty_engine.connect() as connection:
            assert metadata.tables.keys() == set(sa.inspect(connection).get_table_names())
            for table in metadata.tables.values():
                found = [column["name"] for column in sa.inspect(connection).get_columns(table.name)]
                assert [column.name for column in table.columns] == found  # in the order of the table
            baseline(connection, app, "baseline")
        assert upgrade(empty_engine, app=app) == []


@pytest.mark.part(of=6, among="long")
def test_models_of_packages_are_typed(empty_engine: sa.Engine, tmp_path: Path) -> None:
    for create in PACKAGES.values():
        create(empty_engine)
    with empty_engine.connect() as connection:
        (tmp_path / "written_models.py").write_text(models(connection).text, encoding="utf-8")
    mypy = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), "written_models.py"]
    checked = subprocess.run(mypy, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_classes_have_keys_enums_and_relationships(empty_engine: sa.Engine, tmp_path: Path) -> None:
    execute(empty_engine, SHOP)
    with empty_engine.connect() as connection:
        written = models(connection)
    assert written.missing == []
    with loaded(written.text, tmp_path) as metadata, sa.orm.Session(empty_engine) as session:
        classes: Any = sys.modules["written_models"]
        person = session.scalars(sa.select(classes.Person).order_by(classes.Person.id)).first()
        assert person is not None
        assert person.mood is classes.Mood.HAPPY
        assert [purchase.person for purchase in person.purchase] == [person]
        assert metadata.tables["person"].c.id.autoincrement is False
        assert isinstance(metadata.tables["purchase"].c.flag.type, sa.SmallInteger)


def test_names_of_python_and_of_sqlalchemy_are_renamed(empty_engine: sa.Engine, tmp_path: Path) -> None:
    execute(empty_engine, NAMES)
    with empty_engine.connect() as connection:
        written = models(connection)
    assert written.missing == []
    with loaded(written.text, tmp_path) as metadata:
        classes: Any = sys.modules["written_models"]
        assert {"registry_", "metadata_", "x", "sa_registry", "table__"} <= set(vars(classes.T))
        tables: Any = metadata.tables
        assert tables["Base"].c.mapped.type.enums == ["a-b", "a b", "", "1", "-1", "__x", "None"]
        assert tables["other.Base"].c.mapped.type.enums == ["other"]
        assert tables["without_key"].c.metadata.type.enums[0] == "a-b"
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "I,F", "written_models.py"]
    checked = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_types_of_extensions_import_their_arguments(empty_engine: sa.Engine) -> None:
    sql = """CREATE EXTENSION hstore; CREATE TABLE t (id int PRIMARY KEY, h hstore DEFAULT '"a"=>"b"')"""
    execute(empty_engine, sql)
    with empty_engine.connect() as connection:
        assert models(connection).missing == []


def test_serial_of_long_names_is_declared_by_its_column(empty_engine: sa.Engine) -> None:
    names = (("t" * 40, "c" * 35), ("t" * 20, "c" * 50), ("é" * 25, "ü" * 25), ("t" * 50, "n"))
    sql = "; ".join(f"CREATE TABLE {table} ({column} serial PRIMARY KEY)" for table, column in names)
    execute(empty_engine, sql)
    with empty_engine.connect() as connection:
        written = models(connection)
    assert written.missing == []
    assert "Sequence(" not in written.text


AWKWARD = """
CREATE FUNCTION ok(x text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT x <> $$no$$';
CREATE DOMAIN word AS text CONSTRAINT good CHECK (public.ok(VALUE));
CREATE TABLE keyed (a integer, b word, UNIQUE NULLS NOT DISTINCT (a, b));
CREATE TABLE referring (a integer, b word, FOREIGN KEY (a, b) REFERENCES keyed (a, b))"""
AWKWARD_OF_18 = """;
CREATE TABLE temporal (id int4range, at daterange, PRIMARY KEY (id, at WITHOUT OVERLAPS));
CREATE TABLE within (id int4range, at daterange,
                     FOREIGN KEY (id, PERIOD at) REFERENCES temporal (id, PERIOD at));
CREATE TABLE states (a integer, CONSTRAINT state CHECK (a > 0) NOT ENFORCED);
ALTER TABLE states ADD CONSTRAINT unproved NOT NULL a NOT VALID"""


def test_keys_to_what_sqlalchemy_cannot_declare_and_states_of_constraints(empty_engine: sa.Engine) -> None:
    """And what verify names without a difference is no reason for exit code 1."""
    with empty_engine.connect() as connection:
        version: Any = connection.dialect.server_version_info
        name = connection.scalar(sa.text("SELECT current_database()"))
    execute(empty_engine, AWKWARD + (AWKWARD_OF_18 if version >= (18,) else ""))
    execute(empty_engine, f"ALTER DATABASE \"{name}\" SET app.secret = 'hunter2'")
    with empty_engine.connect() as connection:
        code = models(connection)
    assert code.missing == []
    assert len(code.uncompared) == 1
    assert "hunter2" not in code.text + code.uncompared[0]


def test_comment_on_a_constraint_of_a_domain_is_named(empty_engine: sa.Engine) -> None:
    execute(empty_engine, "CREATE DOMAIN d AS text CONSTRAINT c CHECK (VALUE <> '')")
    execute(empty_engine, "COMMENT ON CONSTRAINT c ON DOMAIN d IS 'why'")
    with empty_engine.connect() as connection:
        (sentence,) = models(connection).missing
    assert "constraint c on public.d cannot be declared: keep it by hand" in sentence


def test_colons_and_percents_in_expressions_are_kept(empty_engine: sa.Engine) -> None:
    execute(empty_engine, TEXTS)
    with empty_engine.connect() as connection:
        assert models(connection).missing == []


def project(directory: Path) -> Path:
    """Alembic's configuration of a new project with the application of the written module."""
    (directory / "versions").mkdir()
    shutil.copy(STRANGER / "migrations" / "script.py.mako", directory)
    (directory / "env.py").write_text(ENVIRONMENT, encoding="utf-8")
    configuration = directory / "alembic.ini"
    configuration.write_text("[alembic]\nscript_location = %(here)s\npath_separator = os\n", encoding="utf-8")
    return configuration


def test_models_are_the_same_under_every_search_path(empty_engine: sa.Engine) -> None:
    hostile = (
        "CREATE SCHEMA hostile; CREATE TABLE hostile.person (z int); CREATE DOMAIN hostile.mood AS text; "
        "CREATE FUNCTION hostile.lower(text) RETURNS text LANGUAGE sql AS 'SELECT NULL'"
    )
    execute(empty_engine, f"{SHOP}; {hostile}")
    written = set()
    for path in ("public", "pg_temp,public", "hostile,pg_catalog", "absent"):
        fresh = sa.create_engine(empty_engine.url, connect_args={"options": f"-c search_path={path}"})
        with fresh.connect() as connection:
            written.add(models(connection, ["public"]).text)
            assert connection.scalar(sa.text("SHOW search_path")) == path
        fresh.dispose()
    assert len(written) == 1


def test_baseline_creates_the_same_elsewhere(empty_engine: sa.Engine, tmp_path: Path) -> None:
    execute(empty_engine, SHOP)
    with empty_engine.connect() as connection:
        text = models(connection).text
    with loaded(text, tmp_path) as metadata:
        app = Application(name="shop", declared=metadata, configuration=project(tmp_path))
        vars(sys.modules["written_models"])["APPLICATION"] = app
        with empty_engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE person ADD note text")
        with empty_engine.connect() as connection, pytest.raises(DifferentError, match=r"1 objects.*note"):
            baseline(connection, app, "baseline")
        assert list((tmp_path / "versions").iterdir()) == []
        with empty_engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE person DROP note")
        environment = tmp_path / "env.py"
        environment.write_text(PLAIN_ENVIRONMENT, encoding="utf-8")
        with (
            empty_engine.connect() as connection,
            pytest.raises(ConfigurationError, match="runs Alembic alone"),
        ):
            baseline(connection, app, "baseline")
        assert list((tmp_path / "versions").glob("*.py")) == []
        environment.write_text(ENVIRONMENT, encoding="utf-8")
        with empty_engine.connect() as connection:
            path, revision = baseline(connection, app, "baseline")
        assert path.parent == tmp_path / "versions"
        assert upgrade(empty_engine, app=app) == []
        with empty_engine.connect() as connection:
            assert drift(connection, app).conforms
            assert connection.scalar(sa.text("SELECT count(*) FROM purchase")) == 2
            with pytest.raises(ConfigurationError, match=f"has revisions already, up to {revision}"):
                baseline(connection, app, "again")


def test_a_stamp_that_fails_leaves_no_revision(empty_engine: sa.Engine, tmp_path: Path) -> None:
    execute(empty_engine, "CREATE TABLE t (id int PRIMARY KEY)")
    with poor_owner(empty_engine) as engine, engine.connect() as connection:
        written = models(connection)
        assert written.missing == []
        with loaded(written.text, tmp_path) as metadata:
            app = Application(name="poor", declared=metadata, configuration=project(tmp_path))
            vars(sys.modules["written_models"])["APPLICATION"] = app
            with pytest.raises(CommandError, match="permission denied for schema public"):
                baseline(connection, app, "baseline")
            assert list((tmp_path / "versions").glob("*.py")) == []


@contextmanager
def poor_owner(engine: sa.Engine) -> Iterator[sa.Engine]:
    """An engine whose role owns the table and may create databases, and nothing else."""
    role = f"poor_owner_{uuid4().hex}"
    execute(engine, f"CREATE ROLE {role} LOGIN PASSWORD 'poor' CREATEDB; ALTER TABLE t OWNER TO {role}")
    owner = sa.create_engine(engine.url.set(username=role, password="poor"), poolclass=sa.NullPool)
    try:
        yield owner
    finally:
        execute(engine, f"DROP OWNED BY {role}; DROP ROLE {role}")
