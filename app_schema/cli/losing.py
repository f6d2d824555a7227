"""What the commands that may lose something share: it is shown, and happens only with its token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app_schema.cli.output import counted, number, table, talk

if TYPE_CHECKING:
    from app_schema.loss import Losses

Confirm = Annotated[str | None, typer.Option("--confirm", metavar="TOKEN", help="The token of the refusal.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done and lost; do nothing.")]


def show(lost: Losses) -> None:
    """The rows that would be lost as data, the rest as talk."""
    rows = [(one.revision, one.table, one.column or "(all)", one.how, number(one.rows)) for one in lost.rows]
    if rows:
        table(("revision", "table", "column", "how", ">rows lost"), rows)
    by_table: dict[tuple[str, str], list[str]] = {}
    for one in lost.protections:
        by_table.setdefault((one.revision, one.table), []).append(one.name)
    for (revision, place), names in by_table.items():
        talk(f"{revision}: takes from {place}: {', '.join(names)}")


def allowed(lost: Losses, token: str, confirm: str | None) -> bool:
    """Whether nothing would be lost, or the token says that it may be; else says how to go on."""
    if not lost or confirm == token:
        return True
    if confirm is not None:
        talk("The token does not fit: it belongs to another database, other revisions or other rows.")
    if lost.by_hand:
        talk(f"{counted(lost.by_hand, 'handwritten statement')}: only their author knows what they lose.")
    if any(one.rows is None for one in lost.rows):
        talk("A dash: an earlier revision changes the column, so its rows cannot be counted beforehand.")
    rows = sum(one.rows or 0 for one in lost.rows)
    protections = len(lost.protections)
    what = counted(rows, "row") + (f" and {counted(protections, 'protection')}" if protections else "")
    talk(f"Refused: {what} would be lost. To lose them, add --confirm {token}")
    return False


def data(lost: Losses | None) -> dict[str, Any]:
    """For ``--json``."""
    if lost is None:
        return {"losses": [], "protections": [], "by_hand": 0}
    return {"losses": lost.rows, "protections": lost.protections, "by_hand": lost.by_hand}
