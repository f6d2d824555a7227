"""Databases for faults, the ways to migrate them, and the states that must be reached."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from faultproxy import Fault, FaultProxy
from lineage import Alembic, revisions
from psycopg import sql

from app_schema.catalog import Snapshot, diff
from app_schema.catalog.objects import printed
from app_schema.migrations import config
from app_schema.testing.databases import Databases

VERSIONS = Path(__file__).parent / "versions"
"""A lineage with an operation of every kind, those that commit in the middle too."""

CANARY = """
CREATE TABLE public.canary (id int PRIMARY KEY, song text NOT NULL);
INSERT INTO public.canary SELECT n, 'song ' || n FROM generate_series(1, 100) AS n;
"""
ROWS = """
INSERT INTO shop.buyer SELECT n, 'buyer ' || n FROM generate_series(1, 10) AS n;
INSERT INTO shop.item (id, title, price, buyer_id)
SELECT n, 'item ' || n, n, CASE WHEN n % 3 = 0 THEN 1 + n % 10 END FROM generate_series(1, 200) AS n;
"""
_TABLES = """
SELECT c.oid::regclass::text FROM pg_catalog.pg_class AS c
 WHERE c.relkind = 'r' AND (c.relname = 'canary' OR c.relnamespace = to_regnamespace('shop'))
"""
_LEFT = """
SELECT format('advisory lock of %s', l.pid) FROM pg_catalog.pg_locks AS l
 WHERE l.locktype = 'advisory'
   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
UNION ALL
SELECT format('session %s, %s: %s', a.pid, a.state, left(a.query, 200)) FROM pg_catalog.pg_stat_activity AS a
 WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
UNION ALL
SELECT format('temporary %s', c.oid::regclass) FROM pg_catalog.pg_class AS c
 WHERE c.relnamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace AS n WHERE n.nspname ~ '^pg_temp')
UNION ALL
SELECT format('prepared transaction %s', x.gid) FROM pg_catalog.pg_prepared_xacts AS x
 WHERE x.database = current_database()
