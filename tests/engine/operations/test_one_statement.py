"""A text in an argument of an operation is part of one statement, whatever the text is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from all_cases import CASES
from harness import in_a_revision, operations, script

from app_schema.ddl.single import single
from app_schema.errors import AppSchemaError, ModelError

HOSTILE = (
    "; DROP TABLE victim",
    "; DROP TABLE victim; --",
    "); DROP TABLE victim; --",
    "); DROP TABLE victim; SELECT (1",
    "/* /* */ */; DROP TABLE victim; /*",
    "'; DROP TABLE victim; --",
    "E''\n'\\'; DROP TABLE victim; --'",
    '"; DROP TABLE victim; --',
    "$sql$; DROP TABLE victim; --",
    "; END $guard$; DROP TABLE victim; --",
    " THEN RETURN; END IF; DROP TABLE victim; --",
    ", DROP COLUMN kept",
)
BEFORE = ";CREATE TABLE public.victim (); ALTER TABLE IF EXISTS s.t ADD kept int;"
LEFT = """
SELECT to_regclass('public.victim') IS NOT NULL AND (to_regclass('s.t') IS NULL OR EXISTS (
         SELECT FROM pg_attribute WHERE attrelid = to_regclass('s.t') AND attname = 'kept'))
"""
WRITTEN = {"run_once", "undo_once"}
"""Operations whose text is the statement."""
Call = tuple[str, tuple[Any, ...], dict[str, Any]]


class Recorder:
    """In place of ``op``: keeps the calls."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: self.calls.append((name, args, kwargs))


def _spoilt(value: Any, hostile: str) -> Iterator[Any]:
    """The value with one of its texts spoilt, in each way."""
    if isinstance(value, str):
        yield value + hostile
        yield hostile.lstrip(";), ")
    elif isinstance(value, sa.TextClause):
        yield from map(sa.text, _spoilt(value.text.replace(":", "\\:"), hostile))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from ({**value, key: other} for other in _spoilt(item, hostile))
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            for other in _spoilt(item, hostile):
                yield type(value)([*value[:place], other, *value[place + 1 :]])


@pytest.mark.part(of=12)
@pytest.mark.parametrize("name", [name for name in CASES if not CASES[name].commits and name not in WRITTEN])
def test_hostile_text_of_an_operation_runs_no_other_statement(shared: sa.Engine, name: str) -> None:
    case = CASES[name]
    recorder = Recorder()
    case.call(recorder)
    ran = list[str]()
    with shared.connect() as connection, connection.begin() as transaction:
        connection.exec_driver_sql(case.before + BEFORE, execution_options={"no_parameters": True})
        for call, args, kwargs in recorder.calls:
            for hostile in HOSTILE:
                for spoilt in _spoilt((args, kwargs), hostile):
                    ran += _ran(connection, call, *spoilt)
        transaction.rollback()
    assert ran == []


def _ran(connection: sa.Connection, call: str, args: Any, kwargs: Any) -> list[str]:
    """The call, if it has run what the text says."""
    with connection.begin_nested() as savepoint:
        with contextlib.suppress(AppSchemaError, sa.exc.SQLAlchemyError, TypeError, AssertionError):
            getattr(operations(connection), call)(*args, **kwargs)
            if not connection.exec_driver_sql(LEFT).scalar_one():
                return [f"{call}{args}{kwargs}"]
        if savepoint.is_active:
            savepoint.rollback()
    return []


@pytest.mark.parametrize("as_sql", [False, True])
def test_hostile_text_of_an_index_that_is_built_concurrently_is_refused(
    empty_engine: sa.Engine, *, as_sql: bool
) -> None:
    def build(op: Any) -> None:
        with op.get_context().autocommit_block():
            where = sa.text("a > 0; DROP TABLE victim")
            op.create_index("i", "t", ["a"], postgresql_concurrently=True, postgresql_where=where)

    with empty_engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a int); CREATE TABLE victim ()")
        connection.commit()
        with pytest.raises(ModelError, match="another one follows"):
            script(build) if as_sql else build(in_a_revision(connection))


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("CREATE TABLE t (a text DEFAULT ';'); -- the end", False),
        ("CREATE RULE r AS ON DELETE TO t DO (SELECT 1; SELECT 2)", False),
        (
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;",
            False,
        ),
        ("CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; END; DROP TABLE t", True),
        ("DO $a$ BEGIN; END $a$ /* ; /* ; */ ; */ -- ; x", False),
        ("SELECT E'\\'; DROP TABLE t; --'", False),
        ("SELECT '\\'; DROP TABLE t; --'", True),
        ("SELECT E'' -- joined\n '\\''; DROP TABLE t; --'", True),
        ("SELECT \u2192$$; DROP TABLE t; --$$", True),
        ("SELECT \xa0$$; DROP TABLE t; --$$", True),
        ("SELECT a$b$; DROP TABLE t; --$b$", True),
        ("ALTER TABLE t ADD a numeric(1, 0) DEFAULT (ARRAY[1, 2])[1]", False),
        ("ALTER TABLE t ADD a int DEFAULT 0, DROP b", True),
    ],
)
def test_end_of_a_statement(statement: str, *, refused: bool) -> None:
    with pytest.raises(ModelError) if refused else contextlib.nullcontext():
        single(statement)
