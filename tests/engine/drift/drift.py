"""The cases of drift over all kinds, and the application whose database drifts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app_schema.ddl import DDLObject, Function, Grant, Trigger, View, attach
from app_schema.upstream import copied

NAMED = "of a kind that is not compared, and named where it is met"
OWNER = "a platform may manage the owners, unless the metadata declares one"


@dataclass(frozen=True)
class Drift:
    """A database that somebody changed by hand.

    :param sql: what was done to it, as a superuser.
    :param word: the report of the difference has it.
    :param base: what was there before, besides the tables of `common`.
    :param declared: how the metadata declares ``base``: objects to attach to it, or what changes it.
    :param since: the first version of PostgreSQL that has the kind.
    :param unmended: why no revision mends it; empty: one does, and its downgrade brings the drift back.
    """

    sql: str
    word: str
    base: str = ""
    declared: tuple[DDLObject | Callable[[sa.MetaData], object], ...] = ()
    since: int = 15
    unmended: str = ""

    def metadata(self) -> sa.MetaData:
        """The declared metadata."""
        metadata = common()
        for declaration in self.declared:
            if isinstance(declaration, DDLObject):
                attach(metadata, declaration)
            else:
                declaration(metadata)
        return metadata


def common() -> sa.MetaData:
    """Two tables with what hangs on them."""
    metadata = sa.MetaData()
    sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, server_default="x"),
        sa.Column("tags", postgresql.ARRAY(sa.Text)),
        sa.Column("day", sa.Date),
        sa.CheckConstraint("n > 0", name="ck"),
        sa.UniqueConstraint("name", name="uq"),
        sa.Index("ix", "day"),
        sa.Index("ix_lower", sa.text("lower(name)")),
        Trigger("touch", before="UPDATE", execute="public.touch()"),
        Grant("SELECT", to="pg_monitor"),
    )
    sa.Table(
        "child",
        metadata,
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("t_id", sa.Integer, sa.ForeignKey("t.id", name="fk")),
        sa.Column("mood", sa.Enum("sad", "happy", name="mood")),
        sa.Column(
            "zip", postgresql.DOMAIN("zip", sa.Text, check="length(VALUE) = 5", constraint_name="zip_check")
        ),
        sa.Column("double", sa.Integer, sa.Computed("t_id * 2", persisted=True)),
    )
    attach(
        metadata,
        Function("touch", "BEGIN RETURN NEW; END", returns="trigger", schema="public"),
        Function(
            "add",
            "SELECT a + b",
            arguments="a integer, b integer",
            returns="integer",
            language="sql",
            volatility="IMMUTABLE",
            schema="public",
        ),
        View("v", "SELECT id, n FROM public.t", schema="public"),
    )
    return metadata


def table(name: str, *items: sa.schema.SchemaItem, **options: Any) -> Callable[[sa.MetaData], object]:
    """Declares a further table."""
    return lambda metadata: sa.Table(name, metadata, *map(_copy, items), **options)


def _copy(item: sa.schema.SchemaItem) -> Any:
    return item if isinstance(item, DDLObject) else copied(item)
