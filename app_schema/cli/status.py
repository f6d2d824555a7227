"""`app-schema status`."""

from __future__ import annotations

from app_schema.cli.common import Json, Url, application, connected, finish, problem
from app_schema.cli.output import machine, text


def status(url: Url = None, *, as_json: Json = False) -> None:
    """Show the revision of the database, and the operations, locks and losses of each pending revision.

    Exit code 0: no revision is pending; 1: one is, or roles or policies are absent; 2: could not tell.
    """
    from app_schema.adoption.notice import refuse_unadopted
    from app_schema.copied import of_copy
    from app_schema.migrations.lineage import Lineage, described
    from app_schema.overview import of_revision
    from app_schema.upgrading import prepare

    app = application()
    lineage = Lineage(app)
    with connected(url) as connection:
        stamped = refuse_unadopted(connection, app)
        unknown = lineage.unknown(stamped)
        steps = [] if unknown else lineage.steps(stamped, "heads", "up")
        copied = list(of_copy(connection, app, newest=lineage.is_newest(stamped)))
        lost = prepare(connection, app, stamped, steps)[0].rows
    pending = [described(step.revision) for step in steps]
    if as_json:
        state = {"here": stamped, "heads": lineage.heads, "unknown": unknown, "pending": pending}
        machine({**state, "losses": lost})
    else:
        words = "an unknown revision" if unknown else f"{len(pending)} pending"
        print(f"at {', '.join(sorted(stamped)) or 'base'}, {words}")
        for revision in pending:
            print(f"  {revision.revision}")
            text(f"    {revision.subject}")
            for note in revision.notes:
                text(f"    {note}")
            for loss in lost:
                if loss.revision == revision.revision:
                    text(f"    now: loses {loss.words}")
    for sentence in [*of_revision(stamped, lineage), *copied]:
        problem(sentence)
    finish(well=not unknown and not pending and not copied)
