"""The enumerations of the database. A member's value is the label; its name is the label in capitals."""

from enum import StrEnum

from sqlalchemy import Enum


class WebhookStatus(StrEnum):
    """Stage of the handling of a provider event."""

    PROCESSING = "processing"
    PROCESSED = "processed"
    FAILED = "failed"


class ContentType(StrEnum):
    """Kind of content whose origin is recorded."""

    MATERIAL = "material"
    CREATION_LOG = "creation_log"
    GENERATED = "generated"
    NOTE_ARTICLE = "note_article"
    AI_RESPONSE = "ai_response"


class AcquisitionMethod(StrEnum):
    """How a content came in."""

    API_FETCH = "api_fetch"
    MANUAL_UPLOAD = "manual_upload"
    AI_GENERATED = "ai_generated"
    USER_CREATED = "user_created"
    SYSTEM_IMPORT = "system_import"


class LicenseType(StrEnum):
    """Licence of a content."""

    CC_BY = "cc_by"
    CC_BY_SA = "cc_by_sa"
    CC_BY_NC = "cc_by_nc"
    CC_BY_NC_SA = "cc_by_nc_sa"
    PROPRIETARY = "proprietary"
    MIT = "mit"
    APACHE_2_0 = "apache_2_0"
    ALL_RIGHTS_RESERVED = "all_rights_reserved"
    PUBLIC_DOMAIN = "public_domain"


class LogType(StrEnum):
    """Kind of journal entry."""

    LESSON = "lesson"
    PRACTICE = "practice"
    CREATION = "creation"
    REFLECTION = "reflection"
    SYSTEM = "system"
    EAR_TRAINING = "ear_training"
    STRUCTURE_ANALYSIS = "structure_analysis"


class TargetType(StrEnum):
    """Table family of the object a journal entry is about."""

    LESSON = "lesson"
    MATERIAL = "material"
    EAR_EXERCISE = "ear_exercise"
    FORM_EXERCISE = "form_exercise"
    RESERVATION = "reservation"
    USER_CREATION = "user_creation"


class SessionType(StrEnum):
    """Kind of activity of a session."""

    COMPOSITION = "composition"
    PRACTICE = "practice"
    MIX = "mix"
    EAR_TRAINING = "ear_training"
    LISTENING = "listening"
    THEORY = "theory"
    OTHER = "other"


class SessionStatus(StrEnum):
    """Stage of a session."""

    DRAFT = "draft"
    INTERVIEWING = "interviewing"
    COMPLETED = "completed"
    ARCHIVED = "archived"


class FocusArea(StrEnum):
    """Musical focus of a question."""

    HARMONY = "harmony"
    MELODY = "melody"
    RHYTHM = "rhythm"
    MIX = "mix"
    EMOTION = "emotion"
    IMAGE = "image"
    STRUCTURE = "structure"


class InterviewDepth(StrEnum):
    """How deep a question goes."""

    SHALLOW = "shallow"
    MEDIUM = "medium"
    DEEP = "deep"


class ChatRole(StrEnum):
    """Who speaks in a conversation."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


class AiProfileType(StrEnum):
    """Character of the assistant."""

    FRIENDLY_MENTOR = "friendly_mentor"
    PROFESSIONAL_COACH = "professional_coach"
    PEER_LEARNER = "peer_learner"
    STRICT_TEACHER = "strict_teacher"
    CREATIVE_PARTNER = "creative_partner"


class ResponseLength(StrEnum):
    """Length of the answers of the assistant."""

    CONCISE = "concise"
    STANDARD = "standard"
    DETAILED = "detailed"


class MemoryType(StrEnum):
    """Kind of a remembered fact."""

    PREFERENCE = "preference"
    PATTERN = "pattern"
    FEEDBACK = "feedback"
    KNOWLEDGE = "knowledge"


class FragmentStatus(StrEnum):
    """Stage of the processing of a note."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    ARCHIVED = "archived"


class FragmentImportance(StrEnum):
    """Weight of a note."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


def _type(labels: type[StrEnum], name: str, schema: str = "public") -> Enum:
    # SQLAlchemy would store the names of the members
    return Enum(labels, name=name, schema=schema, values_callable=lambda _: [label.value for label in labels])


ENUM_TYPES: dict[type[StrEnum], Enum] = {
    WebhookStatus: _type(WebhookStatus, "webhook_status"),
    ContentType: _type(ContentType, "content_type"),
    AcquisitionMethod: _type(AcquisitionMethod, "acquisition_method"),
    LicenseType: _type(LicenseType, "license_type"),
    LogType: _type(LogType, "log_type"),
    TargetType: _type(TargetType, "target_type"),
    SessionType: _type(SessionType, "session_type"),
    SessionStatus: _type(SessionStatus, "session_status"),
    FocusArea: _type(FocusArea, "focus_area"),
    InterviewDepth: _type(InterviewDepth, "interview_depth"),
    ChatRole: _type(ChatRole, "chat_role"),
    AiProfileType: _type(AiProfileType, "ai_profile_type"),
    ResponseLength: _type(ResponseLength, "response_length"),
    MemoryType: _type(MemoryType, "memory_type"),
    FragmentStatus: _type(FragmentStatus, "fragment_status", schema="muednote_v3"),
    FragmentImportance: _type(FragmentImportance, "fragment_importance", schema="muednote_v3"),
}
