"""Rows of search, measurement and provenance."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from polyfactory import Use
from sqlalchemy import orm

from app_schema.mued.factories.base import RowFactory, number, unique
from app_schema.mued.factories.core import UserFactory
from app_schema.mued.factories.session import SessionFactory
from app_schema.mued.models import (
    AiDialogue,
    ContentType,
    FocusArea,
    InterviewDepth,
    Plugin,
    Provenance,
    QuestionTemplate,
    RagEmbedding,
    RagMetrics,
)


def _day() -> date:
    """A day that no other row has, in the past."""
    return datetime.now(UTC).date() - timedelta(days=number())


class AiDialogueFactory(RowFactory[AiDialogue]):
    """An answer of the assistant."""

    user = UserFactory
    session_id = Use(uuid4)
    model_used = "a-model"


class ProvenanceFactory(RowFactory[Provenance]):
    """The origin of a material."""

    content_id = Use(uuid4)
    content_type = ContentType.MATERIAL


class PluginFactory(RowFactory[Plugin]):
    """A source without capabilities."""

    name = Use(unique, "plugin")
    source = Use(lambda: uuid4().hex)
    capabilities = Use(dict.fromkeys, ("list", "search", "filter", "fetch", "transform"), False)  # noqa: FBT003
    version = "1.0"


class QuestionTemplateFactory(RowFactory[QuestionTemplate]):
    """A question without placeholders."""

    focus = FocusArea.HARMONY
    depth = InterviewDepth.MEDIUM
    template_text = Use(unique, "What about")


class RagMetricsFactory(RowFactory[RagMetrics]):
    """A day without answers."""

    date = Use(_day)


class RagEmbeddingFactory(RowFactory[RagEmbedding]):
    """A row without a vector yet, for a session.

    No foreign key names the source: `create` inserts the source first, `build` alone needs a `source_id`.
    """

    source_type = "session"
    embedding_model = "a-model"

    @classmethod
    def create(cls, session: orm.Session, /, **values: Any) -> RagEmbedding:
        """Build a row and flush it in `session`; without a `source_id`, insert a source that `user` owns."""
        if "source_id" not in values:
            owner = {"user": values.pop("user")} if "user" in values else {}
            values["source_id"] = SessionFactory.create(session, **owner).id
        row = super().create(session, **values)
        session.refresh(row)  # a trigger copies the owner
        return row
