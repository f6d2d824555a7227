"""Parts of queries that many requests need."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from pgvector.sqlalchemy import HALFVEC
from sqlalchemy.orm import Session, defer

from app_schema.mued.models import RagEmbedding

EF_SEARCH = 40
"""pgvector's default of hnsw.ef_search."""


def current_user_id() -> sa.ScalarSelect[uuid.UUID]:
    """The key of the signed-in person, NULL if nobody is signed in: ``User.id == current_user_id()``.

    A sub-select: PostgreSQL calls the function once a query and not once a row.
    """
    return sa.select(sa.func.app.current_user_id(type_=sa.Uuid())).scalar_subquery()


def nearest(
    session: Session,
    vector: Sequence[float],
    k: int,
    *,
    source_type: str,
    owner: uuid.UUID | sa.ScalarSelect[uuid.UUID] | None = None,
) -> Sequence[sa.Row[RagEmbedding, float]]:
    """The ``k`` embeddings that are nearest to a vector of 1,536 numbers, each with its cosine distance,
    in the order of distance.

    With an owner the search is exact: PostgreSQL computes the distance of each row of the owner. A search of
    the graph (HNSW) filters by owner after the search, and most neighbours belong to others. Without an owner
    the graph of the source type is searched, for shared rows (``template``) or as service_account.

    :param source_type: ``session``, ``template`` or ``log_entry``.
    :param owner: a key, or ``current_user_id()``.
    """
    # literals: the index of each source type is partial, and the planner weighs the graph by the limit
    kind, limit = (sa.literal(value, literal_execute=True) for value in (source_type, k))
    precision = sa.cast(RagEmbedding.embedding, HALFVEC(1536)) if owner is None else RagEmbedding.embedding
    distance = precision.op("<=>", return_type=sa.Float())(list(vector))
    query = (
        sa.select(RagEmbedding, distance)
        .options(defer(RagEmbedding.embedding))
        .where(RagEmbedding.source_type == kind, RagEmbedding.embedding.is_not(None))
        .order_by(distance)
        .limit(limit)
    )
    if owner is not None:
        query = query.where(RagEmbedding.user_id == owner)
    elif k > EF_SEARCH:  # the graph answers no more rows than this setting has candidates; 1,000 at most
        session.execute(sa.select(sa.func.set_config("hnsw.ef_search", str(min(k, 1000)), sa.true())))
    # the graph compares normalized vectors: by its rounding, rows of nearly equal distance may be exchanged
    return sorted(session.execute(query).all(), key=lambda row: row[1])
