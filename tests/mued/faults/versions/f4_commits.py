"""What commits in the middle: a label that is used at once, and indexes built CONCURRENTLY.

Revision ID: f4
Revises: f3
"""

from __future__ import annotations

from alembic import op

revision = "f4"
down_revision = "f3"
branch_labels = None
depends_on = None

OLD = ["new", "sold"]


def upgrade() -> None:
    op.create_table_comment("buyer", "who bought", schema="shop")
    op.add_enum_value("state", "lent", after="new", schema="shop")
    op.run_once("f4: lent", "UPDATE shop.item SET state = 'lent' WHERE id % 2 = 0")
    op.create_index_concurrently("ix_item_title", "item", ["title"], unique=True, schema="shop")
    op.create_table_comment("item", "what is sold", schema="shop")
    op.drop_index_concurrently("ix_item_state", "item", schema="shop")
    op.create_index_concurrently("ix_item_price", "item", ["price"], schema="shop")


def downgrade() -> None:
    op.drop_index_concurrently("ix_item_price", "item", schema="shop")
    op.drop_table_comment("item", schema="shop")
    op.drop_index_concurrently("ix_item_title", "item", schema="shop")
    op.undo_once("f4: lent", "UPDATE shop.item SET state = 'new' WHERE state = 'lent'")
    op.replace_enum("state", OLD, schema="shop")
    op.drop_table_comment("buyer", schema="shop")
    op.create_index_concurrently("ix_item_state", "item", ["state"], schema="shop")
