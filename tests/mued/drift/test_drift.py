"""Every kind of drift is noticed, mended by one generated revision,
and brought back to the letter by its downgrade."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import sqlalchemy as sa
from autogen import Generated, autogenerate
from cases import CASES
from sqlalchemy import Constraint

from app_schema import database
from app_schema.catalog import Snapshot, diff, snapshot
from app_schema.ddl import Key
from app_schema.models import Base

if TYPE_CHECKING:
    from case import Case

    from app_schema.testing.databases import Databases

SCHEMAS = ("public", "app", "muednote_v3")
MENDABLE = [name for name, case in CASES.items() if case.mendable is True]
NOT_MENDABLE = [name for name, case in CASES.items() if case.mendable is not True]


def _catalog(engine: sa.Engine) -> Snapshot:
    with engine.connect() as connection:
        return snapshot(connection)


@dataclass
class Clone:
    """A database at the newest revision; the next case may use a ``restored`` database."""

    name: str
    url: str
    engine: sa.Engine
    restored: bool = False


@pytest.fixture(scope="module")
def clones(databases: Databases) -> Iterator[list[Clone]]:
    """The clones that no case uses at present."""
    spare: list[Clone] = []
    yield spare
    for name in spare:
        name.engine.dispose()
        databases.drop(name.name)


@pytest.fixture
def clone(databases: Databases, template: str, clones: list[Clone]) -> Iterator[Clone]:
    """A clone; clones are reused, because copying a database is slower than a case."""
    if not clones:
        name = databases.create(template)
        clones.append(Clone(name, databases.url(name), database.engine(databases.url(name))))
    copy = clones.pop()
    copy.restored = False
    yield copy
    if copy.restored:
        clones.append(copy)
    else:
        copy.engine.dispose()
        databases.drop(copy.name)


@pytest.fixture(scope="module")
def head(databases: Databases, template: str) -> Iterator[Snapshot]:
    """The catalog at the newest revision."""
    name = databases.create(template)
    engine = database.engine(databases.url(name), poolclass=sa.NullPool)
    yield _catalog(engine)
    databases.drop(name)


def _drift(url: str, case: Case) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(case.sql.encode())


def _label(difference: object) -> str:
    """Alembic's tuple; the items of a schema in it do not all show their names."""
    items = difference if isinstance(difference, tuple | list) else [difference]
    return " ".join(
        [str(difference), *(str(item.name) for item in items if isinstance(item, Constraint | sa.Index))]
    )


def _noticed(case: Case, generated: Generated) -> None:
    labels = [*(_label(difference) for difference in generated.diffs), *generated.undeclared]
    for word in case.noticed:
        assert any(word in label for label in labels), f"{word!r} is in none of {labels}"


def _taken(text: str, word: str) -> tuple[list[str], list[str]]:
    """The statements of the upgrade that drop and that create an object of the name."""
    upgrade = next(
        walk
        for walk in ast.walk(ast.parse(text))
        if isinstance(walk, ast.FunctionDef) and walk.name == "upgrade"
    )
    statements = [ast.unparse(walk) for walk in ast.walk(upgrade) if isinstance(walk, ast.Expr)]
    about = [statement for statement in statements if word in statement]
    verbs = ("op.create_", "op.replace_", "CREATE ")
    drops = [other for other in about if "op.drop_" in other or "DROP " in other or "REVOKE " in other]
    return drops, [other for other in about if other not in drops and any(verb in other for verb in verbs)]


def _left_alone(case: Case, generated: Generated) -> None:
    """An undeclared object is reported, and dropped only if the revision creates it again."""
    for word in case.reported:
        assert any(word in label for label in generated.undeclared), (
            f"{word!r} is in none of {generated.undeclared}"
        )
        drops, makes = _taken(generated.text, word)
        assert len(drops) <= len(makes), drops
    if case.reported == case.noticed:
        assert generated.empty, generated.text


def _compare(engine: sa.Engine, case: Case, *, prune: bool) -> Generated:
    options: dict[str, Any] = {"managed_schemas": {*SCHEMAS, *case.schemas}} if case.schemas else {}
    return autogenerate(engine, Base.metadata, prune=prune, **options)


def _generate(engine: sa.Engine, case: Case) -> Generated:
    if case.reported:
        generated = _compare(engine, case, prune=False)
        _left_alone(case, generated)
        if not case.prune:
            return generated
    return _compare(engine, case, prune=case.prune)


