"""Event triggers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.defined import Defined
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import literal
from app_schema.ddl.twin import Side

_STATE = "CASE k.evtenabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'REPLICA' WHEN 'A' THEN 'ALWAYS' END"
_PRINTED = """\
concat_ws(' ', 'ON ' || k.evtevent,
  (SELECT format('WHEN TAG IN (%s)', string_agg(quote_literal(w), ', ' ORDER BY w))
     FROM unnest(k.evttags) AS w HAVING count(*) > 0),
  format('EXECUTE FUNCTION %s()', k.evtfoid::regproc))"""
_VERBS = {"DISABLED": "DISABLE", "REPLICA": "ENABLE REPLICA", "ALWAYS": "ENABLE ALWAYS", "ORIGIN": "ENABLE"}


@dataclass(frozen=True)
class EventTrigger(Defined):
    """``CREATE EVENT TRIGGER name ON event WHEN TAG IN (…) EXECUTE FUNCTION …``, as PostgreSQL prints it.

    The trigger also fires for migrations. Only a superuser may create an event trigger.

    :param enabled: ORIGIN (the default), DISABLED, REPLICA or ALWAYS.
    """

    kind: ClassVar[str] = "event_trigger"
    word = "EVENT TRIGGER"
    in_schema = False
    comment_on: ClassVar[Mapping[str, str]] = {"event_trigger": "EVENT TRIGGER {name}"}
    owned_as = "event_trigger"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_event_trigger AS k",
            catalog="pg_event_trigger",
            oid="k.oid",
            kind="'event_trigger'",
            name="k.evtname",
            owner="k.evtowner",
            definition=f"concat_ws(' ', {_PRINTED}, {_STATE})",
            parts={"definition": _PRINTED, "enabled": f"coalesce({_STATE}, 'ORIGIN')"},
            only_if="oid FROM pg_catalog.pg_event_trigger",
        ),
    )
    # created last and dropped first: the trigger fires for the other statements of a revision
    ranks = (Drops.DEFAULT_GRANT, Makes.DEFAULT_GRANT)
    in_create_all = Makes.DEFAULT_GRANT
    enabled: str = "ORIGIN"

    def side(self) -> Side:
        """No twin: an event trigger is in no schema, and would fire."""
        state = "" if self.enabled == "ORIGIN" else f" {self.enabled}"
        return Side(value=literal(f"{self.definition}{state}"), qualified=True)

    def create_sql(self) -> tuple[str, ...]:
        enable = f"ALTER EVENT TRIGGER {self._place} {_VERBS[self.enabled]}"
        return (*super().create_sql(), *([enable] if self.enabled != "ORIGIN" else []))
