"""The lint as a whole: our rules on the code, squawk on the SQL."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from app_schema.application import Application
from app_schema.lint.finding import LintFinding
from app_schema.lint.renamed import finished
from app_schema.lint.revision import ignored, lint, read
from app_schema.lint.squawk import program, squawk
from app_schema.migrations.dry_run import record
from app_schema.migrations.lineage import Lineage
from app_schema.migrations.unguarded import PlainImpl


def run(app: Application, files: Iterable[Path] = ()) -> tuple[list[LintFinding], int]:
    """The findings in these files, or in all revisions of the application; and the number of files."""
    lineage = Lineage(app)
    revision_of = {
        Path(script.path).resolve(): script.revision for script in lineage.scripts.walk_revisions()
    }
    chosen = [path.resolve() for path in files] or sorted(revision_of)
    findings = [*(finding for path in chosen for finding in lint(path)), *finished(app, chosen)]
    checker = program()
    if checker is not None:
        chosen_revisions = {revision_of[path]: path for path in chosen if path in revision_of}
        scripts = {
            str(chosen_revisions[recorded.revision]): recorded.sql
            for recorded in (
                record(lineage, frozenset(), "heads", impl=PlainImpl) if chosen_revisions else ()
            )
            if recorded.revision in chosen_revisions
        }
        skipped = {file: ignored(read(Path(file))) for file in scripts}
        reported = squawk(checker, scripts)
        findings += [finding for finding in reported if finding.rule not in skipped[finding.file]]
    return sorted(findings, key=lambda finding: (finding.file, finding.line, finding.rule)), len(chosen)
