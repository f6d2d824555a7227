"""Ten tables in a schema of their own, with what a shop needs: no vectors, own roles, own names."""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app_schema.ddl import Function, Grant, Policy, Role, RowSecurity, Schema, Trigger, View, attach


class State(enum.Enum):
    """Of an order."""

    OPEN = "open"
    PAID = "paid"


class Base(DeclarativeBase):
    """Base of all."""

    metadata = MetaData(schema="shop")


def secured(table: str, using: str) -> tuple[Any, ...]:
    """Row security: people see what is theirs, jobs everything."""
    del table
    return (
        RowSecurity(),
        Policy("own", for_="ALL", to="shop_user", using=using),
        Policy("jobs", for_="ALL", to="shop_service", using="true"),
        Grant(("SELECT", "INSERT", "UPDATE"), to="shop_user"),
        Grant(("SELECT", "INSERT", "UPDATE", "DELETE"), to="shop_service"),
    )


ME = "current_setting('shop.customer', true)"


class Customer(Base):
    """Who buys."""

    __tablename__ = "customer"
    __table_args__ = secured("customer", f"login = {ME}")
    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    full_name: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())


class Address(Base):
    """Where it goes."""

    __tablename__ = "address"
    __table_args__ = secured("address", f"customer_login = {ME}")
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_login: Mapped[str] = mapped_column(ForeignKey("shop.customer.login"), index=True)
    street: Mapped[str]


class Category(Base):
    """A shelf."""

    __tablename__ = "category"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("shop.category.id"), index=True)
    name: Mapped[str]


class Product(Base):
    """An article for sale."""

    __tablename__ = "product"
    __table_args__ = (sa.CheckConstraint("price > 0", name="price_is_positive"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("shop.category.id"), index=True)
    name: Mapped[str]
    price: Mapped[Decimal] = mapped_column(sa.Numeric(10, 2))


class Supplier(Base):
    """From whom it comes."""

    __tablename__ = "supplier"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Stock(Base):
    """How much is there."""

    __tablename__ = "stock"
    product_id: Mapped[int] = mapped_column(ForeignKey("shop.product.id"), primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("shop.supplier.id"), primary_key=True, index=True)
    amount: Mapped[int] = mapped_column(server_default="0")


class Order(Base):
    """A purchase."""

    __tablename__ = "order"
    __table_args__ = (
        *secured("order", f"customer_login = {ME}"),
        Trigger("touch", before="UPDATE", execute="shop.touch()"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_login: Mapped[str] = mapped_column(ForeignKey("shop.customer.login"), index=True)
    state: Mapped[State] = mapped_column(
        sa.Enum(
            State, name="state", schema="shop", values_callable=lambda kind: [other.value for other in kind]
        ),
        server_default="open",
    )
    updated_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())


class Item(Base):
    """A line of an order."""

    __tablename__ = "item"
    order_id: Mapped[int] = mapped_column(ForeignKey("shop.order.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("shop.product.id"), primary_key=True, index=True)
    amount: Mapped[int]


class Payment(Base):
    """Money."""

    __tablename__ = "payment"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop.order.id"), index=True)
    paid: Mapped[Decimal] = mapped_column(sa.Numeric(10, 2))


class Review(Base):
    """An opinion."""

    __tablename__ = "review"
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("shop.product.id"), index=True)
    stars: Mapped[int] = mapped_column(sa.SmallInteger)


attach(
    Base.metadata,
    Schema("shop"),
    Role("shop_user"),
    Role("shop_service"),
    Grant("USAGE", to="shop_user", schema="shop"),
    Grant("USAGE", to="shop_service", schema="shop"),
    Function("touch", "BEGIN NEW.updated_at := now(); RETURN NEW; END", returns="trigger", schema="shop"),
    View("open_order", "SELECT id, customer_login FROM shop.order WHERE state = 'open'", schema="shop"),
)
