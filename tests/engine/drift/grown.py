"""Schemas of awkward shapes, as databases have them that have grown."""
# ruff: noqa: E501 - statements of SQL

from __future__ import annotations

GROWN = {
    "clustered index, unlogged table, storage parameters": """
        CREATE UNLOGGED TABLE t (id int PRIMARY KEY, body text, n int NOT NULL) WITH (fillfactor = 70);
        CREATE INDEX ix ON t (n DESC) WITH (fillfactor = 60);
        ALTER TABLE t CLUSTER ON ix;
        ALTER TABLE t SET (toast.autovacuum_enabled = false);
        ALTER TABLE t ALTER body SET STORAGE EXTERNAL, ALTER body SET COMPRESSION pglz,
          ALTER n SET STATISTICS 500, ALTER n SET (n_distinct = 7);
        ALTER TABLE t REPLICA IDENTITY FULL""",
    "aggregate and operator on functions, in a view": """
        CREATE FUNCTION add(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
        CREATE AGGREGATE total(int) (SFUNC = add, STYPE = int, INITCOND = '0');
        CREATE OPERATOR |+| (FUNCTION = add, LEFTARG = int, RIGHTARG = int);
        CREATE TABLE t (a int, b int);
        CREATE VIEW v AS SELECT total(a |+| b) AS sum FROM t""",
    "functions in default, check, index and generated column": """
        CREATE FUNCTION c(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
        CREATE FUNCTION b(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT public.c($1)';
        CREATE FUNCTION a() RETURNS int LANGUAGE sql AS 'SELECT public.b(1)';
        CREATE TABLE t (id int DEFAULT a(), n int CONSTRAINT ck CHECK (b(n) > 0),
                        g int GENERATED ALWAYS AS (c(n)) STORED);
        CREATE INDEX ix ON t (b(id)) WHERE c(n) > 5""",
    "owned sequence of its own name, type and start": """
        CREATE SEQUENCE counter AS smallint START 7 INCREMENT 3 MAXVALUE 700 CYCLE;
        CREATE TABLE t (id smallint NOT NULL DEFAULT nextval('counter'), other int GENERATED ALWAYS AS IDENTITY);
        ALTER SEQUENCE counter OWNED BY t.id;
        CREATE TABLE u (id bigserial PRIMARY KEY, n int DEFAULT nextval('counter'))""",
    "inheritance": """
        CREATE TABLE parent (id int, name text NOT NULL DEFAULT 'a', s serial, g int GENERATED ALWAYS AS (1) STORED,
                             CONSTRAINT ck CHECK (id > 0), CONSTRAINT both_have CHECK (name <> ':x'));
        CREATE TABLE "o.ther" (id int DEFAULT 3, m int CONSTRAINT named NOT NULL, k int DEFAULT 7);
        CREATE TABLE child (extra int, name text, CONSTRAINT both_have CHECK (name <> ':x')) INHERITS (parent);
        CREATE INDEX ix ON child (id);
        ALTER TABLE child ALTER id SET DEFAULT 5, ALTER id SET NOT NULL, ADD CHECK (extra > id);
        CREATE TABLE two (k int DEFAULT 8, own int) INHERITS (parent, "o.ther");
        ALTER TABLE two ALTER k DROP DEFAULT; COMMENT ON COLUMN two.m IS 'it''s';
        ALTER TABLE child ADD b int; ALTER TABLE parent ADD c int DEFAULT 4;
        CREATE TABLE grandchild (id int) INHERITS (child);
        CREATE TABLE alike () INHERITS (parent); CREATE TABLE none ();
        CREATE TABLE older (n int, x int);
        CREATE TABLE newer (x int); ALTER TABLE older INHERIT newer;
        INSERT INTO parent (id) VALUES (1); INSERT INTO child (id, extra) VALUES (2, 3);
        INSERT INTO two (id, m) VALUES (4, 5); INSERT INTO older VALUES (1, 2)""",
    "default privileges of the whole database": """
        CREATE TABLE t (id int PRIMARY KEY);
        ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor""",
    "several numbered columns": """
        CREATE TABLE t (a smallserial, id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b serial, c bigserial);
        CREATE TABLE u (a int, b serial, PRIMARY KEY (a, b))""",
    "rules and statistics": """
        CREATE TABLE t (a int, b int); CREATE TABLE log (a int);
        CREATE RULE also AS ON INSERT TO t DO ALSO INSERT INTO log VALUES (NEW.a);
        CREATE RULE off AS ON DELETE TO t DO INSTEAD NOTHING; ALTER TABLE t DISABLE RULE off;
        CREATE STATISTICS s (ndistinct) ON a, b FROM t; ALTER STATISTICS s SET STATISTICS 300""",
    "views on views on materialized views with grants on columns": """
        CREATE TABLE t (id int PRIMARY KEY, n int);
        CREATE MATERIALIZED VIEW m AS SELECT id, n FROM t; CREATE UNIQUE INDEX mx ON m (id);
        CREATE VIEW a WITH (security_barrier) AS SELECT id, n FROM m;
        CREATE VIEW b AS SELECT a.id FROM a JOIN t USING (id);
        GRANT SELECT (id) ON a TO pg_monitor; GRANT SELECT ON b TO pg_monitor;
        ALTER VIEW a ALTER n SET DEFAULT 7; COMMENT ON VIEW b IS 'b'""",
    "casts and operator classes": """
        CREATE TYPE mood AS ENUM ('sad', 'happy');
        CREATE FUNCTION tall(mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
        CREATE CAST (mood AS int) WITH FUNCTION tall AS ASSIGNMENT;
        CREATE OPERATOR CLASS back FOR TYPE int USING btree AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =,
          OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 btint4cmp(int, int);
        CREATE TABLE t (m mood[] DEFAULT '{sad}', n int)""",
    "event trigger and publication": """
        CREATE TABLE t (id int PRIMARY KEY, n int);
        CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
        CREATE EVENT TRIGGER watcher ON sql_drop WHEN TAG IN ('DROP VIEW') EXECUTE FUNCTION watch();
        ALTER EVENT TRIGGER watcher DISABLE;
        CREATE PUBLICATION pub FOR TABLE t (id) WHERE (id > 0) WITH (publish = 'insert')""",
    "domains over domains, composites and ranges": """
        CREATE DOMAIN code AS text CONSTRAINT long CHECK (length(VALUE) > 2);
        CREATE DOMAIN zip AS code DEFAULT '12345' NOT NULL CONSTRAINT five CHECK (length(VALUE) = 5);
        CREATE TYPE pair AS (a zip, b int);
        CREATE TYPE span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
        CREATE TABLE t (z zip, p pair, s span)""",
    "names of NOT NULL": """
        CREATE TABLE t (a int CONSTRAINT here NOT NULL, b int NOT NULL)""",
    "foreign tables": """
        CREATE FOREIGN DATA WRAPPER far; CREATE SERVER there FOREIGN DATA WRAPPER far OPTIONS (host 'h');
        CREATE FOREIGN TABLE abroad (a int NOT NULL, b text OPTIONS (name 'z')) SERVER there""",
    "text search and collation": """
        CREATE TEXT SEARCH DICTIONARY stem (TEMPLATE = snowball, LANGUAGE = english);
        CREATE TEXT SEARCH CONFIGURATION words (COPY = simple);
        ALTER TEXT SEARCH CONFIGURATION words ALTER MAPPING FOR asciiword WITH stem;
        CREATE COLLATION plain (PROVIDER = libc, LOCALE = 'C');
        CREATE TABLE t (body text COLLATE plain, g tsvector GENERATED ALWAYS AS (to_tsvector('words', body)) STORED)""",
    "triggers, policies and grants": """
        CREATE TABLE t (id int PRIMARY KEY, owner name);
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER touch BEFORE UPDATE OF owner ON t FOR EACH ROW WHEN (OLD.owner <> NEW.owner)
          EXECUTE FUNCTION touch();
        ALTER TABLE t ENABLE ALWAYS TRIGGER touch; ALTER TABLE t ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON t FOR SELECT TO pg_monitor USING (owner = CURRENT_USER);
        GRANT SELECT, INSERT ON t TO pg_monitor; GRANT UPDATE (owner) ON t TO pg_monitor;
        CREATE TABLE u (id int REFERENCES t ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)""",
    "procedures and functions with bodies in SQL": """
        CREATE TABLE t (id int PRIMARY KEY);
        CREATE FUNCTION all_of() RETURNS SETOF t COST 7 ROWS 5 BEGIN ATOMIC SELECT * FROM t; END;
        CREATE PROCEDURE clear(a int, OUT b int) LANGUAGE sql BEGIN ATOMIC DELETE FROM t WHERE id = a; SELECT 1; END;
        CREATE VIEW v AS SELECT * FROM all_of()""",
    "partitions of partitions with indexes of their own": """
        CREATE TABLE par (id int PRIMARY KEY);
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TABLE log (at date NOT NULL, n int REFERENCES par, k text CONSTRAINT filled CHECK (k <> ''),
                          PRIMARY KEY (at)) PARTITION BY RANGE (at);
        CREATE INDEX ix ON log (n);
        CREATE TRIGGER tr BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION touch();
        CREATE TABLE log_1 PARTITION OF log (CONSTRAINT own CHECK (n > 0))
          FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') PARTITION BY HASH (at);
        CREATE TABLE log_1_1 PARTITION OF log_1 FOR VALUES WITH (MODULUS 1, REMAINDER 0);
        CREATE TABLE log_rest (at date NOT NULL, n int, k text); CREATE INDEX before ON log_rest (n);
        ALTER TABLE log_rest ADD CONSTRAINT filled CHECK (k <> '');
        ALTER TABLE log ATTACH PARTITION log_rest DEFAULT;
        CREATE INDEX own ON log_1_1 (k);
        CREATE TRIGGER mine BEFORE INSERT ON log_1_1 FOR EACH ROW EXECUTE FUNCTION touch();
        GRANT SELECT ON log_1 TO pg_monitor""",
    "tables that refer to each other": """
        CREATE TABLE hen (id int PRIMARY KEY, egg int); CREATE TABLE egg (id int PRIMARY KEY, hen int REFERENCES hen);
        ALTER TABLE hen ADD CONSTRAINT fk FOREIGN KEY (egg) REFERENCES egg NOT VALID;
        ALTER TABLE hen ADD CONSTRAINT ex EXCLUDE USING btree (egg WITH =)""",
    "names against the order of creation": """
        CREATE TABLE t (id int); CREATE VIEW w AS SELECT id FROM t; CREATE VIEW v AS SELECT id FROM w;
        CREATE MATERIALIZED VIEW mv AS SELECT id FROM v;
        CREATE TABLE parted (a int, b int) PARTITION BY RANGE (a);
        CREATE TABLE part PARTITION OF parted FOR VALUES FROM (1) TO (9) PARTITION BY RANGE (b);
        CREATE TABLE leaf PARTITION OF part FOR VALUES FROM (1) TO (9)""",
}
OWNED = {
    "owners": """
        CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN dom AS text; CREATE TYPE pair AS (a int); CREATE TYPE sp AS RANGE (SUBTYPE = int);
        CREATE TABLE t (id serial PRIMARY KEY, m mood); CREATE VIEW v AS SELECT id FROM t; CREATE VIEW w AS SELECT id FROM v;
        CREATE MATERIALIZED VIEW mv AS SELECT id FROM w; CREATE INDEX ix ON mv (id);
        CREATE SEQUENCE s; CREATE FUNCTION f(a int, b text) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE PROCEDURE p(a int) LANGUAGE sql AS 'SELECT 1';
        CREATE AGGREGATE agg(int) (SFUNC = int4pl, STYPE = int);
        CREATE COLLATION c (LOCALE = 'C'); CREATE STATISTICS st ON id, m FROM t;
        CREATE FOREIGN DATA WRAPPER far; CREATE SERVER there FOREIGN DATA WRAPPER far; CREATE FOREIGN TABLE ft (a int) SERVER there;
        CREATE TEXT SEARCH DICTIONARY stem (TEMPLATE = snowball, LANGUAGE = english);
        CREATE TEXT SEARCH CONFIGURATION words (COPY = simple);
        CREATE OPERATOR FAMILY fam USING btree;
        CREATE PUBLICATION pub FOR TABLE t;
        CREATE TABLE parted (a int) PARTITION BY RANGE (a); CREATE TABLE part PARTITION OF parted FOR VALUES FROM (1) TO (2);
        ALTER TYPE mood OWNER TO pg_monitor; ALTER DOMAIN dom OWNER TO pg_monitor; ALTER TYPE pair OWNER TO pg_monitor; ALTER TYPE sp OWNER TO pg_monitor;
        ALTER TABLE t OWNER TO pg_monitor; ALTER VIEW v OWNER TO pg_read_all_data; ALTER VIEW w OWNER TO pg_monitor; ALTER MATERIALIZED VIEW mv OWNER TO pg_monitor;
        ALTER SEQUENCE s OWNER TO pg_monitor; ALTER FUNCTION f OWNER TO pg_monitor; ALTER PROCEDURE p OWNER TO pg_monitor; ALTER AGGREGATE agg(int) OWNER TO pg_monitor;
        ALTER COLLATION c OWNER TO pg_monitor; ALTER STATISTICS st OWNER TO pg_monitor; ALTER FOREIGN TABLE ft OWNER TO pg_monitor;
        ALTER TEXT SEARCH DICTIONARY stem OWNER TO pg_monitor; ALTER TEXT SEARCH CONFIGURATION words OWNER TO pg_monitor;
        ALTER OPERATOR FAMILY fam USING btree OWNER TO pg_monitor; ALTER PUBLICATION pub OWNER TO pg_monitor;
        ALTER TABLE part OWNER TO pg_read_all_data; GRANT SELECT ON t TO pg_read_all_stats; GRANT SELECT (id) ON v TO pg_read_all_stats;
        COMMENT ON STATISTICS st IS 'x'; GRANT EXECUTE ON FUNCTION f TO pg_read_all_stats; GRANT USAGE ON TYPE mood TO pg_read_all_stats""",
    "foreign table": """
        CREATE FOREIGN DATA WRAPPER far; CREATE SERVER there FOREIGN DATA WRAPPER far;
        CREATE FOREIGN TABLE abroad (a int NOT NULL DEFAULT 3, b text OPTIONS (name 'z'), CHECK (a > 0)) SERVER there;
        CREATE VIEW v AS SELECT a FROM abroad; GRANT SELECT ON abroad TO pg_monitor; GRANT UPDATE (b) ON abroad TO pg_monitor;
        COMMENT ON FOREIGN TABLE abroad IS 'x'; COMMENT ON COLUMN abroad.b IS 'y'; ALTER FOREIGN TABLE abroad OWNER TO pg_read_all_data;
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER touch BEFORE INSERT ON abroad FOR EACH ROW EXECUTE FUNCTION touch();
        COMMENT ON TRIGGER touch ON abroad IS 'z'""",
}
"""Databases in which other roles own objects, which no written model declares."""
