"""Rows of sessions, their interviews, and the journal."""

from __future__ import annotations

from typing import Any

from polyfactory import Use

from app_schema.mued.factories.base import RowFactory, number, same
from app_schema.mued.factories.core import UserFactory
from app_schema.mued.models import (
    FocusArea,
    InterviewAnswer,
    InterviewDepth,
    InterviewQuestion,
    LogEntry,
    LogType,
    Session,
    SessionAnalysis,
    SessionType,
)
from app_schema.mued.models.json_shapes import AnalysisData


def _empty_analysis() -> AnalysisData:
    return {}


class SessionFactory(RowFactory[Session]):
    """A private draft, shared with the mentors of its owner."""

    user = UserFactory
    type = SessionType.PRACTICE


class SessionAnalysisFactory(RowFactory[SessionAnalysis]):
    """An analysis without findings."""

    session = SessionFactory
    analysis_data: Any = Use(_empty_analysis)


class InterviewQuestionFactory(RowFactory[InterviewQuestion]):
    """The next question about a session."""

    session = SessionFactory
    text = "What did you listen for?"
    focus = FocusArea.HARMONY
    depth = InterviewDepth.MEDIUM
    position = Use(number)


class InterviewAnswerFactory(RowFactory[InterviewAnswer]):
    """The answer to a question."""

    question = InterviewQuestionFactory
    session = same("question", "session")


class LogEntryFactory(RowFactory[LogEntry]):
    """A private entry, shared with the mentors of its owner."""

    user = UserFactory
    type = LogType.PRACTICE
