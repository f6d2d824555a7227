"""`app-schema lint`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app_schema.cli.common import Json, application, finish
from app_schema.cli.output import counted, machine, talk


def lint(
    files: Annotated[list[Path] | None, typer.Argument(help="Revision files; all by default.")] = None,
    *,
    as_json: Json = False,
) -> None:
    r"""Look in the code of revisions for what would not be safe to run twice; no database is needed.

    Rules: bare-data, unguarded-execute, rename-alone, no-models, has-downgrade; and where squawk is installed
    its rules over the SQL of our revisions. `# lint: ignore\[rule]: reason` in a file takes one out.
    Exit code 0: nothing found; 1: something; 2: could not tell.
    """
    from app_schema.lint.run import run

    found, looked = run(application(), files or ())
    if as_json:
        machine(found)
    for finding in () if as_json else found:
        print(f"{finding.file}:{finding.line}: {finding.rule}: {finding.message}")
    talk(f"{counted(len(found), 'finding')} in {counted(looked, 'revision')}.")
    finish(well=not found)