@pytest.mark.part(of=20)
@pytest.mark.parametrize("name", MENDABLE)
def test_drift_is_noticed_mended_and_brought_back(name: str, clone: Clone, head: Snapshot) -> None:
    case, engine = CASES[name], clone.engine
    _drift(clone.url, case)
    drifted = _catalog(engine)
    assert diff(head, drifted) != []

    generated = _generate(engine, case)
    _noticed(case, generated)
    for _ in range(2):
        generated.upgrade(engine)

    stays: dict[Key, str] = {}
    if case.undeclared and not case.prune:
        stays = {key: definition for key, definition in drifted.items() if key not in head}
    assert diff({**stays, **head}, _catalog(engine)) == []
    assert _compare(engine, case, prune=case.prune).empty

    for _ in range(2):
        generated.downgrade(engine)
    if case.reversible is True:
        assert diff(drifted, _catalog(engine)) == []
        generated.upgrade(engine)
        assert diff({**stays, **head}, _catalog(engine)) == [], "up again it mends again"
        clone.restored = not stays


@pytest.mark.part(of=20)
@pytest.mark.parametrize("name", NOT_MENDABLE)
def test_drift_that_no_revision_mends_stays_noticed(name: str, clone: Clone, head: Snapshot) -> None:
    case, engine = CASES[name], clone.engine
    _drift(clone.url, case)
    drifted = _catalog(engine)
    assert diff(head, drifted) != []

    generated = _generate(engine, case)
    _noticed(case, generated)
    generated.upgrade(engine)

    assert diff(drifted, _catalog(engine)) == []
    _noticed(case, _compare(engine, case, prune=case.prune))


def test_database_at_head_has_no_drift(engine: sa.Engine) -> None:
    for prune in (False, True):
        generated = autogenerate(engine, Base.metadata, prune=prune)
        assert generated.empty, generated.text
        assert generated.undeclared == []


def test_schema_in_which_nothing_is_declared_is_not_looked_at(database_url: str, engine: sa.Engine) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE SCHEMA others; CREATE TABLE others.t (id integer)")
    for prune in (False, True):
        generated = autogenerate(engine, Base.metadata, prune=prune)
        assert generated.empty, generated.text
        assert generated.undeclared == []


def test_mark_of_what_was_made_is_no_drift(database_url: str, engine: sa.Engine) -> None:
    """A schema or extension that is older than the first revision has no mark, and is equal."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "COMMENT ON SCHEMA app IS NULL; COMMENT ON EXTENSION vector IS NULL; "
            "COMMENT ON EXTENSION pg_trgm IS 'words'"
        )
    for prune in (False, True):
        generated = autogenerate(engine, Base.metadata, prune=prune)
        assert generated.empty, generated.text
        assert generated.undeclared == []


RESTORE = """
DO $restore$
DECLARE
  obj record;
BEGIN
  PERFORM set_config('search_path', '', true);
  FOR obj IN
    SELECT t.conrelid::regclass AS place, quote_ident(t.conname) AS name,
      pg_get_constraintdef(t.oid) AS printed
      FROM pg_constraint AS t WHERE t.contype = 'c' AND t.connamespace IN ('public'::regnamespace,
        'muednote_v3'::regnamespace)
  LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %s', obj.place, obj.name);
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %s %s', obj.place, obj.name, obj.printed);
  END LOOP;
  FOR obj IN SELECT i.indexrelid::regclass AS name,
    pg_get_indexdef(i.indexrelid) AS printed FROM pg_index AS i
    WHERE i.indexrelid::regclass::text LIKE '%.%x\\_%' AND NOT EXISTS (SELECT FROM pg_constraint AS t WHERE
      t.conindid = i.indexrelid)
  LOOP
    EXECUTE format('DROP INDEX %s', obj.name);
    EXECUTE obj.printed;
  END LOOP;
  FOR obj IN SELECT polrelid::regclass AS place, quote_ident(polname) AS name,
    concat(' USING (' || pg_get_expr(polqual, polrelid) || ')',
    ' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')') AS printed FROM pg_policy
  LOOP
    EXECUTE format('ALTER POLICY %s ON %s %s', obj.name, obj.place, obj.printed);
  END LOOP;
  FOR obj IN SELECT c.oid::regclass AS name, pg_get_viewdef(c.oid) AS printed FROM pg_class AS c
    WHERE c.relkind = 'v' AND c.relnamespace = 'public'::regnamespace
  LOOP
    EXECUTE format('CREATE OR REPLACE VIEW %s WITH (security_invoker = true) AS %s', obj.name, obj.printed);
  END LOOP;
END $restore$
"""


def test_database_restored_from_a_dump_has_no_drift(database_url: str, engine: sa.Engine) -> None:
    """PostgreSQL may print a definition differently after it has read its own print."""
    with psycopg.connect(database_url) as connection:
        connection.execute(RESTORE)

    generated = autogenerate(engine, Base.metadata)

    assert generated.empty, generated.text
