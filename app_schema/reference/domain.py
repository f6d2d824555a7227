"""The tables by domain: the module of the models that has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

TITLES = {
    "core": "Core: people, lessons, materials",
    "session": "Sessions, interviews, journal",
    "chat": "Chat and what the assistant remembers",
    "rag": "Retrieval, provenance, metrics",
    "muednote": "MUEDnote: fragments, tags, projects",
}


@dataclass(frozen=True)
class Domain:
    """A part of the schema that is read together."""

    name: str
    models: tuple[type, ...]

    @property
    def title(self) -> str:
        """The heading."""
        return TITLES.get(self.name, self.name)

    @property
    def tables(self) -> tuple[sa.Table, ...]:
        """Its tables, in the order of the models."""
        return tuple(sa.inspect(model).local_table for model in self.models)


def domains(mappers: Iterable[Mapper[object]]) -> list[Domain]:
    """The domains, in the order of their titles; the models of each by the name of their table."""
    found: dict[str, list[type]] = {name: [] for name in TITLES}
    for mapper in sorted(mappers, key=lambda one: str(one.local_table)):
        name = mapper.class_.__module__.split(".models.")[-1].partition(".")[0]
        found.setdefault(name, []).append(mapper.class_)
    return [Domain(name, tuple(models)) for name, models in found.items() if models]
