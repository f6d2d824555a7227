"""Autogenerate on a database of a test: the rendered revision, and its two functions carried out."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations
from declaring import OPTIONS as RUN_OPTIONS

from app_schema.ddl.sql import DIALECT
from app_schema.migrations import setup
from app_schema.migrations.collecting import collecting
from app_schema.migrations.foresight import Ahead, StepForesight
from app_schema.migrations.impl import guarded
from app_schema.migrations.layout import layout

setup()
_TEMPLATE = """\
import sqlalchemy as sa
from alembic import op{imports}


def upgrade():
    {upgrades}


def downgrade():
    {downgrades}
"""
OPTIONS = {"transaction_per_migration": True, "strict": True}
RUFF = Path(sys.executable).with_name("ruff")


@dataclass
class Generated:
    """A generated revision."""

    text: str
    diffs: list[Any]
    undeclared: list[str]

    @property
    def empty(self) -> bool:
        """True if the revision has no operations."""
        return not self.diffs

    @property
    def formatted(self) -> str:
        """The text as ``ruff format`` has it."""
        command = [
            str(RUFF),
            "format",
            "--isolated",
            "--line-length",
            "110",
            "--stdin-filename",
            "revision.py",
            "-",
        ]
        return subprocess.run(command, input=self.text, capture_output=True, text=True, check=True).stdout

    def upgrade(self, engine: sa.Engine, *, autocommit: bool = False) -> None:
        """Runs the rendered upgrade."""
        self._run(engine, "upgrade", autocommit=autocommit)

    def downgrade(self, engine: sa.Engine, *, autocommit: bool = False) -> None:
        """Runs the rendered downgrade."""
        self._run(engine, "downgrade", autocommit=autocommit)

    def _run(self, engine: sa.Engine, name: str, *, autocommit: bool) -> None:
        module = ModuleType("revision")
        exec(compile(self.text, "revision", "exec"), module.__dict__)  # noqa: S102 - what a revision is
        with operations_on(engine, autocommit=autocommit) as op:
            step = SimpleNamespace(migration_fn=getattr(module, name))
            ahead = Ahead(op.migration_context, partial(collecting, op.impl), [step], {})
            op.impl.foresight = StepForesight(ahead, 0)
            getattr(module, name)()


@contextmanager
def operations_on(engine: sa.Engine, *, autocommit: bool = False) -> Iterator[Any]:
    """Alembic's ``op`` as a revision has it, in a transaction of its own."""
    with engine.connect() as connection:
        connection.exec_driver_sql("SET search_path = public")
        connection.commit()
        if autocommit:
            connection.execution_options(isolation_level="AUTOCOMMIT")
        opts = {"transaction_per_migration": True, "strict": True}
        context = guarded(MigrationContext.configure(connection, opts=opts))
        if autocommit:  # as the environment does it
            context.autocommit_block = nullcontext  # type: ignore[assignment, method-assign]
        with context.begin_transaction(_per_migration=True), Operations.context(context) as operations:
            yield operations


def autogenerate(
    engine: sa.Engine, metadata: Any, *, prune: bool = False, safe: bool = True, **options: Any
) -> Generated:
    """The revision that leads from the database to the metadata; ``proved=True`` proves its new tables."""
    opts = {
        **RUN_OPTIONS,
        "proved": False,  # another scratch database
        "prune": prune,
        "safe": safe,
        "undeclared": [],
        "target_metadata": metadata,
        **options,
    }
    with engine.connect() as connection:
        context = guarded(MigrationContext.configure(connection, opts=opts))
        logging.getLogger("app_schema.migrations.compare").disabled = True
        script = produce_migrations(context, metadata)
        imports: set[str] = set()
        upgrades, downgrades = (
            _render(item, context, imports) for item in (script.upgrade_ops, script.downgrade_ops)
        )
        lines = "".join(f"\n{other}" for other in sorted(imports))
        text = _TEMPLATE.format(imports=lines, upgrades=upgrades, downgrades=downgrades)
        diffs = script.upgrade_ops.as_diffs() if script.upgrade_ops else []
        mended = [
            difference
            for difference in diffs
            if not isinstance(difference, tuple) or difference[0] != "undeclared"
        ]
        return Generated(text, mended, opts["undeclared"])


def _render(container: Any, context: MigrationContext, imports: set[str]) -> str:
    from alembic.autogenerate import api, render

    prefixes = {
        "alembic_module_prefix": "op.",
        "sqlalchemy_module_prefix": "sa.",
        "user_module_prefix": None,
        "render_as_batch": False,
    }
    autogen = api.AutogenContext(context, opts={**context.opts, **prefixes})
    autogen.imports = imports
    autogen.dialect = DIALECT
    code = render._render_cmd_body(container, autogen)
    return layout("\n".join(line for line in code.splitlines()))


def send(engine: sa.Engine, *statements: str) -> None:
    """Executes the statements in one transaction."""
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def mend(engine: sa.Engine, metadata: Any, **options: Any) -> str:
    """Runs the generated revision, after which no difference is left; returns its text."""
    generated = autogenerate(engine, metadata, **options)
    generated.upgrade(engine)
    assert autogenerate(engine, metadata, **options).diffs == []
    return generated.text
