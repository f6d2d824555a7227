"""What the application asks: the queries of the product, in the words of the schema.

clerk_1 owns a hundredth of everything; clerk_50 is a mentor with 200 slots; clerk_77 has what most people have;
clerk_999 is an admin.
"""
# ruff: noqa: INP001, E501 - a script, no package; one line is one query

from __future__ import annotations

from typing import NamedTuple


class Query(NamedTuple):
    """One query, who asks, and the index that serves it.

    `before` is how it was asked before there was a look-up for it; None: the same. `of` is the role whose
    pages have a goal. `times` is how often the query asks: its pages are those of one time.
    """

    name: str
    what: str
    sql: str
    person: str = "clerk_1"
    index: str = ""
    before: str | None = None
    of: str = "app_user"
    times: int = 1


ADMIN = "clerk_999"
ME = "md5('u1')::uuid"
MENTOR = "md5('u50')::uuid"
STUDENT = "md5('u77')::uuid"


def _reservation_list(person: str, other: str) -> str:
    """With the name of the other party, one by one."""
    return (
        f"SELECT r.*, s.start_time, (SELECT name FROM app.public_profile(r.{other})) FROM reservations AS r JOIN lesson_slots AS s ON s.id = r.slot_id "
        f"WHERE r.student_id = {person} OR r.mentor_id = {person} ORDER BY r.created_at DESC LIMIT 50"
    )


VECTOR = "(SELECT embedding FROM rag_embeddings WHERE source_type = 'template' AND source_id = md5('t1')::uuid LIMIT 1)"


def _nearest_of_all(limit: int) -> Query:
    """The mean of twenty vectors: one search reads up to twice as many pages as another."""
    query = (
        "SELECT near.id FROM (SELECT embedding FROM rag_embeddings WHERE source_type = 'template' ORDER BY source_id LIMIT 20) AS asked "
        f"CROSS JOIN LATERAL (SELECT id FROM rag_embeddings WHERE source_type = 'session' ORDER BY embedding{{0}} <=> asked.embedding{{0}} LIMIT {limit}) AS near"
    )
    return Query(
        f"Q29 {limit}",
        f"nearest {limit} sessions of all",
        query.format("::halfvec(1536)"),
        before=query.format(""),
        of="service_account",
        times=20,
    )


_LISTED = "SELECT (m.reservation).*, m.start_time, m.other_name FROM app.my_reservations(50) AS m"
_OVERLAP = "now() + interval '1 hour', now() + interval '2 hours'"

