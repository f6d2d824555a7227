"""Faults of revision files that their variables show: one sentence with file and line."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

_ILLEGAL = "@-+:"
"""The characters that separate revisions: ``label@revision``, ``revision+1``, ``from:to``."""
_SYMBOLS = ("head", "heads", "base", "current")
"""Names that Alembic's commands do not take for the name of a revision."""
_EXPECTED = {
    "down_revision": "the name of the parent revision",
    "depends_on": "the name of a revision",
    "branch_labels": "a label",
}
_NOUNS = {"revision": "revision", "branch_labels": "branch label"}


@dataclass(frozen=True)
class RevisionFile:
    """A file, and the variables of its module."""

    path: Path
    variables: Mapping[str, Any]

    @property
    def revision(self) -> Any:
        """None: the file names no revision. Alembic then takes a file name of hexadecimal digits for it."""
        legacy = self.path.stem if set(self.path.stem) <= set("0123456789abcdef") else None
        return self.variables.get("revision", legacy)

    def names(self, variable: str) -> tuple[Any, ...]:
        """The value of a variable that names no, one or several revisions or labels."""
        value = self.variables.get(variable)
        if value is None:
            return ()
        is_several = isinstance(value, Iterable) and not isinstance(value, str | bytes)
        return tuple(value) if is_several else (value,)

    def line(self, variable: str) -> int:
        """The last line that sets the variable; 1: no line does."""
        number = 1
        for node in ast.parse(self.path.read_bytes(), str(self.path)).body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if any(isinstance(target, ast.Name) and target.id == variable for target in targets):
                number = node.lineno
        return number


Fault: TypeAlias = tuple[RevisionFile, str, str]
"""The file, the variable, and the sentence."""


def first_fault(files: Sequence[RevisionFile]) -> str | None:
    """The first fault of a lineage, with file and line; those of single files come first."""
    fault = next(_faults(files), None)
    if fault is None:
        return None
    file, variable, sentence = fault
    return f"{file.path.name}, line {file.line(variable)}: {sentence}"


def _faults(files: Sequence[RevisionFile]) -> Iterator[Fault]:
    for file in files:
        for variable, sentence in _own_faults(file):
            yield file, variable, sentence
    file_of: dict[str, RevisionFile] = {}
    for file in files:
        labels = (("branch_labels", label) for label in file.names("branch_labels"))
        for variable, name in (("revision", file.revision), *labels):
            if (other := file_of.setdefault(name, file)) is not file:
                sentence = (
                    f"{other.path.name} has the {_NOUNS[variable]} {name} too: give one of them another "
                )
                yield file, variable, f"{sentence}name, or remove it."
    yield from _absent(files, file_of)
    yield from _circles({file.revision: file for file in files})


def _own_faults(file: RevisionFile) -> Iterator[tuple[str, str]]:
    revision = file.revision
    if revision is None:
        yield "revision", "the file names no revision: write revision = '...'."
    elif not (isinstance(revision, str) and revision):
        yield "revision", f"revision is {revision!r}; expected a name, such as '0001_users'."
    elif illegal := [character for character in _ILLEGAL if character in revision]:
        sentence = (
            f"the revision {revision} contains {' '.join(illegal)}, which Alembic's commands take for a "
        )
        yield "revision", f"{sentence}separator: write letters, digits and underscores."
    elif revision in _SYMBOLS:
        sentence = f"the revision is called {revision}, which means another revision in Alembic's commands: "
        yield "revision", f"{sentence}give the revision another name."
    elif "down_revision" not in file.variables:
        yield "revision", "the file has no down_revision: write the name of its parent, or None."
    for variable, expected in _EXPECTED.items():
        names = file.names(variable)
        if not all(isinstance(name, str) and name for name in names):
            value = f"{variable} is {file.variables[variable]!r}"
            yield variable, f"{value}; expected {expected}, a tuple of several, or None."
        elif revision in names and variable != "branch_labels":
            yield variable, f"{variable} names the revision {revision} of the file itself."


def _absent(files: Iterable[RevisionFile], names: Mapping[str, RevisionFile]) -> Iterator[Fault]:
    for file in files:
        for variable in ("down_revision", "depends_on"):
            for name in file.names(variable):
                shortened = variable == "depends_on" and any(other.startswith(name) for other in names)
                if name not in names and not shortened:
                    yield file, variable, f"{variable} names {name}, which no file has."


def _circles(files: Mapping[str, RevisionFile]) -> Iterator[Fault]:
    """A circle of revisions, each of which has to run after the next one."""
    needs = {name: [*file.names("down_revision"), *file.names("depends_on")] for name, file in files.items()}
    while free := [name for name in needs if not any(other in needs for other in needs[name])]:
        for name in free:
            del needs[name]
    if not needs:
        return
    path = [next(iter(needs))]
    while path.count(path[-1]) == 1:
        path.append(next(name for name in needs[path[-1]] if name in needs))
    circle = path[path.index(path[-1]) :]
    sentence = f"{' needs '.join(circle)}: the revisions need each other in a circle, so none can run first: "
    yield files[circle[0]], "down_revision", f"{sentence}correct down_revision or depends_on of one of them."
