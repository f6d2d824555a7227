"""The journal, sessions with their interviews, and the note client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from app_schema.mued.models import (
    Fragment,
    FragmentTag,
    InterviewAnswer,
    InterviewQuestion,
    LogEntry,
    Project,
    QuestionTemplate,
    Session,
    SessionAnalysis,
    Tag,
    UserPreferences,
)
from app_schema.mued.seed.people import STUDENTS, person
from app_schema.mued.seed.row import Row, key

_TEMPLATES = (
    ("harmony", "shallow", "en", "Which chord made you stop and listen?"),
    ("melody", "shallow", "ja", "このメロディの山場はどこですか？"),
    ("rhythm", "medium", "en", "What changes when you move {part} off the beat?"),
    ("mix", "medium", "ja", "低音で一番大切な音はどれですか？"),
    ("emotion", "deep", "en", "What should a listener feel in the last eight bars, and why?"),
    ("image", "deep", "ja", "この曲はどんな景色ですか？"),
    ("structure", "medium", "en", "What would be lost if the bridge were gone?"),
)
_SESSIONS = (
    ("hana", "composition", "completed", "Bridge in F minor", "The pedal point wants to resolve too early."),
    ("hana", "practice", "completed", "左手の跳躍", "テンポ60なら安定する。"),
    ("ren", "mix", "interviewing", "Blues in E, mix 3", "Bass and guitar fight below 100 Hz."),
    ("ren", "practice", "draft", "Bending in tune", "A quarter tone flat on the second string."),
    ("yui", "listening", "completed", "Nocturne, three recordings", "The slow one breathes."),
)
_ENTRIES = (
    ("hana", "lesson", "Tritone substitution: **resolve inward**.", ["harmony"]),
    ("hana", "practice", "スケール練習を30分。", ["scales"]),
    ("ren", "practice", "Bends against a drone, ten minutes each.", ["guitar"]),
    ("yui", "ear_training", "Minor sixths are still guesses.", ["ear"]),
)
_NOTES = (
    ("hana", "A motif of three notes, always falling.", "completed", "high"),
    ("hana", "ピアノの残響を短く。", "pending", "medium"),
    ("ren", "Try the solo with the thumb only.", "completed", "low"),
)


def rows(day: datetime) -> Iterator[Row]:
    """Rows of the days before `day`."""
    for number, (focus, depth, language, text) in enumerate(_TEMPLATES):
        variables = {"placeholders": [{"key": "part"}]} if "{part}" in text else {}
        values = {
            "id": key("template", number),
            "focus": focus,
            "depth": depth,
            "language": language,
            "template_text": text,
            "variables": variables,
            "category": "reflective",
            "tags": ["seed"],
        }
        yield Row(QuestionTemplate, values)
    for number, (name, kind, status, title, note) in enumerate(_SESSIONS):
        yield from _session(
            day - timedelta(days=len(_SESSIONS) - number), number, name, kind, status, title, note
        )
    for number, (name, kind, content, tags) in enumerate(_ENTRIES):
        values = {
            "id": key("entry", number),
            "user_id": person(name),
            "type": kind,
            "content": content,
            "tags": tags,
            "created_at": day - timedelta(days=len(_ENTRIES) - number),
        }
        yield Row(LogEntry, values)
    yield from _notes(day)


def sources() -> Iterator[tuple[str, object, str]]:
    """Source type, id and text of each row that has a vector."""
    for number, (*_, title, note) in enumerate(_SESSIONS):
        yield "session", key("session", number), f"{title}\n{note}"
    for number, (_, _, content, _) in enumerate(_ENTRIES):
        yield "log_entry", key("entry", number), content


def _session(time: datetime, number: int, name: str, kind: str, status: str, *texts: str) -> Iterator[Row]:
    title, note = texts
    session = key("session", number)
    values = {
        "id": session,
        "user_id": person(name),
        "type": kind,
        "status": status,
        "title": title,
        "user_short_note": note,
        "daw_meta": {"dawName": "Ableton Live", "tempo": 92} if kind in {"composition", "mix"} else {},
        "created_at": time,
        "completed_at": time + timedelta(hours=1) if status == "completed" else None,
    }
    yield Row(Session, values)
    if status == "draft":
        return
    analysis = {"id": key("analysis", number), "session_id": session, "confidence": 60 + 5 * number}
    yield Row(SessionAnalysis, {**analysis, "analysis_data": {"focusArea": _TEMPLATES[number][0]}})
    for place in range(2):
        template = (number + place) % len(_TEMPLATES)
        question = key("question", number, place)
        values = {
            "id": question,
            "session_id": session,
            "text": _TEMPLATES[template][3].format(part="the snare"),
            "focus": _TEMPLATES[template][0],
            "depth": _TEMPLATES[template][1],
            "order": place,
            "generated_by": "template",
            "template_id": key("template", template),
        }
        yield Row(InterviewQuestion, values)
        if status == "completed":
            answer = {"id": key("answer", number, place), "session_id": session, "question_id": question}
            yield Row(
                InterviewAnswer, {**answer, "text": "The one before the last. It leans and does not fall."}
            )


def _notes(day: datetime) -> Iterator[Row]:
    for name in STUDENTS:
        yield Row(UserPreferences, {"user_id": person(name)})
    for name in STUDENTS[:2]:
        project = {
            "id": key("project", name),
            "user_id": person(name),
            "name": "First EP",
            "color": "#336699",
        }
        yield Row(Project, project)
        yield Row(Tag, {"id": key("tag", name), "user_id": person(name), "name": "idea"})
    for number, (name, content, status, importance) in enumerate(_NOTES):
        values = {
            "id": key("fragment", number),
            "user_id": person(name),
            "project_id": key("project", name),
            "content": content,
            "status": status,
            "importance": importance,
            "captured_at": day - timedelta(hours=number + 1),
        }
        yield Row(Fragment, values)
        yield Row(FragmentTag, {"fragment_id": key("fragment", number), "tag_id": key("tag", name)})
