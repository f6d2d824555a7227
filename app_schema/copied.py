"""Copies of a database: a subscriber has no revision of its own, a restored database lacks roles."""

from __future__ import annotations

import json
from collections.abc import Iterator

import sqlalchemy as sa

from app_schema.application import Application
from app_schema.ddl import Policy, Role, declared

_ABSENT = sa.text("""
SELECT ARRAY(
  SELECT r.name FROM unnest(CAST(:roles AS text[])) AS r(name)
   WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS a WHERE a.rolname = r.name) ORDER BY 1
), (
  SELECT count(*) FROM json_to_recordset(CAST(:policies AS json)) AS p(schema text, "table" text, name text)
   WHERE EXISTS (SELECT FROM pg_catalog.pg_tables AS t
                  WHERE t.schemaname = p.schema AND t.tablename = p.table)
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_policies AS a
                      WHERE a.schemaname = p.schema AND a.tablename = p.table AND a.policyname = p.name)
), (
  SELECT string_agg(s.subname, ', ')
    FROM pg_catalog.pg_subscription_rel AS r JOIN pg_catalog.pg_subscription AS s ON s.oid = r.srsubid
   WHERE r.srrelid = to_regclass(:version_table)
)""")


def of_copy(connection: sa.Connection, app: Application, *, newest: bool) -> Iterator[str]:
    """The message for a database at the newest revision that lacks objects of its source."""
    objects = declared(app.metadata).values()
    roles = [role.name for role in objects if isinstance(role, Role)]
    policies = [policy for policy in objects if isinstance(policy, Policy)]
    keys = [
        {"schema": policy.schema or "public", "table": policy.table, "name": policy.name}
        for policy in policies
    ]
    place = app.qualified_version_table
    parameters = {"roles": roles, "policies": json.dumps(keys), "version_table": place}
    row = connection.execute(_ABSENT, parameters).one()
    absent, lost, subscription = row
    if subscription:
        yield replicated(subscription)
    if newest and (absent or lost):
        lacking = [f"the role {name}" for name in absent]
        lacking += [f"{lost} of {len(policies)} policies"] if lost else []
        yield (
            f"The revision is the newest, but this does not exist here: {', '.join(lacking)}. That is so "
            "after a restore without the roles: run alembic stamp base, then app-schema upgrade, which "
            "creates what is absent."
        )


def replicated(subscription: str) -> str:
    """The message for a subscriber, whose replicated revision is not that of its tables."""
    return (
        f"The version table is replicated by the subscription {subscription}: it has the publisher's "
        "revision, and the tables here may lack what it says. Publish the tables by name, without it "
        "(CREATE PUBLICATION ... FOR TABLE ...; ALTER SUBSCRIPTION ... SET PUBLICATION ...), then stamp the "
        "revision that this database really has, and upgrade it before the publisher."
    )
