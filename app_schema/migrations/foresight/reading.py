"""What a revision would send: its code runs against a script that nobody sees."""

from __future__ import annotations

import io
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from types import CodeType, FunctionType
from typing import Any, TypeAlias

from alembic.migration import MigrationContext
from alembic.util import load_python_file

from app_schema.migrations.installed import installed

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
        keywords = (one for one in code.co_consts if isinstance(one, tuple))
        found |= {*code.co_names, *(name for some in keywords for name in some if isinstance(name, str))}
    return found


@contextmanager
def _silent() -> Iterator[None]:
    """What a revision prints, logs or warns of is not said twice."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _apart(run: Callable[..., None]) -> Callable[..., None]:
    """The same function of a copy of its module: what it uses up there is not missing when it runs."""
    module = getattr(run, "__globals__", {})
    path = module.get("__file__")
    if path is None or module.get(run.__name__) is not run:
        return run
    copied = load_python_file(*os.path.split(path))
    return getattr(copied, run.__name__)  # type: ignore[no-any-return]


def collected(collecting: Collecting, run: Callable[..., None], arguments: Mapping[str, Any]) -> list[Any]:
    """The constructs that the revision would send; those before the place where it asks the database.

    :param collecting: gives a context without a database, and the list of what is sent through it.
    """
    with _silent():
        context, seen = collecting()
        # without a database it goes no further than to its first question
        with installed(context), suppress(Exception, SystemExit):
            _apart(run)(**arguments)
    return seen
