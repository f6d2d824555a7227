"""What a revision would send: its code runs against a script that nobody sees."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any, TypeAlias

import alembic.op
from alembic.migration import MigrationContext
from alembic.operations import Operations

Collecting: TypeAlias = Callable[[], tuple[MigrationContext, list[Any]]]


def names(run: Callable[..., None]) -> set[str]:
    """The names that the code of a revision's function uses, and that of its module's functions it calls."""
    module, found = getattr(run, "__globals__", {}), set[str]()
    codes = [run.__code__] if isinstance(run, FunctionType) else []
    while codes:
        code = codes.pop()
        called = (module.get(one) for one in set(code.co_names) - found)
        codes += [one.__code__ for one in called if isinstance(one, FunctionType)]
        codes += [one for one in code.co_consts if isinstance(one, CodeType)]
        found |= set(code.co_names)
    return found


@contextmanager
def _silent() -> Iterator[None]:
    """Alembic says of each context what it is."""
    logger = logging.getLogger("alembic.runtime.migration")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def collected(collecting: Collecting, run: Callable[..., None], arguments: Mapping[str, Any]) -> list[Any]:
    """The constructs that the revision would send; those before the place where it asks the database.

    :param collecting: gives a context without a database, and the list of what is sent through it.
    """
    with _silent():
        context, seen = collecting()
    real = getattr(alembic.op, "_proxy", None)
    operations = Operations(context)
    operations._install_proxy()  # noqa: SLF001 - as Operations.context does
    try:
        run(**arguments)
    except Exception:  # noqa: BLE001, S110 - without a database it goes no further
        pass
    finally:
        operations._remove_proxy()  # noqa: SLF001
        if real is not None:
            real._install_proxy()  # noqa: SLF001
    return seen
