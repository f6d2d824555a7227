"""Constraints added NOT VALID and validated.

Revision ID: f5
Revises: f4
"""

from __future__ import annotations

from alembic import op

revision = "f5"
down_revision = "f4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_foreign_key(
        "fk_item_buyer",
        "item",
        "buyer",
        ["buyer_id"],
        ["id"],
        source_schema="shop",
        referent_schema="shop",
        postgresql_not_valid=True,
    )
    op.create_check_constraint(
        op.f("ck_item_price"), "item", "price > 0", schema="shop", postgresql_not_valid=True
    )
    op.validate_constraint("fk_item_buyer", "item", schema="shop")
    op.validate_constraint("ck_item_price", "item", schema="shop")
    op.create_unique_constraint("uq_buyer_name", "buyer", ["name"], schema="shop")


def downgrade() -> None:
    op.drop_constraint("uq_buyer_name", "buyer", type_="unique", schema="shop")
    op.drop_constraint(op.f("ck_item_price"), "item", type_="check", schema="shop")
    op.drop_constraint("fk_item_buyer", "item", type_="foreignkey", schema="shop")
