"""Triggers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.lookup import regclass
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import ident, literal, qualified, sequence
from app_schema.ddl.table_object import TableObject
from app_schema.ddl.twin import Side, copied
from app_schema.errors import ModelError

_PRINTED = "pg_get_triggerdef(t.oid)"
_PLACE = "format(' ON %I.%I ', n.nspname, c.relname)"
# PostgreSQL prints the WHEN condition only in pg_get_triggerdef: pg_get_expr takes the columns of one
# relation, and the condition has two, OLD and NEW. The names before the clauses may contain any text.
_CLAUSES = f"""\
split_part(substr({_PRINTED}, strpos({_PRINTED}, format(' TRIGGER %I ', t.tgname))
                              + length(format(' TRIGGER %I ', t.tgname))), {_PLACE}, 2)"""
_STATE = """\
CASE t.tgenabled WHEN 'D' THEN ' (disabled)' WHEN 'R' THEN ' (enabled on replicas)'
                 WHEN 'A' THEN ' (enabled always)' END"""
_PARTS = {
    "timing": "CASE WHEN t.tgtype & 64 <> 0 THEN 'instead_of' WHEN t.tgtype & 2 <> 0 THEN 'before' "
    "ELSE 'after' END",
    "events": """\
array_remove(ARRAY[CASE WHEN t.tgtype & 4 <> 0 THEN 'INSERT' END,
  CASE WHEN t.tgtype & 8 <> 0 THEN 'DELETE' END,
  CASE WHEN t.tgtype & 16 <> 0 THEN concat('UPDATE', (
    SELECT ' OF ' || string_agg(quote_ident(a.attname), ', ' ORDER BY u.n)
      FROM unnest(t.tgattr::int2[]) WITH ORDINALITY AS u(k, n)
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.tgrelid AND a.attnum = u.k)) END,
  CASE WHEN t.tgtype & 32 <> 0 THEN 'TRUNCATE' END], NULL)""",
    "for_each": "CASE WHEN t.tgtype & 1 <> 0 THEN 'ROW' ELSE 'STATEMENT' END",
    "when": f"""\
CASE WHEN t.tgqual IS NOT NULL
     THEN substring({_CLAUSES} FROM 'FOR EACH (?:ROW|STATEMENT) WHEN [(](.*)[)] EXECUTE FUNCTION ') END""",
    "execute": f"substring({_CLAUSES} FROM '.*EXECUTE FUNCTION (.*)')",
    "referencing": """\
nullif(concat_ws(' ', 'OLD TABLE AS ' || quote_ident(t.tgoldtable),
                      'NEW TABLE AS ' || quote_ident(t.tgnewtable)), '')""",
    "constraint": "t.tgconstraint <> 0",
    "deferrable": "t.tgdeferrable",
    "initially": "CASE WHEN t.tginitdeferred THEN 'DEFERRED' END",
    "enabled": "CASE t.tgenabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'REPLICA' WHEN 'A' THEN 'ALWAYS' "
    "ELSE 'ORIGIN' END",
    "refused": "CASE WHEN t.tgconstrrelid <> 0 THEN 'a constraint trigger FROM another table' END",
}


@dataclass(frozen=True)
class Trigger(TableObject):
    """``CREATE TRIGGER name BEFORE … ON table FOR EACH ROW WHEN (…) EXECUTE FUNCTION …``.

    :param before: an event such as "UPDATE", or several such as ``["INSERT", "UPDATE OF status"]``; likewise
        ``after`` and ``instead_of``. Exactly one of the three.
    :param execute: the call, ``app.touch_updated_at()``.
    :param enabled: ORIGIN (the default), DISABLED, REPLICA or ALWAYS.
    :param constraint: CREATE CONSTRAINT TRIGGER; allows ``deferrable`` and ``initially="DEFERRED"``.
    :param referencing: transition tables, ``"NEW TABLE AS fresh"``.
    """

    kind: ClassVar[str] = "trigger"
    comment_on: ClassVar[Mapping[str, str]] = {"trigger": "TRIGGER {name} ON {table}"}
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid "
            "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace",
            catalog="pg_trigger",
            oid="t.oid",
            kind="'trigger'",
            name="t.tgname",
            namespace="c.relnamespace",
            table="c.relname",
            relation="c.oid",
            where="NOT t.tgisinternal AND t.tgparentid = 0",
            only_if="oid FROM pg_catalog.pg_trigger WHERE NOT tgisinternal",
            definition=f"concat({_PRINTED}, {_STATE})",
            comparable=f"""\
concat(replace(replace({_PRINTED}, {_PLACE}, ' ON '), format(' ON pg_temp.%I ', c.relname), ' ON '),
       {_STATE})""",
            parts=_PARTS,
        ),
    )
    ranks = (Drops.TRIGGER, Makes.TRIGGER)
    in_create_all = Makes.TRIGGER
    refuses_existing = compared_together = True
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
        clauses = [name for name in ("before", "after", "instead_of") if getattr(self, name)]
        if not clauses and not self.execute:
            return  # DROP TRIGGER needs only the name
        if len(clauses) != 1:
            times = ", ".join(f"{name}=" for name in clauses) or "none"
            msg = f"trigger {self.name} needs exactly one of before=, after= and instead_of=; found: {times}"
            raise ModelError(msg)
        object.__setattr__(self, clauses[0], sequence(getattr(self, clauses[0])))

    @classmethod
    def from_parts(cls, key: Key, parts: dict[str, Any]) -> DDLObject:
        timing, events = parts.pop("timing"), parts.pop("events")
        return super().from_parts(key, {**parts, timing: events})

    @property
    def timing(self) -> str:
        """BEFORE, AFTER or INSTEAD OF."""
        return "BEFORE" if self.before else "AFTER" if self.after else "INSTEAD OF"

    @property
    def events(self) -> tuple[str, ...]:
        """The events, each as SQL writes it."""
        return sequence(self.before or self.after or self.instead_of or ())

    def exists(self) -> str | None:
        return f"""\
SELECT ''::text FROM pg_catalog.pg_trigger AS t
 WHERE t.tgrelid = {regclass(self.table or "", self.schema)} AND t.tgname = {literal(self.name)}"""

    def side(self) -> Side:
        table = copied(self.table, self.schema)
        create = self._create(table.twin)
        if self.instead_of:
            return Side(twin=(f"CREATE TEMPORARY VIEW {table.twin} AS SELECT * FROM {table.real}", *create))
        return Side(twin=create, like=table)

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
