"""The constructs of a revision: its code runs against a discarded script."""

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
    """The names in the code of a revision's function, and of the functions of its module that it calls."""
    module, used = getattr(run, "__globals__", {}), set[str]()
    codes = [run.__code__] if isinstance(run, FunctionType) else []
    while codes:
        code = codes.pop()
        called = (module.get(name) for name in set(code.co_names) - used)
        codes += [function.__code__ for function in called if isinstance(function, FunctionType)]
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
        keywords = (constant for constant in code.co_consts if isinstance(constant, tuple))
        used |= {*code.co_names, *(name for group in keywords for name in group if isinstance(name, str))}
    return used


@contextmanager
def _silent() -> Iterator[None]:
    """Mutes prints, logs and warnings of a revision, which its real run repeats."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _isolated(run: Callable[..., None]) -> Callable[..., None]:
    """The same function of a copy of its module: an iterator that it exhausts is intact in the real run."""
    module = getattr(run, "__globals__", {})
    path = module.get("__file__")
    if path is None or module.get(run.__name__) is not run:
        return run
    copied = load_python_file(*os.path.split(path))
    return getattr(copied, run.__name__)  # type: ignore[no-any-return]


def collected(collecting: Collecting, run: Callable[..., None], arguments: Mapping[str, Any]) -> list[Any]:
    """The constructs of the revision, up to its first query.

    :param collecting: returns a context without a database, and the list of the constructs sent through it.
    """
    with _silent():
        context, constructs = collecting()
        # without a database the code fails at its first query
        with installed(context), suppress(Exception, SystemExit):
            _isolated(run)(**arguments)
    return constructs
