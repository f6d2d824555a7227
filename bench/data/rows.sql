-- The rows of the data bench. :scale is 1 for 20,000 users; one user, 'clerk_1', owns a hundredth of everything.
-- Everything follows from the row's number and a seed; the physical order is random, as after a year of life.
-- Statements are separated by a line of two dashes and a dot.
SELECT setseed(0.42)
--.
SET session_replication_role = replica
--.
CREATE TEMP TABLE person AS
SELECT n, md5('u' || n)::uuid AS id, CASE WHEN n % 100 = 50 THEN 'mentor' WHEN n % 1000 = 999 THEN 'admin' ELSE 'student' END AS role
  FROM generate_series(1, (20000 * :scale)::int) AS n
--.
-- an owner for each of so many rows: the heavy user has a hundredth, the rest is drawn
CREATE FUNCTION pg_temp.owners(rows int) RETURNS TABLE (n int, user_id uuid) LANGUAGE sql AS $$
  SELECT g, md5('u' || CASE WHEN g % 100 = 0 THEN 1 ELSE 1 + floor(random() * (SELECT count(*) FROM person))::int END)::uuid
    FROM generate_series(1, rows) AS g ORDER BY random()
$$
--.
CREATE FUNCTION pg_temp.at(days int) RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT now() - random() * days * interval '1 day' $$
--.
INSERT INTO public.users (id, clerk_id, email, name, role, created_at)
SELECT id, 'clerk_' || n, 'person' || n || '@example.org', 'Person ' || n, role, pg_temp.at(700) FROM person ORDER BY random()
--.
INSERT INTO public.subscriptions (user_id, stripe_subscription_id, stripe_customer_id, plan, status, current_period_start, current_period_end, created_at)
SELECT id, 'sub_' || n, 'cus_' || n, 'basic', CASE WHEN n % 10 = 0 THEN 'cancelled' ELSE 'active' END, now() - interval '10 days',
       now() + random() * interval '60 days', pg_temp.at(300)
  FROM person ORDER BY random()
--.
-- a mentor has 200 slots, half an hour apart, half of them past
INSERT INTO public.lesson_slots (id, mentor_id, start_time, end_time, price, status, max_capacity, current_capacity, recurring_id, created_at)
SELECT md5('s' || p.n || '/' || h)::uuid, p.id, date_trunc('hour', now()) + (h - 100) * interval '9 hours', date_trunc('hour', now()) + (h - 100) * interval '9 hours' + interval '1 hour',
       3000, CASE WHEN h % 5 = 4 THEN 'available' ELSE 'booked' END, 1, CASE WHEN h % 5 = 4 THEN 0 ELSE 1 END,
       CASE WHEN h % 7 = 0 THEN md5('r' || p.n || '/' || h / 28)::uuid END, pg_temp.at(300)
  FROM person AS p CROSS JOIN generate_series(1, 200) AS h WHERE p.role = 'mentor' ORDER BY random()
--.
INSERT INTO public.reservations (id, slot_id, student_id, mentor_id, status, payment_status, amount, stripe_payment_intent_id, completed_at, created_at)
SELECT md5('v' || p.n || '/' || h)::uuid, md5('s' || p.n || '/' || h)::uuid, md5('u' || CASE WHEN x.student % 100 = 50 THEN x.student + 1 ELSE x.student END)::uuid, p.id,
       CASE WHEN h < 100 THEN 'completed' ELSE 'paid' END, 'completed', 3000, 'pi_' || p.n || '_' || h,
       CASE WHEN h < 100 THEN now() END, date_trunc('hour', now()) + (h - 130) * interval '9 hours'
  FROM person AS p CROSS JOIN generate_series(1, 200) AS h
  CROSS JOIN LATERAL (SELECT CASE WHEN h % 100 = 0 THEN 1 ELSE 1 + floor(random() * 0.98 * (SELECT count(*) FROM person))::int + h * 0 + p.n * 0 END AS student) AS x
 WHERE p.role = 'mentor' AND h % 5 <> 4 ORDER BY random()
