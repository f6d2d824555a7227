"""The revision of adoption: autogenerate writes the file, the runner executes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from alembic.autogenerate.api import RevisionContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from app_schema.adoption.order import in_order
from app_schema.adoption.place import DIRECTORY
from app_schema.errors import ConfigurationError, DifferentError
from app_schema.migrations import config, environment
from app_schema.migrations.lineage import Lineage
from app_schema.project import Accepted

if TYPE_CHECKING:
    from alembic.operations.ops import MigrationScript

    from app_schema.adoption.look import Look
    from app_schema.application import Application


def adopting(app: Application, directory: Path = DIRECTORY) -> Application:
    """The application with the revision of adoption as its only revision.

    The revision has the identifier of the head, so later revisions follow it.
    """
    return replace(app, versions=directory.resolve())


def write(look: Look, directory: Path = DIRECTORY) -> Path:
    """Writes the revision.

    :raises DifferentError: if an undeclared object on a declared table is not listed.
    """
    if look.strangers:
        raise DifferentError(
            f"{look.strangers[0].label} is neither declared nor superseded: list it under [[drop]] in "
            "adopt.toml, or declare it."
        )
    head, *others = sorted(Lineage(look.app).heads)
    if others:
        raise ConfigurationError(
            f"The revision of an adoption stands for the newest revision, and {look.app.name} has "
            f"{len(others) + 1}: {', '.join([head, *others])}. Adopt by the application of one branch, which "
            "--app names, and upgrade then."
        )
    app = adopting(look.app, directory)
    directory.mkdir(exist_ok=True)
    for old in directory.glob("*.py"):
        old.unlink()
    chosen = config(app)
    chosen.attributes["configure_logger"] = False
    chosen.cmd_opts = SimpleNamespace(quiet=True, x=[])  # type: ignore[assignment]  # an argparse namespace
    scripts = ScriptDirectory.from_config(chosen)
    arguments = {
        "message": f"Adopt a database that another system created, up to {head}",
        "autogenerate": True,
        "sql": False,
        "head": "head",
        "splice": False,
        "branch_label": None,
        "version_path": None,
        "rev_id": head,
        "depends_on": None,
    }
    context = RevisionContext(chosen, scripts, arguments)

    def compare(revision: Any, migration: Any) -> list[Any]:
        context.run_autogenerate(revision, migration)
        return []

    about = {"template_args": context.template_args, "revision_context": context}
    with EnvironmentContext(chosen, scripts, fn=compare, as_sql=False, **about) as running:
        environment.run(running, look.app, connection=look.connection, **_options(look))
    (script,) = context.generate_scripts()
    assert script is not None
    return Path(script.path)


def _options(look: Look) -> dict[str, Any]:
    """Prune drops the superseded objects; all other undeclared objects are accepted."""
    superseded = set(look.superseded)
    kept = [Accepted(key.label, "stays") for key in look.undeclared if key not in superseded]

    def complete(context: Any, revision: Any, directives: list[MigrationScript]) -> None:
        del context, revision
        (script,) = directives
        upgrade, downgrade = script.upgrade_ops, script.downgrade_ops
        assert upgrade is not None
        assert downgrade is not None
        upgrade.ops[:] = in_order(list(upgrade.ops), look)
        downgrade.ops.clear()
        upgrade.reverse_into(downgrade)

    return {
        "prune": True,
        "zone": look.choices.zone,
        "accepted": kept,
        "scratch": look.scratch,
        "process_revision_directives": complete,
    }
