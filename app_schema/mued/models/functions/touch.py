"""The time of the last change."""

from app_schema.ddl import Function
from app_schema.mued.models.sql import sql

# Before trigger: puts the time of the transaction into updated_at.
TOUCH_UPDATED_AT = Function(
    "touch_updated_at",
    sql("""
        BEGIN
          NEW.updated_at := now();
          RETURN NEW;
        END
    """),
    returns="trigger",
    execute=(),
    schema="app",
)
