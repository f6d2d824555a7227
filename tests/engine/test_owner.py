"""Owners of objects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from autogen import autogenerate, operations_on
from roundtrip import catalog, round_trip, send

from app_schema import ModelError, ddl
from app_schema.ddl.sql import literal

pytestmark = pytest.mark.part(of=4)

OWNER, OTHER = 'O\'wner "%I"', "pg_monitor"
QUOTED = '"O\'wner ""%%I"""'
SIGNATURE = "twice(integer, text)"


def _metadata(
    *objects: ddl.DDLObject, of_table: tuple[ddl.Owner, ...] = (), view: str = "id", label: str = "sad"
) -> sa.MetaData:
    metadata = sa.MetaData()
    mood: sa.Column[str] = sa.Column("m", sa.Enum(label, name="mood"))
    sa.Table("T t", metadata, sa.Column("id", sa.Integer, primary_key=True), mood, *of_table, schema="public")
    ddl.attach(
        metadata,
        ddl.Schema("apart"),
        ddl.Role(OWNER),
        ddl.View("v", f'SELECT {view} FROM public."T t"', schema="public"),
        ddl.Function(
            "twice",
            "SELECT a",
            arguments="a integer, b text",
            returns="integer",
            language="sql",
            schema="public",
        ),
        ddl.Publication("pub", 'TABLE public."T t"'),
        ddl.Statistics(
            "st", 'CREATE STATISTICS public.st (ndistinct) ON id, m FROM public."T t"', schema="public"
        ),
        *objects,
    )
    return metadata


OF_TABLE = (ddl.Owner(OWNER),)
OWNERS = (
    ddl.Owner(OWNER, of="view", name="v", schema="public"),
    ddl.Owner(OWNER, of="function", name=SIGNATURE, schema="public"),
    ddl.Owner(OWNER, of="enum", name="mood", schema="public"),
    ddl.Owner(OWNER, of="schema", name="apart"),
    ddl.Owner(OWNER, of="publication", name="pub"),
    ddl.Owner(OTHER, of="statistics", name="st", schema="public"),
    ddl.Grant("CREATE", to=OWNER, schema="public"),
    ddl.Grant("SELECT", to=OTHER, table="T t", schema="public"),
)


@pytest.fixture
def engine(empty_engine: sa.Engine) -> Iterator[sa.Engine]:
    yield empty_engine
    send(
        empty_engine,
        *(
            f"DO $$ BEGIN IF to_regrole({literal(role)}) IS NOT NULL THEN "
            f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}; END IF; END $$"
            for role in (QUOTED, "migrator")
        ),
    )


def test_owners_are_set_by_create_all_and_by_a_revision(engine: sa.Engine) -> None:
    declared = _metadata(*OWNERS, of_table=OF_TABLE)
    generated = round_trip(engine, declared)
    assert generated.text.count("op.set_owner(") == 7
    with engine.begin() as connection:
        for _ in range(2):
            declared.create_all(connection)
    assert autogenerate(engine, declared, prune=True).diffs == []
    owners = [key.table for key, role in catalog(engine).items() if key.kind == "owner" and role == OWNER]
    assert sorted(map(str, owners)) == ["T t", "T t_id_seq", "apart", "mood", "pub", SIGNATURE, "v"]
    # everything dropped, and the way back
    round_trip(engine, sa.MetaData(), prune=True, managed_schemas={"public", "apart"})


