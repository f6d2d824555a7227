"""`app-schema diagram`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from app_schema.cli.common import UNKNOWN, application, needs
from app_schema.cli.output import talk


class Format(StrEnum):
    """The format of the diagram."""

    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"


def diagram(
    names: Annotated[list[str] | None, typer.Argument(metavar="[DOMAIN]...", help="By default all.")] = None,
    *,
    format_: Annotated[Format, typer.Option("--format", "-f", help="SVG needs Graphviz.")] = Format.MERMAID,
) -> None:
    """Print an entity-relationship diagram of the tables of some domains, or of all."""
    with needs("A diagram", "docs"):
        from app_schema.reference import diagram as drawing
    from app_schema.reference.domain import domains

    known = {domain.name: domain for domain in domains(application())}
    for name in names or ():
        if name not in known:
            talk(f"There is no domain {name}: the domains are {', '.join(known)}.")
            raise typer.Exit(UNKNOWN)
    tables = [table for name in names or known for table in known[name].tables]
    print(getattr(drawing, format_)(tables))
