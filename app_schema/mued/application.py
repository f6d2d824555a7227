"""MUED as an application of the engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from app_schema.application import Acting, Application, Reference
from app_schema.mued.naming import NAMING_CONVENTION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.autogenerate.api import AutogenContext

    from app_schema.adoption.superseded import Adoption
    from app_schema.audit.finding import Waiver


def _base() -> Any:
    from app_schema.mued.models import Base

    return Base


def _configuration() -> Path:
    """The alembic.ini of the wheel, else that of the checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "alembic.ini"
    return inside if inside.exists() else package.parent / "alembic.ini"


def _reference() -> Reference:
    from app_schema.mued.reference import REFERENCE

    return REFERENCE


def _waivers() -> Iterable[Waiver]:
    from app_schema.mued.waivers import WAIVERS

    return WAIVERS


def _adoption() -> Adoption:
    from app_schema.mued.superseded import ADOPTION

    return ADOPTION


def _render_type(type_: Any, context: AutogenContext) -> str | bool:
    """Renders pgvector's type; Alembic would write its repr, ``VECTOR(dim=3)``."""
    if type(type_).__module__.startswith("pgvector.") and type(type_).__name__.lower() == "vector":
        context.imports.add("from pgvector.sqlalchemy import Vector")
        return f"Vector({type_.dim or ''})"
    return False


APPLICATION = Application(
    name="MUED",
    declared=_base,
    configuration=_configuration,
    version_table_schema="public",
    search_path="public",
    strict=True,
    naming_convention=NAMING_CONVENTION,
    acting=Acting(
        "app.current_user_id",
        user="app_user",
        service="service_account",
        people=("public.users", "clerk_id", "name", "email", "role"),
        known=("app.identity", "app.look_up_identity()"),
    ),
    commands=(
        "app_schema.mued.cli.seed:seed",
        "app_schema.mued.cli.metrics:metrics",
        "app_schema.mued.cli.erase:erase",
        "app_schema.mued.cli.export:export",
    ),
    render_type=_render_type,
    touch="app.touch_updated_at()",
    reference=_reference,
    adoption=_adoption,
    factories="app_schema.mued.factories:RowFactory",
    secrets=("*.stripe_*", "users.clerk_id"),
    waivers=_waivers,
)
