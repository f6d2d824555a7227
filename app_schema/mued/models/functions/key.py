"""Keys in the order of time."""

from app_schema.ddl import Function
from app_schema.mued.models.roles import SIGNED_IN
from app_schema.mued.models.sql import sql

# A UUID of version 7 (RFC 9562): 48 bits of milliseconds, then random bits. New keys are adjacent in the
# index, so that PostgreSQL writes a full page image per page after a checkpoint, not per row. PostgreSQL has
# uuidv7() from version 18 on.
UUID_V7 = Function(
    "uuid_v7",
    sql("""
        BEGIN
          IF current_setting('server_version_num')::integer >= 180000 THEN
            RETURN pg_catalog.uuidv7();
          END IF;
          RETURN encode(set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid())
                    PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                    FROM 1 FOR 6),
            52, 1), 53, 1), 'hex')::uuid;
        END
    """),
    returns="uuid",
    execute=SIGNED_IN,
    schema="app",
)
