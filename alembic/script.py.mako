<%!
    from app_schema.migrations.header import header
    from app_schema.migrations.layout import layout
%>\
"""${message}

${header(upgrades or "", downgrades or "")}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${layout(upgrades or "")}


def downgrade() -> None:
    ${layout(downgrades or "")}
