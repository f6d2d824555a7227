"""A function, a view and a policy replaced.

Revision ID: f6
Revises: f5
"""

from __future__ import annotations

from alembic import op

revision = "f6"
down_revision = "f5"
branch_labels = None
depends_on = None

TOUCH_OLD = "\nBEGIN\n  NEW.touched := 1;\n  RETURN NEW;\nEND\n"
TOUCH_NEW = "\nBEGIN\n  NEW.touched := 2;\n  RETURN NEW;\nEND\n"
OPEN_OLD = "SELECT i.id, i.title FROM shop.item AS i WHERE i.buyer_id IS NULL"
OPEN_NEW = "SELECT i.id, i.title, i.price FROM shop.item AS i WHERE i.buyer_id IS NULL"


def upgrade() -> None:
    op.replace_function("touch", TOUCH_NEW, returns="trigger", schema="shop", old={"body": TOUCH_OLD})
    op.replace_view("open_item", OPEN_NEW, schema="shop", old={"definition": OPEN_OLD})
    op.replace_policy(
        "own", "item", for_="SELECT", using="buyer_id = 2", schema="shop", old={"using": "buyer_id = 1"}
    )
    op.create_grant(["SELECT"], to="PUBLIC", table="open_item", schema="shop")


def downgrade() -> None:
    op.replace_policy(
        "own", "item", for_="SELECT", using="buyer_id = 1", schema="shop", old={"using": "buyer_id = 2"}
    )
    op.replace_view("open_item", OPEN_OLD, schema="shop", old={"definition": OPEN_NEW})
    op.create_grant(["SELECT"], to="PUBLIC", table="open_item", schema="shop")
    op.replace_function("touch", TOUCH_OLD, returns="trigger", schema="shop", old={"body": TOUCH_NEW})
