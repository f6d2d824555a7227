"""The application of the shop."""

from __future__ import annotations

from pathlib import Path

from app_schema.application import Acting, Application, Reference
from shop.models import Base

APPLICATION = Application(
    name="shop",
    declared=Base,
    configuration=Path(__file__).parent.parent / "alembic.ini",
    version_table="shop_version",
    version_table_schema="shop_ops",
    acting=Acting(
        "shop.customer",
        user="shop_user",
        service="shop_service",
        people=("shop.customer", "login", "full_name"),
    ),
    commands=("shop.commands:stocktaking",),
    touch="shop.touch()",
    reference=lambda: Reference(about="The tables of the shop.", titles={"models": "The shop"}),
)
