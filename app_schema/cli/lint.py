"""`app-schema lint`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app_schema.cli.common import Json, application, finish
from app_schema.cli.output import machine, talk
from app_schema.count import counted


def lint(
    files: Annotated[list[Path] | None, typer.Argument(help="Revision files; all by default.")] = None,
    *,
    as_json: Json = False,
) -> None:
    r"""Check the code of revisions for statements that are not safe to run twice; needs no database.

    Rules: bare-data, unguarded-execute, by-name, one-statement, rename-alone, no-models, has-downgrade,
    renamed-from; and if squawk is installed its rules for the SQL of the revisions.
    `# lint: ignore\[rule]: reason` in a file disables a rule there.
    Exit code 0: no finding; 1: a finding; 2: could not tell.
    """
    from app_schema.lint.run import run

    findings, count = run(application(), files or ())
    if as_json:
        machine(findings)
    for finding in () if as_json else findings:
        print(f"{finding.file}:{finding.line}: {finding.rule}: {finding.message}")
    talk(f"{counted(len(findings), 'finding')} in {counted(count, 'revision')}.")
    finish(well=not findings)