def test_owners_change_and_are_reset(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        _metadata(*OWNERS, of_table=OF_TABLE).create_all(connection)
    others = (ddl.Owner(OTHER, table="T t", schema="public"), OWNERS[-2])
    changed = round_trip(engine, _metadata(*others), prune=True)
    assert "op.replace_owner(" in changed.text
    assert changed.text.partition("def down")[0].count("op.reset_owner(") == 6
    # without prune nothing is reset, and the sentence names both ways
    kept = autogenerate(engine, _metadata(*others))
    assert "is owned by O'wner" in kept.text
    # a view that is created again, by itself and in another form
    round_trip(engine, _metadata(*OWNERS, of_table=OF_TABLE, view="id + 1 AS id, 2 AS n"))
    round_trip(engine, _metadata(*OWNERS, of_table=OF_TABLE, view="2 AS n"))


def test_foreign_owner_of_a_recreated_object_is_kept(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        _metadata().create_all(connection)
    send(engine, f"ALTER VIEW v OWNER TO {OTHER}")
    other = _metadata(view="2 AS n")
    generated = autogenerate(engine, other)
    assert "op.drop_view" in generated.text
    for _ in range(2):
        generated.upgrade(engine)
    assert catalog(engine)[ddl.Key("owner", "public", "v", "relation")] == OTHER
    for _ in range(2):
        generated.downgrade(engine)
    assert catalog(engine)[ddl.Key("owner", "public", "v", "relation")] == OTHER


def test_owner_that_the_migrating_role_may_not_set_is_one_sentence(engine: sa.Engine) -> None:
    send(
        engine,
        'CREATE TABLE "T t" (id integer)',
        "CREATE ROLE migrator",
        'ALTER TABLE "T t" OWNER TO migrator',
    )
    send(engine, "GRANT CREATE ON SCHEMA public TO migrator", f"CREATE ROLE {QUOTED}")
    owner = ddl.Create(ddl.Owner(OWNER, table="T t", schema="public"))
    with engine.connect() as connection:
        connection.exec_driver_sql("SET ROLE migrator")
        with pytest.raises(
            sa.exc.DBAPIError, match="the migrating role is not a member of that role"
        ) as refused:
            connection.execute(owner)
        assert "write: GRANT" in str(refused.value)
    send(engine, f"GRANT {QUOTED} TO migrator")
    with engine.connect() as connection:
        connection.exec_driver_sql("SET ROLE migrator")
        with pytest.raises(sa.exc.DBAPIError, match="which may not create in the schema"):
            connection.execute(owner)
    send(engine, f"GRANT CREATE ON SCHEMA public TO {QUOTED}")
    with engine.connect() as connection:
        connection.exec_driver_sql("SET ROLE migrator")
        for _ in range(2):
            connection.execute(owner)
        connection.execute(ddl.Drop(ddl.Owner("", table="T t", schema="public")))


def test_owner_of_another_is_refused(engine: sa.Engine) -> None:
    send(engine, "CREATE TABLE t (id integer)", f"ALTER TABLE t OWNER TO {OTHER}")
    with pytest.raises(Exception, match="owner of TABLE t already exists"), operations_on(engine) as op:
        op.set_owner("pg_signal_backend", table="t")
    with operations_on(engine) as op:
        op.replace_owner("pg_signal_backend", table="t", old={"role": OTHER})
        op.set_owner("pg_signal_backend", table="t")
    for _ in range(2):
        with operations_on(engine) as op:
            op.reset_owner(table="t")


def test_owner_of_nothing_is_refused(engine: sa.Engine) -> None:
    with pytest.raises(ModelError, match="a trigger has no owner"):
        ddl.Owner("a", of="trigger", name="t")
    with pytest.raises(ModelError, match="names no object"):
        ddl.attach(sa.MetaData(), ddl.Owner("a"))
    with pytest.raises(ModelError, match="the metadata declares no such object"):
        autogenerate(engine, _metadata(ddl.Owner(OWNER, of="view", name="w", schema="public")))
    to_owner = _metadata(ddl.Grant("SELECT", to=OWNER, table="T t", schema="public"), of_table=OF_TABLE)
    with pytest.raises(ModelError, match="is a grant to the owner: leave it out"):
        autogenerate(engine, to_owner)


def test_owner_of_an_enum_changes_with_its_labels(engine: sa.Engine) -> None:
    """An enum that is created again for its new labels keeps its owner."""
    owned = [ddl.Owner(role, of="enum", name="mood", schema="public") for role in (OWNER, OTHER)]
    may_create = ddl.Grant("CREATE", to=OWNER, schema="public")
    of_view = ddl.Owner(OTHER, table="v", schema="public")
    with engine.begin() as connection:
        _metadata(owned[0], of_view, may_create).create_all(connection)
    round_trip(engine, _metadata(owned[1], of_view, may_create, label="happy"), prune=True)
    round_trip(engine, _metadata(of_view, may_create, label="happy"), prune=True)
    # of the view too, which is created again
    round_trip(engine, _metadata(owned[1], may_create, label="happy", view="2 AS n"), prune=True)


def test_owner_who_has_a_declared_grant_gives_the_object_back(engine: sa.Engine) -> None:
    """ALTER OWNER makes the privileges of the new owner of the grant."""
    of_view = ddl.Owner(OWNER, of="view", name="v", schema="public")
    grants = [
        ddl.Grant("SELECT", to=OTHER, table="T t", schema="public"),
        ddl.Grant("SELECT", columns=["id"], to=OTHER, table="v", schema="public"),
        ddl.Grant("CREATE", to=OWNER, schema="public"),
    ]
    declared = _metadata(of_view, *grants, of_table=OF_TABLE)
    with engine.begin() as connection:
        declared.create_all(connection)
    send(engine, f'ALTER TABLE "T t" OWNER TO {OTHER}', f"ALTER VIEW v OWNER TO {OTHER}")
    round_trip(engine, declared, prune=True)
