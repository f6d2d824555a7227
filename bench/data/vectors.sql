-- vectors lie in 200 clouds; noise comes out of a pool, which is quicker than 1,536 random numbers a row
CREATE FUNCTION pg_temp.noise(seed int) RETURNS vector LANGUAGE sql VOLATILE AS $$
  SELECT array_agg(random() - 0.5 + seed * 0)::vector FROM generate_series(1, 1536)
$$
--.
CREATE TEMP TABLE cloud AS SELECT n, pg_temp.noise(n) AS v FROM generate_series(0, 199) AS n
--.
CREATE TEMP TABLE noise AS SELECT n, pg_temp.noise(n) AS v FROM generate_series(0, 1999) AS n
--.
CREATE TEMP TABLE source AS
SELECT * FROM (
  SELECT 'session' AS type, s.id, s.user_id FROM public.sessions AS s WHERE s.user_id = md5('u1')::uuid
  UNION ALL (SELECT 'session', s.id, s.user_id FROM public.sessions AS s WHERE s.user_id <> md5('u1')::uuid ORDER BY s.id LIMIT (28000 * :scale)::int)
  UNION ALL SELECT 'log_entry', l.id, l.user_id FROM public.log_entries AS l WHERE l.user_id = md5('u1')::uuid AND l.id < '40000000-0000-0000-0000-000000000000'
  UNION ALL (SELECT 'log_entry', l.id, l.user_id FROM public.log_entries AS l WHERE l.user_id <> md5('u1')::uuid ORDER BY l.id LIMIT (19000 * :scale)::int)
  UNION ALL SELECT 'template', t.id, NULL FROM public.question_templates AS t
) AS s ORDER BY random()
--.
-- a graph is built in one go, not a row at a time
CREATE TEMP TABLE graph AS
SELECT c.oid::regclass::text AS name, pg_get_indexdef(c.oid) AS definition
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_am AS a ON a.oid = c.relam WHERE a.amname = 'hnsw'
--.
DO $$ DECLARE one record; BEGIN FOR one IN SELECT * FROM graph LOOP EXECUTE 'DROP INDEX ' || one.name; END LOOP; END $$
--.
INSERT INTO public.rag_embeddings (source_type, source_id, user_id, status, embedding, embedding_model, embedding_hash)
SELECT s.type, s.id, s.user_id, 'ready', l2_normalize(c.v + a.v + b.v)::vector(1536), 'text-embedding-3-small', encode(sha256(s.id::text::bytea), 'hex')
  FROM (SELECT *, floor(random() * 200)::int AS c, floor(random() * 2000)::int AS a, floor(random() * 2000)::int AS b FROM source) AS s
  JOIN cloud AS c ON c.n = s.c JOIN noise AS a ON a.n = s.a JOIN noise AS b ON b.n = s.b
--.
DO $$ DECLARE one record; BEGIN FOR one IN SELECT * FROM graph LOOP EXECUTE one.definition; END LOOP; END $$
