"""A table renamed, alone in its revision.

Revision ID: f7
Revises: f6
"""

from __future__ import annotations

from alembic import op

revision = "f7"
down_revision = "f6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.rename_table("buyer", "customer", schema="shop")


def downgrade() -> None:
    op.rename_table("customer", "buyer", schema="shop")
