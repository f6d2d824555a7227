"""Schema muednote_v3: two enums, the seven tables of the note client, their policies and grants.

The default privileges hold for objects made by the role that runs this revision: migrate with one owner.

Locks: the foreign keys take SHARE ROW EXCLUSIVE on users for a moment.

Downgrade: drops the schema with all its rows; refused when somebody else put objects into it.

Revision ID: 0015_muednote_v3_schema
Revises: 0014_rag_rls
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app_schema import op

revision = "0015_muednote_v3_schema"
down_revision = "0014_rag_rls"
branch_labels = None
depends_on = None

READ_WRITE = ["SELECT", "INSERT", "UPDATE", "DELETE"]
ROLES = ("app_user", "service_account")
TABLES = (
    "projects",
    "fragments",
    "tags",
    "fragment_tags",
    "fragment_processing_history",
    "fragment_relationships",
    "user_preferences",
)
TOUCHED = ("projects", "fragments", "tags", "user_preferences")

OWN_ROW = "user_id = (SELECT app.current_user_id())"
OWN_FRAGMENT = (
    "EXISTS (SELECT 1 FROM muednote_v3.fragments AS f WHERE f.id = {column}"
    " AND f.user_id = (SELECT app.current_user_id()))"
)
TAGGED_FRAGMENT = OWN_FRAGMENT.format(column="fragment_tags.fragment_id")
OWN_TAG = (
    "EXISTS (SELECT 1 FROM muednote_v3.tags AS g WHERE g.id = fragment_tags.tag_id"
    " AND g.user_id = (SELECT app.current_user_id()))"
)
PROCESSED_FRAGMENT = OWN_FRAGMENT.format(column="fragment_processing_history.fragment_id")
BOTH_FRAGMENTS = " AND ".join(
    OWN_FRAGMENT.format(column=f"fragment_relationships.{end}_fragment_id") for end in ("source", "target")
)

# table, command, using, with check
POLICIES = (
    ("projects", "ALL", OWN_ROW, OWN_ROW),
    ("fragments", "ALL", OWN_ROW, OWN_ROW),
    ("tags", "ALL", OWN_ROW, OWN_ROW),
    ("fragment_tags", "ALL", TAGGED_FRAGMENT, f"{TAGGED_FRAGMENT} AND {OWN_TAG}"),
    # An audit trail is written by service_account only.
    ("fragment_processing_history", "SELECT", PROCESSED_FRAGMENT, None),
    ("fragment_relationships", "ALL", BOTH_FRAGMENTS, BOTH_FRAGMENTS),
    ("user_preferences", "ALL", OWN_ROW, OWN_ROW),
)


def upgrade() -> None:
    op.create_schema("muednote_v3")

    op.create_enum(
        "fragment_status", ["pending", "processing", "completed", "failed", "archived"], schema="muednote_v3"
    )
    op.create_enum("fragment_importance", ["low", "medium", "high", "critical"], schema="muednote_v3")

    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("color", sa.String(7), nullable=True),
        sa.Column("icon", sa.String(50), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("id", "user_id", name=op.f("uq_projects_id_user_id")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_projects_name_set")),
        sa.CheckConstraint("color ~ '^#[0-9A-Fa-f]{6}$'", name=op.f("ck_projects_color")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["public.users.id"], name=op.f("fk_projects_user_id_users"), ondelete="CASCADE"
        ),
        schema="muednote_v3",
    )
    op.create_table(
        "fragments",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("processed_content", sa.Text(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(name="fragment_status", schema="muednote_v3", create_type=False),
            server_default=sa.text("'pending'"),
            nullable=False,
        ),
        sa.Column(
            "importance",
            sa.Enum(name="fragment_importance", schema="muednote_v3", create_type=False),
            server_default=sa.text("'medium'"),
            nullable=False,
        ),
        sa.Column("ai_summary", sa.Text(), nullable=True),
        sa.Column("sentiment_score", sa.Numeric(3, 2), nullable=True),
        sa.Column("emotions", postgresql.JSONB(), nullable=True),
        sa.Column("technical_terms", postgresql.JSONB(), nullable=True),
        sa.Column("key_concepts", postgresql.JSONB(), nullable=True),
        sa.Column("action_items", postgresql.JSONB(), nullable=True),
        sa.Column("captured_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fragments")),
        sa.CheckConstraint("char_length(content) >= 1", name=op.f("ck_fragments_content_length")),
        sa.CheckConstraint("sentiment_score BETWEEN -1 AND 1", name=op.f("ck_fragments_sentiment_score")),
        sa.CheckConstraint("jsonb_typeof(emotions) = 'object'", name=op.f("ck_fragments_emotions_object")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["public.users.id"], name=op.f("fk_fragments_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "user_id"],
            ["muednote_v3.projects.id", "muednote_v3.projects.user_id"],
            name=op.f("fk_fragments_project_id_user_id_projects"),
            ondelete="SET NULL (project_id)",
        ),
        schema="muednote_v3",
    )
    op.create_table(
        "tags",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("color", sa.String(7), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("usage_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_system", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_tags_user_id_name")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_tags_name_set")),
        sa.CheckConstraint("color ~ '^#[0-9A-Fa-f]{6}$'", name=op.f("ck_tags_color")),
        sa.CheckConstraint("usage_count >= 0", name=op.f("ck_tags_usage_count")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["public.users.id"], name=op.f("fk_tags_user_id_users"), ondelete="CASCADE"
        ),
        schema="muednote_v3",
    )
    op.create_table(
        "fragment_tags",
        sa.Column("fragment_id", sa.Uuid(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.Column("confidence", sa.Numeric(3, 2), server_default=sa.text("1.00"), nullable=False),
        sa.Column("is_auto_generated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("fragment_id", "tag_id", name=op.f("pk_fragment_tags")),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_fragment_tags_confidence")),
        sa.ForeignKeyConstraint(
            ["fragment_id"],
            ["muednote_v3.fragments.id"],
            name=op.f("fk_fragment_tags_fragment_id_fragments"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["muednote_v3.tags.id"], name=op.f("fk_fragment_tags_tag_id_tags"), ondelete="CASCADE"
        ),
        schema="muednote_v3",
    )
    op.create_table(
        "fragment_processing_history",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("fragment_id", sa.Uuid(), nullable=False),
        sa.Column("processing_type", sa.String(50), nullable=False),
        sa.Column("model_used", sa.String(100), nullable=True),
        sa.Column("processing_time_ms", sa.Integer(), nullable=True),
        sa.Column("tokens_used", sa.Integer(), nullable=True),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("result", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fragment_processing_history")),
        sa.CheckConstraint(
            "processing_time_ms >= 0 AND tokens_used >= 0",
            name=op.f("ck_fragment_processing_history_numbers"),
        ),
        sa.ForeignKeyConstraint(
            ["fragment_id"],
            ["muednote_v3.fragments.id"],
            name=op.f("fk_fragment_processing_history_fragment_id_fragments"),
            ondelete="CASCADE",
        ),
        schema="muednote_v3",
    )
    op.create_table(
        "fragment_relationships",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("source_fragment_id", sa.Uuid(), nullable=False),
        sa.Column("target_fragment_id", sa.Uuid(), nullable=False),
        sa.Column("relationship_type", sa.String(50), nullable=False),
        sa.Column("confidence", sa.Numeric(3, 2), server_default=sa.text("1.00"), nullable=False),
        sa.Column("is_auto_generated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fragment_relationships")),
        sa.UniqueConstraint(
            "source_fragment_id",
            "target_fragment_id",
            "relationship_type",
            name=op.f("uq_fragment_relationships_source_target_type"),
        ),
        sa.CheckConstraint(
            "source_fragment_id <> target_fragment_id", name=op.f("ck_fragment_relationships_not_self")
        ),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_fragment_relationships_confidence")),
        sa.ForeignKeyConstraint(
            ["source_fragment_id"],
            ["muednote_v3.fragments.id"],
            name=op.f("fk_fragment_relationships_source_fragment_id_fragments"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["target_fragment_id"],
            ["muednote_v3.fragments.id"],
            name=op.f("fk_fragment_relationships_target_fragment_id_fragments"),
            ondelete="CASCADE",
        ),
        schema="muednote_v3",
    )
    op.create_table(
        "user_preferences",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("auto_process_fragments", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("auto_tag_fragments", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("auto_summarize", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("theme", sa.String(20), server_default=sa.text("'dark'"), nullable=False),
        sa.Column("default_view", sa.String(20), server_default=sa.text("'timeline'"), nullable=False),
        sa.Column("fragments_per_page", sa.Integer(), server_default=sa.text("20"), nullable=False),
        sa.Column("hotkeys", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column(
            "notify_on_processing_complete", sa.Boolean(), server_default=sa.text("true"), nullable=False
        ),
        sa.Column("notify_on_error", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("auto_archive_after_days", sa.Integer(), server_default=sa.text("30"), nullable=True),
        sa.Column("auto_delete_after_days", sa.Integer(), server_default=sa.text("365"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_preferences")),
        sa.CheckConstraint(
            "fragments_per_page BETWEEN 1 AND 500", name=op.f("ck_user_preferences_fragments_per_page")
        ),
        sa.CheckConstraint(
            "auto_archive_after_days > 0 AND auto_delete_after_days > 0"
            " AND auto_delete_after_days >= auto_archive_after_days",
            name=op.f("ck_user_preferences_retention"),
        ),
        sa.CheckConstraint(
            "jsonb_typeof(hotkeys) = 'object'", name=op.f("ck_user_preferences_hotkeys_object")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["public.users.id"],
            name=op.f("fk_user_preferences_user_id_users"),
            ondelete="CASCADE",
        ),
        schema="muednote_v3",
    )

    op.create_index(
        op.f("ix_projects_user_id_created_at"),
        "projects",
        ["user_id", sa.text("created_at DESC")],
        schema="muednote_v3",
    )
    op.create_index(
        op.f("ix_fragments_user_id_created_at"),
        "fragments",
        ["user_id", sa.text("created_at DESC")],
        schema="muednote_v3",
    )
    op.create_index(
        op.f("ix_fragments_project_id_user_id"),
        "fragments",
        ["project_id", "user_id"],
        schema="muednote_v3",
        postgresql_where=sa.text("project_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_fragments_captured_at_pending"),
        "fragments",
        ["captured_at"],
        schema="muednote_v3",
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(op.f("ix_fragment_tags_tag_id"), "fragment_tags", ["tag_id"], schema="muednote_v3")
    op.create_index(
        op.f("ix_fragment_processing_history_fragment_id_created_at"),
        "fragment_processing_history",
        ["fragment_id", sa.text("created_at DESC")],
        schema="muednote_v3",
    )
    op.create_index(
        op.f("ix_fragment_relationships_target_fragment_id"),
        "fragment_relationships",
        ["target_fragment_id"],
        schema="muednote_v3",
    )

    for table in TOUCHED:
        op.create_trigger(
            f"tr_{table}_touch",
            table,
            before="UPDATE",
            for_each="ROW",
            execute="app.touch_updated_at()",
            schema="muednote_v3",
        )

    for table in TABLES:
        op.create_policy(
            f"{table}_service_account_all",
            table,
            for_="ALL",
            to=["service_account"],
            using="true",
            with_check="true",
            schema="muednote_v3",
        )
    for table, command, using, with_check in POLICIES:
        op.create_policy(
            f"{table}_app_user_{command.lower()}",
            table,
            for_=command,
            to=["app_user"],
            using=using,
            with_check=with_check,
            schema="muednote_v3",
        )
    for table in TABLES:
        op.enable_row_security(table, schema="muednote_v3")

    for role in ROLES:
        op.create_grant(["USAGE"], to=role, schema="muednote_v3")
    for table in TABLES:
        op.create_grant(READ_WRITE, to="service_account", table=table, schema="muednote_v3")
    for table, command, _, _ in POLICIES:
        privileges = READ_WRITE if command == "ALL" else [command]
        op.create_grant(privileges, to="app_user", table=table, schema="muednote_v3")
    op.create_default_privileges(READ_WRITE, on="TABLES", to="service_account", schema="muednote_v3")


def downgrade() -> None:
    op.drop_default_privileges(READ_WRITE, on="TABLES", to="service_account", schema="muednote_v3")
    for role in reversed(ROLES):
        op.drop_grant(["USAGE"], to=role, schema="muednote_v3")

    for table in reversed(TABLES):
        op.drop_table(table, schema="muednote_v3")

    op.drop_enum("fragment_importance", schema="muednote_v3")
    op.drop_enum("fragment_status", schema="muednote_v3")

    op.drop_schema("muednote_v3")
