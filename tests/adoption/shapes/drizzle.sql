-- The shape "Drizzle": what the journal of Drizzle (0000 to 0005_melodic_mesmero) leaves behind.
CREATE SCHEMA drizzle;
CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
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
CREATE TYPE public.chat_role AS ENUM ('user', 'assistant', 'system');
CREATE TYPE public.personality_preset AS ENUM ('friendly_mentor', 'professional_coach', 'peer_learner', 'strict_teacher', 'creative_partner');
CREATE TYPE public.response_length AS ENUM ('concise', 'standard', 'detailed');
CREATE TYPE public.memory_type AS ENUM ('preference', 'pattern', 'feedback', 'knowledge');
CREATE TYPE public.webhook_status AS ENUM ('processing', 'processed', 'failed');

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
  status public.webhook_status DEFAULT 'processing' NOT NULL,
  completed_at timestamp,
  error_message text,
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
  daw_meta jsonb,
  ai_annotations jsonb,
  attachments jsonb DEFAULT '[]',
  is_public boolean DEFAULT false NOT NULL,
  share_with_mentor boolean DEFAULT true NOT NULL,
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  completed_at timestamp,
  CONSTRAINT sessions_pkey PRIMARY KEY (id)
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
  CONSTRAINT session_analyses_session_id_unique UNIQUE (session_id)
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
  CONSTRAINT interview_questions_pkey PRIMARY KEY (id)
);
CREATE TABLE public.interview_answers (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  session_id uuid NOT NULL,
  question_id uuid NOT NULL,
  text text NOT NULL,
  ai_insights jsonb,
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT interview_answers_pkey PRIMARY KEY (id)
);
CREATE TABLE public.log_entries (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  user_id uuid NOT NULL,
  type public.log_type NOT NULL,
  target_id uuid,
  target_type public.target_type,
  content text NOT NULL,
  ai_summary jsonb,
  tags jsonb,
  difficulty text,
  emotion text,
  attachments jsonb,
  is_public boolean DEFAULT false NOT NULL,
  share_with_mentor boolean DEFAULT true NOT NULL,
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT log_entries_pkey PRIMARY KEY (id)
);
CREATE TABLE public.chat_sessions (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  title text,
  summary jsonb,
  is_active boolean DEFAULT true NOT NULL,
  last_message_at timestamp,
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  user_id uuid NOT NULL,
  message_count integer DEFAULT 0 NOT NULL,
  is_pinned boolean DEFAULT false NOT NULL,
  archived_at timestamp,
  CONSTRAINT chat_sessions_pkey PRIMARY KEY (id)
);
CREATE TABLE public.chat_messages (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  session_id uuid NOT NULL,
  role public.chat_role NOT NULL,
  content text NOT NULL,
  processed_content text,
  tags jsonb DEFAULT '[]',
  metadata jsonb,
  created_at timestamp DEFAULT now() NOT NULL,
  user_id uuid NOT NULL,
  parent_message_id uuid,
  is_edited boolean DEFAULT false NOT NULL,
  edited_at timestamp,
  CONSTRAINT chat_messages_pkey PRIMARY KEY (id)
);
CREATE TABLE public.user_ai_profiles (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  user_id uuid NOT NULL,
  personality_preset public.personality_preset DEFAULT 'friendly_mentor' NOT NULL,
  response_length public.response_length DEFAULT 'standard' NOT NULL,
  formality_level integer DEFAULT 3 NOT NULL,
  question_frequency integer DEFAULT 3 NOT NULL,
  suggestion_frequency integer DEFAULT 3 NOT NULL,
  encouragement_level integer DEFAULT 3 NOT NULL,
  custom_preferences jsonb,
  total_interactions integer DEFAULT 0 NOT NULL,
  last_interaction_at timestamp,
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT user_ai_profiles_pkey PRIMARY KEY (id),
  CONSTRAINT user_ai_profiles_user_id_unique UNIQUE (user_id)
);
CREATE TABLE public.user_ai_memories (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  user_id uuid NOT NULL,
  memory_type public.memory_type NOT NULL,
  key text NOT NULL,
  value jsonb NOT NULL,
  confidence numeric(3,2) DEFAULT 0.50 NOT NULL,
  frequency integer DEFAULT 1 NOT NULL,
  last_accessed timestamp,
  expires_at timestamp,
  is_active boolean DEFAULT true NOT NULL,
  source_session_id uuid,
  source_message_id uuid,
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT user_ai_memories_pkey PRIMARY KEY (id)
);
CREATE TABLE public.session_tags (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  session_id uuid NOT NULL,
  tag text NOT NULL,
  frequency integer DEFAULT 1 NOT NULL,
  created_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT session_tags_pkey PRIMARY KEY (id)
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
  CONSTRAINT ai_dialogue_log_pkey PRIMARY KEY (id)
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
  metadata jsonb,
  created_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT rag_embeddings_pkey PRIMARY KEY (id)
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
  priority integer DEFAULT 50 NOT NULL,
  usage_count integer DEFAULT 0 NOT NULL,
  last_used_at timestamp,
  enabled boolean DEFAULT true NOT NULL,
  created_at timestamp DEFAULT now() NOT NULL,
  updated_at timestamp DEFAULT now() NOT NULL,
  CONSTRAINT question_templates_pkey PRIMARY KEY (id)
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
  CONSTRAINT plugin_registry_name_unique UNIQUE (name),
  CONSTRAINT plugin_registry_source_unique UNIQUE (source)
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
CREATE INDEX idx_lesson_slots_start_status ON public.lesson_slots (start_time, status);
CREATE INDEX idx_reservations_slot_id ON public.reservations (slot_id);
CREATE INDEX idx_reservations_student_id ON public.reservations (student_id);
CREATE INDEX idx_reservations_mentor_id ON public.reservations (mentor_id);
CREATE INDEX idx_reservations_status ON public.reservations (status);
CREATE INDEX idx_reservations_payment_status ON public.reservations (payment_status);
CREATE INDEX idx_reservations_student_status ON public.reservations (student_id, status);
CREATE INDEX idx_reservations_mentor_status_payment ON public.reservations (mentor_id, status, payment_status);
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
CREATE INDEX idx_webhook_events_status ON public.webhook_events (status);
CREATE INDEX idx_sessions_user ON public.sessions (user_id);
CREATE INDEX idx_sessions_type ON public.sessions (type);
CREATE INDEX idx_sessions_status ON public.sessions (status);
CREATE INDEX idx_sessions_user_created ON public.sessions (user_id, created_at);
CREATE INDEX idx_sessions_user_status ON public.sessions (user_id, status);
CREATE INDEX idx_sessions_public ON public.sessions (is_public);
CREATE INDEX idx_sessions_project ON public.sessions (project_id);
CREATE INDEX idx_session_analyses_session ON public.session_analyses (session_id);
CREATE INDEX idx_interview_questions_session ON public.interview_questions (session_id);
CREATE INDEX idx_interview_questions_session_order ON public.interview_questions (session_id, "order");
CREATE INDEX idx_interview_questions_focus ON public.interview_questions (focus);
CREATE INDEX idx_interview_answers_session ON public.interview_answers (session_id);
CREATE INDEX idx_interview_answers_question ON public.interview_answers (question_id);
CREATE INDEX idx_interview_answers_session_question ON public.interview_answers (session_id, question_id);
CREATE INDEX idx_log_entries_user ON public.log_entries (user_id);
CREATE INDEX idx_log_entries_type ON public.log_entries (type);
CREATE INDEX idx_log_entries_target ON public.log_entries (target_id, target_type);
CREATE INDEX idx_log_entries_created_at ON public.log_entries (created_at);
CREATE INDEX idx_log_entries_user_created ON public.log_entries (user_id, created_at);
CREATE INDEX idx_log_entries_public ON public.log_entries (is_public);
CREATE INDEX idx_chat_sessions_active ON public.chat_sessions (is_active);
CREATE INDEX idx_chat_sessions_last_message ON public.chat_sessions (last_message_at);
CREATE INDEX idx_chat_sessions_user ON public.chat_sessions (user_id);
CREATE INDEX idx_chat_sessions_pinned ON public.chat_sessions (is_pinned);
CREATE INDEX idx_chat_sessions_user_active ON public.chat_sessions (user_id, is_active);
CREATE INDEX idx_chat_messages_session ON public.chat_messages (session_id);
CREATE INDEX idx_chat_messages_created ON public.chat_messages (created_at);
CREATE INDEX idx_chat_messages_user ON public.chat_messages (user_id);
CREATE INDEX idx_chat_messages_session_created ON public.chat_messages (session_id, created_at);
CREATE INDEX idx_chat_messages_tags_gin ON public.chat_messages USING gin (tags);
CREATE UNIQUE INDEX idx_user_ai_profiles_user_unique ON public.user_ai_profiles (user_id);
CREATE INDEX idx_user_ai_memories_user_type ON public.user_ai_memories (user_id, memory_type);
CREATE INDEX idx_user_ai_memories_confidence ON public.user_ai_memories (confidence);
CREATE INDEX idx_user_ai_memories_active ON public.user_ai_memories (is_active);
CREATE INDEX idx_user_ai_memories_expires ON public.user_ai_memories (expires_at);
CREATE UNIQUE INDEX idx_user_ai_memories_user_key ON public.user_ai_memories (user_id, memory_type, key);
CREATE UNIQUE INDEX idx_session_tags_unique ON public.session_tags (session_id, tag);
CREATE INDEX idx_session_tags_tag ON public.session_tags (tag);
CREATE INDEX idx_ai_dialogue_user ON public.ai_dialogue_log (user_id);
CREATE INDEX idx_ai_dialogue_session ON public.ai_dialogue_log (session_id);
CREATE INDEX idx_ai_dialogue_created_at ON public.ai_dialogue_log (created_at);
CREATE INDEX idx_ai_dialogue_citation_rate ON public.ai_dialogue_log (citation_rate);
CREATE INDEX idx_provenance_content ON public.provenance (content_id, content_type);
CREATE INDEX idx_provenance_source ON public.provenance (source_uri);
CREATE INDEX idx_provenance_license ON public.provenance (license_type);
CREATE INDEX idx_provenance_retention ON public.provenance (retention_years);
CREATE INDEX idx_rag_metrics_date ON public.rag_metrics_history (date);
CREATE INDEX idx_rag_metrics_compliance ON public.rag_metrics_history (slo_compliance);
CREATE INDEX idx_rag_embeddings_source ON public.rag_embeddings (source_type, source_id);
CREATE INDEX idx_question_templates_focus_depth ON public.question_templates (focus, depth, priority);
CREATE INDEX idx_question_templates_priority ON public.question_templates (priority, created_at);
CREATE INDEX idx_question_templates_category ON public.question_templates (category, focus);
CREATE INDEX idx_question_templates_analytics ON public.question_templates (usage_count, last_used_at);
CREATE INDEX idx_plugin_name ON public.plugin_registry (name);
CREATE INDEX idx_plugin_enabled ON public.plugin_registry (enabled);

-- tables that belong to nobody here
CREATE TABLE public.learning_metrics (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT learning_metrics_pkey PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT learning_metrics_user_id_users_id_fk REFERENCES public.users (id),
  metric text NOT NULL,
  value numeric(10,2) NOT NULL,
  created_at timestamp DEFAULT now() NOT NULL
);
CREATE INDEX idx_learning_metrics_user_id ON public.learning_metrics (user_id);
CREATE TABLE public.ear_exercises (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT ear_exercises_pkey PRIMARY KEY,
  user_id uuid NOT NULL,
  data jsonb,
  created_at timestamp DEFAULT now() NOT NULL
);
CREATE TABLE public.ear_sessions (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT ear_sessions_pkey PRIMARY KEY,
  user_id uuid NOT NULL,
  data jsonb,
  created_at timestamp DEFAULT now() NOT NULL
);
CREATE TABLE public.ear_progress (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT ear_progress_pkey PRIMARY KEY,
  user_id uuid NOT NULL,
  data jsonb,
  created_at timestamp DEFAULT now() NOT NULL
);
CREATE TABLE public.form_exercises (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT form_exercises_pkey PRIMARY KEY,
  user_id uuid NOT NULL,
  data jsonb,
  created_at timestamp DEFAULT now() NOT NULL
);
CREATE TABLE public.form_progress (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT form_progress_pkey PRIMARY KEY,
  user_id uuid NOT NULL,
  data jsonb,
  created_at timestamp DEFAULT now() NOT NULL
);
CREATE TABLE public.structure_training_progress (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT structure_training_progress_pkey PRIMARY KEY,
  user_id uuid NOT NULL,
  data jsonb,
  created_at timestamp DEFAULT now() NOT NULL
);
CREATE TABLE public.muednote_mobile_sessions (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT muednote_mobile_sessions_pkey PRIMARY KEY,
  user_id uuid NOT NULL,
  data jsonb,
  created_at timestamp DEFAULT now() NOT NULL
);
CREATE TABLE public.muednote_mobile_logs (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT muednote_mobile_logs_pkey PRIMARY KEY,
  user_id uuid NOT NULL,
  data jsonb,
  created_at timestamp DEFAULT now() NOT NULL
);
CREATE TABLE public.muednote_daw_logs (
  id uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT muednote_daw_logs_pkey PRIMARY KEY,
  user_id uuid NOT NULL,
  data jsonb,
  created_at timestamp DEFAULT now() NOT NULL
);
