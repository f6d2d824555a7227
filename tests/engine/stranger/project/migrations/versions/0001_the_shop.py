"""the shop

Does: 1 create_schema, 2 create_role, 1 create_enum, 10 create_table, 8 create_index, 1 create_function, 1
create_view, 1 create_trigger, 6 create_policy, 3 enable_row_security, 6 replace_grant, 2 create_grant, 1
comment_on.
Locks: no existing table.
Downgrade: loses the rows of stock, the rows of review, the rows of payment, the rows of item, the rows of
product, the rows of order, the rows of address, the rows of supplier, the rows of customer, the rows of
category.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa

from app_schema import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_schema("shop")
    op.create_role("shop_user")
    op.create_role("shop_service")
    op.create_enum("state", ["open", "paid"], schema="shop")
    op.create_table(
        "category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["shop.category.id"]),
        sa.PrimaryKeyConstraint("id"),
        schema="shop",
    )
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("full_name", sa.String(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("login"),
        schema="shop",
    )
    op.create_table(
        "supplier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="shop",
    )
    op.create_table(
        "address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_login", sa.String(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_login"], ["shop.customer.login"]),
        sa.PrimaryKeyConstraint("id"),
        schema="shop",
    )
    op.create_table(
        "order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_login", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(name="state", schema="shop", create_type=False),
            server_default="open",
            nullable=False,
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["customer_login"], ["shop.customer.login"]),
        sa.PrimaryKeyConstraint("id"),
        schema="shop",
    )
    op.create_table(
        "product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("price", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.CheckConstraint("price > 0", name="price_is_positive"),
        sa.ForeignKeyConstraint(["category_id"], ["shop.category.id"]),
        sa.PrimaryKeyConstraint("id"),
        schema="shop",
    )
    op.create_table(
        "item",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["shop.order.id"]),
        sa.ForeignKeyConstraint(["product_id"], ["shop.product.id"]),
        sa.PrimaryKeyConstraint("order_id", "product_id"),
        schema="shop",
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("paid", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["shop.order.id"]),
        sa.PrimaryKeyConstraint("id"),
        schema="shop",
    )
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("stars", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["shop.product.id"]),
        sa.PrimaryKeyConstraint("id"),
        schema="shop",
    )
    op.create_table(
        "stock",
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["shop.product.id"]),
        sa.ForeignKeyConstraint(["supplier_id"], ["shop.supplier.id"]),
        sa.PrimaryKeyConstraint("product_id", "supplier_id"),
        schema="shop",
    )
    op.create_index(
        op.f("ix_shop_address_customer_login"),
        "address",
        ["customer_login"],
        unique=False,
        schema="shop",
    )
    op.create_index(
        op.f("ix_shop_category_parent_id"),
        "category",
        ["parent_id"],
        unique=False,
        schema="shop",
    )
    op.create_index(op.f("ix_shop_item_product_id"), "item", ["product_id"], unique=False, schema="shop")
    op.create_index(
        op.f("ix_shop_order_customer_login"),
        "order",
        ["customer_login"],
        unique=False,
        schema="shop",
    )
    op.create_index(op.f("ix_shop_payment_order_id"), "payment", ["order_id"], unique=False, schema="shop")
    op.create_index(
        op.f("ix_shop_product_category_id"),
        "product",
        ["category_id"],
        unique=False,
        schema="shop",
    )
    op.create_index(op.f("ix_shop_review_product_id"), "review", ["product_id"], unique=False, schema="shop")
    op.create_index(op.f("ix_shop_stock_supplier_id"), "stock", ["supplier_id"], unique=False, schema="shop")
    op.create_function(
        "touch",
        "BEGIN NEW.updated_at := now(); RETURN NEW; END",
        returns="trigger",
        schema="shop",
    )
    op.create_view(
        "open_order",
        "SELECT id, customer_login FROM shop.order WHERE state = 'open'",
        schema="shop",
    )
    op.create_trigger("touch", "order", execute="shop.touch()", before="UPDATE", schema="shop")
    op.create_policy(
        "own",
        "customer",
        to="shop_user",
        using="login = current_setting('shop.customer', true)",
        schema="shop",
    )
    op.create_policy("jobs", "customer", to="shop_service", using="true", schema="shop")
    op.create_policy(
        "own",
        "address",
        to="shop_user",
        using="customer_login = current_setting('shop.customer', true)",
        schema="shop",
    )
    op.create_policy("jobs", "address", to="shop_service", using="true", schema="shop")
    op.create_policy(
        "own",
        "order",
        to="shop_user",
        using="customer_login = current_setting('shop.customer', true)",
        schema="shop",
    )
    op.create_policy("jobs", "order", to="shop_service", using="true", schema="shop")
    op.enable_row_security("customer", schema="shop")
    op.enable_row_security("address", schema="shop")
    op.enable_row_security("order", schema="shop")
    op.replace_grant(["INSERT", "SELECT", "UPDATE"], to="shop_user", table="customer", schema="shop")
    op.replace_grant(
        ["DELETE", "INSERT", "SELECT", "UPDATE"],
        to="shop_service",
        table="customer",
        schema="shop",
    )
    op.replace_grant(["INSERT", "SELECT", "UPDATE"], to="shop_user", table="address", schema="shop")
    op.replace_grant(
        ["DELETE", "INSERT", "SELECT", "UPDATE"],
        to="shop_service",
        table="address",
        schema="shop",
    )
    op.replace_grant(["INSERT", "SELECT", "UPDATE"], to="shop_user", table="order", schema="shop")
    op.replace_grant(
        ["DELETE", "INSERT", "SELECT", "UPDATE"],
        to="shop_service",
        table="order",
        schema="shop",
    )
    op.create_grant("USAGE", to="shop_user", schema="shop")
    op.create_grant("USAGE", to="shop_service", schema="shop")
    op.comment_on("schema", "shop", "(made by app_schema)")


def downgrade() -> None:
    op.drop_grant("USAGE", to="shop_service", schema="shop")
    op.drop_grant("USAGE", to="shop_user", schema="shop")
    op.drop_grant(["DELETE", "INSERT", "SELECT", "UPDATE"], to="shop_service", table="order", schema="shop")
    op.drop_grant(["INSERT", "SELECT", "UPDATE"], to="shop_user", table="order", schema="shop")
    op.drop_grant(["DELETE", "INSERT", "SELECT", "UPDATE"], to="shop_service", table="address", schema="shop")
    op.drop_grant(["INSERT", "SELECT", "UPDATE"], to="shop_user", table="address", schema="shop")
    op.drop_grant(
        ["DELETE", "INSERT", "SELECT", "UPDATE"],
        to="shop_service",
        table="customer",
        schema="shop",
    )
    op.drop_grant(["INSERT", "SELECT", "UPDATE"], to="shop_user", table="customer", schema="shop")
    op.disable_row_security("order", schema="shop")
    op.disable_row_security("address", schema="shop")
    op.disable_row_security("customer", schema="shop")
    op.drop_policy("jobs", "order", schema="shop")
    op.drop_policy("own", "order", schema="shop")
    op.drop_policy("jobs", "address", schema="shop")
    op.drop_policy("own", "address", schema="shop")
    op.drop_policy("jobs", "customer", schema="shop")
    op.drop_policy("own", "customer", schema="shop")
    op.drop_trigger("touch", "order", schema="shop")
    op.drop_view("open_order", schema="shop")
    op.drop_function("touch", schema="shop")
    op.drop_index(op.f("ix_shop_stock_supplier_id"), table_name="stock", schema="shop")
    op.drop_index(op.f("ix_shop_review_product_id"), table_name="review", schema="shop")
    op.drop_index(op.f("ix_shop_product_category_id"), table_name="product", schema="shop")
    op.drop_index(op.f("ix_shop_payment_order_id"), table_name="payment", schema="shop")
    op.drop_index(op.f("ix_shop_order_customer_login"), table_name="order", schema="shop")
    op.drop_index(op.f("ix_shop_item_product_id"), table_name="item", schema="shop")
    op.drop_index(op.f("ix_shop_category_parent_id"), table_name="category", schema="shop")
    op.drop_index(op.f("ix_shop_address_customer_login"), table_name="address", schema="shop")
    op.drop_table("stock", schema="shop")
    op.drop_table("review", schema="shop")
    op.drop_table("payment", schema="shop")
    op.drop_table("item", schema="shop")
    op.drop_table("product", schema="shop")
    op.drop_table("order", schema="shop")
    op.drop_table("address", schema="shop")
    op.drop_table("supplier", schema="shop")
    op.drop_table("customer", schema="shop")
    op.drop_table("category", schema="shop")
    op.drop_enum("state", schema="shop")
    op.drop_role("shop_service")
    op.drop_role("shop_user")
    op.drop_schema("shop")
