"""Renames: if only the old name exists, the object is renamed; if only the new name exists, nothing is done.

PostgreSQL changes only the catalog: OID, file and dependents of the object are kept.
"""

from __future__ import annotations

from app_schema.ddl.addressed import Addressed
from app_schema.ddl.block import ABSENT, DIFFERENT, block, refuse
from app_schema.ddl.column import column_query
from app_schema.ddl.constraint import KIND as CONSTRAINT_KIND
from app_schema.ddl.constraint import Named
from app_schema.ddl.index import kind_of_name
from app_schema.ddl.lookup import creation_schema, exists_query, regclass, table_schema
from app_schema.ddl.relation import KIND_OF_NAME
from app_schema.ddl.sql import checked, dollar, ident, literal, qualified


def rename(
    label: str, new: str, *, kind: str, namespace: str, old_kind: str, new_kind: str, statement: str
) -> str:
    """A ``DO`` block that renames, does nothing, or refuses if both names or neither name exists.

    :param kind: the kind of the object; empty: any.
    :param old_kind: query of the kind of the object with the old name, ``$1`` the schema's OID.
    """
    words = f"{label} cannot be renamed to {new}"
    detail = "E'found: %s under the old name, %s under the new name\\nexpected: exactly one of both'"
    fits = f"IS NOT DISTINCT FROM {literal(kind)}" if kind else "IS NOT NULL"
    return block(
        [
            "DECLARE",
            f"  ns oid := {namespace};",
            "  old_kind text;",
            "  new_kind text;",
            "BEGIN",
            f"  EXECUTE {dollar(old_kind, 'def')} INTO old_kind USING ns;",
            f"  EXECUTE {dollar(new_kind, 'def')} INTO new_kind USING ns;",
            f"  IF old_kind {fits} AND new_kind IS NULL THEN",
            f"    EXECUTE {dollar(statement)};",
            f"  ELSIF old_kind IS NOT NULL OR NOT new_kind {fits} THEN",
            f"    RAISE EXCEPTION USING MESSAGE = {literal(words)},",
            "      ERRCODE = CASE WHEN num_nonnulls(old_kind, new_kind) = 0",
            f"                     THEN '{ABSENT}' ELSE '{DIFFERENT}' END,",
            f"      DETAIL = format({detail},",
            "        coalesce(old_kind, 'nothing'), coalesce(new_kind, 'nothing'));",
            "  END IF;",
            "END",
        ]
    )


def rename_constraint(old: str, new: str, table: str, schema: str | None) -> str:
    """The guarded ``ALTER TABLE … RENAME CONSTRAINT``. PostgreSQL also renames the index of a key."""
    before, after = (Named(checked(name), "constraint", table, schema) for name in (old, new))
    return rename(
        before.label,
        new,
        kind="",
        namespace=table_schema(table, schema),
        old_kind=before.query(CONSTRAINT_KIND),
        new_kind=after.query(CONSTRAINT_KIND),
        statement=f"ALTER TABLE {qualified(table, schema)} RENAME CONSTRAINT {ident(old)} TO {ident(new)}",
    )


def rename_index(old: str, new: str, table: str | None, schema: str | None) -> str:
    """The guarded ``ALTER INDEX … RENAME``.

    With a table, an index of another table counts as absent: it may have the old name since.
    """
    of_table = f"t.relname IS NOT DISTINCT FROM {literal(table)}" if table is not None else "true"
    return rename(
        f"index {qualified(old, schema)}",
        new,
        kind="index",
        namespace=table_schema(table, schema) if table is not None else _schema_of_either(old, new, schema),
        old_kind=kind_of_name(checked(old), table, f"(i.indexrelid IS NULL OR {of_table})"),
        new_kind=kind_of_name(checked(new), table),
        statement=f"ALTER INDEX {qualified(old, schema)} RENAME TO {ident(new)}",
    )


def rename_sequence(old: str, new: str, schema: str | None) -> str:
    """The guarded ``ALTER SEQUENCE … RENAME``. The value and dependent defaults are kept."""
    old_kind, new_kind = (KIND_OF_NAME.format(name=literal(checked(name))) for name in (old, new))
    return rename(
        f"sequence {qualified(old, schema)}",
        new,
        kind="sequence",
        namespace=_schema_of_either(old, new, schema),
        old_kind=old_kind,
        new_kind=new_kind,
        statement=f"ALTER SEQUENCE {qualified(old, schema)} RENAME TO {ident(new)}",
    )


def rename_enum(old: str, new: str, schema: str | None) -> str:
    """The guarded ``ALTER TYPE … RENAME`` of an enum. Columns, defaults and functions keep the type."""
    old_kind, new_kind = (
        f"""\
SELECT CASE y.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' ELSE 'type' END
  FROM pg_catalog.pg_type AS y WHERE y.typnamespace = $1 AND y.typname = {literal(checked(name))}"""
        for name in (old, new)
    )
    return rename(
        f"enum {qualified(old, schema)}",
        new,
        kind="enum",
        namespace=creation_schema(schema),
        old_kind=old_kind,
        new_kind=new_kind,
        statement=f"ALTER TYPE {qualified(old, schema)} RENAME TO {ident(new)}",
    )


def rename_object(kind: str, old: str, new: str, table: str | None, schema: str | None) -> str:
    """The guarded ``ALTER … RENAME`` of an object of any kind that a comment can be on.

    :param old: the name; of a function with the types of its arguments, ``"even(integer)"``, and so ``new``.
    """
    before, after = (Addressed.of(kind, checked(name), table, schema, "rename of") for name in (old, new))
    if " USING " in before.catalog.name:  # of an operator class or family
        bare = new.rpartition(" USING ")[0]
    else:
        bare = new.partition("(")[0] if "(" in before.catalog.name else new
    return rename(
        f"{kind.replace('_', ' ')} {before.words.partition(' ')[2]}",
        new,
        kind=kind,
        namespace=before.space,
        old_kind=before.catalog.select(before.catalog.kind, *before.place),
        new_kind=after.catalog.select(after.catalog.kind, *after.place),
        statement=f"ALTER {before.words} RENAME TO {ident(bare)}",
    )


def oid_of(kind: str, name: str, schema: str | None) -> str:
    """SQL expression: the OID of the index, table, sequence or enum; NULL if absent."""
    return f"to_regtype({literal(qualified(name, schema))})" if kind == "enum" else regclass(name, schema)


def require_object(
    kind: str, name: str, table: str | None, schema: str | None, *, absent: bool = False
) -> str:
    """A block that refuses unless an object of the name exists; ``absent``: if it exists."""
    if table is None or kind == "index":
        look, namespace = exists_query(oid_of(kind, name, schema)), "NULL::oid"
    else:
        constraint = Named(name, kind, table, schema)
        look = column_query(table, name, "''::text") if kind == "column" else constraint.query()
        namespace = table_schema(table, schema)
    return block(
        [
            "DECLARE",
            "  found text;",
            "BEGIN",
            f"  EXECUTE {dollar(look, 'def')} INTO found USING {namespace};",
            f"  IF (found IS NULL) <> {str(absent).lower()} THEN",
            refuse(f"{kind} {name} is {'present' if absent else 'absent'}", state=ABSENT),
            "  END IF;",
            "END",
        ]
    )


def _schema_of_either(old: str, new: str, schema: str | None) -> str:
    """SQL expression: the OID of the schema of the relation that has the old or the new name."""
    if schema:
        return table_schema(old, schema)
    return f"coalesce({table_schema(old, None)}, {table_schema(new, None)})"
