"""A person and what names the person outside of foreign keys; shared by the erasure and the export."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import sqlalchemy as sa

from app_schema.errors import ConfigurationError

PEOPLE = "public.users"

# What is no address is shared by many, as the placeholder 'unknown'; uq_users_email_lower has the same test.
_NAMES = """
SELECT ARRAY(
  SELECT DISTINCT i.id FROM (
    SELECT unnest(ARRAY[u.id::text, u.clerk_id, u.stripe_customer_id])
    UNION ALL
    SELECT unnest(ARRAY[s.stripe_customer_id, s.stripe_subscription_id]) FROM public.subscriptions AS s WHERE s.user_id = u.id
    UNION ALL
    SELECT unnest(ARRAY[r.stripe_session_id, r.stripe_payment_intent_id]) FROM public.reservations AS r WHERE r.student_id = u.id
  ) AS i(id) WHERE i.id <> ''),
  CASE WHEN position('@' in u.email) > 1 THEN lower(u.email) END
  FROM public.users AS u WHERE u.id = %s"""  # noqa: E501 - one line is one table
# Any value at any depth of the payload; a sequential scan, since no index finds one.
_EVENTS = """
SELECT t.id::text, to_jsonb(t)::text FROM public.webhook_events AS t
 WHERE EXISTS (SELECT FROM jsonb_path_query(t.payload, '$.** ? (@.type() == "string")') AS v(value)
                WHERE v.value #>> '{}' = ANY (%s) OR lower(v.value #>> '{}') = %s)"""
_PERSON = """
SELECT u.id::text FROM public.users AS u
 WHERE u.clerk_id = %(person)s OR u.id = %(key)s ORDER BY u.clerk_id = %(person)s DESC"""


def find(connection: sa.Connection, person: str) -> str:
    """The key of a person by the id at the identity provider, or by the key itself.

    :raises ConfigurationError: if no person, or more than one, is meant.
    """
    try:
        key = uuid.UUID(person)
    except ValueError:
        key = None
    keys = connection.exec_driver_sql(_PERSON, {"person": person, "key": key}).scalars().all()
    if not keys:
        raise ConfigurationError(
            f"There is no person {person!r}: give the id of the identity provider (users.clerk_id) "
            "or the key (users.id)."
        )
    if len(keys) > 1:
        raise ConfigurationError(
            f"{person!r} is users.clerk_id of one person and users.id of another: give the key {keys[0]} of "
            "the former, or users.clerk_id of the latter."
        )
    return str(keys[0])


def events(connection: sa.Connection, key: str, *, lock: bool = False) -> Iterator[tuple[str, str]]:
    """The events of providers that name the person: the key and the whole row as JSON."""
    ids, address = connection.exec_driver_sql(_NAMES, (key,)).one()
    query = f"{_EVENTS} FOR UPDATE" if lock else _EVENTS
    rows = connection.exec_driver_sql(query, (ids, address))
    return ((event, document) for event, document in rows)
