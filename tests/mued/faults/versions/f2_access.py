"""A trigger, a view, row security.

Revision ID: f2
Revises: f1
"""

from __future__ import annotations

from alembic import op

revision = "f2"
down_revision = "f1"
branch_labels = None
depends_on = None

OPEN = "SELECT i.id, i.title FROM shop.item AS i WHERE i.buyer_id IS NULL"


def upgrade() -> None:
    op.create_trigger("touch", "item", before="UPDATE", execute="shop.touch()", schema="shop")
    op.create_view("open_item", OPEN, schema="shop")
    op.enable_row_security("item", schema="shop")
    op.create_policy("own", "item", for_="SELECT", using="buyer_id = 1", schema="shop")
    op.create_grant(["SELECT"], to="PUBLIC", table="open_item", schema="shop")


def downgrade() -> None:
    op.drop_grant(["SELECT"], to="PUBLIC", table="open_item", schema="shop")
    op.drop_policy("own", "item", schema="shop")
    op.disable_row_security("item", schema="shop")
    op.drop_view("open_item", schema="shop")
    op.drop_trigger("touch", "item", schema="shop")
