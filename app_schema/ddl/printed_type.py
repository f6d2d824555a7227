"""Column types by the text that PostgreSQL prints."""

from __future__ import annotations

from typing import Any

from sqlalchemy.types import UserDefinedType


class PrintedType(UserDefinedType[Any]):
    """A column type by the text that PostgreSQL prints."""

    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **_: Any) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"PrintedType({self.text!r})"
