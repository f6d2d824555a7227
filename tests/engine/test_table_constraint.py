"""Constraints that SQLAlchemy cannot declare: their text in the arguments of a table, or a DDL event."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from autogen import autogenerate, operations_on
from roundtrip import round_trip
from sqlalchemy.dialects.postgresql import INT4RANGE

from app_schema.catalog import diff, snapshot
from app_schema.ddl import (
    DDLObject,
    EnumType,
    Extension,
    Sequence,
    TableConstraint,
    attach,
)
from app_schema.errors import DifferentError, ModelError

pytestmark = pytest.mark.part(of=6)

OF_18 = {
    "temporal keys": {
        "room": (TableConstraint("room_key", "PRIMARY KEY (id, during WITHOUT OVERLAPS)"),),
        "stay": (
            TableConstraint(
                "stay_room", "FOREIGN KEY (id, PERIOD during) REFERENCES room (id,PERIOD during)"
            ),
        ),
    },
    "not enforced": {"room": (TableConstraint("ck", "CHECK (id > 0 AND id < 9) NOT ENFORCED"),)},
}
OF_ALL = {
    "no inherit": {"room": (TableConstraint("ck", "CHECK (id > 0) NO INHERIT"),)},
    "exclusion": {"room": (TableConstraint("ex", "EXCLUDE USING gist (id WITH =, during WITH &&)"),)},
    "foreign key": {
        "room": (TableConstraint("uq", "UNIQUE (id)"),),
        "stay": (TableConstraint("fk", "FOREIGN KEY (id) REFERENCES public.room(id) MATCH FULL"),),
    },
}
CASES = {**OF_18, **OF_ALL}


def _metadata(case: str | None) -> sa.MetaData:
    metadata = sa.MetaData()
    attach(metadata, Extension("btree_gist"))
    for name in ("stay", "room"):
        constraints = CASES[case].get(name, ()) if case else ()
        columns = (
            sa.Column("id", sa.Integer, nullable=False),
            sa.Column("during", INT4RANGE, nullable=False),
        )
        sa.Table(name, metadata, *columns, *constraints)
    return metadata


@pytest.fixture
def engine(empty_engine: sa.Engine, request: pytest.FixtureRequest) -> sa.Engine:
    case = request.node.callspec.params["case"]
    with empty_engine.connect() as connection:
        if case in OF_18 and (connection.dialect.server_version_info or ()) < (18,):
            pytest.skip("of PostgreSQL 18")
    return empty_engine


@pytest.mark.part(of=4)
@pytest.mark.parametrize("case", CASES)
def test_create_all_and_autogenerate_make_it(engine: sa.Engine, case: str) -> None:
    metadata = _metadata(case)
    with engine.begin() as connection:
        for _ in range(2):
            metadata.create_all(connection)
        made = snapshot(connection)
    declared = {constraint.name for constraints in CASES[case].values() for constraint in constraints}
    assert declared <= {key.name for key in made if key.kind == "constraint"}
    assert autogenerate(engine, metadata).diffs == []
    with engine.begin() as connection:
        metadata.drop_all(connection)
    first = autogenerate(engine, metadata, proved=True)
    for _ in range(2):
        first.upgrade(engine)
    with engine.connect() as connection:
        assert diff(made, snapshot(connection)) == []
    assert autogenerate(engine, metadata).diffs == []


@pytest.mark.parametrize("case", CASES)
def test_it_comes_and_goes_on_tables_with_rows(engine: sa.Engine, case: str) -> None:
    autogenerate(engine, _metadata(None)).upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO room VALUES (1, '[1,5)'), (2, '[1,5)')")
        connection.exec_driver_sql("INSERT INTO stay VALUES (1, '[2,3)')")
        start = snapshot(connection)
    generated = autogenerate(engine, _metadata(case))
    assert generated.diffs != []
    for _ in range(2):
        generated.upgrade(engine)
    assert autogenerate(engine, _metadata(case)).diffs == []
    for _ in range(2):
        generated.downgrade(engine)
    with engine.connect() as connection:
        assert diff(start, snapshot(connection)) == []


def test_constraint_of_a_ddl_event_is_in_the_first_revision(empty_engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    table = sa.Table("t", metadata, sa.Column("a", sa.Integer))
    added = sa.DDL("ALTER TABLE t ADD CONSTRAINT ck CHECK (a > 0)")  # type: ignore[no-untyped-call]
    sa.event.listen(table, "after_create", added)
    generated = autogenerate(empty_engine, metadata, proved=True)
    for _ in range(2):
        generated.upgrade(empty_engine)
    with pytest.raises(sa.exc.IntegrityError), empty_engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (-1)")
    assert autogenerate(empty_engine, metadata).diffs == []


@pytest.mark.parametrize(
    "one",
    [
        EnumType("mood", ["a"]),
        Sequence("s", "START 1"),
        TableConstraint("n", "NOT NULL a", table="t"),
    ],
    ids=lambda one: one.kind,
)
def test_what_nobody_creates_is_refused_when_it_is_attached(one: DDLObject) -> None:
    with pytest.raises(ModelError, match=r"declare|nullable=False"):
        attach(sa.MetaData(), one)


def test_temporal_foreign_key_is_no_plain_one(empty_engine: sa.Engine) -> None:
    """A foreign key that is compared by its structure tells PERIOD and NOT ENFORCED."""
    with empty_engine.begin() as connection:
        if (connection.dialect.server_version_info or ()) < (18,):
            pytest.skip("of PostgreSQL 18")
        connection.exec_driver_sql("CREATE TABLE a (id int PRIMARY KEY)")
        connection.exec_driver_sql("CREATE TABLE b (id int CONSTRAINT fk REFERENCES a NOT ENFORCED)")
    with pytest.raises(DifferentError, match="NOT ENFORCED"), operations_on(empty_engine) as op:
        op.create_foreign_key("fk", "b", "a", ["id"], ["id"])


def test_constraint_of_a_new_table_is_created_with_it(empty_engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    sa.Table("room", metadata, sa.Column("id", sa.Integer), TableConstraint("uq", "UNIQUE (id)"))
    key = TableConstraint("fk", "FOREIGN KEY (id) REFERENCES public.room(id)")
    sa.Table("bed", metadata, sa.Column("id", sa.Integer, sa.CheckConstraint("id > 0", name="ck")), key)
    round_trip(empty_engine, metadata, prune=True, managed_schemas={"public"})


def test_text_of_several_statements_is_refused(empty_engine: sa.Engine) -> None:
    """A second statement in the text of an object would act on the scratch database alone."""
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n int); INSERT INTO t VALUES (1)")
    metadata = sa.MetaData()
    text = "CHECK (n > 0); ALTER TABLE t DROP CONSTRAINT ck"
    sa.Table("t", metadata, sa.Column("n", sa.Integer), TableConstraint("ck", text))
    with pytest.raises(ModelError, match=r"several statements[^$]*DROP CONSTRAINT ck"):
        autogenerate(empty_engine, metadata)
