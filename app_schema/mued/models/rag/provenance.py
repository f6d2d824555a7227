"""Origin and licence of content."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant
from app_schema.mued.models.base import Base, Touched, refers_to
from app_schema.mued.models.enums import AcquisitionMethod, ContentType, LicenseType
from app_schema.mued.models.json_shapes import AccessPolicy
from app_schema.mued.models.policies import CRUD, NOBODY, secured
from app_schema.mued.models.types import Json, Str50, UuidKey

if TYPE_CHECKING:
    from app_schema.mued.models.core.user import User


class Provenance(Touched, Base):
    """Where a piece of content came from, its licence and how long it may be kept."""

    __tablename__ = "provenance"
    __table_args__ = (
        CheckConstraint("retention_years BETWEEN 1 AND 1000", name="retention_years"),
        CheckConstraint("jsonb_typeof(access_policy) = 'object'", name="access_policy_object"),
        Index("ix_provenance_created_at", text("created_at DESC")),
        # not unique: a content may get a second record when its licence changes
        Index("ix_provenance_content_id_content_type", "content_id", "content_type"),
        Index("ix_provenance_expires_at", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
        Index("ix_provenance_acquired_by", "acquired_by", postgresql_where=text("acquired_by IS NOT NULL")),
        # the expression of the policy
        Index("ix_provenance_owner", text(f"coalesce(acquired_by, '{NOBODY}'::uuid)")),
        *secured("provenance"),
        Grant(CRUD, to="service_account"),
        Grant("SELECT", to="app_user"),
    )

    id: Mapped[UuidKey] = mapped_column()
    content_id: Mapped[uuid.UUID] = mapped_column(
        doc="the content; its table depends on content_type, so no foreign key"
    )
    content_type: Mapped[ContentType] = mapped_column(doc="kind of content")
    source_uri: Mapped[str | None] = mapped_column(doc="where it came from")
    license_type: Mapped[LicenseType | None] = mapped_column(doc="licence")
    acquisition_method: Mapped[AcquisitionMethod | None] = mapped_column(doc="how it came in")
    rights_holder: Mapped[str | None] = mapped_column(doc="who owns it")
    permission_flag: Mapped[bool] = mapped_column(server_default=text("false"), doc="permission is on file")
    hash_c2pa: Mapped[str | None] = mapped_column(doc="C2PA manifest hash")
    hash_sha256: Mapped[str | None] = mapped_column(doc="content hash")
    retention_years: Mapped[int | None] = mapped_column(doc="keep for so many years after acquired_at")
    access_policy: Mapped[AccessPolicy | None] = mapped_column(Json, doc="who may read and write")
    external_share_consent: Mapped[bool] = mapped_column(
        server_default=text("false"), doc="may leave the platform"
    )
    acquired_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("public.users.id", ondelete="SET NULL"), doc="who brought it in"
    )
    acquired_at: Mapped[datetime | None] = mapped_column(doc="when")
    last_verified_at: Mapped[datetime | None] = mapped_column(doc="last check")
    verification_status: Mapped[Str50 | None] = mapped_column(
        doc="result of that check (only verified is known, so no closed set)"
    )
    expires_at: Mapped[datetime | None] = mapped_column(
        Computed(
            "(acquired_at AT TIME ZONE 'UTC' + make_interval(years => retention_years)) AT TIME ZONE 'UTC'",
            persisted=True,
        ),
        doc="end of the retention, UTC calendar years",
    )

    acquirer: Mapped["User | None"] = refers_to(back_populates="acquisitions")
