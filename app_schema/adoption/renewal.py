"""Tables that are rewritten after some of their rows were changed or moved.

CREATE INDEX also evaluates the old versions of the rows that its own transaction has changed, and an
expression may refuse their values: the bounds of no range. A rewrite copies the present versions only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app_schema.adoption.choices import MoveRows
from app_schema.adoption.mend import mends, once, place
from app_schema.adoption.rules import DeclaredRule, declared_rules
from app_schema.ddl.sql import ident, qualified

if TYPE_CHECKING:
    from app_schema.adoption.future import Future, Table
    from app_schema.adoption.superseded import SetValue
    from app_schema.migrations.directives import CallOp

_COLUMN = ident("app_schema_renewed")


def renewed(future: Future) -> set[Table]:
    """The tables with a new unique index or exclusion constraint over an expression that a choice changes."""
    choices = list(mends(future.look))
    return {
        rule.table
        for rule in declared_rules(future)
        if _evaluates(rule) and any(_changes(choice, rule) for choice in choices)
    }


def renewals(future: Future) -> Iterator[CallOp]:
    """The calls that rewrite these tables: a new column with a volatile default needs a rewrite."""
    for schema, name in sorted(renewed(future)):
        alter = f"ALTER TABLE {qualified(name, schema)}"
        add = f"{alter} ADD COLUMN {_COLUMN} boolean DEFAULT (random() IS NULL)"
        yield once(f"renew {schema}.{name}", f"{add};\n{alter} DROP COLUMN {_COLUMN}", None)


def _evaluates(rule: DeclaredRule) -> bool:
    """True if the index has a predicate, or a key that is no column."""
    plain = {ident(column) for column in rule.columns}
    return bool(rule.among) and (rule.predicate not in {"", "true"} or not plain.issuperset(rule.among))


def _changes(choice: SetValue | MoveRows, rule: DeclaredRule) -> bool:
    if place(choice.table) != rule.table:
        return False
    return isinstance(choice, MoveRows) or choice.column in rule.columns
