-- The shape "SQL files": what the files 0000 to 0015 of the old system leave behind, run by hand.
CREATE EXTENSION vector;
-- enums
CREATE TYPE public.content_type AS ENUM ('material', 'creation_log', 'generated', 'note_article', 'ai_response');
CREATE TYPE public.acquisition_method AS ENUM ('api_fetch', 'manual_upload', 'ai_generated', 'user_created', 'system_import');
CREATE TYPE public.license_type AS ENUM ('cc_by', 'cc_by_sa', 'cc_by_nc', 'cc_by_nc_sa', 'proprietary', 'mit', 'apache_2_0', 'all_rights_reserved', 'public_domain');
CREATE TYPE public.log_type AS ENUM ('lesson', 'practice', 'creation', 'reflection', 'system', 'ear_training', 'structure_analysis');
CREATE TYPE public.target_type AS ENUM ('lesson', 'material', 'ear_exercise', 'form_exercise', 'reservation', 'user_creation');
CREATE TYPE public.session_type AS ENUM ('composition', 'practice', 'mix', 'ear_training', 'listening', 'theory', 'other');
CREATE TYPE public.session_status AS ENUM ('draft', 'interviewing', 'completed', 'archived');
CREATE TYPE public.interview_focus AS ENUM ('harmony', 'melody', 'rhythm', 'mix', 'emotion', 'image', 'structure');
CREATE TYPE public.interview_depth AS ENUM ('shallow', 'medium', 'deep');

