"""Valid rows of every table, built by polyfactory."""

from app_schema.mued.factories.base import RowFactory
from app_schema.mued.factories.chat import (
    ChatMessageFactory,
    ChatSessionFactory,
    SessionTagFactory,
    UserAiMemoryFactory,
    UserAiProfileFactory,
)
from app_schema.mued.factories.core import (
    LessonSlotFactory,
    MaterialFactory,
    MentorFactory,
    MessageFactory,
    ReservationFactory,
    SubscriptionFactory,
    UserFactory,
    WebhookEventFactory,
)
from app_schema.mued.factories.muednote import (
    FragmentFactory,
    FragmentProcessingFactory,
    FragmentRelationshipFactory,
    FragmentTagFactory,
    ProjectFactory,
    TagFactory,
    UserPreferencesFactory,
)
from app_schema.mued.factories.rag import (
    AiDialogueFactory,
    PluginFactory,
    ProvenanceFactory,
    QuestionTemplateFactory,
    RagEmbeddingFactory,
    RagMetricsFactory,
)
from app_schema.mued.factories.session import (
    InterviewAnswerFactory,
    InterviewQuestionFactory,
    LogEntryFactory,
    SessionAnalysisFactory,
    SessionFactory,
)

__all__ = [
    "AiDialogueFactory",
    "ChatMessageFactory",
    "ChatSessionFactory",
    "FragmentFactory",
    "FragmentProcessingFactory",
    "FragmentRelationshipFactory",
    "FragmentTagFactory",
    "InterviewAnswerFactory",
    "InterviewQuestionFactory",
    "LessonSlotFactory",
    "LogEntryFactory",
    "MaterialFactory",
    "MentorFactory",
    "MessageFactory",
    "PluginFactory",
    "ProjectFactory",
    "ProvenanceFactory",
    "QuestionTemplateFactory",
    "RagEmbeddingFactory",
    "RagMetricsFactory",
    "ReservationFactory",
    "RowFactory",
    "SessionAnalysisFactory",
    "SessionFactory",
    "SessionTagFactory",
    "SubscriptionFactory",
    "TagFactory",
    "UserAiMemoryFactory",
    "UserAiProfileFactory",
    "UserFactory",
    "UserPreferencesFactory",
    "WebhookEventFactory",
]
