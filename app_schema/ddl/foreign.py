"""OPTIONS of foreign data wrappers, servers and tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl.brackets import between_commas
from app_schema.ddl.defined import Defined
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import dollar

OPTIONS = """\
(SELECT string_agg(format('%I %L', o.option_name, o.option_value), ', ' ORDER BY o.option_name)
     FROM pg_options_to_table({options}) AS o)"""
"""SQL expression: the text in the brackets of the clause; NULL without options."""
CLAUSE = f"' OPTIONS (' || {OPTIONS} || ')'"
"""SQL expression: the clause, led by a space; NULL without options."""


@dataclass(frozen=True)
class WithOptions(Defined):
    """``CREATE word name definition OPTIONS (options)``, in no schema."""

    in_schema: ClassVar[bool] = False
    ranks = (Drops.EARLY_FUNCTION, Makes.EARLY_FUNCTION)
    in_create_all = Makes.EARLY_FUNCTION
    options: str = ""

    def _create(self, place: str) -> tuple[str, ...]:
        return (f"CREATE {self.word} {place} {self.definition}{clause(self.options)}",)


def clause(options: str) -> str:
    """``OPTIONS (…)``, led by a space; empty without options."""
    return f" OPTIONS ({options})" if options else ""


def altering(alter: str, options: str, reflected: str, *, otherwise: Iterable[str] = ()) -> str:
    """The statement that sets exactly these options.

    :param alter: ``ALTER SERVER name``.
    :param reflected: query of the present options, and of whether only options differ.
    :param otherwise: the statements if more than options differs.
    """
    added = [f"ADD {option}" for option in between_commas(options) if option]
    change = f"""
DECLARE
  dropped text[];
  alterable boolean;
BEGIN
  SELECT array_remove(array_agg('DROP ' || quote_ident(o.option_name)), NULL), r.alterable
    INTO dropped, alterable
    FROM ({reflected}) AS r(options, alterable) LEFT JOIN pg_options_to_table(r.options) AS o ON true
   GROUP BY r.alterable;
  IF NOT alterable THEN
    {" ".join(f"EXECUTE {dollar(statement, 'new')};" for statement in otherwise) or "NULL;"}
  ELSIF cardinality(dropped) + {len(added)} > 0 THEN
    EXECUTE {dollar(f"{alter} OPTIONS (", "alter")}
      || concat_ws(', ', VARIADIC dropped || {_array(added)}) || ')';
  END IF;
END
"""
    return "DO " + dollar(change, "replace")


def _array(texts: list[str]) -> str:
    return f"ARRAY[{', '.join(dollar(text, 'option') for text in texts)}]::text[]"
