"""Three enums, ai_dialogue_log, provenance, rag_metrics_history, plugin_registry.

Their indexes follow in 0007, their foreign keys in 0008.

Locks: none, everything is new.

Downgrade: drops the four tables with all their rows.

Revision ID: 0006_add_rag_metrics
Revises: 0005_service_accounts
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app_schema import op

revision = "0006_add_rag_metrics"
down_revision = "0005_service_accounts"
branch_labels = None
depends_on = None

READ_WRITE = ["SELECT", "INSERT", "UPDATE", "DELETE"]
TABLES = ("ai_dialogue_log", "provenance", "rag_metrics_history", "plugin_registry")
TOUCHED = ("ai_dialogue_log", "provenance", "plugin_registry")


def upgrade() -> None:
    op.create_enum(
        "content_type",
        ["material", "creation_log", "generated", "note_article", "ai_response"],
        schema="public",
    )
    op.create_enum(
        "acquisition_method",
        ["api_fetch", "manual_upload", "ai_generated", "user_created", "system_import"],
        schema="public",
    )
    op.create_enum(
        "license_type",
        [
            "cc_by",
            "cc_by_sa",
            "cc_by_nc",
            "cc_by_nc_sa",
            "proprietary",
            "mit",
            "apache_2_0",
            "all_rights_reserved",
            "public_domain",
        ],
        schema="public",
    )

    op.create_table(
        "ai_dialogue_log",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("model_used", sa.String(100), nullable=False),
        sa.Column("citations", postgresql.JSONB(), nullable=True),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.Column("token_cost_jpy", sa.Numeric(12, 6), nullable=True),
        sa.Column("citation_rate", sa.Numeric(5, 2), nullable=True),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("total_tokens", sa.Integer(), nullable=True),
        sa.Column("relevance_score", sa.Numeric(3, 2), nullable=True),
        sa.Column("user_feedback", sa.Integer(), nullable=True),
        sa.Column("context_window_size", sa.Integer(), nullable=True),
        sa.Column("temperature", sa.Numeric(3, 2), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_dialogue_log")),
        sa.CheckConstraint("user_feedback IN (-1, 0, 1)", name=op.f("ck_ai_dialogue_log_user_feedback")),
        sa.CheckConstraint("citation_rate BETWEEN 0 AND 100", name=op.f("ck_ai_dialogue_log_citation_rate")),
        sa.CheckConstraint(
            "relevance_score BETWEEN 0 AND 1", name=op.f("ck_ai_dialogue_log_relevance_score")
        ),
        sa.CheckConstraint("latency_ms >= 0", name=op.f("ck_ai_dialogue_log_latency_ms")),
        sa.CheckConstraint(
            "prompt_tokens >= 0 AND completion_tokens >= 0 AND total_tokens >= 0",
            name=op.f("ck_ai_dialogue_log_tokens"),
        ),
        sa.CheckConstraint(
            "token_cost_jpy BETWEEN 0 AND 999999.999999", name=op.f("ck_ai_dialogue_log_token_cost_jpy")
        ),
        sa.CheckConstraint("temperature BETWEEN 0 AND 2", name=op.f("ck_ai_dialogue_log_temperature")),
        sa.CheckConstraint("context_window_size > 0", name=op.f("ck_ai_dialogue_log_context_window_size")),
        sa.CheckConstraint(
            "jsonb_typeof(citations) = 'array'", name=op.f("ck_ai_dialogue_log_citations_array")
        ),
        schema="public",
    )
    op.create_table(
        "provenance",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column(
            "content_type", sa.Enum(name="content_type", schema="public", create_type=False), nullable=False
        ),
        sa.Column("source_uri", sa.Text(), nullable=True),
        sa.Column(
            "license_type", sa.Enum(name="license_type", schema="public", create_type=False), nullable=True
        ),
        sa.Column(
            "acquisition_method",
            sa.Enum(name="acquisition_method", schema="public", create_type=False),
            nullable=True,
        ),
        sa.Column("rights_holder", sa.Text(), nullable=True),
        sa.Column("permission_flag", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("hash_c2pa", sa.Text(), nullable=True),
        sa.Column("hash_sha256", sa.Text(), nullable=True),
        sa.Column("retention_years", sa.Integer(), nullable=True),
        sa.Column("access_policy", postgresql.JSONB(), nullable=True),
        sa.Column("external_share_consent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("acquired_by", sa.Uuid(), nullable=True),
        sa.Column("acquired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verification_status", sa.String(50), nullable=True),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            sa.Computed(
                "(acquired_at AT TIME ZONE 'UTC'"
                " + make_interval(years => retention_years)) AT TIME ZONE 'UTC'",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provenance")),
        sa.CheckConstraint("retention_years BETWEEN 1 AND 1000", name=op.f("ck_provenance_retention_years")),
        sa.CheckConstraint(
            "jsonb_typeof(access_policy) = 'object'", name=op.f("ck_provenance_access_policy_object")
        ),
        schema="public",
    )
    op.create_table(
        "rag_metrics_history",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("citation_rate", sa.Numeric(5, 2), nullable=True),
        sa.Column("citation_count", sa.Integer(), nullable=True),
        sa.Column("unique_sources_count", sa.Integer(), nullable=True),
        sa.Column("latency_p50_ms", sa.Integer(), nullable=True),
        sa.Column("latency_p95_ms", sa.Integer(), nullable=True),
        sa.Column("latency_p99_ms", sa.Integer(), nullable=True),
        sa.Column("cost_per_answer", sa.Numeric(12, 6), nullable=True),
        sa.Column("total_cost", sa.Numeric(14, 6), nullable=True),
        sa.Column("total_queries", sa.Integer(), nullable=True),
        sa.Column("unique_users", sa.Integer(), nullable=True),
        sa.Column("average_tokens_per_query", sa.Integer(), nullable=True),
        sa.Column("average_relevance_score", sa.Numeric(3, 2), nullable=True),
        sa.Column("positive_votes_rate", sa.Numeric(5, 2), nullable=True),
        sa.Column("slo_compliance", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rag_metrics_history")),
        sa.UniqueConstraint("date", name=op.f("uq_rag_metrics_history_date")),
        sa.CheckConstraint(
            "citation_rate BETWEEN 0 AND 100 AND positive_votes_rate BETWEEN 0 AND 100",
            name=op.f("ck_rag_metrics_history_rates"),
        ),
        sa.CheckConstraint(
            "average_relevance_score BETWEEN 0 AND 1",
            name=op.f("ck_rag_metrics_history_average_relevance_score"),
        ),
        sa.CheckConstraint(
            "citation_count >= 0 AND unique_sources_count >= 0 AND total_queries >= 0"
            " AND unique_users >= 0 AND average_tokens_per_query >= 0",
            name=op.f("ck_rag_metrics_history_counts"),
        ),
        sa.CheckConstraint(
            "latency_p50_ms >= 0 AND latency_p95_ms >= latency_p50_ms AND latency_p99_ms >= latency_p95_ms",
            name=op.f("ck_rag_metrics_history_latency"),
        ),
        sa.CheckConstraint(
            "cost_per_answer BETWEEN 0 AND 999999.999999 AND total_cost BETWEEN 0 AND 99999999.999999",
            name=op.f("ck_rag_metrics_history_cost"),
        ),
        sa.CheckConstraint(
            "jsonb_typeof(slo_compliance) = 'object'",
            name=op.f("ck_rag_metrics_history_slo_compliance_object"),
        ),
        schema="public",
    )
    op.create_table(
        "plugin_registry",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("source", sa.String(50), nullable=False),
        sa.Column("capabilities", postgresql.JSONB(), nullable=False),
        sa.Column("config", postgresql.JSONB(), nullable=True),
        sa.Column("api_endpoint", sa.Text(), nullable=True),
        sa.Column("api_key_env_var", sa.String(100), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.String(20), nullable=False),
        sa.Column("last_health_check", sa.DateTime(timezone=True), nullable=True),
        sa.Column("health_status", sa.String(50), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_registry")),
        sa.UniqueConstraint("name", name=op.f("uq_plugin_registry_name")),
        sa.UniqueConstraint("source", name=op.f("uq_plugin_registry_source")),
        sa.CheckConstraint(
            "jsonb_typeof(capabilities) = 'object'", name=op.f("ck_plugin_registry_capabilities_object")
        ),
        sa.CheckConstraint("jsonb_typeof(config) = 'object'", name=op.f("ck_plugin_registry_config_object")),
        schema="public",
    )

    for table in TOUCHED:
        op.create_trigger(
            f"tr_{table}_touch",
            table,
            before="UPDATE",
            for_each="ROW",
            execute="app.touch_updated_at()",
            schema="public",
        )

    for table in TABLES:
        op.create_grant(READ_WRITE, to="service_account", table=table, schema="public")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table, schema="public")

    op.drop_enum("license_type", schema="public")
    op.drop_enum("acquisition_method", schema="public")
    op.drop_enum("content_type", schema="public")
