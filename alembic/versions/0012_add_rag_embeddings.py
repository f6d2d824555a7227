"""rag_embeddings with its indexes.

One partial HNSW index per source type: a search asks for one type only.

Locks: the foreign key takes SHARE ROW EXCLUSIVE on users for a moment.

Downgrade: drops rag_embeddings; the vectors must be computed again.

Revision ID: 0012_add_rag_embeddings
Revises: 0011_sessions_rls
"""

import sqlalchemy as sa
from pgvector.sqlalchemy import Vector
from sqlalchemy.dialects import postgresql

from app_schema import op

revision = "0012_add_rag_embeddings"
down_revision = "0011_sessions_rls"
branch_labels = None
depends_on = None

READ_WRITE = ["SELECT", "INSERT", "UPDATE", "DELETE"]


def upgrade() -> None:
    op.create_table(
        "rag_embeddings",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("source_type", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("chunk_no", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("embedding", Vector(1536), nullable=True),
        sa.Column("embedding_model", sa.String(100), nullable=False),
        sa.Column("embedding_hash", sa.Text(), nullable=True),
        sa.Column("token_count", sa.Integer(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rag_embeddings")),
        sa.UniqueConstraint(
            "source_type",
            "source_id",
            "embedding_model",
            "chunk_no",
            name=op.f("uq_rag_embeddings_source_model_chunk"),
        ),
        sa.CheckConstraint(
            "source_type IN ('session', 'template', 'log_entry')", name=op.f("ck_rag_embeddings_source_type")
        ),
        sa.CheckConstraint("status IN ('pending', 'ready', 'failed')", name=op.f("ck_rag_embeddings_status")),
        sa.CheckConstraint(
            "(status = 'ready') = (embedding IS NOT NULL)", name=op.f("ck_rag_embeddings_ready")
        ),
        sa.CheckConstraint("vector_norm(embedding) > 0", name=op.f("ck_rag_embeddings_embedding_not_zero")),
        sa.CheckConstraint(
            "(source_type = 'template') = (user_id IS NULL)", name=op.f("ck_rag_embeddings_owner")
        ),
        sa.CheckConstraint("chunk_no >= 0", name=op.f("ck_rag_embeddings_chunk_no")),
        sa.CheckConstraint("token_count >= 0", name=op.f("ck_rag_embeddings_token_count")),
        sa.CheckConstraint(
            "embedding_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_rag_embeddings_embedding_hash_format")
        ),
        sa.CheckConstraint(
            "jsonb_typeof(metadata) = 'object'", name=op.f("ck_rag_embeddings_metadata_object")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["public.users.id"], name=op.f("fk_rag_embeddings_user_id_users"), ondelete="CASCADE"
        ),
        schema="public",
    )

    for source_type in ("session", "template", "log_entry"):
        op.create_index(
            op.f(f"ix_rag_embeddings_embedding_{source_type}"),
            "rag_embeddings",
            ["embedding"],
            schema="public",
            postgresql_using="hnsw",
            postgresql_ops={"embedding": "vector_cosine_ops"},
            postgresql_with={"m": 16, "ef_construction": 64},
            postgresql_where=sa.text(f"source_type = '{source_type}'"),
        )
    op.create_index(
        op.f("ix_rag_embeddings_user_id_source_type"),
        "rag_embeddings",
        ["user_id", "source_type"],
        schema="public",
        postgresql_where=sa.text("user_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_rag_embeddings_embedding_hash"),
        "rag_embeddings",
        ["embedding_hash"],
        schema="public",
        postgresql_where=sa.text("embedding_hash IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_rag_embeddings_created_at_pending"),
        "rag_embeddings",
        ["created_at"],
        schema="public",
        postgresql_where=sa.text("status = 'pending'"),
    )

    op.create_trigger(
        "tr_rag_embeddings_touch",
        "rag_embeddings",
        before="UPDATE",
        for_each="ROW",
        execute="app.touch_updated_at()",
        schema="public",
    )

    op.create_grant(READ_WRITE, to="service_account", table="rag_embeddings", schema="public")


def downgrade() -> None:
    op.drop_table("rag_embeddings", schema="public")