-- tables
CREATE TABLE public.users (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  clerk_id text NOT NULL,
  email text NOT NULL,
  name text,
  role text DEFAULT 'student' NOT NULL,
  profile_image_url text,
  bio text,
  skills jsonb,
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  stripe_customer_id text,
  CONSTRAINT users_pkey PRIMARY KEY (id),
  CONSTRAINT users_clerk_id_unique UNIQUE (clerk_id)
);
CREATE TABLE public.subscriptions (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  user_id uuid NOT NULL,
  stripe_subscription_id text,
  stripe_customer_id text,
  plan text DEFAULT 'freemium' NOT NULL,
  status text DEFAULT 'active' NOT NULL,
  current_period_start timestamp,
  current_period_end timestamp,
  cancel_at_period_end boolean DEFAULT false NOT NULL,
  ai_materials_used integer DEFAULT 0 NOT NULL,
  reservations_used integer DEFAULT 0 NOT NULL,
  metadata jsonb,
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT subscriptions_pkey PRIMARY KEY (id)
);
CREATE TABLE public.lesson_slots (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  mentor_id uuid NOT NULL,
  start_time timestamp NOT NULL,
  end_time timestamp NOT NULL,
  price numeric(10,2) NOT NULL,
  max_capacity integer DEFAULT 1 NOT NULL,
  current_capacity integer DEFAULT 0 NOT NULL,
  status text DEFAULT 'available' NOT NULL,
  tags jsonb,
  recurring_id uuid,
  metadata jsonb,
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT lesson_slots_pkey PRIMARY KEY (id)
);
CREATE TABLE public.reservations (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  slot_id uuid NOT NULL,
  student_id uuid NOT NULL,
  mentor_id uuid NOT NULL,
  status text DEFAULT 'pending' NOT NULL,
  payment_status text DEFAULT 'pending' NOT NULL,
  stripe_session_id text,
  stripe_payment_intent_id text,
  amount numeric(10,2) NOT NULL,
  notes text,
  cancel_reason text,
  completed_at timestamp,
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT reservations_pkey PRIMARY KEY (id)
);
CREATE TABLE public.materials (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  creator_id uuid NOT NULL,
  title text NOT NULL,
  description text,
  content text,
  type text NOT NULL,
  url text,
  tags jsonb,
  difficulty text,
  is_public boolean DEFAULT false NOT NULL,
  view_count integer DEFAULT 0 NOT NULL,
  metadata jsonb,
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  playability_score numeric(3,1),
  learning_value_score numeric(3,1),
  quality_status text DEFAULT 'pending',
  abc_analysis jsonb,
  CONSTRAINT materials_pkey PRIMARY KEY (id)
);
CREATE TABLE public.messages (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  reservation_id uuid,
  sender_id uuid NOT NULL,
  receiver_id uuid NOT NULL,
  content text NOT NULL,
  attachments jsonb,
  is_read boolean DEFAULT false NOT NULL,
  created_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT messages_pkey PRIMARY KEY (id)
);
CREATE TABLE public.webhook_events (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  event_id text NOT NULL,
  type text NOT NULL,
  source text NOT NULL,
  processed_at timestamp DEFAULT now() NOT NULL,
  payload jsonb,
  created_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT webhook_events_pkey PRIMARY KEY (id),
  CONSTRAINT webhook_events_event_id_unique UNIQUE (event_id)
);
CREATE TABLE public.sessions (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  user_id uuid NOT NULL,
  type public.session_type NOT NULL,
  status public.session_status DEFAULT 'draft' NOT NULL,
  title text NOT NULL,
  project_id uuid,
  project_name text,
  user_short_note text NOT NULL,
  daw_meta jsonb DEFAULT '{}',
  ai_annotations jsonb DEFAULT '{}',
  attachments jsonb DEFAULT '[]',
  is_public boolean DEFAULT false NOT NULL,
  share_with_mentor boolean DEFAULT true NOT NULL,
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  completed_at timestamp,
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT chk_sessions_title_length CHECK (length(title) >= 1 AND length(title) <= 200),
  CONSTRAINT chk_sessions_user_short_note_length CHECK (length(user_short_note) >= 1)
);
CREATE TABLE public.session_analyses (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  session_id uuid NOT NULL,
  analysis_data jsonb NOT NULL,
  analysis_version text DEFAULT 'mvp-1.0' NOT NULL,
  confidence integer DEFAULT 0,
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT session_analyses_pkey PRIMARY KEY (id),
  CONSTRAINT session_analyses_session_id_key UNIQUE (session_id),
  CONSTRAINT session_analyses_confidence_check CHECK (confidence >= 0 AND confidence <= 100)
);
CREATE TABLE public.interview_questions (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  session_id uuid NOT NULL,
  text text NOT NULL,
  focus public.interview_focus NOT NULL,
  depth public.interview_depth NOT NULL,
  "order" integer DEFAULT 0 NOT NULL,
  generated_by text DEFAULT 'ai',
  template_id text,
  rag_context jsonb,
  created_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT interview_questions_pkey PRIMARY KEY (id),
  CONSTRAINT chk_interview_questions_text_length CHECK (length(text) >= 5),
  CONSTRAINT chk_interview_questions_order CHECK ("order" >= 0)
);
CREATE TABLE public.interview_answers (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  session_id uuid NOT NULL,
  question_id uuid NOT NULL,
  text text NOT NULL,
  ai_insights jsonb DEFAULT '{}',
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT interview_answers_pkey PRIMARY KEY (id),
  CONSTRAINT uq_interview_answers_question UNIQUE (question_id),
  CONSTRAINT chk_interview_answers_text_length CHECK (length(text) >= 1)
);
CREATE TABLE public.log_entries (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  user_id uuid NOT NULL,
  type public.log_type NOT NULL,
  target_id uuid,
  target_type public.target_type,
  content text NOT NULL,
  ai_summary jsonb,
  tags jsonb DEFAULT '[]',
  difficulty text,
  emotion text,
  attachments jsonb DEFAULT '[]',
  is_public boolean DEFAULT false NOT NULL,
  share_with_mentor boolean DEFAULT true NOT NULL,
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT log_entries_pkey PRIMARY KEY (id),
  CONSTRAINT log_entries_difficulty_check CHECK (difficulty IN ('easy','medium','hard','very_hard')),
  CONSTRAINT chk_target_consistency CHECK ((target_id IS NULL) = (target_type IS NULL))
);
CREATE TABLE public.chat_sessions (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  device_id text DEFAULT 'default',
  title text,
  summary jsonb,
  is_active boolean DEFAULT true,
  last_message_at timestamptz,
  created_at timestamptz DEFAULT now(),
  updated_at timestamptz DEFAULT now(),
  CONSTRAINT chat_sessions_pkey PRIMARY KEY (id)
);
CREATE TABLE public.chat_messages (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  session_id uuid NOT NULL,
  role text NOT NULL,
  content text NOT NULL,
  processed_content text,
  tags jsonb DEFAULT '[]',
  metadata jsonb,
  created_at timestamptz DEFAULT now(),
  CONSTRAINT chat_messages_pkey PRIMARY KEY (id),
  CONSTRAINT chat_messages_role_check CHECK (role IN ('user','assistant'))
);
CREATE TABLE public.ai_dialogue_log (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  user_id uuid NOT NULL,
  session_id uuid NOT NULL,
  query text NOT NULL,
  response text NOT NULL,
  model_used varchar(100) NOT NULL,
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  citations jsonb,
  latency_ms integer,
  token_cost_jpy numeric(8,2),
  citation_rate numeric(5,2),
  prompt_tokens integer,
  completion_tokens integer,
  total_tokens integer,
  relevance_score numeric(3,2),
  user_feedback integer,
  context_window_size integer,
  temperature numeric(3,2),
  CONSTRAINT ai_dialogue_log_pkey PRIMARY KEY (id),
  CONSTRAINT ai_dialogue_log_user_feedback_check CHECK (user_feedback IN (-1, 0, 1))
);
CREATE TABLE public.provenance (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  content_id uuid NOT NULL,
  content_type public.content_type NOT NULL,
  source_uri text,
  license_type public.license_type,
  acquisition_method public.acquisition_method,
  rights_holder text,
  permission_flag boolean DEFAULT false,
  hash_c2pa text,
  hash_sha256 text,
  retention_years integer,
  access_policy jsonb,
  external_share_consent boolean DEFAULT false,
  acquired_by uuid,
  acquired_at timestamp,
  last_verified_at timestamp,
  verification_status varchar(50),
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT provenance_pkey PRIMARY KEY (id)
);
CREATE TABLE public.rag_metrics_history (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  date timestamp NOT NULL,
  citation_rate numeric(5,2),
  citation_count integer,
  unique_sources_count integer,
  latency_p50_ms integer,
  latency_p95_ms integer,
  latency_p99_ms integer,
  cost_per_answer numeric(6,2),
  total_cost numeric(10,2),
  total_queries integer,
  unique_users integer,
  average_tokens_per_query integer,
  average_relevance_score numeric(3,2),
  positive_votes_rate numeric(5,2),
  slo_compliance jsonb,
  created_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT rag_metrics_history_pkey PRIMARY KEY (id)
);
CREATE TABLE public.rag_embeddings (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  source_type text NOT NULL,
  source_id uuid NOT NULL,
  embedding public.vector(1536) NOT NULL,
  metadata jsonb DEFAULT '{}',
  embedding_model varchar(100) DEFAULT 'text-embedding-ada-002' NOT NULL,
  embedding_hash text,
  token_count integer,
  created_at timestamptz DEFAULT now() NOT NULL,
  updated_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT rag_embeddings_pkey PRIMARY KEY (id),
  CONSTRAINT uq_rag_embeddings_source UNIQUE (source_type, source_id),
  CONSTRAINT uq_rag_embeddings_hash UNIQUE (embedding_hash),
  CONSTRAINT rag_embeddings_source_type_check CHECK (source_type IN ('session','template'))
);
CREATE TABLE public.question_templates (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  focus public.interview_focus NOT NULL,
  depth public.interview_depth NOT NULL,
  template_text text NOT NULL,
  variables jsonb DEFAULT '{}',
  category text,
  language varchar(10) DEFAULT 'ja' NOT NULL,
  tags text[] DEFAULT '{}',
  priority integer DEFAULT 50,
  usage_count integer DEFAULT 0,
  last_used_at timestamptz,
  enabled boolean DEFAULT true NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  updated_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT question_templates_pkey PRIMARY KEY (id),
  CONSTRAINT question_templates_category_check CHECK (category IN ('technical','creative','reflective','diagnostic')),
  CONSTRAINT question_templates_priority_check CHECK (priority >= 0 AND priority <= 100),
  CONSTRAINT question_templates_usage_count_check CHECK (usage_count >= 0),
  CONSTRAINT chk_question_templates_text_length CHECK (length(template_text) >= 5),
  CONSTRAINT chk_question_templates_variables_valid CHECK (variables IS NULL OR variables = '{}'::jsonb OR variables ? 'placeholders' AND jsonb_typeof(variables -> 'placeholders') = 'array')
);
CREATE TABLE public.plugin_registry (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  name varchar(100) NOT NULL,
  source varchar(50) NOT NULL,
  capabilities jsonb NOT NULL,
  config jsonb,
  api_endpoint text,
  api_key_env_var varchar(100),
  enabled boolean DEFAULT true,
  version varchar(20) NOT NULL,
  last_health_check timestamp,
  health_status varchar(50),
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT plugin_registry_pkey PRIMARY KEY (id),
  CONSTRAINT plugin_registry_name_key UNIQUE (name),
  CONSTRAINT plugin_registry_source_key UNIQUE (source)
);

