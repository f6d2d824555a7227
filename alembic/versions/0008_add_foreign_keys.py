"""Foreign keys of ai_dialogue_log and provenance, NOT VALID.

Locks: ADD FOREIGN KEY takes SHARE ROW EXCLUSIVE on both tables and on users for a moment; NOT VALID scans no
rows. New rows are checked at once, old ones by 0008b.

Downgrade: loses no rows.

Revision ID: 0008_add_foreign_keys
Revises: 0007_optimize_rag_indexes
"""

from app_schema import op

revision = "0008_add_foreign_keys"
down_revision = "0007_optimize_rag_indexes"
branch_labels = None
depends_on = None

# name, table, column, on delete
KEYS = (
    ("fk_ai_dialogue_log_user_id_users", "ai_dialogue_log", "user_id", "CASCADE"),
    ("fk_provenance_acquired_by_users", "provenance", "acquired_by", "SET NULL"),
)


def upgrade() -> None:
    for name, table, column, on_delete in KEYS:
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


def downgrade() -> None:
    for name, table, _, _ in reversed(KEYS):
        op.drop_constraint(op.f(name), table, type_="foreignkey", schema="public")