--.
INSERT INTO public.messages (reservation_id, sender_id, receiver_id, content, is_read, created_at)
SELECT CASE WHEN o.n % 4 = 0 THEN (md5('v' || 50 + 100 * (o.n % (200 * :scale)::int) || '/' || CASE (o.n / 4) % 20 WHEN 0 THEN 1 ELSE (o.n / 4) % 160 END))::uuid END,
       x.sender, o.user_id, 'See you on Tuesday, and bring the score of the second movement.',
       random() < CASE WHEN o.n % 100 = 0 THEN 0 ELSE 0.9 END, pg_temp.at(700)
  FROM pg_temp.owners((200000 * :scale)::int) AS o
  CROSS JOIN LATERAL (SELECT md5('u' || 2 + floor(random() * 0.9 * (SELECT count(*) FROM person))::int + o.n * 0)::uuid AS sender) AS x
 WHERE x.sender <> o.user_id
--.
INSERT INTO public.materials (creator_id, title, content, type, difficulty, is_public, quality_status, tags, created_at)
SELECT o.user_id, 'Material ' || o.n, repeat('bars of an exercise ', 20), 'practice', (ARRAY['beginner', 'intermediate', 'advanced'])[1 + o.n % 3], o.n % 3 = 0,
       (ARRAY['pending', 'approved'])[1 + o.n % 2], '["t1"]', pg_temp.at(700)
  FROM pg_temp.owners((20000 * :scale)::int) AS o
--.
INSERT INTO public.webhook_events (event_id, type, source, status, completed_at, created_at)
SELECT 'evt_' || n, 'invoice.paid', CASE WHEN n % 2 = 0 THEN 'stripe' ELSE 'clerk' END, (CASE WHEN n % 200 = 0 THEN 'failed' ELSE 'processed' END)::public.webhook_status, now(), pg_temp.at(300)
  FROM generate_series(1, (50000 * :scale)::int) AS n ORDER BY random()
--.
INSERT INTO public.sessions (id, user_id, type, status, title, user_short_note, is_public, share_with_mentor, created_at)
SELECT md5('e' || o.n)::uuid, o.user_id, 'practice', (CASE WHEN o.n % 3 = 0 THEN 'draft' ELSE 'completed' END)::public.session_status, 'Session ' || o.n,
       repeat('what I tried today, and how it sounded ', 4), o.n % 20 = 7, o.n % 10 <> 3, pg_temp.at(700)
  FROM pg_temp.owners((200000 * :scale)::int) AS o
--.
INSERT INTO public.session_analyses (session_id, analysis_data, confidence, created_at)
SELECT id, '{"key": "C", "tempo": 92}', 70, created_at FROM public.sessions WHERE status = 'completed' ORDER BY random()
--.
INSERT INTO public.question_templates (id, focus, depth, template_text, category, tags, priority, enabled)
SELECT md5('t' || n)::uuid, (enum_range(NULL::public.focus_area))[1 + n % cardinality(enum_range(NULL::public.focus_area))], (enum_range(NULL::public.interview_depth))[1 + n % 3],
       'Which voice leads in the phrase number ' || n || ', and why?', 'reflective', '{}', n % 101, n % 20 <> 0
  FROM generate_series(1, (1007 * greatest(:scale, 0.2))::int) AS n ORDER BY random()
--.
INSERT INTO public.interview_questions (id, session_id, text, focus, depth, "order", generated_by, template_id, created_at)
SELECT md5('q' || o.n || '/' || k)::uuid, md5('e' || o.n)::uuid, 'What did you listen for in take ' || k || '?', 'harmony', 'shallow', k, 'template', md5('t' || 1 + (o.n + k) % 200)::uuid, now()
  FROM generate_series(1, (200000 * :scale)::int, 2) AS o(n) CROSS JOIN generate_series(0, 2) AS k ORDER BY random()