-- foreign keys
ALTER TABLE public.subscriptions ADD CONSTRAINT subscriptions_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE public.lesson_slots ADD CONSTRAINT lesson_slots_mentor_id_users_id_fk FOREIGN KEY (mentor_id) REFERENCES public.users(id);
ALTER TABLE public.reservations ADD CONSTRAINT reservations_slot_id_lesson_slots_id_fk FOREIGN KEY (slot_id) REFERENCES public.lesson_slots(id);
ALTER TABLE public.reservations ADD CONSTRAINT reservations_student_id_users_id_fk FOREIGN KEY (student_id) REFERENCES public.users(id);
ALTER TABLE public.reservations ADD CONSTRAINT reservations_mentor_id_users_id_fk FOREIGN KEY (mentor_id) REFERENCES public.users(id);
ALTER TABLE public.materials ADD CONSTRAINT materials_creator_id_users_id_fk FOREIGN KEY (creator_id) REFERENCES public.users(id);
ALTER TABLE public.messages ADD CONSTRAINT messages_reservation_id_reservations_id_fk FOREIGN KEY (reservation_id) REFERENCES public.reservations(id);
ALTER TABLE public.messages ADD CONSTRAINT messages_sender_id_users_id_fk FOREIGN KEY (sender_id) REFERENCES public.users(id);
ALTER TABLE public.messages ADD CONSTRAINT messages_receiver_id_users_id_fk FOREIGN KEY (receiver_id) REFERENCES public.users(id);
ALTER TABLE public.sessions ADD CONSTRAINT fk_sessions_user FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE public.session_analyses ADD CONSTRAINT fk_session_analyses_session FOREIGN KEY (session_id) REFERENCES public.sessions(id) ON DELETE CASCADE;
ALTER TABLE public.interview_questions ADD CONSTRAINT fk_interview_questions_session FOREIGN KEY (session_id) REFERENCES public.sessions(id) ON DELETE CASCADE;
ALTER TABLE public.interview_answers ADD CONSTRAINT fk_interview_answers_session FOREIGN KEY (session_id) REFERENCES public.sessions(id) ON DELETE CASCADE;
ALTER TABLE public.interview_answers ADD CONSTRAINT fk_interview_answers_question FOREIGN KEY (question_id) REFERENCES public.interview_questions(id) ON DELETE CASCADE;
ALTER TABLE public.log_entries ADD CONSTRAINT fk_log_entries_user FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE public.chat_messages ADD CONSTRAINT chat_messages_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.chat_sessions(id) ON DELETE CASCADE;
ALTER TABLE public.ai_dialogue_log ADD CONSTRAINT fk_ai_dialogue_user FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE public.provenance ADD CONSTRAINT fk_provenance_acquired_by FOREIGN KEY (acquired_by) REFERENCES public.users(id) ON DELETE SET NULL;

