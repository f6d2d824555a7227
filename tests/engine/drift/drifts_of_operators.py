"""Drift of operators, operator classes, families and casts."""
# ruff: noqa: E501 - statements of SQL

from __future__ import annotations

from drift import NAMED, Drift

from app_schema import ddl

_OPERATOR = "CREATE OPERATOR |+| (FUNCTION = add, LEFTARG = int, RIGHTARG = int)"
_CAST = "CREATE FUNCTION to_bool(mood) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'; CREATE CAST (mood AS boolean) WITH FUNCTION to_bool"
_CLASS = """
CREATE OPERATOR CLASS int_ops FOR TYPE int USING btree AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int)
"""
OPERATORS = {
    "operator extra": Drift(_OPERATOR, "|+|"),
    "operator missing": Drift(
        "DROP OPERATOR |+| (int, int)",
        "|+|",
        _OPERATOR,
        (
            ddl.Operator(
                "|+|(integer, integer)",
                "(FUNCTION = public.add, LEFTARG = integer, RIGHTARG = integer)",
                schema="public",
            ),
        ),
    ),
    "operator changed": Drift(
        "DROP OPERATOR |+| (int, int); CREATE OPERATOR |+| (FUNCTION = add, LEFTARG = int, RIGHTARG = int, COMMUTATOR = |+|)",
        "|+|",
        _OPERATOR,
        (
            ddl.Operator(
                "|+|(integer, integer)",
                "(FUNCTION = public.add, LEFTARG = integer, RIGHTARG = integer)",
                schema="public",
            ),
        ),
    ),
    "operator class extra": Drift(_CLASS, "int_ops"),
    "operator class missing": Drift(
        "DROP OPERATOR FAMILY int_ops USING btree",
        "int_ops",
        _CLASS,
        (
            ddl.OperatorClass(
                "int_ops USING btree",
                "FOR TYPE integer USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer)",
                schema="public",
            ),
        ),
    ),
    "operator family extra": Drift("CREATE OPERATOR FAMILY stray USING btree", "stray"),
    "operator family grown": Drift(
        "ALTER OPERATOR FAMILY stray USING btree ADD OPERATOR 1 < (int, bigint)",
        "stray",
        "CREATE OPERATOR FAMILY stray USING btree",
        (ddl.OperatorFamily("stray USING btree", schema="public"),),
    ),
    "cast extra": Drift(_CAST, "mood"),
    "cast missing": Drift(
        "DROP CAST (mood AS boolean)",
        "mood",
        _CAST,
        (
            ddl.Function(
                "to_bool",
                "SELECT true",
                arguments="public.mood",
                returns="boolean",
                language="sql",
                volatility="IMMUTABLE",
                settings=None,
                schema="public",
            ),
            ddl.Cast("public.mood AS boolean", "WITH FUNCTION public.to_bool(public.mood)", schema="public"),
        ),
    ),
    "cast made implicit": Drift(
        "DROP CAST (mood AS boolean); CREATE CAST (mood AS boolean) WITH FUNCTION to_bool AS IMPLICIT",
        "mood",
        _CAST,
        (
            ddl.Function(
                "to_bool",
                "SELECT true",
                arguments="public.mood",
                returns="boolean",
                language="sql",
                volatility="IMMUTABLE",
                settings=None,
                schema="public",
            ),
            ddl.Cast("public.mood AS boolean", "WITH FUNCTION public.to_bool(public.mood)", schema="public"),
        ),
    ),
    "language extra": Drift(
        "CREATE FUNCTION stray() RETURNS language_handler LANGUAGE internal AS 'fmgr_sql_validator'; CREATE LANGUAGE stray HANDLER stray",
        "stray",
        unmended=NAMED,
    ),
    "access method extra": Drift(
        "CREATE ACCESS METHOD stray TYPE TABLE HANDLER heap_tableam_handler", "stray", unmended=NAMED
    ),
    "transform extra": Drift(
        "CREATE FUNCTION stray(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'numeric_sortsupport'; CREATE TRANSFORM FOR mood LANGUAGE plpgsql (FROM SQL WITH FUNCTION stray(internal))",
        "mood",
        unmended=NAMED,
    ),
}
