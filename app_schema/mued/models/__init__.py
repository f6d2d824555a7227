"""All declarations of the database: an import of this module completes ``Base.metadata``.

Importing opens no connection and reads no environment.
"""

from app_schema.ddl import attach
from app_schema.mued.models import functions, roles, statistics, views
from app_schema.mued.models.base import Base
from app_schema.mued.models.chat import ChatMessage, ChatSession, SessionTag, UserAiMemory, UserAiProfile
from app_schema.mued.models.core import (
    LessonSlot,
    Material,
    Message,
    Reservation,
    Subscription,
    User,
    WebhookEvent,
)
from app_schema.mued.models.enums import (
    AcquisitionMethod,
    AiProfileType,
    ChatRole,
    ContentType,
    FocusArea,
    FragmentImportance,
    FragmentStatus,
    InterviewDepth,
    LicenseType,
    LogType,
    MemoryType,
    ResponseLength,
    SessionStatus,
    SessionType,
    TargetType,
    WebhookStatus,
)
from app_schema.mued.models.muednote import (
    Fragment,
    FragmentProcessing,
    FragmentRelationship,
    FragmentTag,
    Project,
    Tag,
    UserPreferences,
)
from app_schema.mued.models.rag import (
    AiDialogue,
    Plugin,
    Provenance,
    QuestionTemplate,
    RagEmbedding,
    RagMetrics,
)
from app_schema.mued.models.session import (
    InterviewAnswer,
    InterviewQuestion,
    LogEntry,
    Session,
    SessionAnalysis,
)

PracticeSession = Session  # where SQLAlchemy's Session is imported too

attach(
    Base.metadata,
    *roles.SCHEMAS,
    *roles.EXTENSIONS,
    *roles.ROLES,
    *roles.USAGE,
    *roles.DEFAULT_PRIVILEGES,
    *functions.FUNCTIONS,
    *views.VIEWS,
    *views.GRANTS,
    *statistics.STATISTICS,
)

__all__ = [
    "AcquisitionMethod",
    "AiDialogue",
    "AiProfileType",
    "Base",
    "ChatMessage",
    "ChatRole",
    "ChatSession",
    "ContentType",
    "FocusArea",
    "Fragment",
    "FragmentImportance",
    "FragmentProcessing",
    "FragmentRelationship",
    "FragmentStatus",
    "FragmentTag",
    "InterviewAnswer",
    "InterviewDepth",
    "InterviewQuestion",
    "LessonSlot",
    "LicenseType",
    "LogEntry",
    "LogType",
    "Material",
    "MemoryType",
    "Message",
    "Plugin",
    "PracticeSession",
    "Project",
    "Provenance",
    "QuestionTemplate",
    "RagEmbedding",
    "RagMetrics",
    "Reservation",
    "ResponseLength",
    "Session",
    "SessionAnalysis",
    "SessionStatus",
    "SessionTag",
    "SessionType",
    "Subscription",
    "Tag",
    "TargetType",
    "User",
    "UserAiMemory",
    "UserAiProfile",
    "UserPreferences",
    "WebhookEvent",
    "WebhookStatus",
]