-- indexes
CREATE INDEX idx_users_clerk_id ON public.users (clerk_id);
CREATE INDEX idx_users_email ON public.users (email);
CREATE INDEX idx_users_role ON public.users (role);
CREATE INDEX idx_subscriptions_user_id ON public.subscriptions (user_id);
CREATE INDEX idx_subscriptions_status ON public.subscriptions (status);
CREATE INDEX idx_subscriptions_stripe_subscription_id ON public.subscriptions (stripe_subscription_id);
CREATE INDEX idx_subscriptions_user_status ON public.subscriptions (user_id, status);
CREATE INDEX idx_lesson_slots_mentor_id ON public.lesson_slots (mentor_id);
CREATE INDEX idx_lesson_slots_start_time ON public.lesson_slots (start_time);
CREATE INDEX idx_lesson_slots_status ON public.lesson_slots (status);
CREATE INDEX idx_lesson_slots_mentor_start ON public.lesson_slots (mentor_id, start_time);
CREATE INDEX idx_reservations_slot_id ON public.reservations (slot_id);
CREATE INDEX idx_reservations_student_id ON public.reservations (student_id);
CREATE INDEX idx_reservations_mentor_id ON public.reservations (mentor_id);
CREATE INDEX idx_reservations_status ON public.reservations (status);
CREATE INDEX idx_reservations_payment_status ON public.reservations (payment_status);
CREATE INDEX idx_reservations_student_status ON public.reservations (student_id, status);
CREATE INDEX idx_materials_creator_id ON public.materials (creator_id);
CREATE INDEX idx_materials_type ON public.materials (type);
CREATE INDEX idx_materials_difficulty ON public.materials (difficulty);
CREATE INDEX idx_materials_is_public ON public.materials (is_public);
CREATE INDEX idx_materials_quality_status ON public.materials (quality_status);
CREATE INDEX idx_materials_creator_type ON public.materials (creator_id, type);
CREATE INDEX idx_messages_sender_id ON public.messages (sender_id);
CREATE INDEX idx_messages_receiver_id ON public.messages (receiver_id);
CREATE INDEX idx_messages_reservation_id ON public.messages (reservation_id);
CREATE INDEX idx_messages_created_at ON public.messages (created_at);
CREATE INDEX idx_webhook_events_event_id ON public.webhook_events (event_id);
CREATE INDEX idx_webhook_events_source ON public.webhook_events (source);
CREATE INDEX idx_webhook_events_type ON public.webhook_events (type);
CREATE INDEX idx_webhook_events_created_at ON public.webhook_events (created_at);
CREATE INDEX idx_sessions_user ON public.sessions (user_id);
CREATE INDEX idx_sessions_type ON public.sessions (type);
CREATE INDEX idx_sessions_status ON public.sessions (status);
CREATE INDEX idx_sessions_user_created ON public.sessions (user_id, created_at DESC);
CREATE INDEX idx_sessions_user_status ON public.sessions (user_id, status);
CREATE INDEX idx_sessions_public ON public.sessions (is_public) WHERE (is_public = true);
CREATE INDEX idx_sessions_project ON public.sessions (project_id) WHERE (project_id IS NOT NULL);
CREATE INDEX idx_sessions_daw_meta_gin ON public.sessions USING gin (daw_meta);
CREATE INDEX idx_sessions_ai_annotations_gin ON public.sessions USING gin (ai_annotations);
CREATE INDEX idx_session_analyses_session ON public.session_analyses (session_id);
CREATE INDEX idx_session_analyses_data_gin ON public.session_analyses USING gin (analysis_data);
CREATE INDEX idx_interview_questions_session ON public.interview_questions (session_id);
CREATE INDEX idx_interview_questions_session_order ON public.interview_questions (session_id, "order");
CREATE INDEX idx_interview_questions_focus ON public.interview_questions (focus);
CREATE INDEX idx_interview_questions_template ON public.interview_questions (template_id) WHERE (template_id IS NOT NULL);
CREATE INDEX idx_interview_answers_session ON public.interview_answers (session_id);
CREATE INDEX idx_interview_answers_question ON public.interview_answers (question_id);
CREATE INDEX idx_interview_answers_session_question ON public.interview_answers (session_id, question_id);
CREATE INDEX idx_log_entries_user ON public.log_entries (user_id);
CREATE INDEX idx_log_entries_type ON public.log_entries (type);
CREATE INDEX idx_log_entries_target ON public.log_entries (target_id, target_type) WHERE (target_id IS NOT NULL);
CREATE INDEX idx_log_entries_created_at ON public.log_entries (created_at DESC);
CREATE INDEX idx_log_entries_user_created ON public.log_entries (user_id, created_at DESC);
CREATE INDEX idx_log_entries_public ON public.log_entries (is_public) WHERE (is_public = true);
CREATE INDEX idx_log_entries_tags_gin ON public.log_entries USING gin (tags);
CREATE INDEX idx_chat_sessions_device ON public.chat_sessions (device_id);
CREATE INDEX idx_chat_sessions_active ON public.chat_sessions (is_active);
CREATE INDEX idx_chat_sessions_last_message ON public.chat_sessions (last_message_at DESC);
CREATE INDEX idx_chat_messages_session ON public.chat_messages (session_id);
CREATE INDEX idx_chat_messages_created ON public.chat_messages (created_at DESC);
CREATE INDEX idx_ai_dialogue_user ON public.ai_dialogue_log (user_id);
CREATE INDEX idx_ai_dialogue_session ON public.ai_dialogue_log (session_id);
CREATE INDEX idx_ai_dialogue_created_at ON public.ai_dialogue_log (created_at);
CREATE INDEX idx_ai_dialogue_citation_rate ON public.ai_dialogue_log (citation_rate);
CREATE INDEX idx_ai_dialogue_user_created ON public.ai_dialogue_log (user_id, created_at DESC);
CREATE INDEX idx_provenance_content ON public.provenance (content_id, content_type);
CREATE INDEX idx_provenance_source ON public.provenance (source_uri);
CREATE INDEX idx_provenance_license ON public.provenance (license_type);
CREATE INDEX idx_provenance_retention ON public.provenance (retention_years);
CREATE INDEX idx_provenance_expiring ON public.provenance (retention_years, acquired_at) WHERE (retention_years IS NOT NULL);
CREATE INDEX idx_rag_metrics_date ON public.rag_metrics_history (date);
CREATE INDEX idx_rag_metrics_compliance ON public.rag_metrics_history USING gin (slo_compliance);
CREATE UNIQUE INDEX idx_rag_metrics_date_unique ON public.rag_metrics_history ((date(date)));
CREATE INDEX idx_rag_embeddings_vector ON public.rag_embeddings USING hnsw (embedding public.vector_cosine_ops) WITH (m=16, ef_construction=64);
CREATE INDEX idx_rag_embeddings_session ON public.rag_embeddings (source_id, created_at DESC) WHERE (source_type = 'session');
CREATE INDEX idx_rag_embeddings_template ON public.rag_embeddings (source_id) WHERE (source_type = 'template');
CREATE INDEX idx_rag_embeddings_type_created ON public.rag_embeddings (source_type, created_at DESC);
CREATE INDEX idx_rag_embeddings_metadata ON public.rag_embeddings USING gin (metadata) WHERE ((metadata IS NOT NULL) AND (metadata <> '{}'));
CREATE INDEX idx_question_templates_focus_depth ON public.question_templates (focus, depth, priority DESC) WHERE (enabled = true);
CREATE INDEX idx_question_templates_priority ON public.question_templates (priority DESC, created_at DESC) WHERE (enabled = true);
CREATE INDEX idx_question_templates_category ON public.question_templates (category, focus) WHERE ((enabled = true) AND (category IS NOT NULL));
CREATE INDEX idx_question_templates_analytics ON public.question_templates (usage_count DESC, last_used_at DESC) WHERE (enabled = true);
CREATE INDEX idx_question_templates_tags ON public.question_templates USING gin (tags);
CREATE INDEX idx_plugin_name ON public.plugin_registry (name);
CREATE INDEX idx_plugin_enabled ON public.plugin_registry (enabled);
CREATE INDEX idx_plugin_enabled_healthy ON public.plugin_registry (name, last_health_check) WHERE ((enabled = true) AND ((health_status) = 'healthy'));

