"""Search, measurement and provenance of the assistant."""

from app_schema.mued.models.rag.dialogue import AiDialogue
from app_schema.mued.models.rag.embedding import RagEmbedding
from app_schema.mued.models.rag.metrics import RagMetrics
from app_schema.mued.models.rag.plugin import Plugin
from app_schema.mued.models.rag.provenance import Provenance
from app_schema.mued.models.rag.template import QuestionTemplate

__all__ = ["AiDialogue", "Plugin", "Provenance", "QuestionTemplate", "RagEmbedding", "RagMetrics"]
