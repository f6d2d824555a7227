"""The databases come from the plugin that this project offers to others."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator

import pytest
from amount import ALL, SEED, not_drawn

pytest_plugins = ["app_schema.testing"]

_CACHE = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "part(of): of these cases a usual run takes one in so many")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell has it for what it runs with "&"
        signal.signal(signal.SIGINT, signal.default_int_handler)  # the tests' own processes inherit it
    if sys.dont_write_bytecode:  # as containers have it: each process would compile all that it imports anew
        sys.dont_write_bytecode = False
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the workers and the tests' own processes inherit it
    if not hasattr(config, "workerinput"):  # the workers of pytest-xdist share it
        config.stash[_CACHE] = os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="app_schema_tests_")


def pytest_report_header() -> str:
    return "cases: all" if ALL else f"cases: the part drawn with CASES_SEED={SEED}; CASES=all takes all"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen = bool(config.option.keyword) or any(
        "::" in arg for arg in config.args
    )  # by name: run what is named
    if not ALL and not chosen:
        left_out = set(not_drawn(items))
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish() -> None:
    """Modules and test items stay to the end: the garbage collector need not look through them each time."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    if cache := config.stash.get(_CACHE, None):
        shutil.rmtree(cache, ignore_errors=True)


@pytest.fixture(autouse=True)
def _no_database_of_yours(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test meets a database that the developer's environment names."""
    for name in [name for name in os.environ if "DATABASE_URL" in name or name.startswith("PG")]:
        monkeypatch.delenv(name)
    for name in ("CI", "APP_SCHEMA_EMBEDDED"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _no_handler_stays() -> Iterator[None]:
    """Alembic's own command configures logging: its handler writes to a stream that ends with the test."""
    loggers = [logging.getLogger(name) for name in (None, "alembic", "sqlalchemy")]
    before = [(logger, logger.level, list(logger.handlers)) for logger in loggers]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        for handler in logger.handlers[:]:
            if type(handler) is logging.StreamHandler and handler not in handlers:
                logger.removeHandler(handler)