--.
INSERT INTO public.interview_answers (session_id, question_id, text)
SELECT session_id, id, repeat('the bass, mostly. ', 5) FROM public.interview_questions WHERE "order" < 2 ORDER BY random()
--.
INSERT INTO public.log_entries (id, user_id, type, content, tags, is_public, share_with_mentor, created_at)
SELECT md5('l' || o.n)::uuid, o.user_id, 'practice', repeat('scales, slowly, then the middle part ', 5),
       jsonb_build_array('t' || o.n / 100 % 50, 't' || o.n / 7 % 50), o.n % 20 = 7, o.n % 10 <> 3, pg_temp.at(700)
  FROM pg_temp.owners((400000 * :scale)::int) AS o
--.
-- 40 messages a chat; the heavy user's chats are a hundredth, and one of them has 16,000 messages at full size
CREATE TEMP TABLE chat AS
SELECT o.n, md5('c' || o.n)::uuid AS id, o.user_id, CASE WHEN o.n = 100 THEN (16000 * :scale)::int ELSE 40 END AS turns, pg_temp.at(700) AS begins
  FROM pg_temp.owners((24600 * :scale)::int) AS o
--.
INSERT INTO public.chat_sessions (id, user_id, title, is_active, is_pinned, archived_at, message_count, last_message_at, created_at)
SELECT id, user_id, 'About swing ' || n, n / 100 % 10 <> 9, n / 100 % 20 = 3, CASE WHEN n / 100 % 10 = 9 THEN now() END, turns, begins + turns * interval '2 minutes', begins FROM chat
--.
INSERT INTO public.chat_messages (id, session_id, user_id, role, content, created_at)
SELECT md5('m' || c.n || '/' || k)::uuid, c.id, c.user_id, (CASE k % 2 WHEN 0 THEN 'user' ELSE 'assistant' END)::public.chat_role, repeat('how do I voice this chord? ', 4),
       c.begins + k * interval '2 minutes'
  FROM chat AS c CROSS JOIN LATERAL generate_series(1, c.turns) AS k ORDER BY random()
--.
INSERT INTO public.user_ai_profiles (user_id) SELECT id FROM person ORDER BY random()
--.
INSERT INTO public.user_ai_memories (user_id, memory_type, key, value)
SELECT o.user_id, (enum_range(NULL::public.memory_type))[1], 'fact ' || o.n, '{"text": "likes triads"}' FROM pg_temp.owners((60000 * :scale)::int) AS o
--.
INSERT INTO public.ai_dialogue_log (user_id, session_id, query, response, model_used, citations, latency_ms, token_cost_jpy, citation_rate, relevance_score, user_feedback, created_at)
SELECT o.user_id, md5('c' || o.n % 1000)::uuid, 'how do I voice this?', repeat('drop the fifth and put the seventh in the bass ', 4), 'a model', '[{"source": "lesson-1"}]',
       600 + o.n % 1900, 0.42, o.n % 101, 0.5, o.n % 3 - 1, pg_temp.at(700)
  FROM pg_temp.owners((400000 * :scale)::int) AS o
--.
INSERT INTO public.provenance (content_id, content_type, license_type, acquisition_method, retention_years, acquired_by, acquired_at, created_at)
SELECT gen_random_uuid(), (enum_range(NULL::public.content_type))[1], (enum_range(NULL::public.license_type))[1 + o.n % 3], (enum_range(NULL::public.acquisition_method))[1],
       CASE WHEN o.n % 3 = 0 THEN 10 END, o.user_id, pg_temp.at(3000), pg_temp.at(700)
  FROM pg_temp.owners((60000 * :scale)::int) AS o
--.
INSERT INTO public.rag_metrics_history (date, citation_rate, total_queries) SELECT current_date - n, 80, 100 FROM generate_series(1, 365) AS n
--.
INSERT INTO muednote_v3.fragments (id, user_id, content, captured_at, created_at)
SELECT md5('f' || o.n)::uuid, o.user_id, 'Idea ' || o.n || ': ' || repeat('a motif ', 5), pg_temp.at(700), pg_temp.at(700) FROM pg_temp.owners((60000 * :scale)::int) AS o
