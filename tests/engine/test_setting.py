"""Settings of the database, and of roles in it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from autogen import autogenerate, operations_on
from roundtrip import round_trip, send

from app_schema import ModelError, ddl
from app_schema.migrations.proof.copy import structure

ROLE = 'O\'dd "r%I" role'
SETTINGS = (
    ddl.Setting("work_mem", "7MB"),
    ddl.Setting("TimeZone", "Asia/Tokyo"),
    ddl.Setting("statement_timeout", 5000),
    ddl.Setting("row_security", True),  # noqa: FBT003 - the value of a setting
    ddl.Setting("app.Tenant", "100% 'it''s' \\ %I"),
    ddl.Setting("search_path", 'app, "$user", "A b"'),
    ddl.Setting("search_path", "", role=ROLE),
    ddl.Setting("session_preload_libraries", "", role=ROLE),
)


def _metadata(*objects: ddl.DDLObject) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True))
    ddl.attach(metadata, ddl.Role(ROLE), *objects)
    return metadata


def test_settings_are_created_by_create_all_and_by_a_revision(empty_engine: sa.Engine) -> None:
    declared = _metadata(*SETTINGS)
    try:
        generated = round_trip(empty_engine, declared)
        assert generated.text.count("create_setting(") == len(SETTINGS)
        with empty_engine.begin() as connection:
            for _ in range(2):
                declared.create_all(connection)
        assert autogenerate(empty_engine, declared, prune=True).diffs == []
        empty_engine.dispose()
        with empty_engine.connect() as connection:
            assert connection.scalar(sa.text("SHOW search_path")) == 'app, "$user", "A b"'
            assert connection.scalar(sa.text("SHOW app.tenant")) == "100% 'it''s' \\ %I"
        fewer = [ddl.Setting("work_mem", "8MB"), ddl.Setting("row_security", "off")]
        changed = round_trip(empty_engine, _metadata(*fewer), prune=True)
        assert "Asia/Tokyo" in changed.text.partition("def downgrade")[2]
    finally:
        with empty_engine.begin() as connection:
            declared.drop_all(connection)
    # a platform sets its own: settings are compared only if the metadata declares one
    assert autogenerate(empty_engine, sa.MetaData(), managed_schemas={"public"}, prune=True).diffs == []


def test_setting_of_another_value_is_refused(empty_engine: sa.Engine) -> None:
    send(
        empty_engine,
        "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET jit = off'; END $$",
    )
    with (
        pytest.raises(Exception, match="setting jit already exists with a different definition"),
        operations_on(empty_engine) as op,
    ):
        op.create_setting("jit", "on")
    for value in ("on", "off"):
        with operations_on(empty_engine) as op:
            op.replace_setting("jit", value)
            op.create_setting("jit", value)
    for _ in range(2):
        with operations_on(empty_engine) as op:
            op.drop_setting("jit")
    with pytest.raises(Exception, match="unrecognized configuration parameter"):  # noqa: SIM117
        with operations_on(empty_engine) as op:
            op.create_setting("jitt", "on")


def test_copy_for_a_proof_has_settings_and_grants_of_the_database(empty_engine: sa.Engine) -> None:
    """A downgrade leads back to them, so a copy without them would not be equal to its start."""
    for action in ("ALTER DATABASE %%I SET jit = off", "GRANT TEMP ON DATABASE %%I TO pg_monitor"):
        send(empty_engine, f"DO $$ BEGIN EXECUTE format('{action}', current_database()); END $$")
    with empty_engine.connect() as connection:
        copy = structure(connection, {})
    statements = "; ".join([*copy.before, *copy.after])
    assert "SET jit TO ''off''" in statements
    assert "GRANT TEMPORARY ON DATABASE" in statements


@pytest.mark.parametrize("name", ["", "a b", "1", "a.", "work-mem", "x=y"])
def test_name_of_no_setting_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="is no name of a setting"):
        ddl.Setting(name, "1")
