"""Tables, an enum, a function and what hangs on them.

Revision ID: f1
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f1"
down_revision = None
branch_labels = None
depends_on = None

TOUCH = "\nBEGIN\n  NEW.touched := 1;\n  RETURN NEW;\nEND\n"


def upgrade() -> None:
    op.create_schema("shop")
    op.create_enum("state", ["new", "sold"], schema="shop")
    state = sa.Enum("new", "sold", name="state", schema="shop", create_type=False)
    op.create_table(
        "buyer",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="buyer_pkey"),
        schema="shop",
    )
    op.create_table(
        "item",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("title", sa.String(40), nullable=False, comment="as the label says"),
        sa.Column("price", sa.Integer, nullable=False),
        sa.Column("state", state, nullable=False, server_default="new"),
        sa.Column("buyer_id", sa.Integer),
        sa.Column("touched", sa.Integer, nullable=False, server_default="0"),
        sa.Column("note", sa.Text),
        sa.PrimaryKeyConstraint("id", name="item_pkey"),
        schema="shop",
    )
    op.create_index("ix_item_state", "item", ["state"], schema="shop")
    op.create_function("touch", TOUCH, returns="trigger", schema="shop")


def downgrade() -> None:
    op.drop_function("touch", schema="shop")
    op.drop_index("ix_item_state", "item", schema="shop")
    op.drop_table("item", schema="shop")
    op.drop_table("buyer", schema="shop")
    op.drop_enum("state", schema="shop")
    op.drop_schema("shop")
