"""Objects that autogenerate cannot write: each sentence follows the name, and has the line to write
instead."""

from __future__ import annotations

from app_schema.ddl.sql import ident
from app_schema.errors import ModelError


def different(declared: str, reflected: str) -> ModelError:
    """The object exists with another definition, and no operation changes its definition."""
    return ModelError(
        "exists with a different definition, which autogenerate cannot change "
        f"(found: {reflected or 'nothing'}; expected: {declared or 'nothing'}): "
        "write op.execute('ALTER ...') by hand, or drop the object and create it again"
    )


def not_dropped(kind: str) -> ModelError:
    """The object is undeclared, and no operation of autogenerate drops it."""
    if kind == "default_acl":
        return ModelError(
            "write op.execute('ALTER DEFAULT PRIVILEGES GRANT ...'), which grants the missing privileges"
        )
    kind = kind.replace("_", " ")
    return ModelError(f"autogenerate does not drop a {kind}: write op.execute('DROP ...') by hand")


def not_created(kind: str) -> ModelError:
    """The object is declared by a construct that a revision cannot repeat."""
    kind = kind.replace("_", " ")
    return ModelError(
        f"autogenerate cannot write this {kind}: write op.execute('CREATE ...') by hand, or "
        "declare it by a class of app_schema.ddl"
    )


def not_partitioned() -> ModelError:
    """A table becomes a partition, or ceases to be one."""
    return ModelError(
        "autogenerate does not attach a table that exists: write "
        "op.execute('ALTER TABLE ... ATTACH PARTITION ...') by hand"
    )


def other_sequence_type(found: str, expected: str) -> ModelError:
    """The column changes, and PostgreSQL would not give its sequence the former type again."""
    return ModelError(
        f"the sequence of its identity is of type {found}, and the column {expected}: write "
        f"op.execute('ALTER SEQUENCE ... AS {expected}') in an earlier revision"
    )


def owned_by(owner: str, migrating: str) -> ModelError:
    """The owner of the object is not the migrating role."""
    return ModelError(
        f"is owned by {owner}; the migrating role is {migrating}. "
        f"Declare Owner({owner!r}), run ALTER ... OWNER TO {ident(migrating)}, or migrate as {owner}"
    )


def dependent_refusal(dependent: str, changed: str, reason: str, line: str) -> ModelError:
    """The object depends on a changed object, and PostgreSQL would refuse to create it after the change."""
    return ModelError(
        f"no revision is written: {dependent} depends on {changed}, which changes, and cannot be created "
        f"again unchanged ({reason}). Declare the new {dependent}, or drop it in an earlier revision: "
        f"op.execute({line!r})"
    )
