"""The metadata of packages that know nothing of this one: from nothing, compared and run again, and back."""

from __future__ import annotations

import importlib
import time
import warnings
from collections import Counter
from collections.abc import Callable
from operator import attrgetter

import pytest
import sqlalchemy as sa
from autogen import autogenerate

from app_schema.catalog import Snapshot, diff, snapshot
from app_schema.ddl import Create, Schema

PACKAGES = {
    "buildbot": "buildbot.db.model:Model.metadata",
    "celery": "celery.backends.database.models:ResultModelBase.metadata",
    "dagster-events": "dagster._core.storage.event_log.schema:SqlEventLogStorageMetadata",
    "dagster-runs": "dagster._core.storage.runs.schema:RunStorageSqlMetadata",
    "dagster-schedules": "dagster._core.storage.schedules.schema:ScheduleStorageSqlMetadata",
    "dbos": "dbos._schemas.system_database:SystemSchema.metadata_obj",
    "jupyterhub": "jupyterhub.orm:Base.metadata",
    "optuna": "optuna.storages._rdb.models:BaseModel.metadata",
}
"""Where each has its MetaData. They are the extra ``foreign``."""


@pytest.fixture(params=PACKAGES)
def foreign(request: pytest.FixtureRequest) -> sa.MetaData:
    """The metadata of one package; skipped where the package is not installed."""
    module, _, path = PACKAGES[request.param].partition(":")
    package = module.partition(".")[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what other packages do at import is theirs
        pytest.importorskip(package, reason=f"{package} is not installed: pip install app-schema[foreign]")
        metadata = attrgetter(path)(importlib.import_module(module))
    assert isinstance(metadata, sa.MetaData)
    return metadata


def test_foreign_metadata_is_made_found_and_dropped(
    foreign: sa.MetaData,
    empty_engine: sa.Engine,
    create_database: Callable[[], str],
    record_property: Callable[[str, object], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    started = time.perf_counter()
    empty = _snapshot(empty_engine)
    generated = autogenerate(empty_engine, foreign)
    generated.upgrade(empty_engine)
    made = _snapshot(empty_engine)
    assert diff(made, _created(foreign, create_database())) == [], "create_all makes the same"
    again = autogenerate(empty_engine, foreign)
    assert (again.diffs, again.undeclared) == ([], [])
    generated.upgrade(empty_engine)
    assert diff(_snapshot(empty_engine), made) == [], "everything was there and equal"
    generated.downgrade(empty_engine)
    assert diff(_snapshot(empty_engine), empty) == [], "nothing is left"

    seconds = round(time.perf_counter() - started, 2)
    record_property("tables", len(foreign.tables))
    record_property("seconds", seconds)
    kinds = Counter(key.kind for key in made.keys() - empty.keys())
    with capsys.disabled():
        print(f"\n{len(foreign.tables)} tables, {kinds['index']} indexes, {seconds} s", end=" ")


def _snapshot(engine: sa.Engine) -> Snapshot:
    with engine.connect() as connection:
        return snapshot(connection)


def _created(metadata: sa.MetaData, url: str) -> Snapshot:
    """The snapshot after SQLAlchemy's own ``create_all``."""
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        for schema in sorted({table.schema for table in metadata.tables.values() if table.schema}):
            connection.execute(Create(Schema(schema)))
        metadata.create_all(connection)
        return snapshot(connection)