-- functions
CREATE FUNCTION public.update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at = now();
  RETURN NEW;
END;
$$;
CREATE FUNCTION public.get_internal_user_id(clerk_user_id text) RETURNS uuid
  LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
BEGIN
  RETURN (SELECT id FROM users WHERE clerk_id = clerk_user_id);
END;
$$;
CREATE FUNCTION public.is_session_owner(session_user_id uuid) RETURNS boolean
  LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
BEGIN
  RETURN coalesce(get_internal_user_id(current_setting('app.current_user_id', true)) = session_user_id, false);
END;
$$;
CREATE FUNCTION public.is_session_mentor(session_user_id uuid) RETURNS boolean
  LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
DECLARE
  me uuid := get_internal_user_id(current_setting('app.current_user_id', true));
BEGIN
  RETURN EXISTS (
    SELECT 1 FROM users AS u JOIN reservations AS r ON r.mentor_id = u.id
    WHERE u.id = me AND u.role IN ('mentor', 'admin') AND r.student_id = session_user_id
      AND r.status IN ('approved', 'paid', 'completed'));
END;
$$;
CREATE FUNCTION public.validate_rag_embedding_source() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.source_type = 'session' AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = NEW.source_id) THEN
    RAISE EXCEPTION 'session % does not exist', NEW.source_id;
  ELSIF NEW.source_type = 'template' AND NOT EXISTS (SELECT 1 FROM question_templates WHERE id = NEW.source_id) THEN
    RAISE EXCEPTION 'template % does not exist', NEW.source_id;
  END IF;
  RETURN NEW;
END;
$$;
CREATE FUNCTION public.auto_generate_template_embedding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO rag_embeddings (source_type, source_id, embedding, metadata)
  VALUES ('template', NEW.id, array_fill(0, ARRAY[1536])::vector, '{"pending_embedding": true}')
  ON CONFLICT DO NOTHING;
  RETURN NEW;
END;
$$;
CREATE FUNCTION public.increment_template_usage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.template_id IS NOT NULL THEN
    UPDATE question_templates SET usage_count = usage_count + 1, last_used_at = now() WHERE id = NEW.template_id;
  END IF;
  RETURN NEW;
END;
$$;

-- views: each runs with the rights of its owner
CREATE VIEW public.v_user_logs_recent AS
  SELECT l.*, u.name AS user_name, u.email AS user_email FROM public.log_entries AS l JOIN public.users AS u ON u.id = l.user_id
  WHERE l.created_at > now() - interval '30 days' ORDER BY l.created_at DESC;
CREATE VIEW public.v_public_logs AS
  SELECT l.*, u.name AS user_name FROM public.log_entries AS l JOIN public.users AS u ON u.id = l.user_id
  WHERE l.is_public ORDER BY l.created_at DESC;
CREATE VIEW public.v_sessions_with_user AS
  SELECT s.*, u.name AS user_name, u.email AS user_email, count(DISTINCT q.id) AS questions, count(DISTINCT a.id) AS answers
  FROM public.sessions AS s JOIN public.users AS u ON u.id = s.user_id
  LEFT JOIN public.interview_questions AS q ON q.session_id = s.id
  LEFT JOIN public.interview_answers AS a ON a.session_id = s.id
  GROUP BY s.id, u.name, u.email ORDER BY s.created_at DESC;
