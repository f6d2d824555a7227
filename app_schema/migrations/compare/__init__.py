"""Autogenerate compares two catalogs.

Alembic's own comparators are not used. Both sides are printed by PostgreSQL, so a difference is one, and what
is spelt in another way is none; the number of queries does not grow with the number of tables.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.util import PriorityDispatchResult

from app_schema.ddl.sql import DIALECT

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from alembic.runtime.plugins import Plugin

log = logging.getLogger(__name__)
PLUGIN = "app_schema"


def compare(context: AutogenContext, upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Alembic's hook: fills the upgrade with the directives, and reports what nobody declared."""
    from app_schema.migrations.compare.comparison import Comparison  # an upgrade compares nothing

    comparison = Comparison(context)
    with _uncollected():
        comparison.run()
    for one in comparison.undeclared:
        log.warning("not declared, and left alone: %s", one)
    context.dialect = DIALECT  # renders one "%" as one; psycopg's would double it in the file
    context.opts.setdefault("undeclared", []).extend(comparison.undeclared)
    upgrade_ops.ops.extend(comparison.plan.operations())
    return PriorityDispatchResult.STOP


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the cyclic garbage collector: what a comparison makes lives to its end, and the collector would
    look through all of it and the whole metadata again and again, a fourth of the time with 1,000 tables."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def setup(plugin: Plugin) -> None:
    """Registers the comparator."""
    plugin.add_autogenerate_comparator(compare, "autogenerate")
