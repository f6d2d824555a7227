"""The page that maps names of the former TypeScript schema to present names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from app_schema.reference.domain import TableDomain

HEAD = """\
# From the TypeScript names to these

Generated from the models by `app-schema docs`. The Drizzle schema named tables and columns by the SQL name in
camel case: `lessonSlots.startTime` is `lesson_slots.start_time` in SQL and `LessonSlot.start_time` in Python.
The SQL names are unchanged, and so are existing queries. Two columns have another name in Python, where their
name has a meaning: `metadata` is `metadata_`, and `order` is `position`.

| Drizzle | SQL | Python |
|---|---|---|"""

RENAMED = """
## Renamed

| then | now | why |
|---|---|---|
| enum `interview_focus` | `focus_area` | question templates use the enum too |
| enum `personality_preset` | `ai_profile_type` | the column keeps the old name |
| function `get_internal_user_id(text)` | `app.current_user_id()` | no access to the ids of others |
| function `is_session_mentor(uuid)` | `app.teaches(uuid)` | |
| function `update_updated_at_column()` | `app.touch_updated_at()` | |
| view `v_sessions_with_user` | `v_session_details` | no e-mail in a shared view |
| `SET app.current_user_id` | `acting_as(session, clerk_id)` | a pooler leaks a setting to the next client |

## New

| name | meaning |
|---|---|
| `webhook_events.attempts` | number of attempts to process the event |
| `provenance.expires_at` | computed from the retention; a range scan finds the rows that are due |
| `rag_embeddings.user_id`, `.status`, `.chunk_no` | owner, state of the vector, part of the text |
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
