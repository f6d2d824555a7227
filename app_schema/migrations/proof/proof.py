"""``-x prove=true``: runs a new revision up and down twice on a copy, in a transaction and in autocommit."""

from __future__ import annotations

import re
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import sqlalchemy as sa
from alembic.script import write_hooks
from sqlalchemy.exc import DBAPIError

from app_schema import pinned
from app_schema.catalog.objects import diff, printed
from app_schema.catalog.scratch import Place, connected, scratch_database
from app_schema.ddl import Role
from app_schema.ddl.sql import ident
from app_schema.errors import INTERRUPTED, AppSchemaError, ServerError
from app_schema.events import say
from app_schema.migrations.directives import UnwritableOp
from app_schema.migrations.layout import WIDTH
from app_schema.migrations.operations import CreateObjectOp
from app_schema.migrations.proof import rows
from app_schema.migrations.proof.copy import Structure, send, structure
from app_schema.migrations.proof.trial import Origin, RefusedError, Trial, explained_shortly, listed
from app_schema.migrations.stamping import version_table

if TYPE_CHECKING:
    from alembic.autogenerate.api import RevisionContext

    Driver = psycopg.Connection[Any]

HOOK = "app_schema_prove"
REFUSED, COULD_NOT_TELL = 1, 2
_PATIENCE = 2.0
"""Seconds before a line about progress."""
_ROLES = re.compile(r"\bop\.(\w+)_role\(")
_HEADER, _LOSES_ROWS = "Downgrade: ", "Loses data: "
"""Words of the header about rows: if the upgrade loses none, the downgrade must restore all rows."""
_VALUES_REFUSED = ("22", "23")
"""SQLSTATE: a value, or a constraint on values."""


@dataclass(frozen=True)
class Proof:
    """Proves the revision of a run after its file is written.

    :param source: the database.
    :param scratch: the server of the copy.
    :param heads: the heads of the database.
    """

    run: Origin
    source: Place = field(repr=False)  # the parameters contain a password
    scratch: Place = field(repr=False)
    heads: tuple[str, ...]
    generated: RevisionContext

    def of(self, file: Path) -> None:
        """Proves the revision in the file; ends the process with 1 if it fails, with 2 if it cannot tell, and
        with 130 after Ctrl-C."""
        directives = self.generated.generated_revisions[-1]
        assert directives.rev_id is not None
        if len(directives.upgrade_ops_list) != 1 or directives.upgrade_ops_list[0].is_empty():
            return
        text = file.read_text(encoding="utf-8")
        waiting = threading.Timer(_PATIENCE, say, ["running the revision on a copy of the database"])
        waiting.daemon = True
        waiting.start()
        try:
            lacking = self._prove(directives.rev_id, text)
        except RefusedError as error:
            self._end(file, text, f"Proof failed: {error}.", REFUSED)
        except (AppSchemaError, psycopg.Error, DBAPIError) as error:
            self._end(file, text, f"Not proved: {explained_shortly(error)[0]}.", COULD_NOT_TELL)
        except KeyboardInterrupt:
            self._end(file, text, "Not proved: the proof was stopped.", INTERRUPTED)
        else:
            without = f"; the copy lacks {lacking}" if lacking else ""
            say(f"{file.name} is proved: up twice, down twice, in a transaction and in autocommit{without}")
        finally:
            waiting.cancel()

    def _prove(self, revision: str, text: str) -> str:
        """Runs the trials; returns the objects that the copy lacks."""
        roles = self._new_roles(text)
        try:
            return self._prove_beside(revision, text)
        finally:
            self._drop(roles)

    def _new_roles(self, text: str) -> list[str]:
        """The roles that the trials create on the server of the database: that must be the embedded server.

        :raises ServerError: if the revision changes roles otherwise.
        """
        verbs = sorted(_ROLES.findall(text))
        if not verbs or self.scratch.elsewhere:
            return []
        operations = self.generated.generated_revisions[-1].upgrade_ops_list[0].ops
        new = [
            op.obj.name for op in operations if isinstance(op, CreateObjectOp) and isinstance(op.obj, Role)
        ]
        if verbs == ["create"] * len(new) + ["drop"] * len(new) and is_embedded(self.source):
            with connected(self.source) as source:
                if _missing_roles(source, new) == sorted(new):
                    return new
        raise ServerError(
            "the revision changes roles, which belong to all databases of the server; "
            "-x scratch=URL names a server where that does no harm"
        )

    def _drop(self, roles: list[str]) -> None:
        """Drops what a failed trial has left of the roles; not a role that a database uses by now."""
        if not roles:
            return
        with connected(self.source) as source:
            for role in roles:
                with suppress(psycopg.Error):
                    source.execute(f"DROP ROLE IF EXISTS {ident(role)}".encode())

    def _prove_beside(self, revision: str, text: str) -> str:
        """The same, beside the database or on the scratch server."""
        database = self.source.parameters.get("dbname")
        with engine_of(self.source, database) as engine, engine.connect() as connection:
            objects = structure(connection, self._version)
        words = " ".join(text.split())
        keeps = _HEADER in words and _LOSES_ROWS not in words
        try:
            return self._run_trials(objects, revision, keeps=keeps)
        except RefusedError as error:
            if not (self.scratch.elsewhere and (error.sqlstate or "").startswith(_VALUES_REFUSED)):
                raise
            return self._run_trials(
                objects, revision, keeps=keeps, filled=False
            )  # generated rows may violate a constraint that the user's rows satisfy

    @property
    def _version(self) -> dict[str, Any]:
        names = ("version_table", "version_table_schema", "search_path")
        return {name: self.run.opts[name] for name in names if self.run.opts.get(name) is not None}

    def _run_trials(self, structure: Structure, revision: str, *, keeps: bool, filled: bool = True) -> str:
        with scratch_database(self.scratch) as copy:
            copy.execute(b"SET check_function_bodies = off")
            if missing := _missing_roles(copy, structure.roles):
                raise ServerError(f"the scratch server lacks the roles {listed(missing)}")
            send(copy, structure.before)
            tables = self._fill(copy) if filled else []
            send(copy, structure.after)
            with engine_of(self.scratch, copy.info.dbname) as engine:
                names = tuple(table.name for table in tables) if keeps else ()
                trial = Trial(self.run, engine, revision, self.heads, names, unresolved(self.generated))
                trial.stamp()  # a snapshot has the roles that own something, such as the version table
                ignored = version_table(self.run.opts)  # the source has those of other applications, too
                copied = printed(copy, ignore=(ignored,))
                lacking = [
                    lost.key.label
                    for lost in diff(structure.source, copied)
                    if lost.right is None and ignored not in {lost.key.name, lost.key.table}
                ]
                try:
                    trial.prove(copied)
                except RefusedError as error:
                    if lacking:
                        msg = f"the copy lacks {listed(lacking)}, and without that {error}"
                        raise ServerError(msg) from error
                    raise
        return listed(lacking)

    def _fill(self, copy: Driver) -> list[rows.Table]:
        with connected(self.source) as source:
            # a sample reads only the rows that the role may see, and no query runs long
            settings = {"search_path": "", "row_security": "on", "statement_timeout": "5s"}
            source.execute(f"SELECT {pinned.calls(settings, local=False)}".encode())
            copy.execute(b"SELECT set_config('search_path', '', false)")
            # the copy has neither foreign keys nor the version table yet
            copied = {table.name for table in rows.tables(copy)}
            tables = [table for table in rows.tables(source) if table.name in copied]
            if self.scratch.elsewhere:
                rows.generate(source, copy, tables)
            else:
                rows.sample(source, copy, tables)
            return tables

    def _end(self, file: Path, text: str, sentence: str, code: int) -> None:
        file.write_text(noted(text, sentence), encoding="utf-8")
        say(f"{file.name}: {sentence} The file is kept.")
        raise SystemExit(code)


