"""Vectors for the semantic search."""

import uuid
from typing import TYPE_CHECKING

from pgvector.sqlalchemy import Vector
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.ddl import Grant, TableOption, Trigger
from app_schema.mued.models.base import Base, Touched, refers_to
from app_schema.mued.models.json_shapes import EmbeddingMetadata
from app_schema.mued.models.one_of import one_of
from app_schema.mued.models.policies import CRUD, secured
from app_schema.mued.models.types import Json, Str100, UuidKey

if TYPE_CHECKING:
    from app_schema.mued.models.core.user import User


SOURCES = ("session", "template", "log_entry")


def _graph(source_type: str) -> Index:
    """One graph per source type: HNSW filters after the search, so a single graph returns too few rows.

    Half precision: a page holds two vectors instead of one. app_schema.mued.queries.nearest() repeats the
    expression.
    """
    return Index(
        f"ix_rag_embeddings_halfvec_{source_type}",
        text("(embedding::halfvec(1536)) halfvec_cosine_ops"),
        postgresql_using="hnsw",
        postgresql_with={"m": 8, "ef_construction": 128},
        postgresql_where=text(f"source_type = '{source_type}'"),
    )


class RagEmbedding(Touched, Base):
    """Vectors for the semantic search over sessions, templates and log entries."""

    __tablename__ = "rag_embeddings"
    __table_args__ = (
        # a short name: with all columns it would fill all 63 bytes
        UniqueConstraint(
            "source_type",
            "source_id",
            "embedding_model",
            "chunk_no",
            name="uq_rag_embeddings_source_model_chunk",
        ),
        one_of("source_type", *SOURCES),
        one_of("status", "pending", "ready", "failed"),
        CheckConstraint("(status = 'ready') = (embedding IS NOT NULL)", name="ready"),
        # the cosine distance of a zero vector is NaN, which passes every threshold
        CheckConstraint("vector_norm(embedding) > 0", name="embedding_not_zero"),
        CheckConstraint("(source_type = 'template') = (user_id IS NULL)", name="owner"),
        CheckConstraint("chunk_no >= 0", name="chunk_no"),
        CheckConstraint("token_count >= 0", name="token_count"),
        CheckConstraint("embedding_hash ~ '^[0-9a-f]{64}$'", name="embedding_hash_format"),
        CheckConstraint("jsonb_typeof(metadata) = 'object'", name="metadata_object"),
        # in the row, and not in the TOAST table; not PLAIN, with which a row longer than a page fails
        TableOption("ALTER COLUMN embedding SET STORAGE", "MAIN"),
        # HNSW does not index NULL, so rows without a vector are in no graph.
        *map(_graph, SOURCES),
        # exact search over the rows of one owner; the policy also admits rows without an owner
        Index("ix_rag_embeddings_owner_source_type", "user_id", "source_type"),
        # not unique: two sources may have the same text
        Index(
            "ix_rag_embeddings_embedding_hash",
            "embedding_hash",
            postgresql_where=text("embedding_hash IS NOT NULL"),
        ),
        # work list of the embedding job
        Index(
            "ix_rag_embeddings_created_at_pending", "created_at", postgresql_where=text("status = 'pending'")
        ),
        Trigger(
            "tr_rag_embeddings_source",
            before=["INSERT", "UPDATE OF source_type, source_id, user_id"],
            execute="app.check_embedding_source()",
        ),
        *secured("rag_embeddings"),
        Grant(CRUD, to="service_account"),
        Grant("SELECT", to="app_user"),
    )

    id: Mapped[UuidKey] = mapped_column()
    source_type: Mapped[str] = mapped_column(doc="session, template or log_entry")
    source_id: Mapped[uuid.UUID] = mapped_column(
        doc="id in the table named by source_type, checked by trigger"
    )
    user_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("public.users.id", ondelete="CASCADE"),
        doc="owner of the source, filled by trigger; none for templates",
    )
    chunk_no: Mapped[int] = mapped_column(server_default=text("0"), doc="part of a long text, from 0")
    status: Mapped[str] = mapped_column(server_default=text("'pending'"), doc="pending, ready or failed")
    embedding: Mapped[list[float] | None] = mapped_column(Vector(1536), doc="the vector, none until computed")
    embedding_model: Mapped[Str100] = mapped_column(doc="model that made it; no default")
    embedding_hash: Mapped[str | None] = mapped_column(doc="SHA-256 of the text in hex")
    token_count: Mapped[int | None] = mapped_column(doc="tokens spent")
    metadata_: Mapped[EmbeddingMetadata] = mapped_column(
        "metadata", Json, server_default=text("'{}'::jsonb"), doc="facts for display"
    )

    user: Mapped["User | None"] = refers_to(back_populates="embeddings")
