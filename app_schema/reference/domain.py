"""The tables by domain: the module of the models that has them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app_schema.application import Application


@dataclass(frozen=True)
class TableDomain:
    """A part of the schema that is read together."""

    name: str
    title: str
    models: tuple[type, ...]

    @property
    def tables(self) -> tuple[sa.Table, ...]:
        """Its tables, in the order of the models."""
        return tuple(sa.inspect(model).local_table for model in self.models)


def domains(app: Application) -> list[TableDomain]:
    """The domains, in the order of their titles; the models of each by the name of their table."""
    titles = app.reference().titles
    by_domain: dict[str, list[type]] = {name: [] for name in titles}
    for mapper in sorted(app.mappers, key=lambda mapper: str(mapper.local_table)):
        by_domain.setdefault(domain_of(mapper.class_), []).append(mapper.class_)
    return [
        TableDomain(name, titles.get(name, name), tuple(models))
        for name, models in by_domain.items()
        if models
    ]


def domain_of(model: type) -> str:
    """The name of a model's domain: its module below ``models``, else the last part of its module's name."""
    _, below, rest = model.__module__.rpartition(".models.")
    return rest.partition(".")[0] if below else model.__module__.rpartition(".")[2]
