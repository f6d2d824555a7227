"""The types of columns, and the expressions that fit each of them. ``{c}`` stands for the column, quoted."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


@dataclass(frozen=True)
class Kind:
    """:param family: columns of one family can refer to each other; "" refers to nothing.

    :param computed: what a generated column of this family makes of another column of the family.
    """

    make: Callable[[], Any]
    defaults: tuple[str, ...]
    conditions: tuple[str, ...]
    items: tuple[str, ...] = ()
    family: str = ""
    computed: str | None = None
    gin: bool = False


def _number(make: Callable[[], Any], family: str = "") -> Kind:
    conditions = ("{c} > 0", "{c} IN (1, 2, 3)", "{c} BETWEEN 0 AND 100", "({c} <> 7 OR {c} IS NULL)")
    items = ("({c} % 10)", "abs({c})", "coalesce({c}, 0)")
    return Kind(make, ("0", "42", "'-1'"), conditions, items, family, "{c} * 2")


def _text(make: Callable[[], Any]) -> Kind:
    defaults = ("'x'", "''", "' :y'", "'100%'", "'it''s'", r"E'a\\b'", "lower('ABC')")
    conditions = ("{c} LIKE 'a%'", "length({c}) > 1", "{c} IN ('a', 'b: :c')", "{c} ~ '^[a-z]\\d+$'")
    items = ("lower({c})", "({c} || '-')", "{c} text_pattern_ops", '{c} COLLATE "C"')
    return Kind(make, defaults, conditions, items, "text", "upper({c})")


KINDS = {
    "integer": _number(sa.Integer, "integer"),
    "bigint": _number(sa.BigInteger, "integer"),
    "smallint": _number(sa.SmallInteger, "integer"),
    "numeric": _number(sa.Numeric, "numeric"),
    "numeric(10, 2)": _number(lambda: sa.Numeric(10, 2), "numeric"),
    "numeric(12, 4)": _number(lambda: sa.Numeric(12, 4), "numeric"),
    "text": _text(sa.Text),
    "varchar": _text(sa.String),
    "varchar(20)": _text(lambda: sa.String(20)),
    "varchar(50)": _text(lambda: sa.String(50)),
    "boolean": Kind(sa.Boolean, ("true", "false"), ("{c}", "NOT {c}", "{c} IS NOT TRUE"), ("(NOT {c})",)),
    "uuid": Kind(
        sa.Uuid,
        ("gen_random_uuid()", "'00000000-0000-0000-0000-000000000000'"),
        ("{c} IS NOT NULL", "{c} <> '00000000-0000-0000-0000-000000000000'::uuid"),
        ("({c}::text)",),
        "uuid",
    ),
    "timestamptz": Kind(
        lambda: sa.DateTime(timezone=True),
        ("now()", "CURRENT_TIMESTAMP", "'2020-01-01 00:00:00+00'"),
        ("{c} > '2020-01-01 00:00:00+00'::timestamptz", "{c} IS NOT NULL"),
        ("({c} AT TIME ZONE 'UTC')",),
    ),
    "date": Kind(sa.Date, ("CURRENT_DATE", "'2020-01-01'"), ("{c} > '2020-01-01'::date",), ("({c} + 1)",)),
    "jsonb": Kind(
        postgresql.JSONB,
        ("'{}'", "'{}'::jsonb", """'{"a": [1]}'"""),
        ("jsonb_typeof({c}) = 'object'", "({c} ->> 'a') IS NOT NULL", "{c} ? 'a'"),
        ("({c} ->> 'a')", "({c} -> 'a:b')"),
        gin=True,
    ),
    "text[]": Kind(
        lambda: postgresql.ARRAY(sa.Text),
        ("'{}'", "ARRAY['a', 'b']", "'{}'::text[]"),
        ("cardinality({c}) < 5", "{c} <> '{}'", "'a' = ANY ({c})"),
        ("cardinality({c})",),
        gin=True,
    ),
}


def of_enum(make: Callable[[], Any], schema: str, name: str, labels: tuple[str, ...], *, array: bool) -> Kind:
    """The kind of a column of an enum, or of an array of it. Its expressions speak of the first label."""
    label, typ = literal(labels[0]), f"{quoted(schema)}.{quoted(name)}"
    if array:
        few, other = "cardinality({c}) < 5", f"{{c}} <> ARRAY[{label}]::{typ}[]"
        return Kind(make, ("'{}'", f"ARRAY[{label}]::{typ}[]"), (few, other), ("cardinality({c})",))
    equal = f"{{c}} = {label}::{typ}"
    conditions = (f"{{c}} <> {label}", f"{{c}} IN ({label})", equal, "{c} IS NOT NULL")
    return Kind(make, (label, f"{label}::{typ}"), conditions, (f"({equal})",), f"{schema}.{name}")


def quoted(name: str) -> str:
    """The name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """The text as SQL."""
    return "'" + value.replace("'", "''") + "'"


def raw(text: str) -> sa.TextClause:
    """SQL in which no colon is taken for a parameter."""
    return sa.text(re.sub(r"(?<![:\w\\])(:\w+)(?!:)", r"\\\1", text))
