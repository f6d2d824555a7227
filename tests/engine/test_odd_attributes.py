"""Grants, settings and comments: odd names, missing rights, objects of extensions, renamed types."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from roundtrip import round_trip, send

from app_schema import ddl
from app_schema.ddl.sql import qualified

pytestmark = pytest.mark.part(of=4)

ROLE = 'O\'dd "r%I" $role$ \\ x'
TYPE = "T\"y. p'e %I \\"
DATABASE = "D\"a. t'a %I \\ $grant$"


def _metadata(*objects: ddl.DDLObject, enum: str = TYPE, labels: tuple[str, ...] = ("a", "b")) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("e", sa.Enum(*labels, name=enum, schema="public")))
    ddl.attach(metadata, *objects)
    return metadata


@pytest.fixture
def odd_engine(empty_engine: sa.Engine) -> Iterator[sa.Engine]:
    """The engine of a database of an odd name."""
    alone = empty_engine.execution_options(isolation_level="AUTOCOMMIT")
    name, role = (qualified(name, None).replace("%", "%%") for name in (DATABASE, ROLE))
    send(alone, f"CREATE DATABASE {name}")
    engine = sa.create_engine(empty_engine.url.set(database=DATABASE))
    yield engine
    engine.dispose()
    send(alone, f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE IF EXISTS {role}")


def test_odd_names_of_role_type_and_database(odd_engine: sa.Engine) -> None:
    objects = (
        ddl.ObjectGrant("USAGE", to=ROLE, on="TYPE", of=TYPE, schema="public"),
        ddl.Role(ROLE),
        ddl.ObjectGrant("CONNECT", to=ROLE, on="DATABASE", with_grant_option=True),
        ddl.ObjectGrant((), to="PUBLIC", on="DATABASE"),
        ddl.Setting("work_mem", "7MB", role=ROLE),
        ddl.Setting("app.x", "a'b\"c%I \\ $setting$\n:x"),
        ddl.Setting("work_mem", "5MB"),
        ddl.Comment("enum", TYPE, "x'%I\\ :a $comment$", schema="public"),
    )
    declared = _metadata(*objects)
    generated = round_trip(odd_engine, declared, prune=True)
    assert all(
        text in generated.text for text in ("op.create_object_grant([]", "create_setting", "comment_on")
    )
    generated.upgrade(odd_engine)
    changed = round_trip(odd_engine, _metadata(*objects[1:], labels=("b", "a", "c")), prune=True)
    assert "replace_enum" in changed.text
    with odd_engine.begin() as connection:
        declared.create_all(connection)
        declared.drop_all(connection)


def test_grants_of_a_renamed_enum_have_its_new_name(empty_engine: sa.Engine) -> None:
    old, new = (
        _metadata(ddl.ObjectGrant("USAGE", to="pg_monitor", on="TYPE", of=name, schema="public"), enum=name)
        for name in ("a. b", 'new "x"')
    )
    with empty_engine.begin() as connection:
        old.create_all(connection)
    grant, revoke = (f'{verb} USAGE ON TYPE "a. b"' for verb in ("GRANT", "REVOKE"))
    send(empty_engine, f"{grant} TO pg_signal_backend", f"{revoke} FROM PUBLIC")
    pruned = round_trip(empty_engine, new, prune=True)
    assert pruned.text.count("op.drop_object_grant") == 2
    send(empty_engine, f"{revoke} FROM pg_monitor")
    round_trip(empty_engine, new, prune=True)


def test_grants_on_what_an_extension_owns(empty_engine: sa.Engine) -> None:
    send(
        empty_engine,
        "CREATE EXTENSION file_fdw",
        "CREATE SERVER s FOREIGN DATA WRAPPER file_fdw",
        "CREATE EXTENSION citext",
        "GRANT USAGE ON TYPE citext TO pg_monitor",  # of an extension, which a revision leaves alone
    )
    declared = _metadata(
        ddl.Extension("file_fdw", schema="public"),
        ddl.Extension("citext", schema="public"),
        ddl.ForeignServer("s", "FOREIGN DATA WRAPPER file_fdw"),
        ddl.ObjectGrant("USAGE", to="pg_monitor", on="FOREIGN DATA WRAPPER", of="file_fdw"),
        ddl.ObjectGrant("USAGE", to="pg_monitor", on="FOREIGN SERVER", of="s"),
    )
    assert round_trip(empty_engine, declared, prune=True).text.count("op.create_object_grant") == 2


def test_comments_of_attributes_of_a_composite_type(empty_engine: sa.Engine) -> None:
    send(empty_engine, "CREATE VIEW v AS SELECT 1 AS a", "CREATE TYPE c AS (x integer)")
    objects = (
        ddl.View("v", "SELECT 1 AS a", schema="public"),
        ddl.Composite("c", "(x integer)", schema="public"),
    )
    bare, declared = sa.MetaData(), sa.MetaData()
    ddl.attach(bare, *objects)
    for table, column in (("v", "a"), ("c", "x")):
        ddl.attach(declared, ddl.Comment("column", column, "declared", table=table, schema="public"))
    ddl.attach(declared, *objects)
    added = round_trip(empty_engine, declared)
    assert added.text.count("comment='declared'") + added.text.count('comment="declared"') == 2
    send(empty_engine, "COMMENT ON COLUMN v.a IS 'other'", "COMMENT ON COLUMN c.x IS 'other'")
    for metadata in (declared, bare, sa.MetaData()):
        options = {"managed_schemas": {"public"}, "prune": True}
        assert round_trip(empty_engine, metadata, **options).text.count('comment="other"') == 2


def test_role_without_rights_is_refused(empty_engine: sa.Engine) -> None:
    refused = (
        (ddl.Setting("work_mem", "1MB"), "must be owner of database"),
        (ddl.Setting("work_mem", "1MB", role="pg_monitor"), r"reserved|permission denied"),
        (ddl.ObjectGrant("CREATE", to="pg_monitor", on="DATABASE"), "may not grant on the database"),
        (ddl.ObjectGrant((), to="PUBLIC", on="DATABASE"), r"REVOKE ALL ON DATABASE \.\.\. FROM PUBLIC"),
        (ddl.ObjectGrant("USAGE", to="pg_monitor", on="LANGUAGE", of="plpgsql"), "may not grant on LANGUAGE"),
        (ddl.ObjectGrant("USAGE", to="nobody_here", on="LANGUAGE", of="plpgsql"), "does not exist"),
    )
    for obj, message in refused:
        with empty_engine.connect() as connection:
            connection.exec_driver_sql("SET ROLE pg_signal_backend")
            with pytest.raises(sa.exc.DBAPIError, match=message):
                connection.execute(ddl.Create(obj))
