"""Revision files that cannot be imported, parsed or ordered: one sentence with file and line."""

from __future__ import annotations

import ast
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app_schema.errors import ConfigurationError

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

_TWICE = "is present more than once"


def load(scripts: ScriptDirectory, *, strict: bool = True) -> None:
    """Imports and orders every revision file.

    :param strict: refuses two files of one revision; Alembic warns, and ignores one of them.
    :raises ConfigurationError: with one sentence, and file and line if known.
    """
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            scripts.get_heads()
    except (Exception, SystemExit) as error:  # a revision may call sys.exit(), and the command would succeed
        raise ConfigurationError(_explained(scripts, error)) from error
    for warning in said:
        if strict and _TWICE in str(warning.message):
            raise ConfigurationError(_disorder(scripts) or f"{warning.message}.")
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def directories(scripts: ScriptDirectory) -> set[Path]:
    """The directories of the revision files."""
    locations = scripts.version_locations or [str(Path(scripts.dir) / "versions")]
    return {Path(location).resolve() for location in locations}


def line_in(scripts: ScriptDirectory, error: BaseException) -> tuple[Path, int | None] | None:
    """The revision file and the line in which an error arose; None: in no revision."""
    places = directories(scripts)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).resolve().parent in places:
            return Path(frame.filename), frame.lineno
    return None


def missing_function(scripts: ScriptDirectory, error: AttributeError) -> str | None:
    """The sentence for a revision file without ``upgrade()`` or ``downgrade()``; None: another error."""
    file = Path(getattr(error.obj, "__file__", None) or "")
    if error.name not in {"upgrade", "downgrade"} or file.parent.resolve() not in directories(scripts):
        return None
    return (
        f"{file.name}: the file has no {error.name}(): write the function; if the step is impossible, let "
        "the function raise an error with the reason."
    )


def _explained(scripts: ScriptDirectory, error: BaseException) -> str:
    reason = f"{type(error).__name__}: {error}".removesuffix(": ")
    if found := line_in(scripts, error):
        return f"{found[0].name}, line {found[1]}: the revision cannot be imported ({reason})."
    if said := _disorder(scripts):
        return said
    if isinstance(error, OSError) and error.filename:
        return f"{Path(error.filename).name} cannot be read: {error.strerror}."
    places = ", ".join(sorted(map(str, directories(scripts))))
    return f"The revisions in {places} cannot be loaded ({reason})."


@dataclass
class _File:
    """The constants of a revision file that determine its place in the lineage."""

    path: Path
    revision: str | None = None
    line: int = 1
    refers: list[tuple[str, str, int]] = field(default_factory=list)
    """The variable, the revision that it names, and the line."""


def _disorder(scripts: ScriptDirectory) -> str | None:
    """The first fault that is visible without running a file."""
    files: list[_File] = []
    paths = [path for place in sorted(directories(scripts)) for path in sorted(place.glob("*.py"))]
    for path in paths:
        try:
            files.append(_parsed(path))
        except (SyntaxError, ValueError) as error:
            line, reason = getattr(error, "lineno", None) or 1, error.args[0]
            return f"{path.name}, line {line}: the file is not valid Python: {reason}."
        except OSError as error:
            return f"{path.name} cannot be read: {error.strerror}."
    return next(_faults(files), None)


def _faults(files: list[_File]) -> Iterator[str]:
    known: dict[str, _File] = {}
    for file in files:
        place = f"{file.path.name}, line {file.line}"
        if file.revision is None:
            yield f"{place}: the file names no revision: write revision = '...'."
            continue
        if other := known.get(file.revision):
            yield (
                f"{place}: {other.path.name} has the revision {file.revision} too: give one of them "
                "another name, or remove it."
            )
        if "down_revision" not in {variable for variable, _, _ in file.refers}:
            yield f"{place}: the file has no down_revision: write the name of its parent, or None."
        known[file.revision] = file
    for file in files:
        for variable, name, line in file.refers:
            if name and not any(revision.startswith(name) for revision in known):
                yield f"{file.path.name}, line {line}: {variable} names {name}, which no file has."


def _parsed(path: Path) -> _File:
    found = _File(path)
    for node in ast.parse(path.read_bytes(), str(path)).body:
        for name, value in _assigned(node):
            constants = [part.value for part in ast.walk(value) if isinstance(part, ast.Constant)]
            names = [constant for constant in constants if isinstance(constant, str)]
            if name == "revision":
                found.revision, found.line = next(iter(names), None), node.lineno
            elif name in {"down_revision", "depends_on"}:
                found.refers += [(name, target, node.lineno) for target in names or [""]]
    return found


def _assigned(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        targets = [node.target]
    for target in targets:
        if isinstance(target, ast.Name):
            assert isinstance(node, (ast.Assign, ast.AnnAssign))
            assert node.value is not None
            yield target.id, node.value