QUERIES = (
    Query(
        "Q01",
        "user by external id",
        "SELECT * FROM users WHERE clerk_id = 'clerk_1'",
        index="uq_users_clerk_id",
    ),
    Query(
        "Q02",
        "free slots with the names of the mentors",
        "WITH s AS MATERIALIZED (SELECT * FROM lesson_slots WHERE start_time >= now() AND status = 'available' ORDER BY start_time LIMIT 50) "
        "SELECT s.*, p.name FROM s LEFT JOIN app.public_profiles((SELECT array_agg(DISTINCT mentor_id) FROM s)) AS p ON p.id = s.mentor_id",
        index="ix_lesson_slots_start_time_available",
        before="SELECT s.*, (SELECT name FROM app.public_profile(s.mentor_id)) FROM lesson_slots AS s WHERE s.start_time >= now() AND s.status = 'available' ORDER BY s.start_time LIMIT 50",
    ),
    Query(
        "Q03",
        "free slots of a mentor",
        f"SELECT * FROM lesson_slots WHERE mentor_id = {MENTOR} AND start_time >= now() AND status = 'available' AND current_capacity < max_capacity ORDER BY start_time LIMIT 20",
    ),
    Query(
        "Q04",
        "overlap of slots, compared",
        f"SELECT id FROM lesson_slots WHERE mentor_id = {MENTOR} AND status <> 'cancelled' AND start_time < now() + interval '2 hours' AND end_time > now() + interval '1 hour' LIMIT 1",
        "clerk_50",
        "ix_lesson_slots_mentor_id_start_time_end_time",
    ),
    Query(
        "Q04 &&",
        "overlap of slots, as ranges",
        f"SELECT id FROM app.my_overlapping_slots({_OVERLAP})",
        "clerk_50",
        before=f"SELECT id FROM lesson_slots WHERE mentor_id = {MENTOR} AND status <> 'cancelled' AND tstzrange(start_time, end_time) && tstzrange({_OVERLAP}) LIMIT 1",
    ),
    Query(
        "Q05",
        "future slots of a series",
        "SELECT id FROM lesson_slots WHERE recurring_id = md5('r50/5')::uuid AND start_time >= now() AND status = 'available'",
        "clerk_50",
        "ix_lesson_slots_recurring_id_start_time",
    ),
    Query("Q06", "slot by its key", "SELECT * FROM lesson_slots WHERE id = md5('s50/100')::uuid", "clerk_50"),
    Query(
        "Q07 mentor",
        "reservations with names, of a mentor",
        _LISTED,
        "clerk_50",
        before=_reservation_list(MENTOR, "student_id"),
    ),
    Query(
        "Q07 student",
        "reservations with names, of a student",
        _LISTED,
        "clerk_77",
        before=_reservation_list(STUDENT, "mentor_id"),
    ),
    Query(
        "Q08",
        "next lessons with the names of the mentors",
        "SELECT (n.reservation).id, n.start_time, n.mentor_name FROM app.my_next_lessons(5) AS n",
        before=f"SELECT r.id, s.start_time, (SELECT name FROM app.public_profile(r.mentor_id)) FROM reservations AS r JOIN lesson_slots AS s ON s.id = r.slot_id WHERE r.student_id = {ME} AND s.start_time >= now() ORDER BY s.start_time LIMIT 5",
    ),
    Query(
        "Q09",
        "slot with a live reservation",
        "SELECT 1 FROM reservations WHERE slot_id = md5('s50/101')::uuid AND status IN ('pending', 'approved', 'paid') LIMIT 1",
        "clerk_50",
    ),
    Query(
        "Q10",
        "revenue of a mentor",
        f"SELECT id, amount, created_at FROM reservations WHERE mentor_id = {MENTOR} AND status = 'completed' AND payment_status = 'completed'",
        "clerk_50",
        "ix_reservations_mentor_id_revenue_amount",
    ),
    Query(
        "Q11",
        "reservation by payment",
        "SELECT * FROM reservations WHERE stripe_payment_intent_id = 'pi_50_101'",
        "clerk_50",
        "uq_reservations_stripe_payment_intent_id",
    ),
    Query(
        "Q12",
        "latest plan",
        f"SELECT * FROM subscriptions WHERE user_id = {ME} ORDER BY created_at DESC LIMIT 1",
    ),
    Query(
        "Q13",
        "running plan",
        f"SELECT * FROM subscriptions WHERE user_id = {ME} AND status IN ('active', 'past_due')",
    ),
    Query(
        "Q14",
        "plan by the provider's id",
        "SELECT * FROM subscriptions WHERE stripe_subscription_id = 'sub_1'",
    ),
    Query(
        "Q15",
        "plan by the provider's customer",
        "SELECT * FROM subscriptions WHERE stripe_customer_id = 'cus_1' ORDER BY created_at DESC LIMIT 1",
    ),
    Query(
        "Q16",
        "plans that end soon",
        "SELECT * FROM subscriptions WHERE status = 'active' AND current_period_end BETWEEN now() AND now() + interval '7 days'",
    ),
    Query(
        "Q17",
        "webhook event by its id",
        "SELECT status FROM webhook_events WHERE source = 'stripe' AND event_id = 'evt_500'",
    ),
    Query(
        "Q18",
        "webhook events to try again",
        "SELECT id FROM webhook_events WHERE status <> 'processed' ORDER BY created_at LIMIT 100",
        index="ix_webhook_events_created_at_open",
    ),
    Query(
        "Q19",
        "public material, newest",
        "SELECT * FROM materials WHERE is_public AND quality_status = 'approved' AND difficulty = 'beginner' ORDER BY created_at DESC LIMIT 20",
        index="ix_materials_created_at_library",
    ),
    Query(
        "Q20",
        "recent material of a creator",
        f"SELECT id, title FROM materials WHERE creator_id = {ME} ORDER BY created_at DESC LIMIT 5",
    ),
    Query(
        "Q21",
        "journal",
        f"SELECT * FROM log_entries WHERE user_id = {ME} ORDER BY created_at DESC LIMIT 20",
        index="ix_log_entries_user_id_created_at",
    ),
    Query(
        "Q22",
        "journal by tag",
        "SELECT * FROM app.my_tagged_log_entries('[\"t5\"]', 20)",
        before=f"SELECT * FROM log_entries WHERE user_id = {ME} AND tags @> '[\"t5\"]' ORDER BY created_at DESC LIMIT 20",
    ),
    Query(
        "Q23",
        "sessions",
        f"SELECT * FROM sessions WHERE user_id = {ME} AND status = 'completed' ORDER BY created_at DESC LIMIT 20",
        index="ix_sessions_user_id_created_at",
    ),
    Query(
        "Q24",
        "public sessions, newest",
        "SELECT id, title FROM sessions WHERE is_public AND status = 'completed' ORDER BY created_at DESC LIMIT 20",
    ),
    Query(
        "Q25",
        "interview of a session",
        f'SELECT q.*, a.text FROM interview_questions AS q LEFT JOIN interview_answers AS a ON a.question_id = q.id WHERE q.session_id = (SELECT id FROM sessions WHERE user_id = {ME} ORDER BY created_at DESC LIMIT 1) ORDER BY q."order"',
    ),
    Query(
        "Q26",
        "statistics of a person's sessions",
        "SELECT * FROM app.my_session_counts()",
        "clerk_77",
        before=f"SELECT count(*), sum((SELECT count(*) FROM interview_questions AS q WHERE q.session_id = s.id)), sum((SELECT count(*) FROM interview_answers AS a WHERE a.session_id = s.id)) FROM sessions AS s WHERE s.user_id = {STUDENT}",
    ),
    Query(
        "Q27",
        "newest messages of a long chat",
        f"SELECT * FROM chat_messages WHERE session_id = md5('c100')::uuid AND user_id = {ME} ORDER BY created_at DESC LIMIT 20",
        index="ix_chat_messages_session_id_created_at",
    ),
    Query(
        "Q28",
        "chats, pinned first",
        f"SELECT * FROM chat_sessions WHERE user_id = {ME} AND is_active ORDER BY is_pinned DESC, last_message_on DESC NULLS LAST, last_message_at DESC NULLS LAST LIMIT 20",
        index="ix_chat_sessions_user_id_active_pinned_day",
        before=f"SELECT * FROM chat_sessions WHERE user_id = {ME} AND is_active ORDER BY is_pinned DESC, last_message_at DESC NULLS LAST LIMIT 20",
    ),
    *map(_nearest_of_all, (1, 10, 100)),
    Query(
        "mine",
        "nearest 10 of 1,000 journal entries of mine",
        f"SELECT id FROM rag_embeddings WHERE source_type = 'log_entry' AND user_id = {ME} ORDER BY embedding <=> {VECTOR} LIMIT 10",
        index="ix_rag_embeddings_owner_source_type",
    ),
    Query(
        "few",
        "nearest 10, no filter but the policy",
        f"SELECT id FROM rag_embeddings WHERE source_type = 'session' ORDER BY embedding <=> {VECTOR} LIMIT 10",
        "clerk_77",
    ),
    Query(
        "Q30",
        "vector of a source",
        "SELECT id FROM rag_embeddings WHERE source_type = 'session' AND source_id = md5('e100')::uuid LIMIT 1",
    ),
    Query(
        "Q31",
        "templates of a focus",
        "SELECT * FROM app.templates_of_focus('melody', 3)",
        before="SELECT * FROM question_templates WHERE focus = 'melody' AND enabled ORDER BY priority DESC LIMIT 3",
    ),
    Query(
        "Q32",
        "figures of a day",
        "SELECT count(*), count(DISTINCT user_id), avg(latency_ms) FROM ai_dialogue_log WHERE created_at >= now() - interval '2 days' AND created_at < now() - interval '1 day'",
    ),
    Query(
        "Q33",
        "history of figures",
        "SELECT * FROM rag_metrics_history WHERE date >= current_date - 30 ORDER BY date DESC LIMIT 30",
    ),
    Query(
        "Q34",
        "figures of 30 days",
        "SELECT count(*), avg(citation_rate), avg(latency_ms), avg(token_cost_jpy) FROM ai_dialogue_log WHERE created_at >= now() - interval '30 days'",
    ),
    Query(
        "Q35",
        "provenance, newest, for admins",
        "SELECT * FROM app.newest_provenance(100)",
        ADMIN,
        before="SELECT * FROM provenance ORDER BY created_at DESC LIMIT 100",
    ),
    Query(
        "Q36",
        "content to delete",
        "SELECT id FROM provenance WHERE expires_at < now() - interval '1 day' LIMIT 500",
        index="ix_provenance_expires_at",
    ),
    Query(
        "Q37 count",
        "unread messages, counted",
        "SELECT app.my_unread_count()",
        before=f"SELECT count(*) FROM messages WHERE receiver_id = {ME} AND NOT is_read",
    ),
    Query(
        "Q37 counted",
        "the same without the look-up",
        f"SELECT count(*) FROM messages WHERE receiver_id = {ME} AND NOT is_read",
        index="ix_messages_receiver_id_unread",
    ),
    Query(
        "Q37 list",
        "unread messages, newest",
        "SELECT * FROM app.my_unread_messages(20)",
        before=f"SELECT * FROM messages WHERE receiver_id = {ME} AND NOT is_read ORDER BY created_at DESC LIMIT 20",
    ),
    Query(
        "Q38",
        "thread of a reservation",
        "SELECT * FROM app.my_reservation_messages(md5('v50/1')::uuid, 20)",
        before="SELECT * FROM messages WHERE reservation_id = md5('v50/1')::uuid ORDER BY created_at DESC LIMIT 20",
    ),
    Query(
        "Q39",
        "public journal, newest",
        "SELECT id FROM log_entries WHERE is_public ORDER BY created_at DESC LIMIT 20",
        index="ix_log_entries_created_at_public",
    ),
    Query("e-mail", "user by e-mail", "SELECT * FROM users WHERE lower(email) = 'person1@example.org'"),
    Query("session", "session by its key", "SELECT * FROM sessions WHERE id = md5('e100')::uuid"),
    Query("message", "message by its key", "SELECT * FROM chat_messages WHERE id = md5('m100/1')::uuid"),
    Query(
        "my reservations",
        "no filter but the policy",
        "SELECT * FROM reservations ORDER BY created_at DESC LIMIT 50",
        "clerk_77",
    ),
    Query("my plan", "no filter but the policy", "SELECT * FROM subscriptions"),
    Query("me", "no filter but the policy", "SELECT * FROM users"),
    Query(
        "authors",
        "names of the authors of 20 public sessions",
        "SELECT session_id, user_name FROM app.newest_public_authors(20)",
        before="SELECT s.id, p.name FROM (SELECT id, user_id FROM sessions WHERE is_public ORDER BY created_at DESC LIMIT 20) AS s LEFT JOIN LATERAL app.public_profile(s.user_id) AS p ON true",
    ),
    Query(
        "details",
        "newest 20 sessions with analysis and counts",
        "SELECT (n.session).*, n.user_name, n.analysis, n.total_questions, n.total_answers FROM app.newest_sessions(20) AS n",
        before="SELECT * FROM v_session_details ORDER BY created_at DESC LIMIT 20",
    ),
)
