"""Procedures."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl.brackets import between_commas
from app_schema.ddl.function import CATALOG, EXECUTE, FIELDS, PARTS, Function, definition

_FIELDS = {
    **FIELDS,
    "signature": f"format('(%s)', {PARTS['arguments']})",
    "options": f"""\
concat_ws(' ', 'SECURITY ' || {PARTS["security"]}, 'SET ' || array_to_string(p.proconfig, ', '))""",
    # a revoked default privilege leaves privileges that are stored and equal to those of PostgreSQL
    "execute": f"coalesce(nullif({EXECUTE}, 'PUBLIC'), '')",
}
_NAMES = ("name", "body", "arguments", "language", "security", "settings", "execute", "refused")


@dataclass(frozen=True)
class Procedure(Function):
    """``CREATE PROCEDURE schema.name(arguments) AS body``, without the further fields of a `Function`."""

    kind: ClassVar[str] = "procedure"
    word: ClassVar[str] = "PROCEDURE"
    comment_on: ClassVar[Mapping[str, str]] = {"procedure": "PROCEDURE {place}"}
    catalog = (
        dataclasses.replace(
            CATALOG,
            kind="'procedure'",
            where="p.prokind = 'p'",
            definition=definition(_FIELDS),
            fields=_FIELDS,
            parts={name: part for name, part in PARTS.items() if name in _NAMES},
            only_if="oid FROM pg_catalog.pg_proc WHERE prokind = 'p'",
        ),
    )
    stand_in: ClassVar[Mapping[str, Any]] = {"body": ""}
    name: str
    body: str
    _: KW_ONLY
    returns: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        # PostgreSQL prints the default mode IN, which a declaration omits
        arguments = (argument.removeprefix("IN ") for argument in between_commas(self.arguments))
        object.__setattr__(self, "arguments", ", ".join(arguments))

    def _options(self) -> list[str]:
        return []
