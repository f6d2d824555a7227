"""The reference of the tables in Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.schema import CreateColumn, CreateIndex

from app_schema.application import Application
from app_schema.ddl import Grant, Policy, Trigger, declared
from app_schema.ddl.constraint import name_of
from app_schema.ddl.sql import DIALECT, plain
from app_schema.reference import words
from app_schema.reference.diagram import mermaid
from app_schema.reference.domain import TableDomain, domains

BAR = r"\|"
HEAD = """\
# The schema

Generated from the models by `app-schema docs`; a test fails if the page is stale. {about}
"""


def reference(app: Application) -> str:
    """The whole page."""
    all_domains, texts = domains(app), app.reference()
    lines = [
        HEAD.format(about=texts.about).replace(" \n", "\n"),
        *(f"- [{domain.title}](#{_anchor(domain.title)})" for domain in all_domains),
        "- [Enumerations](#enumerations)",
        "",
    ]
    for domain in all_domains:
        lines += _domain(domain, texts.phrases)
    lines += _enums(all_domains)
    return "\n".join(lines).rstrip() + "\n"


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _domain(domain: TableDomain, phrases: words.Phrases) -> Iterator[str]:
    yield f"## {domain.title}\n"
    yield f"[As a picture](schema/{domain.name}.svg)\n"
    yield f"```mermaid\n{mermaid(domain.tables).rstrip()}\n```\n"
    for model, table in zip(domain.models, domain.tables, strict=True):
        yield from _table(model, table, phrases)


def _enums(all_domains: list[TableDomain]) -> Iterator[str]:
    types = {
        f"{column.type.schema}.{column.type.name}": column.type.enums
        for domain in all_domains
        for table in domain.tables
        for column in table.columns
        if isinstance(column.type, sa.Enum)
    }
    yield "## Enumerations\n"
    yield from (f"- `{name}`: {', '.join(labels)}" for name, labels in sorted(types.items()))


def _table(model: type, table: sa.Table, phrases: words.Phrases) -> Iterator[str]:
    yield f"### {table.schema}.{table.name}\n"
    yield f"`{model.__name__}`. {' '.join(inspect.cleandoc(model.__doc__ or '').split())}\n"
    yield "| column | type | null | default | meaning |\n|---|---|---|---|---|"
    yield from (_column(column) for column in table.columns)
    yield ""
    yield from _list("Constraints", sorted(map(_constraint, table.constraints)))
    yield from _list("Indexes", sorted(f"`{plain(CreateIndex(index))}`" for index in table.indexes))
    objects = [
        obj
        for obj in declared(table.metadata).values()
        if (obj.schema, obj.table) == (table.schema, table.name)
    ]
    yield from _list("Triggers", [words.trigger(obj) for obj in objects if isinstance(obj, Trigger)])
    yield from _list("Policies", [words.policy(obj, phrases) for obj in objects if isinstance(obj, Policy)])
    yield from _list("Granted", words.grants(obj for obj in objects if isinstance(obj, Grant)))


def _column(column: sa.Column[object]) -> str:
    printed = str(CreateColumn(column).compile(dialect=DIALECT))
    default = re.search(r" (?:DEFAULT|GENERATED ALWAYS AS) (.*?)(?: STORED)?(?: NOT NULL)?$", printed)
    shown = f"`{default[1]}`" if default else ""
    null = "yes" if column.nullable else ""
    cells = (f"`{column.name}`", words.type_name(column), null, shown, column.doc or "")
    return f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |"


def _constraint(constraint: sa.Constraint) -> str:
    name = name_of(constraint) or "(unnamed)"
    columns = ", ".join(f"`{column.name}`" for column in getattr(constraint, "columns", ()))
    if isinstance(constraint, sa.ForeignKeyConstraint):
        target = constraint.elements[0].column.table
        on_delete = f", on delete {constraint.ondelete.lower()}" if constraint.ondelete else ""
        return f"`{name}`: {columns} names a row of `{target.name}`{on_delete}."
    if isinstance(constraint, sa.CheckConstraint):
        return f"`{name}`: `{' '.join(str(constraint.sqltext).split())}`."
    if isinstance(constraint, sa.PrimaryKeyConstraint):
        return f"`{name}`: {columns} is the key."
    if isinstance(constraint, sa.UniqueConstraint):
        return f"`{name}`: {columns} occurs once."
    return f"`{name}`: two rows do not overlap in {columns}."


def _list(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"{title}:\n"
        yield from (f"- {line}" for line in lines)
        yield ""
