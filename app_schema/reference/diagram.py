"""Entity-relationship diagrams of a domain, drawn by paracelsus and Graphviz."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Sequence

import sqlalchemy as sa
from paracelsus.transformers.dot import Dot
from paracelsus.transformers.mermaid import Mermaid

from app_schema.ddl import PrintedType
from app_schema.errors import ConfigurationError
from app_schema.reference.words import type_name

ORDER = "preserve-order"
_OF = re.compile(r"<!-- of ([0-9a-f]{64}) -->")


def mermaid(tables: Sequence[sa.Table]) -> str:
    """The diagram for Mermaid: every column of the tables, and of each table that they refer to its key."""
    return str(Mermaid(_drawn(tables), ORDER, omit_comments=True))


def dot(tables: Sequence[sa.Table]) -> str:
    """The same for Graphviz."""
    return str(Dot(_drawn(tables), ORDER, omit_comments=True))


def svg(tables: Sequence[sa.Table]) -> str:
    """The diagram as SVG, drawn by Graphviz's `dot`. A comment in the SVG has a digest of its source.

    :raises ConfigurationError: where Graphviz is not installed.
    """
    source = dot(tables)
    try:
        drawn = subprocess.run(
            ["dot", "-Tsvg", "-Grankdir=LR", "-Nfontname=sans-serif", "-Efontname=sans-serif"],  # noqa: S607 - found on the path like every program of the user's
            input=source,
            capture_output=True,
            text=True,
            check=True,
        )
    except FileNotFoundError as error:
        raise ConfigurationError("A picture needs Graphviz: its program `dot` is not installed.") from error
    except subprocess.CalledProcessError as error:
        raise ConfigurationError(f"Graphviz cannot draw it: {error.stderr.strip()}") from error
    return drawn.stdout.replace("<svg ", f"<!-- of {_digest(source)} -->\n<svg ", 1)


def is_of(picture: str, tables: Sequence[sa.Table]) -> bool:
    """True if a picture was drawn from these tables as they are now."""
    match = _OF.search(picture)
    return match is not None and match[1] == _digest(dot(tables))


def _digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


def _drawn(tables: Sequence[sa.Table]) -> sa.MetaData:
    """Copies of the tables with PostgreSQL's names of the types, without the parts that are not drawn."""
    metadata = sa.MetaData()
    for table in tables:
        keys = sa.PrimaryKeyConstraint(*(column.name for column in table.primary_key))
        sa.Table(table.name, metadata, *(_column(column) for column in table.columns), keys)
    for table in (
        target.table for drawn in tables for column in drawn.columns for target in _targets(column)
    ):
        if table.name not in metadata.tables:
            sa.Table(table.name, metadata, *(_column(column, key=True) for column in table.primary_key))
    return metadata


def _column(column: sa.Column[object], *, key: bool = False) -> sa.Column[object]:
    type_ = PrintedType(type_name(column))
    keys = [sa.ForeignKey(f"{target.table.name}.{target.name}") for target in _targets(column) if not key]
    return sa.Column(
        column.name, type_, *keys, primary_key=key, nullable=column.nullable, unique=column.unique
    )


def _targets(column: sa.Column[object]) -> list[sa.Column[object]]:
    """The keys that the column refers to. The other column of a key of two would be a second line."""
    targets = [key.column for key in column.foreign_keys if key.column.primary_key]
    return sorted(targets, key=lambda column: str(column.table.name))
