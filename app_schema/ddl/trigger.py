"""Triggers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl.guard import Side, regclass
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import ident, literal, qualified, sequence
from app_schema.ddl.table_object import TableObject
from app_schema.errors import ModelError


@dataclass(frozen=True)
class Trigger(TableObject):
    """``CREATE TRIGGER name BEFORE … ON table FOR EACH ROW WHEN (…) EXECUTE FUNCTION …``.

    :param before: events: "UPDATE", or several such as ``["INSERT", "UPDATE OF status"]``; so ``after`` and
        ``instead_of``. Exactly one of the three is given.
    :param execute: the call, ``app.touch_updated_at()``.
    :param enabled: ORIGIN as usual, or DISABLED, REPLICA, ALWAYS.
    :param constraint: a CONSTRAINT TRIGGER, which may be ``deferrable`` and ``initially="DEFERRED"``.
    :param referencing: transition tables, ``"NEW TABLE AS fresh"``.
    """

    kind: ClassVar[str] = "trigger"
    ranks = (Drops.TRIGGER, Makes.TRIGGER)
    in_create_all = Makes.TRIGGER
    locks: ClassVar[Mapping[str, str]] = {
        "create": "SHARE ROW EXCLUSIVE",
        "drop": "ACCESS EXCLUSIVE",
        "replace": "ACCESS EXCLUSIVE",
    }
    positional: ClassVar[tuple[str, ...]] = ("name", "table")
    stand_in: ClassVar[Mapping[str, Any]] = {"execute": ""}
    name: str
    _: KW_ONLY
    execute: str
    before: str | Iterable[str] | None = None
    after: str | Iterable[str] | None = None
    instead_of: str | Iterable[str] | None = None
    for_each: str = "ROW"
    when: str | None = None
    referencing: str | None = None
    constraint: bool = False
    deferrable: bool = False
    initially: str | None = None
    enabled: str = "ORIGIN"
    table: str | None = None
    schema: str | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("before", "after", "instead_of") if getattr(self, name)]
        if not given and not self.execute:
            return  # to be dropped: its name is enough
        if len(given) != 1:
            msg = f"trigger {self.name} needs exactly one of before=, after= and instead_of="
            raise ModelError(msg)
        object.__setattr__(self, given[0], sequence(getattr(self, given[0])))

    @property
    def timing(self) -> str:
        """BEFORE, AFTER or INSTEAD OF."""
        return "BEFORE" if self.before else "AFTER" if self.after else "INSTEAD OF"

    @property
    def events(self) -> tuple[str, ...]:
        """The events, each as SQL writes it."""
        return sequence(self.before or self.after or self.instead_of or ())

    def catalog_query(self) -> str:
        # without the table: pg_get_triggerdef prints its schema, and the twin's is another one
        definition = """\
replace(replace(pg_get_triggerdef(t.oid), format(' ON %I.%I ', n.nspname, c.relname), ' ON '),
               format(' ON pg_temp.%I ', c.relname), ' ON ')"""
        return f"""\
SELECT {definition}
       || CASE t.tgenabled WHEN 'D' THEN ' (disabled)' WHEN 'R' THEN ' (enabled on replicas)'
                           WHEN 'A' THEN ' (enabled always)' ELSE '' END
  FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE NOT t.tgisinternal AND c.relnamespace = $1
   AND c.relname = {literal(self.table or "")} AND t.tgname = {literal(self.name)}"""

    def exists(self) -> str | None:
        return f"""\
SELECT ''::text FROM pg_catalog.pg_trigger AS t
 WHERE t.tgrelid = {regclass(self.table or "", self.schema)} AND t.tgname = {literal(self.name)}"""

    def side(self) -> Side:
        assert self.table is not None
        real, twin = qualified(self.table, self.schema), qualified(self.table, "pg_temp")
        make = f"CREATE TABLE {twin} (LIKE {real})"
        if self.instead_of:
            make = f"CREATE TEMPORARY VIEW {twin} AS SELECT * FROM {real}"
        return Side(twin=(make, *self._create(twin)), like=None if self.instead_of else real)

    def _create(self, table: str) -> tuple[str, ...]:
        clauses = [
            f"CREATE {'CONSTRAINT ' if self.constraint else ''}TRIGGER {ident(self.name)}",
            f"{self.timing} {' OR '.join(self.events)} ON {table}",
            *(["DEFERRABLE"] if self.deferrable else []),
            *([f"INITIALLY {self.initially}"] if self.initially else []),
            *([f"REFERENCING {self.referencing}"] if self.referencing else []),
            f"FOR EACH {self.for_each}",
            *([f"WHEN ({self.when})"] if self.when else []),
            f"EXECUTE FUNCTION {self.execute}",
        ]
        create = " ".join(clauses)
        if self.enabled == "ORIGIN":
            return (create,)
        state = "DISABLE" if self.enabled == "DISABLED" else f"ENABLE {self.enabled}"
        return (create, f"ALTER TABLE {table} {state} TRIGGER {ident(self.name)}")

    def create_sql(self) -> tuple[str, ...]:
        assert self.table is not None
        return self._create(qualified(self.table, self.schema))

    def drop_sql(self) -> tuple[str, ...]:
        assert self.table is not None
        return (f"DROP TRIGGER {ident(self.name)} ON {qualified(self.table, self.schema)}",)
