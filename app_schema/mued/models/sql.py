"""SQL written inside Python."""

from textwrap import dedent


def sql(text: str) -> str:
    """The text without the indentation that the Python file gives it, and without empty lines round it."""
    return dedent(text).strip("\n")
