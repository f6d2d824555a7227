"""Vectors in the row, graphs in half precision, every owner in the index of owners

Does: 4 create_index_concurrently, 1 create_table_option, 4 drop_index_concurrently.
Locks: ACCESS EXCLUSIVE on rag_embeddings.
Downgrade: loses no data.

Vectors that are there stay in the TOAST table: VACUUM FULL public.rag_embeddings moves them, in a quiet hour.

Revision ID: 0021_vectors_in_the_row
Revises: 0020_keys_in_the_order_of_time
"""

from __future__ import annotations

import sqlalchemy as sa

from app_schema import op

revision = "0021_vectors_in_the_row"
down_revision = "0020_keys_in_the_order_of_time"
branch_labels = None
depends_on = None

SOURCE_TYPES = ("session", "template", "log_entry")


def upgrade() -> None:
    # MAIN and not PLAIN, with which a row that is longer than a page fails
    op.create_table_option("ALTER COLUMN embedding SET STORAGE", "rag_embeddings", "MAIN", schema="public")
    for source_type in SOURCE_TYPES:
        op.create_index_concurrently(
            f"ix_rag_embeddings_halfvec_{source_type}",
            "rag_embeddings",
            [sa.literal_column("(embedding::halfvec(1536)) halfvec_cosine_ops")],
            unique=False,
            schema="public",
            postgresql_using="hnsw",
            postgresql_with={"m": 8, "ef_construction": 128},
            postgresql_where=sa.text(f"source_type = '{source_type}'"),
        )
    op.create_index_concurrently(
        "ix_rag_embeddings_owner_source_type",
        "rag_embeddings",
        ["user_id", "source_type"],
        unique=False,
        schema="public",
    )
    for source_type in SOURCE_TYPES:
        op.drop_index_concurrently(
            f"ix_rag_embeddings_embedding_{source_type}", "rag_embeddings", schema="public"
        )
    op.drop_index_concurrently("ix_rag_embeddings_user_id_source_type", "rag_embeddings", schema="public")


def downgrade() -> None:
    op.create_index_concurrently(
        "ix_rag_embeddings_user_id_source_type",
        "rag_embeddings",
        ["user_id", "source_type"],
        unique=False,
        schema="public",
        postgresql_where=sa.text("user_id IS NOT NULL"),
    )
    for source_type in SOURCE_TYPES:
        op.create_index_concurrently(
            f"ix_rag_embeddings_embedding_{source_type}",
            "rag_embeddings",
            ["embedding"],
            unique=False,
            schema="public",
            postgresql_using="hnsw",
            postgresql_ops={"embedding": "vector_cosine_ops"},
            postgresql_with={"m": 16, "ef_construction": 64},
            postgresql_where=sa.text(f"source_type = '{source_type}'"),
        )
    op.drop_index_concurrently("ix_rag_embeddings_owner_source_type", "rag_embeddings", schema="public")
    for source_type in SOURCE_TYPES:
        op.drop_index_concurrently(
            f"ix_rag_embeddings_halfvec_{source_type}", "rag_embeddings", schema="public"
        )
    op.drop_table_option("ALTER COLUMN embedding SET STORAGE", "rag_embeddings", schema="public")
