"""users.stripe_customer_id and its unique index.

Locks: ADD COLUMN takes ACCESS EXCLUSIVE on users (no rewrite), CREATE INDEX takes SHARE and scans users; in
one transaction both are held until it ends.

Downgrade: loses the customer ids of the payment provider.

Revision ID: 0001_stripe_customer
Revises: 0000_initial_schema
"""

# lint: ignore[require-concurrent-index-creation]: a founding revision, its header says what waits

import sqlalchemy as sa

from app_schema import op

revision = "0001_stripe_customer"
down_revision = "0000_initial_schema"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("stripe_customer_id", sa.Text(), nullable=True), schema="public")
    op.create_index(
        op.f("uq_users_stripe_customer_id"),
        "users",
        ["stripe_customer_id"],
        unique=True,
        schema="public",
        postgresql_where=sa.text("stripe_customer_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(op.f("uq_users_stripe_customer_id"), table_name="users", schema="public")
    op.drop_column("users", "stripe_customer_id", schema="public")
