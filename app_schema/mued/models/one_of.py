"""Columns of text that hold one word of a few."""

from sqlalchemy import CheckConstraint


def one_of(column: str, *words: str) -> CheckConstraint:
    """The check that keeps other words out. Its ``info["values"]`` tells the audit which column and words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column, info={"values": {column: words}})
