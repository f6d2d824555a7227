"""Superfluous RenamedFrom hints: a revision of the lineage has the rename."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from app_schema.application import Application
from app_schema.lint.finding import LintFinding
from app_schema.lint.revision import Code, ignored, read, renames
from app_schema.migrations.declared import Declared

RULE = "renamed-from"


def finished(app: Application, files: Iterable[Path]) -> Iterator[LintFinding]:
    """A finding for each ``RenamedFrom`` whose rename a revision carries out."""
    former = Declared([app.metadata]).former
    if not former:
        return
    for file in files:
        source = read(file)
        if RULE in ignored(source):
            continue
        for name, call in Code(ast.parse(source)).calls("upgrade"):
            if not (renames(name, call) or name.startswith("rename_")):
                continue
            values = [*call.args, *(keyword.value for keyword in call.keywords)]
            texts = [value.value for value in values if isinstance(value, ast.Constant)]
            for key, old in former.items():
                if old in texts and key.name in texts and (key.table is None or key.table in texts):
                    message = (
                        f'RenamedFrom("{old}") of {key.label} can be deleted: this revision has the rename'
                    )
                    yield LintFinding(str(file), call.lineno, RULE, message)
