<%!
    from app_schema.migrations.header import header
    from app_schema.migrations.layout import layout, literal
%>\
"""${message}

${header(upgrades or "", downgrades or "")}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
"""

from __future__ import annotations

import sqlalchemy as sa
from app_schema import op
% if imports:
${imports}
% endif

revision = ${literal(up_revision)}
down_revision = ${literal(down_revision)}
branch_labels = ${literal(branch_labels)}
depends_on = ${literal(depends_on)}


def upgrade() -> None:
    ${layout(upgrades or "")}


def downgrade() -> None:
    ${layout(downgrades or "")}
