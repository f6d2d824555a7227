"""VALIDATE CONSTRAINT of the two foreign keys of 0008.

Locks: VALIDATE takes SHARE UPDATE EXCLUSIVE on ai_dialogue_log and provenance while it scans them, and ROW
SHARE on users: reads and writes go on. Orphaned rows make the revision fail: mend them first.

Downgrade: PostgreSQL cannot take a validation back, so each key is dropped and made again NOT VALID. DROP
takes ACCESS EXCLUSIVE on the table and on users for a moment. Loses no rows.

Revision ID: 0008b_validate_foreign_keys
Revises: 0008_add_foreign_keys
"""

from app_schema import op

revision = "0008b_validate_foreign_keys"
down_revision = "0008_add_foreign_keys"
branch_labels = None
depends_on = None

# name, table, column, on delete
KEYS = (
    ("fk_ai_dialogue_log_user_id_users", "ai_dialogue_log", "user_id", "CASCADE"),
    ("fk_provenance_acquired_by_users", "provenance", "acquired_by", "SET NULL"),
)


def upgrade() -> None:
    for name, table, _, _ in KEYS:
        op.validate_constraint(op.f(name), table, schema="public")


def downgrade() -> None:
    for name, table, column, on_delete in reversed(KEYS):
        op.drop_constraint(op.f(name), table, type_="foreignkey", schema="public")
        op.create_foreign_key(
            op.f(name),
            table,
            "users",
            [column],
            ["id"],
            ondelete=on_delete,
            source_schema="public",
            referent_schema="public",
            postgresql_not_valid=True,
        )
