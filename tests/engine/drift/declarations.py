"""Declarations for the table of spellings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from app_schema.ddl import Extension, Function, Grant, Policy, RowSecurity, Trigger, View, attach


@dataclass(frozen=True)
class Spelling:
    """The declaration, and the other spelling that created the database."""

    declare: Callable[[sa.MetaData], object]
    sql: str


def columns_of(*columns: tuple[str, Any] | sa.Column[Any]) -> Iterable[sa.Column[Any]]:
    return [column if isinstance(column, sa.Column) else sa.Column(*column) for column in columns]


TWO = (("a", sa.Integer), ("b", sa.Text))


def checked(
    declared: str, spelt: str, columns: Iterable[tuple[str, Any]] = TWO, types: str = "a integer, b text"
) -> Spelling:
    def declare(metadata: sa.MetaData) -> None:
        sa.Table("t", metadata, *columns_of(*columns), sa.CheckConstraint(declared, name="ck_t"))

    return Spelling(declare, f"CREATE TABLE t ({types}, CONSTRAINT ck_t CHECK ({spelt}))")


def typed(type_: Any, spelt: str, **options: Any) -> Spelling:
    def declare(metadata: sa.MetaData) -> None:
        sa.Table("t", metadata, sa.Column("a", type_, **options))

    return Spelling(declare, f"CREATE TABLE t (a {spelt})")


def indexed(spelt: str, *expressions: Any, **options: Any) -> Spelling:
    def declare(metadata: sa.MetaData) -> None:
        given: dict[str, Any] = {
            key: sa.text(value) if key == "postgresql_where" else value for key, value in options.items()
        }
        columns = columns_of(("a", sa.Integer), ("b", sa.String(20)), ("c", sa.DateTime(timezone=True)))
        sa.Table(
            "t",
            metadata,
            *columns,
            sa.Index("ix_t", *(sa.text(expression) for expression in expressions), **given),
        )

    return Spelling(declare, f"CREATE TABLE t (a integer, b varchar(20), c timestamptz); CREATE {spelt}")


def keyed(spelt: str, **options: Any) -> Spelling:
    def declare(metadata: sa.MetaData) -> None:
        sa.Table(
            "parent",
            metadata,
            sa.Column("id", sa.Integer, autoincrement=False),
            sa.PrimaryKeyConstraint("id", name="pk_parent"),
        )
        key = sa.ForeignKeyConstraint(["a"], ["parent.id"], name="fk_t", **options)
        sa.Table("t", metadata, sa.Column("a", sa.Integer), key)

    return Spelling(declare, f"CREATE TABLE parent (id integer CONSTRAINT pk_parent PRIMARY KEY); {spelt}")


def serial(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, sa.Column("id", sa.Integer), sa.PrimaryKeyConstraint("id", name="pk_t"))


def identity(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False))


def unique(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, *columns_of(*TWO), sa.UniqueConstraint("a", "b", name="uq_t"))


def enum(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, sa.Column("mood", sa.Enum("low", "it's high", name="mood"), server_default="low"))


def function(metadata: sa.MetaData) -> None:
    body = "SELECT n % 2 = 0"
    attach(
        metadata,
        Function(
            "even",
            body,
            arguments="n integer",
            returns="boolean",
            language="sql",
            volatility="STABLE",
            security="DEFINER",
            schema="public",
        ),
    )


def function_with_defaults(metadata: sa.MetaData) -> None:
    body = "BEGIN RETURN a || b; END"
    attach(
        metadata,
        Function(
            "glue",
            body,
            arguments="a character varying, b text DEFAULT 'x'::text",
            returns="text",
            settings=None,
            schema="public",
        ),
    )


def executed(metadata: sa.MetaData) -> None:
    attach(
        metadata,
        Function(
            "one",
            "SELECT 1",
            returns="integer",
            language="sql",
            execute=["pg_monitor", "pg_signal_backend"],
            schema="public",
        ),
    )


def trigger(metadata: sa.MetaData) -> None:
    attach(metadata, Function("touch", "BEGIN RETURN NEW; END", returns="trigger", schema="public"))
    events = ["INSERT", "UPDATE OF a, b"]
    sa.Table(
        "t",
        metadata,
        *columns_of(*TWO),
        Trigger("tr", before=events, when="NEW.a IS DISTINCT FROM 1", execute="public.touch()"),
    )


def view(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, *columns_of(*TWO))
    attach(
        metadata,
        View(
            "v",
            "SELECT x.a, upper(x.b) AS b FROM public.t AS x WHERE x.a IN (1, 2)",
            options={"security_invoker": True},
            schema="public",
        ),
    )


def policy(metadata: sa.MetaData) -> None:
    policy = Policy("p", to=["pg_monitor", "pg_signal_backend"], using="a > 0 AND b = 'x'")
    sa.Table("t", metadata, *columns_of(*TWO), RowSecurity(), policy)


def grant(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, *columns_of(*TWO), Grant(["SELECT", "INSERT", "UPDATE"], to="pg_monitor"))


def column_grant(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, *columns_of(*TWO), Grant("UPDATE", columns=["b", "a"], to="pg_monitor"))


def comment(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, sa.Column("a", sa.Integer, comment="it's 100%\nof it"), comment="a \\ table")


def exclusion(metadata: sa.MetaData) -> None:
    during = sa.Column("during", pg.TSTZRANGE)
    sa.Table(
        "t",
        metadata,
        during,
        pg.ExcludeConstraint((during, "&&"), where=sa.text("NOT isempty(during)"), name="ex_t"),
    )


def generated(metadata: sa.MetaData) -> None:
    sa.Table(
        "t",
        metadata,
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.Integer, sa.Computed("a * 2 + 1", persisted=True)),
    )


def extension(metadata: sa.MetaData) -> None:
    attach(metadata, Extension("pg_trgm"))


def schema(metadata: sa.MetaData) -> None:
    sa.Table("Order", metadata, sa.Column("a", sa.Integer), schema="public")
    sa.Table("user", metadata, sa.Column("group", sa.Integer), schema="Some schema")


def keys(metadata: sa.MetaData) -> None:
    sa.Table(
        "t",
        metadata,
        *columns_of(sa.Column("a", sa.Integer, autoincrement=False), ("b", sa.Text)),
        sa.PrimaryKeyConstraint("a", "b", name="pk_t"),
    )
