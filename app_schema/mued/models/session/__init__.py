"""Sessions, the journal and interviews."""

from app_schema.mued.models.session.interview import InterviewAnswer, InterviewQuestion
from app_schema.mued.models.session.log_entry import LogEntry
from app_schema.mued.models.session.session import Session, SessionAnalysis

__all__ = ["InterviewAnswer", "InterviewQuestion", "LogEntry", "Session", "SessionAnalysis"]
