"""`app-schema erase`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from app_schema.cli.common import Json, Url, application, connected, finish, problem
from app_schema.cli.losing import Confirm, DryRun
from app_schema.cli.output import machine, table, talk
from app_schema.count import counted, number

if TYPE_CHECKING:
    from app_schema.mued.erasure import Erasure

Person = Annotated[str, typer.Argument(help="The id at the identity provider, or the key in users.")]


def erase(
    person: Person,
    *,
    confirm: Confirm = None,
    dry_run: DryRun = False,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Delete all rows of a person, and anonymise those that document money; needs the printed token.

    The rows are listed under locks, and exactly these are changed, in one transaction. A plan that is still
    charged, and a paid lesson that is neither held nor refunded, have to be settled first.

    Exit code 0: nothing of the person is left; 1: refused, or rows were written meanwhile; 2: could not tell,
    and nothing was changed, unless the last line says what was.
    """
    from app_schema.mued.erasure import erase_person, prepare, remaining

    app = application()
    with connected(url, changes=True) as connection:
        erasure = prepare(connection, app, person)
        if not as_json:
            table(
                ("table", "action", ">rows"),
                [(s.table, s.action, number(len(s.keys))) for s in erasure.steps],
            )
        refused = _refusal(erasure, confirm, dry_run=dry_run)
        erased = refused is None and bool(erasure.steps) and not dry_run
        if erased:
            erase_person(connection, erasure)
            connection.commit()
            talk(f"{_rows(erasure)}.")  # said although the output may be full
            if late := remaining(connection, app, erasure):
                refused = f"{_rows(late)}, written meanwhile: run app-schema erase {erasure.person} again."
                problem(refused)
    if as_json:
        steps = [{"table": s.table, "action": s.action, "rows": len(s.keys)} for s in erasure.steps]
        machine(
            {
                "person": erasure.person,
                "steps": steps,
                "hindrances": erasure.hindrances,
                "token": erasure.token,
                "done": erased,
                **({} if refused is None else {"error": refused}),
            }
        )
    elif not erasure.steps:
        talk("Nothing of this person is left to erase.")
    finish(well=refused is None)


def _refusal(erasure: Erasure, confirm: str | None, *, dry_run: bool) -> str | None:
    """None if nothing is to be done or the token permits it; else the refusal with the next command."""
    if not erasure.steps:
        return None
    if erasure.hindrances:
        sentence = "\n".join(["Refused:", *erasure.hindrances])
    elif confirm == erasure.token:
        return None
    else:
        if confirm is not None:
            talk("The token does not fit: it belongs to another database, another person or other rows.")
        would = f"{_rows(erasure)}: that would be lost. To lose it, add --confirm {erasure.token}"
        sentence = would if dry_run else f"Refused: {would}"
    problem(sentence)
    return sentence


def _rows(erasure: Erasure) -> str:
    """The rows by what is done to them: "3 rows deleted, 1 row anonymised"."""
    count: Counter[str] = Counter()
    for step in erasure.steps:
        count[step.action] += len(step.keys)
    return ", ".join(f"{counted(rows, 'row')} {action}" for action, rows in sorted(count.items()))
