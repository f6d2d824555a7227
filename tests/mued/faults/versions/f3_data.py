"""What would do harm if it were done twice: data, a type with USING, a rename.

Revision ID: f3
Revises: f2
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f3"
down_revision = "f2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_once("f3: dearer", "UPDATE shop.item SET price = price + 1")
    op.alter_column(
        "item",
        "price",
        existing_type=sa.Integer(),
        type_=sa.BigInteger(),
        postgresql_using="price * 100",
        schema="shop",
    )
    op.alter_column("item", "note", new_column_name="remark", schema="shop")
    op.add_column("item", sa.Column("shelf", sa.Text, nullable=False, server_default="a"), schema="shop")
    op.alter_column("buyer", "name", existing_type=sa.Text(), nullable=True, schema="shop")


def downgrade() -> None:
    op.alter_column("buyer", "name", existing_type=sa.Text(), nullable=False, schema="shop")
    op.drop_column("item", "shelf", schema="shop")
    op.alter_column("item", "remark", new_column_name="note", schema="shop")
    op.alter_column(
        "item",
        "price",
        existing_type=sa.BigInteger(),
        type_=sa.Integer(),
        postgresql_using="price / 100",
        schema="shop",
    )
    op.undo_once("f3: dearer", "UPDATE shop.item SET price = price - 1")
