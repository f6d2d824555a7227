"""Migrating from code, on what an application has."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine
from written import heads, leftovers, one

from app_schema.errors import AppSchemaError, ConfigurationError
from app_schema.migrations import config, downgrade, downgrade_async, upgrade, upgrade_async
from app_schema.url import parse

FIRST, SECOND = "0000_initial_schema", "0001_stripe_customer"


def test_engine_and_url(empty_engine: sa.Engine, empty_url: str) -> None:
    assert upgrade(empty_engine, SECOND) == [FIRST, SECOND]
    assert upgrade(empty_url, SECOND) == []
    assert downgrade(empty_url) == [SECOND]
    assert downgrade(parse(empty_url), "base") == [FIRST]
    assert leftovers(empty_url) == 0


def test_session_of_the_application_is_left_as_it_was(empty_engine: sa.Engine) -> None:
    settings = ("search_path", "statement_timeout", "lock_timeout", "application_name")

    def shown(connection: sa.Connection) -> list[object]:
        return [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in settings]

    with empty_engine.connect() as connection:
        connection.exec_driver_sql("SET search_path = app, public")
        connection.exec_driver_sql("SET statement_timeout = '7s'")
        connection.commit()
        before = shown(connection)
        connection.commit()
        assert upgrade(connection, FIRST) == [FIRST]
        assert shown(connection) == before
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        assert connection.exec_driver_sql(held).scalar() == 0


def test_transaction_of_the_application_is_its_own(empty_engine: sa.Engine, empty_url: str) -> None:
    with empty_engine.connect() as connection, connection.begin() as transaction:
        assert upgrade(connection, SECOND) == [FIRST, SECOND]
        assert connection.exec_driver_sql("SELECT version_num FROM public.alembic_version").scalar() == SECOND
        transaction.rollback()
    assert one(empty_url, "SELECT to_regclass('public.alembic_version')") is None
    with empty_engine.begin() as connection:
        upgrade(connection, FIRST)
    assert heads(empty_url) == [FIRST]


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_asynchronous_engine(empty_url: str, driver: str) -> None:
    if driver == "asyncpg":
        pytest.importorskip("asyncpg")
    url = parse(empty_url).set(drivername=f"postgresql+{driver}")

    async def run() -> list[list[str]]:
        engine = create_async_engine(url)
        landed = list(await asyncio.gather(upgrade_async(engine, SECOND), upgrade_async(engine, SECOND)))
        async with engine.connect() as connection:
            landed.append(await downgrade_async(connection, "base"))
        await engine.dispose()
        return sorted(landed)

    assert asyncio.run(run()) == [[], [FIRST, SECOND], [SECOND, FIRST]]
    assert leftovers(empty_url) == 0


def test_environment_takes_an_asynchronous_engine(empty_url: str) -> None:
    chosen = config()
    chosen.attributes["connection"] = create_async_engine(
        parse(empty_url).set(drivername="postgresql+psycopg")
    )
    chosen.attributes["configure_logger"] = False
    command.upgrade(chosen, FIRST)
    assert heads(empty_url) == [FIRST]


def test_a_configuration_file_need_not_speak_of_logging(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = config().get_main_option("script_location")
    file = tmp_path / "alembic.ini"
    file.write_text(f"[alembic]\nscript_location = {place}\npath_separator = os\n")
    monkeypatch.setenv("DATABASE_URL", empty_url)
    command.upgrade(Config(file), FIRST)
    assert heads(empty_url) == [FIRST]


def test_asynchronous_engine_without_await_is_refused() -> None:
    engine = create_async_engine("postgresql+psycopg://")
    with pytest.raises(ConfigurationError, match="await upgrade_async"):
        upgrade(engine)  # type: ignore[arg-type]  # that is the mistake


def test_wrong_options_and_revisions_get_one_sentence(empty_url: str) -> None:
    with pytest.raises(
        ConfigurationError, match="there is no option lock_wiat; the options are autocommit, lock_wait"
    ):
        upgrade(empty_url, lock_wiat=3)
    with pytest.raises(ConfigurationError, match="lock_wait=soon is no time; write 500ms, 60s or 2min"):
        upgrade(empty_url, lock_wait="soon")
    with pytest.raises(AppSchemaError, match="Can't locate revision identified by 'nonesuch'"):
        upgrade(empty_url, "nonesuch")
