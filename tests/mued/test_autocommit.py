"""A connection that commits each statement: autogenerate writes what it writes in a transaction."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from lineage import Alembic

from app_schema.ddl import Policy, View, attach

THERE = """
CREATE TYPE public.mood AS ENUM ('low', 'high');
CREATE FUNCTION public.half(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n / 2';
CREATE TABLE public.t (id int PRIMARY KEY, m public.mood, CHECK (public.half(id) > 0));
CREATE VIEW public.seen AS SELECT id, public.half(id) AS h FROM public.t WHERE m = 'low';
CREATE POLICY p ON public.t USING (public.half(id) > 1);
ALTER TABLE public.t ENABLE ROW LEVEL SECURITY
"""


def _metadata() -> sa.MetaData:
    metadata = sa.MetaData()
    key = sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)
    mood: sa.Column[str] = sa.Column("m", sa.Enum("low", "middle", name="mood"))
    sa.Table("t", metadata, key, mood, Policy("p", using="id > 2"))
    attach(metadata, View("seen", "SELECT id FROM public.t WHERE m = 'low'"))
    return metadata


def test_names_are_qualified_without_a_transaction(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        connection.exec_driver_sql(THERE)
    committing = empty_engine.execution_options(isolation_level="AUTOCOMMIT")
    expected, found = (
        autogenerate(item, _metadata(), prune=True).text for item in (empty_engine, committing)
    )
    assert "public.half(" in expected
    assert found == expected


def test_path_of_the_session_is_as_before(empty_engine: sa.Engine) -> None:
    from app_schema.catalog.reading import empty_path

    path = "SELECT current_setting('search_path')"
    for level in ("AUTOCOMMIT", "READ COMMITTED"):
        with empty_engine.connect().execution_options(isolation_level=level) as connection:
            connection.exec_driver_sql("SET search_path = pg_catalog, public")
            with empty_path(connection):
                assert connection.exec_driver_sql(path).scalar_one() == ""
            assert connection.exec_driver_sql(path).scalar_one() == "pg_catalog, public"
            with pytest.raises(ZeroDivisionError), empty_path(connection):
                raise ZeroDivisionError
            assert connection.exec_driver_sql(path).scalar_one() == "pg_catalog, public"


def test_command_line_writes_the_same_with_autocommit(
    database_url: str, engine: sa.Engine, tmp_path: Path
) -> None:
    with engine.begin() as connection:  # what takes the place of another is read back
        connection.exec_driver_sql("DROP VIEW public.v_session_details")
        connection.exec_driver_sql("CREATE VIEW public.v_session_details AS SELECT id FROM public.sessions")
    texts = []
    for autocommit in (False, True):
        place = tmp_path / str(autocommit)
        place.mkdir()
        alembic = Alembic(database_url, versions=place, autocommit=autocommit)
        alembic("revision", message="mend", autogenerate=True, rev_id="0017_mend", version_path=str(place))
        (file,) = place.glob("*.py")
        texts.append(file.read_text().partition("def upgrade")[2])
    assert texts[0] == texts[1]
    assert "FROM public.sessions" in texts[0]
