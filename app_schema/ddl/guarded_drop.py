"""The guarded DROP."""

from __future__ import annotations

from app_schema.ddl.block import block, execute, refuse
from app_schema.ddl.sql import dollar, literal

USED = "app_schema.used"
"""Setting: why an object was not dropped, for the refusal of the statement that would create it again."""


def drop(
    label: str,
    namespace: str,
    exists: str,
    kind: str,
    statements: tuple[str, ...],
    *,
    keep: str = "",
    recreated: bool = False,
) -> str:
    """A ``DO`` block that drops an object if it exists.

    :param exists: query of one text, ``$1`` the schema's OID: the kind of the object that has the name; NULL:
        absent.
    :param kind: the kind to drop; an object of another kind is refused.
    :param keep: PL/pgSQL that runs before the DROP and may RETURN to keep the object.
    :param recreated: a later statement creates the object again: if other objects depend on it, it is kept
        and that statement compares it.
    """
    detail = f"'found: ' || found || E'\\nexpected: ' || {literal(kind)}"
    return block(
        [
            "DECLARE",
            f"  ns oid := {namespace};",
            "  found text;",
            "BEGIN",
            f"  EXECUTE {dollar(exists, 'def')} INTO found USING ns;",
            "  IF found IS NULL THEN RETURN; END IF;",
            f"  IF found <> {literal(kind)} THEN",
            refuse(f"{label} cannot be dropped", detail=detail),
            "  END IF;",
            *([keep] if keep else []),
            *(_drop_unless_used(statements) if recreated else execute(statements)),
            "END",
        ]
    )


def _drop_unless_used(statements: tuple[str, ...]) -> list[str]:
    return [
        "  BEGIN",
        *execute(statements),
        "  EXCEPTION WHEN dependent_objects_still_exist THEN",
        "    GET STACKED DIAGNOSTICS found = PG_EXCEPTION_DETAIL;",
        f"    PERFORM set_config({literal(USED)}, concat(SQLERRM, ': ', found), true);",
        "  END;",
    ]