CREATE VIEW public.v_session_details AS
  SELECT s.*, u.name AS user_name, n.analysis_data, n.confidence,
    (SELECT count(*) FROM public.interview_questions AS q WHERE q.session_id = s.id) AS questions,
    (SELECT count(*) FROM public.interview_answers AS a WHERE a.session_id = s.id) AS answers
  FROM public.sessions AS s JOIN public.users AS u ON u.id = s.user_id
  LEFT JOIN public.session_analyses AS n ON n.session_id = s.id;
CREATE VIEW public.v_interview_qa_pairs AS
  SELECT q.session_id, q.id AS question_id, q.text AS question, q.focus, q.depth, q."order", a.id AS answer_id, a.text AS answer
  FROM public.interview_questions AS q LEFT JOIN public.interview_answers AS a ON a.question_id = q.id
  ORDER BY q.session_id, q."order";
CREATE VIEW public.v_public_sessions AS
  SELECT s.*, u.name AS user_name, count(q.id) AS questions FROM public.sessions AS s
  JOIN public.users AS u ON u.id = s.user_id LEFT JOIN public.interview_questions AS q ON q.session_id = s.id
  WHERE s.is_public AND s.status = 'completed' GROUP BY s.id, u.name ORDER BY s.created_at DESC;
CREATE VIEW public.v_rag_embeddings_with_source AS
  SELECT e.*, CASE e.source_type
    WHEN 'session' THEN (SELECT jsonb_build_object('title', s.title, 'note', s.user_short_note) FROM public.sessions AS s WHERE s.id = e.source_id)
    WHEN 'template' THEN (SELECT jsonb_build_object('text', t.template_text, 'focus', t.focus, 'depth', t.depth) FROM public.question_templates AS t WHERE t.id = e.source_id)
  END AS source FROM public.rag_embeddings AS e;

-- triggers
CREATE TRIGGER update_sessions_updated_at BEFORE UPDATE ON public.sessions FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();
CREATE TRIGGER update_session_analyses_updated_at BEFORE UPDATE ON public.session_analyses FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();
CREATE TRIGGER trg_increment_template_usage AFTER INSERT ON public.interview_questions FOR EACH ROW EXECUTE FUNCTION public.increment_template_usage();
CREATE TRIGGER update_interview_answers_updated_at BEFORE UPDATE ON public.interview_answers FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();
CREATE TRIGGER update_log_entries_updated_at BEFORE UPDATE ON public.log_entries FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();
CREATE TRIGGER update_chat_sessions_updated_at BEFORE UPDATE ON public.chat_sessions FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();
CREATE TRIGGER update_ai_dialogue_log_updated_at BEFORE UPDATE ON public.ai_dialogue_log FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();
CREATE TRIGGER update_provenance_updated_at BEFORE UPDATE ON public.provenance FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();
CREATE TRIGGER trg_validate_rag_embedding_source BEFORE INSERT OR UPDATE ON public.rag_embeddings FOR EACH ROW EXECUTE FUNCTION public.validate_rag_embedding_source();
CREATE TRIGGER update_rag_embeddings_updated_at BEFORE UPDATE ON public.rag_embeddings FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();
CREATE TRIGGER update_question_templates_updated_at BEFORE UPDATE ON public.question_templates FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();
CREATE TRIGGER trg_auto_generate_template_embedding AFTER INSERT ON public.question_templates FOR EACH ROW EXECUTE FUNCTION public.auto_generate_template_embedding();
CREATE TRIGGER update_plugin_registry_updated_at BEFORE UPDATE ON public.plugin_registry FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- row security
ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY sessions_select_own ON public.sessions FOR SELECT
  USING (public.is_session_owner(user_id));
CREATE POLICY sessions_select_public ON public.sessions FOR SELECT
  USING (is_public);
CREATE POLICY sessions_select_mentor ON public.sessions FOR SELECT
  USING (share_with_mentor and public.is_session_mentor(user_id));
CREATE POLICY sessions_insert_own ON public.sessions FOR INSERT
  WITH CHECK (public.is_session_owner(user_id));
CREATE POLICY sessions_update_own ON public.sessions FOR UPDATE
  USING (public.is_session_owner(user_id))
  WITH CHECK (public.is_session_owner(user_id));
CREATE POLICY sessions_delete_own ON public.sessions FOR DELETE
  USING (public.is_session_owner(user_id));
ALTER TABLE public.session_analyses ENABLE ROW LEVEL SECURITY;
CREATE POLICY session_analyses_select_own ON public.session_analyses FOR SELECT
  USING (EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = session_analyses.session_id AND public.is_session_owner(s.user_id)));
CREATE POLICY session_analyses_select_public ON public.session_analyses FOR SELECT
  USING (EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = session_analyses.session_id AND s.is_public));
CREATE POLICY session_analyses_select_mentor ON public.session_analyses FOR SELECT
  USING (EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = session_analyses.session_id AND s.share_with_mentor and public.is_session_mentor(s.user_id)));
ALTER TABLE public.interview_questions ENABLE ROW LEVEL SECURITY;
CREATE POLICY interview_questions_select_own ON public.interview_questions FOR SELECT
  USING (EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = interview_questions.session_id AND public.is_session_owner(s.user_id)));
CREATE POLICY interview_questions_select_public ON public.interview_questions FOR SELECT
  USING (EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = interview_questions.session_id AND s.is_public));
