"""An expression that hands the row of its table to a function, as ``ok(t)`` or ``t.ok``."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import operations_on
from roundtrip import catalog, send

from app_schema.errors import DifferentError

BEFORE = (
    'CREATE TABLE public."a t" (id int)',
    'CREATE FUNCTION public.ok("a t") RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT $1.id > 0$$',
    "CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
)


def _operations(op: Any, expression: str) -> None:
    op.create_policy("p", "a t", using=expression, schema="public")
    op.create_policy("q", "a t", using=f"{expression} AND id > 1", schema="public")
    op.create_check_constraint("ck", "a t", expression, schema="public")
    op.create_table_constraint("own", "a t", f"CHECK ({expression})")
    op.create_index("ix", "a t", ["id"], postgresql_where=sa.text(expression), schema="public")
    op.create_trigger("tr", "a t", before="UPDATE", when="public.ok(NEW)", execute="public.f()")


@pytest.mark.parametrize("expression", ['public.ok("a t")', '"a t".ok'])
def test_row_of_the_table_is_given_to_a_function(empty_engine: sa.Engine, expression: str) -> None:
    send(empty_engine, *BEFORE)
    with operations_on(empty_engine) as op:
        _operations(op, expression)
    before = catalog(empty_engine)
    with operations_on(empty_engine) as op:
        _operations(op, expression)
    assert catalog(empty_engine) == before
    send(empty_engine, 'ALTER POLICY p ON "a t" USING (NOT public.ok("a t"))')
    with pytest.raises(DifferentError, match="policy p on"), operations_on(empty_engine) as op:
        _operations(op, expression)
