"""Revision files that cannot be imported, parsed or ordered: one sentence with file and line."""

from __future__ import annotations

import inspect
import traceback
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app_schema.errors import ConfigurationError
from app_schema.migrations.revision_file import RevisionFile, first_fault

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

_TWICE = "is present more than once"


def load(scripts: ScriptDirectory, *, strict: bool = True) -> None:
    """Imports and orders every revision file.

    :param strict: refuses faults of which Alembic only warns, or which fail later: two files of one revision,
        of which Alembic ignores one, and variables that name nothing.
    :raises ConfigurationError: with one sentence, and file and line if known.
    """
    try:
        with warnings.catch_warnings(record=True) as recorded:
            warnings.simplefilter("always")
            scripts.get_heads()
            walked = list(scripts.walk_revisions()) if strict else []
    except (Exception, SystemExit) as error:  # a revision may call sys.exit(), and the command would succeed
        raise ConfigurationError(_explained(scripts, error)) from error
    for warning in recorded:
        if strict and _TWICE in str(warning.message):
            raise ConfigurationError(_first_disorder(scripts) or f"{warning.message}.")
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    files = [RevisionFile(Path(script.path), vars(script.module)) for script in walked]
    if fault := first_fault(files):
        raise ConfigurationError(fault)


def directories(scripts: ScriptDirectory) -> set[Path]:
    """The directories of the revision files."""
    from alembic.util import coerce_resource_to_filename  # "package:directory" is a name of one, too

    locations = scripts.version_locations or [str(Path(scripts.dir) / "versions")]
    return {Path(coerce_resource_to_filename(location)).resolve() for location in locations}


def is_revision(scripts: ScriptDirectory, file: str) -> bool:
    """True if a file is in one of the directories of the revision files."""
    parents = Path(file).resolve().parents
    return not directories(scripts).isdisjoint(
        parents if scripts.recursive_version_locations else parents[:1]
    )


def line_in(scripts: ScriptDirectory, error: BaseException) -> tuple[Path, int | None] | None:
    """The revision file and the line in which an error arose; None: in no revision."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if is_revision(scripts, frame.filename):
            return Path(frame.filename), frame.lineno
    return None


def missing_function(scripts: ScriptDirectory, error: AttributeError) -> str | None:
    """The sentence for a revision file without ``upgrade()`` or ``downgrade()``; None: another error."""
    file = getattr(error.obj, "__file__", None) or ""
    if error.name not in {"upgrade", "downgrade"} or not is_revision(scripts, file):
        return None
    return (
        f"{Path(file).name}: the file has no {error.name}(): write the function; if the step is impossible, "
        "let the function raise an error with the reason."
    )


def refuse_uncallable(step: Any, arguments: Mapping[str, Any]) -> None:
    """Refuses a step whose function Alembic could not call, or whose call would run nothing.

    :param step: Alembic's; a stamp has no function of a revision.
    :param arguments: the keyword arguments of the call.
    :raises ConfigurationError: with file and line.
    """
    revision = getattr(step, "revision", None)
    if revision is None:
        return
    function, name = step.migration_fn, "upgrade" if step.is_upgrade else "downgrade"
    place, call = Path(revision.path).name, ", ".join(f"{key}=..." for key in arguments)
    if code := getattr(function, "__code__", None):
        place += f", line {code.co_firstlineno}"
    if not callable(function):
        fault = f"{name} is {function!r}"
    elif inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        fault = f"a call of {name}() runs nothing of it, because it is async or has a yield"
    elif (reason := _unfit(function, arguments)) is not None:
        fault = f"{name}{inspect.signature(function)} is called as {name}({call}): {reason}"
    else:
        return
    raise ConfigurationError(f"{place}: {fault}; expected def {name}({', '.join(arguments)}) -> None.")


def _unfit(function: Callable[..., Any], arguments: Mapping[str, Any]) -> str | None:
    """Why the function does not take the arguments; None: it does."""
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        return str(error)
    except ValueError:  # a function of C without a signature
        return None
    return None


def _explained(scripts: ScriptDirectory, error: BaseException) -> str:
    if sentence := _first_disorder(scripts):
        return sentence
    places = ", ".join(sorted(map(str, directories(scripts))))
    return f"The revisions in {places} cannot be loaded ({_reason(error)})."


def _reason(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".removesuffix(": ").split())


def _first_disorder(scripts: ScriptDirectory) -> str | None:
    """The first fault of the files, each of which is imported on its own."""
    from alembic.util import load_python_file

    files = []
    for place in sorted(directories(scripts)):
        for path in sorted(
            place.rglob("*.py") if scripts.recursive_version_locations else place.glob("*.py")
        ):
            if path.name.startswith((".#", "__init__")) or path.is_dir():
                continue
            try:
                files.append(RevisionFile(path, vars(load_python_file(path.parent, path.name))))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the code of a revision raises
                return _not_imported(scripts, path, error)
    return first_fault(files)


def _not_imported(scripts: ScriptDirectory, path: Path, error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        file = Path(error.filename or path).name
        return f"{file}, line {error.lineno or 1}: the file is not valid Python: {error.msg}."
    if place := line_in(scripts, error):
        return f"{place[0].name}, line {place[1]}: the revision cannot be imported ({_reason(error)})."
    if isinstance(error, OSError):
        return f"{path.name} cannot be read: {error.strerror}."
    return f"{path.name} cannot be imported ({_reason(error)})."
