"""Content sources."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant
from app_schema.mued.models.base import Base, Touched
from app_schema.mued.models.json_shapes import PluginCapabilities
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import Json, Str20, Str50, Str100, UuidKey


class Plugin(Touched, Base):
    """Content sources that can be switched on."""

    __tablename__ = "plugin_registry"
    __table_args__ = (
        CheckConstraint("jsonb_typeof(capabilities) = 'object'", name="capabilities_object"),
        CheckConstraint("jsonb_typeof(config) = 'object'", name="config_object"),
        *secured("plugin_registry"),
        Grant(CRUD, to="service_account"),
        Grant("SELECT", to="app_user"),
    )

    id: Mapped[UuidKey] = mapped_column()
    name: Mapped[Str100] = mapped_column(unique=True, doc="display name")
    source: Mapped[Str50] = mapped_column(unique=True, doc="short key, conflict target of the seed")
    capabilities: Mapped[PluginCapabilities] = mapped_column(Json, doc="what it can do")
    config: Mapped[dict[str, Any] | None] = mapped_column(Json, doc="settings")
    api_endpoint: Mapped[str | None] = mapped_column(doc="address")
    api_key_env_var: Mapped[Str100 | None] = mapped_column(
        doc="name of the environment variable that holds the key, never the key"
    )
    enabled: Mapped[bool] = mapped_column(server_default=text("true"), doc="switched on")
    version: Mapped[Str20] = mapped_column(doc="version")
    last_health_check: Mapped[datetime | None] = mapped_column(doc="last check")
    health_status: Mapped[Str50 | None] = mapped_column(
        doc="result of the check (only healthy is known, so no closed set)"
    )
