"""Text columns with a fixed list of words."""

from sqlalchemy import CheckConstraint


def one_of(column: str, *words: str) -> CheckConstraint:
    """The check that admits only these words; the audit reads column and words from ``info["values"]``."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column, info={"values": {column: words}})
