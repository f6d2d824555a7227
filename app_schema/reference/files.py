"""The files under ``docs/`` that are made from the models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Mapper

from app_schema.mued.reference.names import names
from app_schema.reference.diagram import is_of, svg
from app_schema.reference.domain import domains
from app_schema.reference.markdown import reference


@dataclass(frozen=True)
class File:
    """A file that is not as the models want it."""

    path: Path
    make: Callable[[], str]


def stale(mappers: Iterable[Mapper[object]], directory: Path) -> list[File]:
    """What is missing, or was made from other models."""
    return list(_stale(list(mappers), directory))


def write(mappers: Iterable[Mapper[object]], directory: Path) -> list[File]:
    """Makes what is stale anew, and returns it.

    :raises ConfigurationError: where a picture is among it and Graphviz is not installed.
    """
    found = stale(mappers, directory)
    for one in found:
        one.path.parent.mkdir(parents=True, exist_ok=True)
        one.path.write_text(one.make(), encoding="utf-8")
    return found


def _stale(mappers: list[Mapper[object]], directory: Path) -> Iterator[File]:
    for domain in domains(mappers):
        path = directory / "schema" / f"{domain.name}.svg"
        if not is_of(_text(path), domain.tables):
            yield File(path, partial(svg, domain.tables))
    pages = {"schema.md": reference(mappers), "names.md": names(domains(mappers))}
    for name, page in pages.items():
        if _text(directory / name) != page:
            yield File(directory / name, lambda page=page: page)  # type: ignore[misc]  # a default is not inferred


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