def noted(text: str, sentence: str) -> str:
    """The text of a revision with a further paragraph in its docstring; line numbers in it are corrected."""
    before, mark, after = text.partition("\n\nRevision ID:")
    if not mark:  # the project's template differs
        return f"# {_moved(sentence, 1)}\n{text}"
    plain = sentence.replace("\\", "\\\\").replace('"""', "'''")
    added = len(textwrap.wrap(plain, WIDTH)) + 1
    return f"{before}\n\n{textwrap.fill(_moved(plain, added), WIDTH)}{mark}{after}"


def _moved(sentence: str, lines: int) -> str:
    return re.sub(r"(?<=\.py, line )\d+", lambda match: str(int(match[0]) + lines), sentence)


def after_writing(script: Any, proof: Proof) -> None:
    """Registers a hook by which Alembic proves the revision after its file is written and formatted."""
    write_hooks.register(HOOK)(_hook)
    script.hooks = [*script.hooks, {"_hook_name": "prove", "type": HOOK, "proof": proof}]


def _hook(path: str, options: dict[str, Any]) -> None:
    options["proof"].of(Path(path))


def unresolved(generated: RevisionContext) -> frozenset[str]:
    """The differences that a generated revision does not resolve, in its words."""
    return frozenset(
        operation.reason
        for directives in generated.generated_revisions
        for part in directives.upgrade_ops_list
        for operation in part.ops
        if isinstance(operation, UnwritableOp)
    )


@contextmanager
def engine_of(place: Place, database: str | None) -> Iterator[sa.Engine]:
    """An engine of one session, closed at the end."""

    def connect() -> Driver:
        options = {**pinned.parameters(place.parameters), **place.parameters, "dbname": database}
        options |= {"client_encoding": pinned.ENCODING}
        return psycopg.connect(**options, prepare_threshold=None)

    # one session for all trials: each new backend of PostgreSQL fills its catalog caches again
    engine = sa.create_engine("postgresql+psycopg://", creator=connect, pool_size=1, max_overflow=1)
    try:
        yield engine
    finally:
        engine.dispose()


def is_embedded(place: Place) -> bool:
    """True for the embedded server of this project, which has no databases of others."""
    from app_schema import embedded  # its package is an extra

    server = embedded.status()
    return server is not None and place.parameters.get("host") == str(server.sockets)


def _missing_roles(driver: Driver, roles: list[str]) -> list[str]:
    present = {name for (name,) in driver.execute("SELECT rolname FROM pg_catalog.pg_roles")}
    return sorted(set(roles) - present)
