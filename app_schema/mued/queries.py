"""Parts of queries that many requests need."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from app_schema.mued.models import RagEmbedding


def current_user_id() -> sa.ScalarSelect[uuid.UUID]:
    """The key of the person who asks, NULL where nobody is signed in: ``User.id == current_user_id()``.

    A sub-select: PostgreSQL calls the function once a query and not once a row.
    """
    return sa.select(sa.func.app.current_user_id(type_=sa.Uuid())).scalar_subquery()


def nearest(vector: Sequence[float], source_type: str, *, limit: int = 10) -> sa.Select[RagEmbedding]:
    """The embeddings of one kind of source, the nearest to a vector of 1,536 numbers first.

    :param source_type: ``session``, ``template`` or ``log_entry``; a literal: each has a partial index.
    """
    kind = sa.literal(source_type, literal_execute=True)
    distance = RagEmbedding.embedding.op("<=>", return_type=sa.Float())(list(vector))
    return (
        sa.select(RagEmbedding)
        .where(RagEmbedding.source_type == kind, RagEmbedding.embedding.is_not(None))
        .order_by(distance)
        .limit(limit)
    )
