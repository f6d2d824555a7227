"""An application manages the schemas of its objects; the tables of another application beside it stay."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from roundtrip import round_trip, send

from app_schema import ddl
from app_schema.audit import audit
from app_schema.errors import AppSchemaError, ConfigurationError
from app_schema.project import Accepted

NAMED = (
    ddl.Role("clerk_of_the_shop"),
    ddl.Extension("pg_trgm"),
    ddl.Grant("USAGE", to="pg_monitor", schema="public"),
    ddl.DefaultPrivileges("SELECT", on="TABLES", to="pg_monitor", schema="public"),
    ddl.Comment("schema", "public", "theirs"),
)
OTHERS = "CREATE TABLE public.others (id integer, at timestamp); GRANT SELECT ON public.others TO PUBLIC"


def _shop(*objects: ddl.DDLObject) -> sa.MetaData:
    metadata = sa.MetaData(schema="shop")
    sa.Table("orders", metadata, sa.Column("id", sa.Integer, primary_key=True))
    ddl.attach(metadata, *objects)
    return metadata


@pytest.fixture
def others(empty_engine: sa.Engine) -> sa.Engine:
    """A database with a table of another application."""
    for statement in OTHERS.split("; "):
        send(empty_engine, statement)
    return empty_engine


@pytest.mark.parametrize("named", NAMED, ids=lambda obj: type(obj).__name__)
def test_schema_that_is_only_named_is_not_pruned(others: sa.Engine, named: ddl.DDLObject) -> None:
    generated = autogenerate(others, _shop(named), prune=True)
    assert "drop" not in generated.text.partition("def downgrade")[0]
    assert "create_table" in generated.text
    assert generated.undeclared == []


def test_audit_reads_the_schemas_of_the_declared_objects(others: sa.Engine) -> None:
    with others.begin() as connection:
        _shop(ddl.Schema("shop")).create_all(connection)
        connection.exec_driver_sql("CREATE TABLE shop.undeclared (at timestamp)")
        found = {item.object for item in audit(connection, _shop()) if not item.object.startswith("role ")}
        assert {"table shop.orders", "table shop.undeclared", "column at of shop.undeclared"} <= found
        assert not any("public" in name for name in found)
        assert "table public.others" in {item.object for item in audit(connection)}


def test_tables_beside_the_version_table_of_another_application_are_not_pruned(others: sa.Engine) -> None:
    send(others, "CREATE TABLE public.alembic_version (version_num text PRIMARY KEY)")
    metadata = _shop()
    sa.Table("clerks", metadata, sa.Column("id", sa.Integer, primary_key=True), schema="public")
    options: dict[str, Any] = {"version_table": "shop_version", "version_table_schema": "public"}
    with pytest.raises(ConfigurationError, match=r"table public\.alembic_version is in a schema of"):
        autogenerate(others, metadata, prune=True, **options)
    assert "table public.others" in autogenerate(others, metadata, **options).undeclared
    kept = [
        Accepted("table *.alembic_version", "of the package"),
        Accepted("table *.others", "of the package"),
    ]
    generated = autogenerate(others, metadata, prune=True, accepted=kept, **options)
    assert "drop" not in generated.text.partition("def downgrade")[0]


def test_foreign_key_refers_to_a_table_of_another_application(others: sa.Engine) -> None:
    """The key names a column of the other metadata; the referenced table is neither declared nor compared."""
    send(others, "ALTER TABLE public.others ADD PRIMARY KEY (id)")
    theirs = sa.Table("others", sa.MetaData(schema="public"), sa.Column("id", sa.Integer, primary_key=True))
    metadata = sa.MetaData(
        schema="shop", naming_convention={"fk": "fk_%(table_name)s", "pk": "pk_%(table_name)s"}
    )
    key: sa.Column[int] = sa.Column("other", sa.ForeignKey(theirs.c.id))
    sa.Table("orders", metadata, sa.Column("id", sa.Integer, primary_key=True), key)
    round_trip(others, metadata, prune=True)
    unknown = sa.MetaData(schema="shop")
    sa.Table("orders", unknown, sa.Column("other", sa.ForeignKey("public.others.id")))
    with pytest.raises(AppSchemaError, match=r"could not find table 'public\.others'.*names its column"):
        autogenerate(others, unknown)
    send(others, "DROP TABLE public.others CASCADE")
    with pytest.raises(AppSchemaError, match=r'relation "public\.others" does not exist'):
        autogenerate(others, metadata)
