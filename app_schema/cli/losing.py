"""Shared by the commands that may lose data: losses are shown, and need their token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app_schema.cli.common import problem
from app_schema.cli.output import table, talk
from app_schema.count import counted, number

if TYPE_CHECKING:
    from app_schema.loss import Losses

Confirm = Annotated[str | None, typer.Option("--confirm", metavar="TOKEN", help="The token of the refusal.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the operations and losses; change nothing.")]


def show(lost: Losses) -> None:
    """The rows that would be lost as data, the rest as talk."""
    rows = [
        (loss.revision, loss.table, loss.column or "(all)", loss.how, number(loss.rows)) for loss in lost.rows
    ]
    if rows:
        table(("revision", "table", "column", "how", ">rows lost"), rows)
    by_table: dict[tuple[str, str, str], list[str]] = {}
    for protection in lost.protections:
        verb = "opens" if protection.opens else "takes from"
        by_table.setdefault((protection.revision, verb, protection.table), []).append(protection.name)
    for (revision, verb, place), names in by_table.items():
        talk(f"{revision}: {verb} {place}: {', '.join(names)}")


def refusal(lost: Losses, token: str, confirm: str | None, *, dry_run: bool = False) -> str | None:
    """None if nothing would be lost or the token permits the loss; else the refusal with the next command."""
    if not lost or confirm == token:
        return None
    if confirm is not None:
        talk("The token does not fit: it belongs to another database, other revisions or other rows.")
    if lost.by_hand:
        talk(f"{counted(lost.by_hand, 'handwritten statement')}: only their author knows what they lose.")
    for revision in lost.untold:
        talk(f"{revision} queries the database, so what it does after that, and loses, cannot be told.")
    if any(loss.rows is None for loss in lost.rows):
        talk("A dash: an earlier revision changes the column, so its rows cannot be counted beforehand.")
    rows = sum(loss.rows or 0 for loss in lost.rows)
    protections = len(lost.protections)
    counts = counted(rows, "row") + (f" and {counted(protections, 'protection')}" if protections else "")
    if not rows and not protections:
        counts = "an unknown number of rows"
    would = f"{counts} would be lost. To lose them, add --confirm {token}"
    sentence = would if dry_run else f"Refused: {would}"
    problem(sentence)
    return sentence


def data(lost: Losses | None) -> dict[str, Any]:
    """For ``--json``."""
    if lost is None:
        return {"losses": [], "protections": [], "by_hand": 0, "untold": []}
    return {
        "losses": lost.rows,
        "protections": lost.protections,
        "by_hand": lost.by_hand,
        "untold": lost.untold,
    }
