"""A person and what names the person outside of foreign keys; shared by the erasure and the export."""

from __future__ import annotations

import json
import uuid

import sqlalchemy as sa

from app_schema.errors import ConfigurationError

PEOPLE = "public.users"

# The ids by which providers name the person, as any value at any depth of the payload.
_NAMES = """
SELECT jsonb_agg(DISTINCT i.id) FROM (
  SELECT unnest(ARRAY[u.id::text, u.clerk_id, u.stripe_customer_id, nullif(u.email, 'unknown'), lower(nullif(u.email, 'unknown'))])
    FROM public.users AS u WHERE u.id = %(person)s
  UNION ALL
  SELECT unnest(ARRAY[s.stripe_customer_id, s.stripe_subscription_id]) FROM public.subscriptions AS s WHERE s.user_id = %(person)s
  UNION ALL
  SELECT unnest(ARRAY[r.stripe_session_id, r.stripe_payment_intent_id]) FROM public.reservations AS r WHERE r.student_id = %(person)s
) AS i(id) WHERE i.id <> ''"""  # noqa: E501 - one line is one table
# A sequential scan: no index finds a value at any depth.
EVENTS = """
SELECT t.id::text, to_jsonb(t)::text FROM public.webhook_events AS t
 WHERE jsonb_path_exists(t.payload, '$.** ? (@ == $names[*])', jsonb_build_object('names', %s::jsonb))"""
_PERSON = """
SELECT u.id::text FROM public.users AS u
 WHERE u.clerk_id = %(person)s OR u.id = %(key)s ORDER BY u.clerk_id = %(person)s DESC"""


def find(connection: sa.Connection, person: str) -> str:
    """The key of a person by the id at the identity provider, else by the key itself.

    :raises ConfigurationError: if there is no such person.
    """
    try:
        key = uuid.UUID(person)
    except ValueError:
        key = None
    found: str | None = connection.exec_driver_sql(_PERSON, {"person": person, "key": key}).scalar()
    if found is None:
        raise ConfigurationError(
            f"There is no person {person!r}: give the id of the identity provider (users.clerk_id) "
            "or the key (users.id)."
        )
    return found


def names(connection: sa.Connection, key: str) -> str:
    """The ids by which providers name the person, as a JSON array."""
    return json.dumps(connection.exec_driver_sql(_NAMES, {"person": key}).scalar_one())
