"""The people of the tenant matrix and what they have: every table, in every state that a policy knows."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session as OrmSession

from app_schema import models as m
from app_schema.mued.factories import RowFactory

Spec = tuple[type[m.Base], dict[str, Any]]

PEOPLE = {
    "ann": "student",  # who has the most
    "bob": "student",  # another one
    "mel": "mentor",  # teaches ann
    "nat": "mentor",  # teaches nobody
    "pia": "mentor",  # ann cancelled her lesson
    "adam": "admin",
}


def fill(session: OrmSession) -> list[Spec]:
    """Insert the rows; what is returned builds each of them again, as far as an application may send it."""
    specs: list[Spec] = []

    def add(model: type[m.Base], **values: Any) -> Any:
        specs.append((model, values))
        row = RowFactory.of[model].create(session, **values)
        if model is m.RagEmbedding:
            values |= {"source_id": row.source_id}
        return row

    people = {
        name: add(m.User, clerk_id=f"user_{name}", email=f"{name}@example.com", name=name, role=role)
        for name, role in PEOPLE.items()
    }
    ann, bob = people["ann"], people["bob"]
    _lessons(add, people)
    for owner in (ann, bob):
        add(m.Subscription, user=owner)
        _chats(add, owner)
        _notes(add, owner)
        add(m.AiDialogue, user=owner)
    for owner, shared, public in (
        (ann, False, False),
        (ann, True, False),
        (ann, False, True),
        (bob, True, False),
    ):
        _music(add, owner, share_with_mentor=shared, is_public=public)
    for enabled in (True, False):
        add(m.QuestionTemplate, enabled=enabled)
    for acquirer in (ann, None):
        add(m.Provenance, acquirer=acquirer)
    for model in (m.Plugin, m.RagMetrics, m.WebhookEvent):
        add(model)
    session.flush()
    return specs


def _lessons(add: Any, people: dict[str, Any]) -> None:
    ann, bob, mel, pia = (people[name] for name in ("ann", "bob", "mel", "pia"))
    taken = add(m.LessonSlot, mentor=mel)
    half = add(m.LessonSlot, mentor=mel, max_capacity=9)
    add(m.LessonSlot, mentor=mel)
    add(m.LessonSlot, mentor=bob)  # who was a mentor once
    gone = add(m.LessonSlot, mentor=pia)
    lesson = add(m.Reservation, slot=taken, student=ann)
    add(m.Reservation, slot=half, student=bob)
    cancelled = add(m.Reservation, slot=gone, student=ann)
    sa.inspect(lesson).session.flush()
    lesson.status, cancelled.status = "approved", "cancelled"
    gone.status = "cancelled"
    for creator, public in ((ann, False), (mel, True), (mel, False)):
        add(m.Material, creator=creator, is_public=public)
    add(m.Material, creator=ann, is_public=True)
    add(m.Message, sender=ann, receiver=mel, reservation=lesson)
    add(m.Message, sender=bob, receiver=mel, reservation=lesson)
    add(m.Message, sender=bob, receiver=ann)


def _music(add: Any, owner: Any, **flags: bool) -> None:
    session = add(m.Session, user=owner, **flags)
    entry = add(m.LogEntry, user=owner, **flags)
    add(m.SessionAnalysis, session=session)
    question = add(m.InterviewQuestion, session=session)
    add(m.InterviewAnswer, question=question)
    add(m.RagEmbedding, source_type="session", source_id=session.id)
    add(m.RagEmbedding, source_type="log_entry", source_id=entry.id)


def _chats(add: Any, owner: Any) -> None:
    chat = add(m.ChatSession, user=owner)
    for role in m.ChatRole:
        add(m.ChatMessage, session=chat, role=role)
    add(m.SessionTag, session=chat)
    add(m.UserAiProfile, user=owner)
    add(m.UserAiMemory, user=owner)


def _notes(add: Any, owner: Any) -> None:
    add(m.Project, user=owner)
    notes = [add(m.Fragment, user=owner) for _ in range(2)]
    tag = add(m.Tag, user=owner)
    add(m.FragmentTag, fragment=notes[0], tag=tag)
    add(m.FragmentProcessing, fragment=notes[0])
    add(m.FragmentRelationship, source_fragment=notes[0], target_fragment=notes[1])
    add(m.UserPreferences, user=owner)


def sent_columns(row: m.Base) -> dict[str, Any]:
    """The columns that an INSERT of this row would name, with the keys of the rows that it refers to."""
    state: Any = sa.inspect(row)
    found: dict[str, Any] = {}
    for name, value in state.dict.items():
        if name in state.mapper.columns:
            found[state.mapper.columns[name].name] = value
        elif name in state.mapper.relationships and value is not None:
            relationship = state.mapper.relationships[name]
            for local, remote in relationship.local_remote_pairs:
                key = sa.inspect(value).mapper.get_property_by_column(remote).key
                found[local.name] = getattr(value, key)
    return found
