"""From the names of the TypeScript schema that this package replaces to those of today."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from app_schema.reference.domain import TableDomain

HEAD = """\
# From the TypeScript names to these

Made from the models by `app-schema docs`. The Drizzle schema called a table and a column by the SQL name in
camel case: `lessonSlots.startTime` is `lesson_slots.start_time` in SQL and `LessonSlot.start_time` in Python.
The SQL names stayed, so a query reads as before. Two columns have another name in Python, because theirs is
taken there: `metadata` is `metadata_`, and `order` is `position`.

| Drizzle | SQL | Python |
|---|---|---|"""

RENAMED = """
## What has another name

| then | now | why |
|---|---|---|
| enum `interview_focus` | `focus_area` | question templates have it as well |
| enum `personality_preset` | `ai_profile_type` | the column keeps the old name |
| function `get_internal_user_id(text)` | `app.current_user_id()` | no oracle for the ids of others |
| function `is_session_mentor(uuid)` | `app.teaches(uuid)` | |
| function `update_updated_at_column()` | `app.touch_updated_at()` | |
| view `v_sessions_with_user` | `v_session_details` | no e-mail in a shared view |
| `SET app.current_user_id` | `acting_as(session, clerk_id)` | a pooler hands a setting to the next client |

## What is new

| name | what |
|---|---|
| `webhook_events.attempts` | how often an event was tried |
| `provenance.expires_at` | computed from the retention; what is due is a range scan |
| `rag_embeddings.user_id`, `.status`, `.chunk_no` | whose text, how far it is, which part |
"""


def names(domains: Iterable[TableDomain]) -> str:
    """The page."""
    return "\n".join([HEAD, *_rows(domains), RENAMED])


def _rows(domains: Iterable[TableDomain]) -> Iterator[str]:
    for domain in domains:
        for model, table in zip(domain.models, domain.tables, strict=True):
            sql = table.name if table.schema == "public" else f"{table.schema}.{table.name}"
            yield f"| `{_camel(table.name)}` | `{sql}` | `{model.__name__}` |"


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
