"""squawk, if installed: the effects of a running statement on other sessions."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from app_schema.errors import ConfigurationError
from app_schema.lint.finding import LintFinding

# The runner sets the timeouts, the guards make a statement safe to repeat, the models choose the types.
_ANSWERED = (
    "require-lock-timeout",
    "require-statement-timeout",
    "require-timeout-settings",
    "prefer-robust-stmts",
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-text-field",
    "prefer-identity",
)


def program() -> str | None:
    """squawk next to this Python, or on the PATH; None if it is not installed."""
    installed = Path(sys.executable).with_name("squawk")
    return str(installed) if installed.exists() else shutil.which("squawk")


def squawk(program: str, scripts: Mapping[str, str]) -> list[LintFinding]:
    """The findings of squawk in the unguarded SQL of each revision: a rule once a file.

    :raises ConfigurationError: if squawk fails.
    """
    with tempfile.TemporaryDirectory() as place:
        names = {str(Path(place, f"{number}.sql")): file for number, file in enumerate(scripts)}
        for path, file in names.items():
            Path(path).write_text(scripts[file], encoding="utf-8")
        command = [program, "--reporter=json", f"--exclude={','.join(_ANSWERED)}", *names]
        try:
            answer = subprocess.run(
                command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
            ).stdout
            findings = json.loads(answer) if names else []
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{program} gives no answer: {error}.") from None
    counts = Counter(
        (names[finding["file"]], finding["rule_name"], finding["message"].rstrip(".")) for finding in findings
    )
    return [
        LintFinding(file, 1, rule, f"{message} (squawk, {count} statements)")
        for (file, rule, message), count in counts.items()
    ]