CREATE POLICY interview_questions_select_mentor ON public.interview_questions FOR SELECT
  USING (EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = interview_questions.session_id AND s.share_with_mentor and public.is_session_mentor(s.user_id)));
ALTER TABLE public.interview_answers ENABLE ROW LEVEL SECURITY;
CREATE POLICY interview_answers_select_public ON public.interview_answers FOR SELECT
  USING (EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = interview_answers.session_id AND s.is_public));
CREATE POLICY interview_answers_select_own ON public.interview_answers FOR SELECT
  USING (EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = interview_answers.session_id AND public.is_session_owner(s.user_id)));
CREATE POLICY interview_answers_select_mentor ON public.interview_answers FOR SELECT
  USING (EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = interview_answers.session_id AND s.share_with_mentor and public.is_session_mentor(s.user_id)));
CREATE POLICY interview_answers_insert_own ON public.interview_answers FOR INSERT
  WITH CHECK (EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = interview_answers.session_id AND public.is_session_owner(s.user_id)));
CREATE POLICY interview_answers_update_own ON public.interview_answers FOR UPDATE
  USING (EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = interview_answers.session_id AND public.is_session_owner(s.user_id)))
  WITH CHECK (EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = interview_answers.session_id AND public.is_session_owner(s.user_id)));
CREATE POLICY interview_answers_delete_own ON public.interview_answers FOR DELETE
  USING (EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = interview_answers.session_id AND public.is_session_owner(s.user_id)));
ALTER TABLE public.rag_embeddings ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Service role full access" ON public.rag_embeddings FOR ALL
  USING (current_setting('request.jwt.claims', true)::jsonb ->> 'role' = 'service_role');
ALTER TABLE public.question_templates ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Service role full access to templates" ON public.question_templates FOR ALL
  USING (current_setting('request.jwt.claims', true)::jsonb ->> 'role' = 'service_role');

-- tables that belong to nobody here
CREATE TABLE public.learning_metrics (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT learning_metrics_pkey PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT learning_metrics_user_id_users_id_fk REFERENCES public.users (id),
  metric text NOT NULL,
  value numeric(10,2) NOT NULL,
  created_at timestamp DEFAULT now() NOT NULL
);
CREATE INDEX idx_learning_metrics_user_id ON public.learning_metrics (user_id);
CREATE TABLE public.ai_profiles (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT ai_profiles_pkey PRIMARY KEY,
  device_id text DEFAULT 'default' NOT NULL CONSTRAINT ai_profiles_device_id_key UNIQUE,
  personality_preset text DEFAULT 'friendly-mentor',
  formality_level integer DEFAULT 3 CONSTRAINT ai_profiles_formality_level_check CHECK (formality_level BETWEEN 1 AND 5),
  created_at timestamptz DEFAULT now(),
  updated_at timestamptz DEFAULT now()
);
CREATE TABLE public.ai_memories (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT ai_memories_pkey PRIMARY KEY,
  device_id text DEFAULT 'default' NOT NULL,
  memory_type text NOT NULL CONSTRAINT ai_memories_memory_type_check CHECK (memory_type IN ('preference', 'pattern', 'feedback', 'knowledge')),
  content jsonb NOT NULL,
  created_at timestamptz DEFAULT now()
);

