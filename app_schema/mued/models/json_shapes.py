"""The shapes of the JSON columns, for the type checker: the database checks array or object, no more.

Keys are spelled as the clients write them.
"""

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # of typing from Python 3.12 on, as Pydantic needs it

FocusName = Literal["harmony", "melody", "rhythm", "mix", "emotion", "image", "structure"]


class MaterialMetadata(TypedDict):
    """materials.metadata: data of the generator."""

    model: NotRequired[str]
    tokens: NotRequired[int]
    cost: NotRequired[float]
    instrument: NotRequired[str]
    tags: NotRequired[list[str]]


class AbcAnalysis(TypedDict):
    """materials.abc_analysis: result of the ABC notation check."""

    isValid: bool
    key: NotRequired[str]
    meter: NotRequired[str]
    tempo: NotRequired[int]
    measures: NotRequired[int]
    notes: NotRequired[int]
    errors: NotRequired[list[str]]


class Attachment(TypedDict):
    """A file of messages.attachments."""

    url: str
    type: str
    name: str


class FileAttachment(Attachment):
    """A file of log_entries.attachments."""

    size: NotRequired[int]
    mimeType: NotRequired[str]


class UploadedAttachment(FileAttachment):
    """A file of sessions.attachments; the time is ISO 8601."""

    uploadedAt: NotRequired[str]


class LogSummary(TypedDict):
    """log_entries.ai_summary: summary by the assistant."""

    formatted: NotRequired[str]
    tags: NotRequired[list[str]]
    comment: NotRequired[str]
    keyPoints: NotRequired[list[str]]
    improvements: NotRequired[list[str]]
    emotionalTone: NotRequired[str]
    technicalInsights: NotRequired[list[str]]


BarRange = TypedDict("BarRange", {"from": int, "to": int})


class DawMeta(TypedDict):
    """sessions.daw_meta: facts read from the audio workstation."""

    dawName: NotRequired[str]
    tempo: NotRequired[float]
    timeSignature: NotRequired[str]
    keyEstimate: NotRequired[str]
    barsTouched: NotRequired[BarRange]
    projectFileName: NotRequired[str]
    totalBars: NotRequired[int]
    trackCount: NotRequired[int]


class SessionAnnotations(TypedDict):
    """sessions.ai_annotations: hypothesis of the assistant."""

    focusArea: NotRequired[FocusName]
    intentHypothesis: NotRequired[str]
    confidence: NotRequired[float]
    analysisMethod: NotRequired[str]


class AnalysisData(TypedDict):
    """session_analyses.analysis_data: what the analyser found."""

    focusArea: NotRequired[FocusName]
    intentHypothesis: NotRequired[str]
    barsChanged: NotRequired[int]
    tracksChanged: NotRequired[int]
    pitchClassHistogram: NotRequired[list[float]]
    simultaneity: NotRequired[float]
    onsetDensity: NotRequired[float]
    quantizeDeviation: NotRequired[float]
    lufs: NotRequired[float]
    dynamicRange: NotRequired[float]
    spectralBalance: NotRequired[dict[str, float]]


class AnswerInsights(TypedDict):
    """interview_answers.ai_insights: what the assistant read in an answer."""

    keyPhrases: NotRequired[list[str]]
    technicalTerms: NotRequired[list[str]]
    emotionalTone: NotRequired[str]
    suggestedTags: NotRequired[list[str]]


class ChatSummary(TypedDict):
    """chat_sessions.summary: summary by the assistant."""

    mainTopics: NotRequired[list[str]]
    keyInsights: NotRequired[list[str]]
    actionItems: NotRequired[list[str]]
    emotionalTone: NotRequired[str]
    progressIndicators: NotRequired[list[str]]


class ChatMessageMetadata(TypedDict):
    """chat_messages.metadata: data of the model run."""

    processingTime: NotRequired[float]
    tokenCount: NotRequired[int]
    modelUsed: NotRequired[str]
    confidence: NotRequired[float]
    suggestedActions: NotRequired[list[str]]
    relatedConcepts: NotRequired[list[str]]


class AssistantPreferences(TypedDict):
    """user_ai_profiles.custom_preferences: further wishes."""

    avoidTopics: NotRequired[list[str]]
    focusAreas: NotRequired[list[FocusName]]
    preferredExamples: NotRequired[list[str]]
    languageComplexity: NotRequired[str]
    musicalBackground: NotRequired[str]


class MemoryValue(TypedDict):
    """user_ai_memories.value: the fact."""

    content: str
    source: Literal["explicit", "inferred", "observed"]
    examples: NotRequired[list[str]]
    relatedMemories: NotRequired[list[str]]


class Citation(TypedDict):
    """A source in ai_dialogue_log.citations; the time is ISO 8601."""

    source: str
    sourceType: NotRequired[str]
    excerpt: NotRequired[str]
    confidence: NotRequired[float]
    timestamp: NotRequired[str]
    pageNumber: NotRequired[int]
    paragraphIndex: NotRequired[int]


class AccessPolicy(TypedDict):
    """provenance.access_policy: who may read and write; the time is ISO 8601."""

    readGroups: NotRequired[list[str]]
    writeGroups: NotRequired[list[str]]
    expiresAt: NotRequired[str]
    geoRestrictions: NotRequired[list[str]]
    ipWhitelist: NotRequired[list[str]]


class SloCompliance(TypedDict):
    """rag_metrics_history.slo_compliance: the verdict on the service levels of a day."""

    version: Literal[1]
    citationRateMet: bool
    latencyMet: bool
    costMet: bool
    relevanceMet: NotRequired[bool]
    overallMet: bool
    targets: NotRequired[dict[str, float]]


class PluginCapabilities(TypedDict):
    """plugin_registry.capabilities: what a source can do."""

    list: bool
    search: bool
    filter: bool
    fetch: bool
    transform: bool


class EmbeddingMetadata(TypedDict):
    """rag_embeddings.metadata: facts for display; the time is ISO 8601."""

    sessionId: NotRequired[str]
    content: NotRequired[str]
    focusArea: NotRequired[FocusName]
    contentHash: NotRequired[str]
    timestamp: NotRequired[str]
    error: NotRequired[str]


class Placeholder(TypedDict):
    """A placeholder of a template text."""

    key: str
    description: NotRequired[str]
    type: NotRequired[str]
    required: NotRequired[bool]


class TemplateVariables(TypedDict):
    """question_templates.variables: empty, or an array of placeholders."""

    placeholders: NotRequired[list[Placeholder]]
