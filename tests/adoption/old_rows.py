"""Rows for a database of the old system: sound ones in any number, and one for each rule that old rows break.

Every value follows from the row's number ``i``. Row ``i`` of a table has the id ``md5('table:i')``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

SHAPES = Path(__file__).parent / "shapes"
NAMES = ("sql_files", "drizzle")
"""The shapes."""

NOW = "timestamp '2025-03-30 00:30' + i * interval '7 minutes'"
"""Naive: what an application with TimeZone = UTC wrote. Some of these moments are no local time in Berlin."""


def key(table: str, number: str = "i") -> str:
    """SQL of the id of a row."""
    return f"md5('{table}:' || ({number}))::uuid"


def _any(table: str, step: int = 1) -> str:
    """SQL of the id of one of the sound rows."""
    return key(table, f"(i * {step}) % n + 1")


USER, OTHER_USER = key("users"), _any("users")
ROWS: dict[str, dict[str, str]] = {
    "users": {
        "clerk_id": "'clerk_' || i",
        "email": "'Person' || i || '@example.org'",
        "name": "'Person ' || i",
        "role": "CASE i % 3 WHEN 0 THEN 'mentor' ELSE 'student' END",
        "skills": "'[\"piano\"]'",
    },
    "subscriptions": {
        "user_id": USER,
        "stripe_subscription_id": "'sub_' || i",
        "plan": "'basic'",
        "status": "'active'",
        "current_period_start": NOW,
        "current_period_end": f"{NOW} + interval '30 days'",
    },
    "lesson_slots": {
        "mentor_id": USER,
        "start_time": NOW,
        "end_time": f"{NOW} + interval '1 hour'",
        "price": "1000 + i % 50",
    },
    "reservations": {
        "slot_id": key("lesson_slots"),
        "student_id": OTHER_USER,
        "mentor_id": USER,
        "status": "'completed'",
        "payment_status": "'completed'",
        "amount": "1000",
        "completed_at": NOW,
    },
    "materials": {"creator_id": USER, "title": "'Material ' || i", "type": "'pdf'", "tags": "'[]'"},
    "messages": {
        "reservation_id": key("reservations"),
        "sender_id": USER,
        "receiver_id": OTHER_USER,
        "content": "'Hello ' || i",
    },
    "webhook_events": {"event_id": "'evt_' || i", "type": "'invoice.paid'", "source": "'stripe'"},
    "sessions": {
        "user_id": USER,
        "type": "'composition'",
        "status": "'completed'",
        "title": "'Session ' || i",
        "user_short_note": "'Note ' || i",
        "daw_meta": "'{}'",
        "ai_annotations": "'{}'",
        "is_public": "i % 10 = 0",
    },
    "session_analyses": {"session_id": key("sessions"), "analysis_data": "'{}'", "confidence": "50"},
    "question_templates": {
        "focus": "'harmony'",
        "depth": "'deep'",
        "template_text": "'What about chord ' || i || '?'",
        "variables": "'{}'",
    },
    "interview_questions": {
        "session_id": key("sessions"),
        "text": "'Which chord is it?'",
        "focus": "'harmony'",
        "depth": "'deep'",
        "template_id": f"{key('question_templates')}::text",
    },
    "interview_answers": {
        "session_id": key("sessions"),
        "question_id": key("interview_questions"),
        "text": "'A minor ninth'",
        "ai_insights": "'{}'",
    },
    "log_entries": {
        "user_id": USER,
        "type": "'practice'",
        "content": "'Scales'",
        "tags": "'[]'",
        "attachments": "'[]'",
    },
    "chat_sessions": {"user_id": USER, "device_id": "'device_' || i", "title": "'Chat ' || i"},
    "chat_messages": {
        "session_id": key("chat_sessions"),
        "user_id": USER,
        "role": "CASE i % 2 WHEN 0 THEN 'user' ELSE 'assistant' END",
        "content": "'Hm?'",
    },
    "user_ai_profiles": {"user_id": USER},
    "user_ai_memories": {
        "user_id": USER,
        "memory_type": "'preference'",
        "key": "'key_' || i",
        "value": "'{}'",
    },
    "session_tags": {"session_id": key("chat_sessions"), "tag": "'tag_' || i"},
    "ai_dialogue_log": {
        "user_id": USER,
        "session_id": key("chat_sessions"),
        "query": "'Why?'",
        "response": "'Because.'",
        "model_used": "'model'",
        "token_cost_jpy": "0.25",
    },
    "provenance": {
        "content_id": key("materials"),
        "content_type": "'material'",
        "acquired_by": USER,
        "acquired_at": NOW,
        "retention_years": "5",
    },
    "rag_metrics_history": {"date": "timestamp '1000-01-01' + i * interval '1 day'", "total_queries": "i"},
    "rag_embeddings": {
        "source_type": "'session'",
        "source_id": key("sessions"),
        "embedding": "array_fill(1 + i % 7, ARRAY[1536])::public.vector",
        "metadata": "'{}'",
        "embedding_hash": "encode(sha256(('text ' || i)::bytea), 'hex')",
    },
    "plugin_registry": {
        "name": "'Plugin ' || i",
        "source": "'plugin_' || i",
        "capabilities": "'{}'",
        "version": "'1.0'",
    },
    "learning_metrics": {"user_id": USER, "metric": "'practice'", "value": "1"},
    "ai_profiles": {"device_id": "'device_' || i"},
    "ai_memories": {"memory_type": "'pattern'", "content": "'{}'"},
    "projects": {"user_id": USER, "name": "'Project ' || i", "color": "'#a0b1c2'"},
    "fragments": {"user_id": USER, "project_id": key("projects"), "content": "'Idea ' || i"},
    "tags": {"user_id": USER, "name": "'tag ' || i"},
    "fragment_tags": {"fragment_id": key("fragments"), "tag_id": key("tags")},
    "fragment_processing_history": {
        "fragment_id": key("fragments"),
        "processing_type": "'summary'",
        "success": "true",
    },
    "fragment_relationships": {
        "source_fragment_id": key("fragments"),
        "target_fragment_id": _any("fragments"),
        "relationship_type": "'references'",
    },
    "user_preferences": {"user_id": USER},
}
"""Columns with their values; tables in the order of their foreign keys."""
_FEW = {"rag_metrics_history": 1_000_000, "rag_embeddings": 20_000}
"""The most rows of a table: dates are few, and vectors are large."""


def build(connection: psycopg.Connection[Any], shape: str, number: int) -> None:
    """A database of a shape with `number` sound rows a table."""
    connection.execute((SHAPES / f"{shape}.sql").read_bytes())
    fill(connection, number)


def fill(connection: psycopg.Connection[Any], number: int) -> None:
    """Sound rows: `number` in each table that the database has, and the same moments in `created_at`."""
    connection.execute(
        "SET session_replication_role = replica"
    )  # old triggers fail (M05), and keys are sound
    for table, columns in ROWS.items():
        found = connection.execute(
            "SELECT table_schema, column_name, udt_schema || '.' || udt_name"
            " FROM information_schema.columns WHERE table_name = %s",
            [table],
        ).fetchall()
        if not found:
            continue
        schema, types = found[0][0], {name: type_ for _, name, type_ in found}
        values = {"created_at": NOW, "id": key(table), **columns}
        if types.get("created_at") == "pg_catalog.timestamptz":
            values["created_at"] = f"({NOW}) AT TIME ZONE 'UTC'"
        used = {name: value for name, value in values.items() if name in types}
        cast = [
            f"({value})::{types[name]}" if not value.startswith("'") or "||" not in value else value
            for name, value in used.items()
        ]
        rows = min(number, _FEW.get(table, number))
        connection.execute(
            f"INSERT INTO {schema}.{table} ({', '.join(used)}) SELECT {', '.join(cast)}"
            f" FROM generate_series(1, {rows}) AS i, (VALUES ({number})) AS v(n)".encode()
        )
    connection.execute("SET session_replication_role = origin")


def _row(table: str, number: int) -> str:
    return f"id = md5('{table}:{number}')::uuid"


def _wrong(table: str, column: str, value: str, number: int) -> str:
    schema = (
        "muednote_v3" if table in {"projects", "fragments", "tags", "fragment_relationships"} else "public"
    )
    return f'UPDATE {schema}.{table} SET "{column}" = {value} WHERE {_row(table, number)}'


BROKEN: dict[str, str] = {
    "ck_users_role": _wrong("users", "role", "'teacher'", 2),
    "ck_users_skills_array": _wrong("users", "skills", "'{}'", 3),
    "ck_subscriptions_plan": _wrong("subscriptions", "plan", "'free'", 2),
    "ck_subscriptions_status": _wrong("subscriptions", "status", "'trialing'", 3),
    "ck_subscriptions_period": _wrong("subscriptions", "current_period_end", "current_period_start", 4),
    "ck_subscriptions_usage": _wrong("subscriptions", "ai_materials_used", "-1", 5),
    "ck_lesson_slots_time": _wrong("lesson_slots", "end_time", "start_time - interval '1 hour'", 2),
    "ck_lesson_slots_price": _wrong("lesson_slots", "price", "-1", 3),
    "ck_lesson_slots_current_capacity": _wrong("lesson_slots", "current_capacity", "2", 4),
    "ck_reservations_status": _wrong("reservations", "status", "'confirmed'", 2),
    "ck_reservations_payment_status": _wrong("reservations", "payment_status", "'succeeded'", 3),
    "ck_reservations_amount": _wrong("reservations", "amount", "-1", 4),
    "ck_reservations_parties": _wrong("reservations", "student_id", "mentor_id", 5),
    "ck_materials_type": _wrong("materials", "type", "'podcast'", 2),
    "ck_materials_difficulty": _wrong("materials", "difficulty", "'hard'", 3),
    "ck_messages_parties": _wrong("messages", "receiver_id", "sender_id", 2),
    "ck_webhook_events_source": _wrong("webhook_events", "source", "'github'", 2),
    "ck_sessions_daw_meta_object": _wrong("sessions", "daw_meta", "'[]'", 3),
    "ck_interview_questions_generated_by": _wrong("interview_questions", "generated_by", "'robot'", 2),
    "ck_question_templates_variables": _wrong("question_templates", "variables", "'[\"placeholders\"]'", 2),
    "ck_log_entries_tags_array": _wrong("log_entries", "tags", "'{}'", 2),
    "ck_ai_dialogue_log_latency_ms": _wrong("ai_dialogue_log", "latency_ms", "-5", 2),
    "ck_provenance_retention_years": _wrong("provenance", "retention_years", "0", 2),
    "ck_rag_metrics_history_latency": _wrong("rag_metrics_history", "latency_p50_ms", "-1", 2),
    "ck_projects_color": _wrong("projects", "color", "'red'", 2),
    "ck_tags_usage_count": _wrong("tags", "usage_count", "-1", 2),
    "fk_reservations_slot_id_mentor_id_lesson_slots": _wrong(
        "reservations", "mentor_id", key("users", "7"), 6
    ),
    "fk_interview_questions_template_id_question_templates": _wrong(
        "interview_questions", "template_id", "gen_random_uuid()::text", 3
    ),
    "fk_fragments_project_id_user_id_projects": _wrong("fragments", "project_id", key("projects", "7"), 6),
    "fk_interview_answers_question_id_session_id_interview_questions": _wrong(
        "interview_answers", "session_id", key("sessions", "7"), 8
    ),
    "uq_users_email_lower": _wrong("users", "email", "'PERSON5@example.org'", 4),
    "uq_interview_questions_session_id_order": _wrong(
        "interview_questions", "session_id", key("sessions", "5"), 4
    ),
    "ex_lesson_slots": _wrong("lesson_slots", "mentor_id", key("users", "9"), 8),
    "template_id": _wrong("interview_questions", "template_id", "'template-5'", 5),
    "type of column date": _wrong("rag_metrics_history", "date", "date + interval '12 hours'", 4),
    "quality_status": _wrong("materials", "quality_status", "NULL", 4),
    "is_active": _wrong("chat_sessions", "is_active", "NULL", 2),
    "embedding_not_zero": _wrong(
        "rag_embeddings", "embedding", "array_fill(0, ARRAY[1536])::public.vector", 2
    ),
}
"""The rows that each rule of the application must find, in the shape "SQL files": by a part of its name."""


def break_rules(connection: psycopg.Connection[Any]) -> None:
    """One row for each rule that old rows can break."""
    connection.execute("SET session_replication_role = replica")
    for statement in BROKEN.values():
        connection.execute(statement.encode())
    connection.execute("SET session_replication_role = origin")
