"""Autogenerate compares two catalogs.

Alembic's comparators are not used. PostgreSQL prints both sides, so only real differences differ, and
spellings do not; the number of queries does not depend on the number of tables.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.util import PriorityDispatchResult

from app_schema import gc_tuning
from app_schema.ddl.sql import DIALECT

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from alembic.runtime.plugins import Plugin

log = logging.getLogger(__name__)
PLUGIN = "app_schema"
_SHOWN = 10
"""Undeclared objects that the warning names; ``alembic check`` and ``app-schema verify`` name all."""


def compare(context: AutogenContext, upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Alembic's hook: fills the upgrade with the directives, and reports undeclared objects."""
    from app_schema.migrations.compare.comparator import Comparison  # lazy: an upgrade compares nothing

    with _uncollected():
        comparison = Comparison(context)
        plan = comparison.plan()
    for label in comparison.uncompared():
        log.warning("%s: not compared", label)
    if plan.undeclared:
        log.warning(*_warning(plan.undeclared))
    context.dialect = DIALECT  # psycopg's dialect would double each "%" in the file
    context.opts.setdefault("undeclared", []).extend(plan.undeclared)
    upgrade_ops.ops.extend(plan.operations())
    return PriorityDispatchResult.CONTINUE


def _warning(labels: list[str]) -> tuple[str, int, str]:
    listed = ", ".join(labels[:_SHOWN])
    more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
    sentence = (
        "not declared, and kept (%d): %s. Declare the objects of the schema, list objects to keep "
        "in [tool.app_schema] undeclared; -x prune=true drops the rest"
    )
    return sentence, len(labels), listed + more


@contextmanager
def _uncollected() -> Iterator[None]:
    """Disables the cyclic garbage collector in a process that ends with its command.

    The objects of a comparison exist until its end, and the collector would traverse them and the whole
    metadata repeatedly: a fourth of the time with 1,000 tables.
    """
    if not (gc.isenabled() and gc_tuning.is_ours()):
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