-- the note client
CREATE SCHEMA muednote_v3;
CREATE TYPE muednote_v3.fragment_status AS ENUM ('pending', 'processing', 'completed', 'failed', 'archived');
CREATE TYPE muednote_v3.fragment_importance AS ENUM ('low', 'medium', 'high', 'critical');
CREATE TABLE muednote_v3.projects (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT projects_pkey PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT projects_user_id_fkey REFERENCES public.users (id) ON DELETE CASCADE,
  name varchar(255) NOT NULL,
  description text,
  color varchar(7),
  icon varchar(50),
  is_active boolean DEFAULT true NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  updated_at timestamptz DEFAULT now() NOT NULL
);
CREATE TABLE muednote_v3.fragments (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT fragments_pkey PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT fragments_user_id_fkey REFERENCES public.users (id) ON DELETE CASCADE,
  project_id uuid CONSTRAINT fragments_project_id_fkey REFERENCES muednote_v3.projects (id) ON DELETE SET NULL,
  content text NOT NULL,
  processed_content text,
  status muednote_v3.fragment_status DEFAULT 'pending' NOT NULL,
  importance muednote_v3.fragment_importance DEFAULT 'medium' NOT NULL,
  ai_summary text,
  sentiment_score numeric(3,2),
  emotions jsonb,
  technical_terms jsonb,
  key_concepts jsonb,
  action_items jsonb,
  captured_at timestamptz DEFAULT now() NOT NULL,
  processed_at timestamptz,
  archived_at timestamptz,
  created_at timestamptz DEFAULT now() NOT NULL,
  updated_at timestamptz DEFAULT now() NOT NULL
);
CREATE TABLE muednote_v3.tags (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT tags_pkey PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT tags_user_id_fkey REFERENCES public.users (id) ON DELETE CASCADE,
  name varchar(100) NOT NULL,
  color varchar(7),
  description text,
  usage_count integer DEFAULT 0 NOT NULL,
  is_system boolean DEFAULT false NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  updated_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT tags_user_id_name_key UNIQUE (user_id, name)
);
CREATE TABLE muednote_v3.fragment_tags (
  fragment_id uuid NOT NULL CONSTRAINT fragment_tags_fragment_id_fkey REFERENCES muednote_v3.fragments (id) ON DELETE CASCADE,
  tag_id uuid NOT NULL CONSTRAINT fragment_tags_tag_id_fkey REFERENCES muednote_v3.tags (id) ON DELETE CASCADE,
  confidence numeric(3,2) DEFAULT 1.00,
  is_auto_generated boolean DEFAULT false NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT fragment_tags_pkey PRIMARY KEY (fragment_id, tag_id)
);
CREATE TABLE muednote_v3.fragment_processing_history (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT fragment_processing_history_pkey PRIMARY KEY,
  fragment_id uuid NOT NULL CONSTRAINT fragment_processing_history_fragment_id_fkey REFERENCES muednote_v3.fragments (id) ON DELETE CASCADE,
  processing_type varchar(50) NOT NULL,
  model_used varchar(100),
  processing_time_ms integer,
  tokens_used integer,
  success boolean NOT NULL,
  error_message text,
  result jsonb,
  created_at timestamptz DEFAULT now() NOT NULL
);
CREATE TABLE muednote_v3.fragment_relationships (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT fragment_relationships_pkey PRIMARY KEY,
  source_fragment_id uuid NOT NULL CONSTRAINT fragment_relationships_source_fragment_id_fkey REFERENCES muednote_v3.fragments (id) ON DELETE CASCADE,
  target_fragment_id uuid NOT NULL CONSTRAINT fragment_relationships_target_fragment_id_fkey REFERENCES muednote_v3.fragments (id) ON DELETE CASCADE,
  relationship_type varchar(50) NOT NULL,
  confidence numeric(3,2) DEFAULT 1.00,
  is_auto_generated boolean DEFAULT false NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL
);
CREATE TABLE muednote_v3.user_preferences (
  user_id uuid NOT NULL CONSTRAINT user_preferences_pkey PRIMARY KEY
    CONSTRAINT user_preferences_user_id_fkey REFERENCES public.users (id) ON DELETE CASCADE,
  auto_process_fragments boolean DEFAULT true NOT NULL,
  auto_tag_fragments boolean DEFAULT true NOT NULL,
  auto_summarize boolean DEFAULT true NOT NULL,
  theme varchar(20) DEFAULT 'dark' NOT NULL,
  default_view varchar(20) DEFAULT 'timeline' NOT NULL,
  fragments_per_page integer DEFAULT 20 NOT NULL,
  hotkeys jsonb DEFAULT '{}' NOT NULL,
  notify_on_processing_complete boolean DEFAULT true NOT NULL,
  notify_on_error boolean DEFAULT true NOT NULL,
  auto_archive_after_days integer DEFAULT 30,
  auto_delete_after_days integer DEFAULT 365,
  created_at timestamptz DEFAULT now() NOT NULL,
  updated_at timestamptz DEFAULT now() NOT NULL
);
CREATE INDEX idx_fragments_user ON muednote_v3.fragments (user_id);
CREATE INDEX idx_projects_user ON muednote_v3.projects (user_id);
CREATE FUNCTION muednote_v3.update_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at = now();
  RETURN NEW;
END;
$$;
CREATE TRIGGER update_projects_updated_at BEFORE UPDATE ON muednote_v3.projects FOR EACH ROW EXECUTE FUNCTION muednote_v3.update_updated_at();
CREATE TRIGGER update_fragments_updated_at BEFORE UPDATE ON muednote_v3.fragments FOR EACH ROW EXECUTE FUNCTION muednote_v3.update_updated_at();
ALTER TABLE muednote_v3.projects ENABLE ROW LEVEL SECURITY;
CREATE POLICY projects_user_policy ON muednote_v3.projects USING (user_id = current_setting('app.current_user_id')::uuid);
ALTER TABLE muednote_v3.fragments ENABLE ROW LEVEL SECURITY;
CREATE POLICY fragments_user_policy ON muednote_v3.fragments USING (user_id = current_setting('app.current_user_id')::uuid);
ALTER TABLE muednote_v3.tags ENABLE ROW LEVEL SECURITY;
CREATE POLICY tags_user_policy ON muednote_v3.tags USING (user_id = current_setting('app.current_user_id')::uuid);
ALTER TABLE muednote_v3.user_preferences ENABLE ROW LEVEL SECURITY;
CREATE POLICY user_preferences_user_policy ON muednote_v3.user_preferences USING (user_id = current_setting('app.current_user_id')::uuid);
ALTER TABLE muednote_v3.fragment_tags ENABLE ROW LEVEL SECURITY;
CREATE POLICY fragment_tags_user_policy ON muednote_v3.fragment_tags USING (EXISTS (SELECT 1 FROM muednote_v3.fragments AS f WHERE f.id = fragment_tags.fragment_id AND f.user_id = current_setting('app.current_user_id')::uuid));
ALTER TABLE muednote_v3.fragment_processing_history ENABLE ROW LEVEL SECURITY;
CREATE POLICY fragment_processing_history_user_policy ON muednote_v3.fragment_processing_history USING (EXISTS (SELECT 1 FROM muednote_v3.fragments AS f WHERE f.id = fragment_processing_history.fragment_id AND f.user_id = current_setting('app.current_user_id')::uuid));
ALTER TABLE muednote_v3.fragment_relationships ENABLE ROW LEVEL SECURITY;
CREATE POLICY fragment_relationships_user_policy ON muednote_v3.fragment_relationships USING (EXISTS (SELECT 1 FROM muednote_v3.fragments AS f WHERE f.id = fragment_relationships.source_fragment_id AND f.user_id = current_setting('app.current_user_id')::uuid));
