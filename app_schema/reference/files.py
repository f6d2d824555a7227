"""The files under ``docs/`` that are generated from the models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app_schema.application import Application
from app_schema.reference.diagram import is_of, svg
from app_schema.reference.domain import domains
from app_schema.reference.markdown import reference


@dataclass(frozen=True)
class File:
    """A file that is not as the models want it."""

    path: Path
    make: Callable[[], str]


def stale(app: Application, directory: Path) -> list[File]:
    """The files that are absent, or were generated from other models."""
    return list(_stale(app, directory))


def write(app: Application, directory: Path) -> list[File]:
    """Writes the stale files, and returns them.

    :raises ConfigurationError: if a diagram is stale and Graphviz is not installed.
    """
    files = stale(app, directory)
    for page in files:
        page.path.parent.mkdir(parents=True, exist_ok=True)
        page.path.write_text(page.make(), encoding="utf-8")
    return files


def _stale(app: Application, directory: Path) -> Iterator[File]:
    all_domains = domains(app)
    for domain in all_domains:
        path = directory / "schema" / f"{domain.name}.svg"
        if not is_of(_text(path), domain.tables):
            yield File(path, partial(svg, domain.tables))
    further = {name: page(all_domains) for name, page in app.reference().pages.items()}
    pages = {"schema.md": reference(app), **further}
    for name, page in pages.items():
        if _text(directory / name) != page:
            yield File(directory / name, lambda page=page: page)  # type: ignore[misc]  # a default is not inferred


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