"""


class NotSurvived(AssertionError):  # noqa: N818 - it is a finding
    """A fault was not mended by the same command."""


@dataclass(frozen=True)
class Lineage:
    """Revisions, and the two between which they are run.

    :param base: where the way up begins; its rows are put in there. None: before the first revision.
    :param loose: revisions that commit in the middle.
    """

    name: str
    revisions: tuple[str, ...]
    base: str | None = None
    versions: Path | None = None
    loose: frozenset[str] = frozenset()

    @property
    def stages(self) -> list[str | None]:
        """From the lower to the upper revision."""
        every = [None, *self.revisions]
        return every[every.index(self.base) :]


def _committing_in_the_middle() -> frozenset[str]:
    """Our own revisions that build or drop an index CONCURRENTLY, which no transaction can hold."""
    scripts = ScriptDirectory.from_config(config()).walk_revisions()
    texts = {script.revision: Path(script.path).read_text(encoding="utf-8") for script in scripts}
    return frozenset(revision for revision, text in texts.items() if "_concurrently(" in text)


SMALL = Lineage("small", tuple(f"f{n}" for n in range(1, 8)), "f1", VERSIONS, frozenset({"f4"}))
OWN = Lineage("own", tuple(revisions()), loose=_committing_in_the_middle())


@dataclass(frozen=True)
class Way:
    """Up or down, in transactions or in autocommit."""

    up: bool
    autocommit: bool = False

    def __str__(self) -> str:
        return f"{'up' if self.up else 'down'}-{'autocommit' if self.autocommit else 'transaction'}"


@dataclass(frozen=True)
class State:
    """Of a database: its catalog, its revision, and its rows, counted and added up."""

    catalog: Snapshot
    revision: str | None
    rows: Mapping[str, object]


def state(url: str) -> State:
    """The state after the last session has ended. Raises NotSurvived if an object is left over."""
    with psycopg.connect(url, autocommit=True) as connection:
        settled(connection)
        names = [name for (name,) in connection.execute(_TABLES).fetchall()]
        rows = {name: connection.execute(_sum(name)).fetchone() for name in names}
        stamps = []
        if connection.execute("SELECT to_regclass('public.alembic_version')").fetchone() != (None,):
            stamps = connection.execute("SELECT version_num FROM public.alembic_version").fetchall()
        assert len(stamps) <= 1, "one head"
        catalog = printed(connection, ignore=("alembic_version",))
    return State(catalog, stamps[0][0] if stamps else None, rows)


def _sum(table: str) -> sql.Composed:
    query = "SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM {} AS t"
    return sql.SQL(query).format(sql.SQL(table))  # printed by PostgreSQL


def settled(connection: psycopg.Connection, patience: float = 10.0) -> None:
    """Waits until no other session, lock or temporary table is left in the database."""
    deadline = time.monotonic() + patience
    while left := connection.execute(_LEFT).fetchall():
        if time.monotonic() > deadline:
            raise NotSurvived("left over: " + "; ".join(str(difference) for (difference,) in left))
        time.sleep(0.005)


def unequal(expected: State, found: State) -> list[str]:
    """The differences in words."""
    said = [
        f"{difference.key}: expected {difference.left}, found {difference.right}"
        for difference in diff(expected.catalog, found.catalog)
    ]
    if expected.revision != found.revision:
        said.append(f"revision: expected {expected.revision}, found {found.revision}")
    if expected.rows != found.rows:
        said.append(f"rows: expected {expected.rows}, found {found.rows}")
    return said


class World:
    """A database that is migrated up and down between two states, both of which every run must reach.

    :param every_stage: find out what is there after each revision, and not at the ends alone.
    """

    def __init__(self, databases: Databases, lineage: Lineage, *, every_stage: bool = True) -> None:
        self.databases = databases
        self.lineage = lineage
        self.every_stage = every_stage
        self.statements: dict[Way, Sequence[str]] = {}
        """That the server gets on each way, when nothing happens."""
        self.stages: dict[str | None, State] = {}
        self._name = ""
        self._at: str | None = None

    @property
    def url(self) -> str:
        return self.databases.url(self._name)

    def run(self, way: Way, url: str, revision: str | None = None, *x: str) -> None:
        """Alembic's command for the whole way, or to one revision, with values of ``-x``."""
        to = revision or (self.lineage.revisions[-1] if way.up else self.lineage.base or "base")
        alembic = Alembic(url, autocommit=way.autocommit, versions=self.lineage.versions, alone=True, x=x)
        alembic("upgrade" if way.up else "downgrade", to)

    def count(self, way: Way) -> int:
        """The statements of a way."""
        if way not in self.statements:
            self.go_to_start(way)
            with FaultProxy(self.databases.server_url) as proxy:
                self.run(way, proxy.url(self._name))
            self.statements[way] = proxy.statements
            self._at = self._end(way)
        return len(self.statements[way])

    def survive(
        self,
        way: Way,
        *faults: Fault,
        look: bool = False,
        attempt: Callable[[Way, str], str] | None = None,
        mend: Callable[[], object] = lambda: None,
    ) -> int:
        """Runs into each fault, then repeats the same command.

        :param look: between the faults and the last run, wait for what the faults have left behind, and see
            that each revision was done wholly or not at all.
        :param attempt: how the runs into the faults are made, else in this process; returns what was said.
        :param mend: ends the cause of the faults, where that takes somebody else.
        :returns: how many of the faults happened; the statements may end before.
        :raises NotSurvived: where the last run does not end as a clean one.
        """
        self.go_to_start(way)
        self._at = "nowhere"  # until the end is seen to be good
        told = [f"{self.lineage.name}, {way}"]
        happened = 0
        for fault in faults:
            with FaultProxy(self.databases.server_url, fault) as proxy:
                said = (attempt or self.attempt)(way, proxy.url(self._name))
            happened += proxy.fired
            place = f"{fault}: {proxy.statements[fault.number][:200]!r}" if proxy.fired else "nothing"
            told.append(f"{place} -> {said or 'exit 0'}")
        mend()
        if look:
            self._look(way, told)
        if error := self.attempt(way, self.url):
            raise NotSurvived("\n".join([f"run again, it says: {error}", *told]))
        if wrong := unequal(self.stages[self._end(way)], state(self.url)):
            raise NotSurvived("\n".join([*wrong, *told]))
        self._at = self._end(way)
        return happened

    def close(self) -> None:
        """Drops the database."""
        if self._name:
            self.databases.drop(self._name)
        self._name = ""

    def _look(self, way: Way, told: Sequence[str]) -> None:
        found = state(self.url)
        stages = self.lineage.stages
        place = stages.index(found.revision)
        begun = stages[min(place + 1, len(stages) - 1)] if way.up else stages[place]
        if way.autocommit or begun in self.lineage.loose or found.revision not in self.stages:
            return
        if said := unequal(self.stages[found.revision], found):
            raise NotSurvived("\n".join(["not whole before it is run again:", *said, *told]))

    def attempt(self, way: Way, url: str, *x: str) -> str:
        """Runs the command; returns its sentence if it fails. A traceback is not survived."""
        try:
            self.run(way, url, None, *x)
        except CommandError as error:
            return str(error)
        except Exception as error:
            raise NotSurvived(f"a traceback: {error!r}") from error
        return ""

    def _end(self, way: Way) -> str | None:
        return self.lineage.stages[-1 if way.up else 0]

    def go_to_start(self, way: Way) -> None:
        """Brings the database to where a way begins."""
        if not self._name or self._at == "nowhere":
            self._make()
        if self._at == self._end(way):
            back = Way(not way.up)
            self.run(back, self.url)
            self._at = self._end(back)

    def _make(self) -> None:
        """A new database, up and down once; then each stage is looked at, on a second way up."""
        self.close()
        self._name = self.databases.create()
        up, down = Way(up=True), Way(up=False)
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(CANARY)
            if self.lineage.base is not None:
                self.run(up, self.url, self.lineage.base)
                connection.execute(ROWS)
                self.run(up, self.url)  # what a way up and down leaves in the rows belongs to the lower end
                self.run(down, self.url)
        first, *others = self.lineage.stages
        stages = {first: state(self.url)}
        for revision in others if self.every_stage else others[-1:]:
            self.run(up, self.url, revision)
            stages[revision] = state(self.url)
        self.run(down, self.url)
        assert unequal(stages[first], state(self.url)) == [], "up and down is where it was"
        self.stages = self.stages or stages
        self._at = first
