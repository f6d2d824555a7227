"""Two spellings of the same object: a declaration, and SQL that PostgreSQL stores as the same object."""

from __future__ import annotations

import declarations
import sqlalchemy as sa
from declarations import Spelling
from sqlalchemy.dialects import postgresql as pg

TOUCH = (
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS 'BEGIN RETURN NEW; END'"
)

SPELLINGS: dict[str, Spelling] = {
    "check: IN as = ANY": declarations.checked("b IN ('x', 'y')", "b = ANY (ARRAY['x', 'y'])"),
    "check: NOT IN as <> ALL": declarations.checked(
        "b NOT IN ('x', 'y')", "b <> ALL (ARRAY['x'::text, 'y'::text])"
    ),
    "check: whitespace and comments": declarations.checked(
        "a > 0 AND b <> ''", "a>0\n\n  and /* and */ b<>'' -- end\n"
    ),
    "check: parentheses": declarations.checked(
        "a > 0 AND b <> '' OR a IS NULL", "(((a) > (0)) AND ((b) <> (''))) OR (a IS NULL)"
    ),
    "check: BETWEEN as two comparisons": declarations.checked("a BETWEEN 1 AND 10", "a >= 1 AND a <= 10"),
    "check: != as <>": declarations.checked("b != 'x'", "b <> 'x'"),
    "check: LIKE as ~~": declarations.checked("b LIKE 'x%'", "b ~~ 'x%'"),
    "check: NOT ILIKE as !~~*": declarations.checked("b NOT ILIKE '%x_'", "b !~~* '%x_'"),
    "check: casts": declarations.checked(
        "length(b) > 1 AND b = 'x'", "length(b::text) > '1' AND b = CAST('x' AS text)"
    ),
    "check: case of keywords and names": declarations.checked(
        "a IS NOT NULL AND length(b) > 0", 'A is not null AND pg_catalog.LENGTH("b") > 0'
    ),
    "check: ISNULL as IS NULL": declarations.checked("a IS NULL OR b IS NOT NULL", "a ISNULL OR b NOTNULL"),
    "check: varchar and text": declarations.checked(
        "b IN ('x', 'y')",
        "b IN ('x'::varchar, 'y'::varchar)",
        (("a", sa.Integer), ("b", sa.String(9))),
        "a int, b varchar(9)",
    ),
    "check: said at its column": Spelling(
        declarations.checked("a > 0", "").declare,
        "CREATE TABLE t (a integer CONSTRAINT ck_t CHECK (a > 0), b text)",
    ),
    "type: varchar as character varying": declarations.typed(sa.String(50), "character varying(50)"),
    "type: text of varchar without a length": declarations.typed(sa.VARCHAR, "character varying"),
    "type: integer as int4": declarations.typed(sa.Integer, "int4"),
    "type: bigint as int8": declarations.typed(sa.BigInteger, "int8"),
    "type: smallint as int2": declarations.typed(sa.SmallInteger, "int2"),
    "type: numeric as decimal": declarations.typed(sa.Numeric(10, 2), "decimal(10,2)"),
    "type: numeric with a scale of 0": declarations.typed(sa.Numeric(10), "numeric(10, 0)"),
    "type: boolean as bool": declarations.typed(
        sa.Boolean, "bool DEFAULT true", server_default=sa.text("'t'")
    ),
    "type: timestamptz": declarations.typed(sa.DateTime(timezone=True), "timestamptz"),
    "type: timestamp as timestamp without time zone": declarations.typed(
        sa.DateTime, "timestamp without time zone"
    ),
    "type: time zone and precision": declarations.typed(
        pg.TIMESTAMP(timezone=True, precision=3), "timestamp(3) with time zone"
    ),
    "type: double precision as float8 and float(53)": declarations.typed(sa.Double, "float(53)"),
    "type: real as float(24)": declarations.typed(sa.REAL, "float(24)"),
    "type: char as bpchar": declarations.typed(sa.CHAR(3), "bpchar(3)"),
    "type: array": declarations.typed(pg.ARRAY(sa.Text), "text ARRAY[3]"),
    "type: interval": declarations.typed(
        pg.INTERVAL(fields="DAY TO SECOND", precision=3), "interval day to second(3)"
    ),
    "type: bit varying": declarations.typed(pg.BIT(5, varying=True), "varbit(5)"),
    "collation of the type": declarations.typed(sa.Text, 'text COLLATE "default" NULL'),
    "default: text with a cast": declarations.typed(sa.Text, "text DEFAULT 'x'::text", server_default="x"),
    "default: varchar with a cast": declarations.typed(
        sa.String(9), "varchar(9) DEFAULT 'it''s'::character varying", server_default="it's"
    ),
    "default: a number as text": declarations.typed(sa.Integer, "integer DEFAULT 7", server_default="7"),
    "default: a negative number": declarations.typed(
        sa.Integer, "integer DEFAULT '-7'::integer", server_default=sa.text("-7")
    ),
    "default: a bool as text": declarations.typed(
        sa.Boolean, "boolean DEFAULT 'false'::boolean", server_default=sa.false()
    ),
    "default: a function with its schema": declarations.typed(
        sa.DateTime(timezone=True), "timestamptz DEFAULT pg_catalog.now()", server_default=sa.func.now()
    ),
    "default: jsonb": declarations.typed(pg.JSONB, "jsonb DEFAULT ('{}')::jsonb", server_default="{}"),
    "default: an empty array": declarations.typed(
        pg.ARRAY(sa.Text), "text[] DEFAULT '{}'::text[]", server_default="{}"
    ),
    "default: NULL said": declarations.typed(sa.Text, "text DEFAULT NULL"),
    "default: a dollar string": declarations.typed(
        sa.Text, "text DEFAULT $q$it's 100%$q$", server_default="it's 100%"
    ),
    "index: method, order and operator class said": declarations.indexed(
        "INDEX ix_t ON ONLY public.t USING btree (a int4_ops ASC NULLS LAST, c DESC NULLS FIRST)",
        "a",
        "c DESC",
    ),
    "index: an expression with its cast": declarations.indexed(
        "INDEX ix_t ON t (lower(b::text))", "lower(b)"
    ),
    "index: an expression with more parentheses": declarations.indexed(
        "UNIQUE INDEX ix_t ON t (((a + 1)), (coalesce(b, ''::varchar)))",
        "(a + 1)",
        "coalesce(b, '')",
        unique=True,
    ),
    "index: a predicate": declarations.indexed(
        "INDEX ix_t ON t (a) WHERE ((b) IN ('x'::varchar, 'y'::varchar)) AND a>0",
        "a",
        postgresql_where="b IN ('x', 'y') AND (a > 0)",
    ),
    "index: NULLS DISTINCT said": declarations.indexed(
        "UNIQUE INDEX ix_t ON t (a) NULLS DISTINCT", "a", unique=True
    ),
    "foreign key: NO ACTION said": declarations.keyed(
        "CREATE TABLE t (a integer, CONSTRAINT fk_t FOREIGN KEY (a) REFERENCES parent (id) MATCH "
        "SIMPLE ON DELETE NO ACTION ON UPDATE NO ACTION NOT DEFERRABLE INITIALLY IMMEDIATE)"
    ),
    "foreign key: NO ACTION declared": declarations.keyed(
        "CREATE TABLE t (a integer CONSTRAINT fk_t REFERENCES parent)",
        ondelete="NO ACTION",
        onupdate="NO ACTION",
        match="SIMPLE",
    ),
    "foreign key: at its column and added later": declarations.keyed(
        (
            "CREATE TABLE t (a integer); ALTER TABLE ONLY public.t ADD CONSTRAINT fk_t FOREIGN KEY (a) "
            "REFERENCES public.parent ON DELETE CASCADE NOT VALID; "
            "ALTER TABLE t VALIDATE CONSTRAINT fk_t"
        ),
        ondelete="cascade",
    ),
    "unique: NULLS DISTINCT said and added later": Spelling(
        declarations.unique,
        (
            "CREATE TABLE t (b text, a integer); ALTER TABLE t ADD CONSTRAINT uq_t UNIQUE NULLS "
            "DISTINCT (a, b) NOT DEFERRABLE"
        ),
    ),
    "unique: by an index": Spelling(
        declarations.unique,
        (
            "CREATE TABLE t (a integer, b text); CREATE UNIQUE INDEX any_name ON t (a, b); "
            "ALTER TABLE t ADD CONSTRAINT uq_t UNIQUE USING INDEX any_name"
        ),
    ),
    "primary key: NOT NULL said": Spelling(
        declarations.keys,
        (
            "CREATE TABLE t (a integer NOT NULL, b text NOT NULL); "
            "ALTER TABLE t ADD CONSTRAINT pk_t PRIMARY KEY (a, b)"
        ),
    ),
    "exclusion": Spelling(
        declarations.exclusion,
        (
            "CREATE TABLE t (during tstzrange, CONSTRAINT ex_t EXCLUDE USING gist (during range_ops "
            "WITH OPERATOR(pg_catalog.&&)) WHERE ((NOT isempty(during))))"
        ),
    ),
    "serial as a sequence": Spelling(
        declarations.serial,
        """CREATE SEQUENCE t_id_seq AS integer;
          CREATE TABLE t (id int CONSTRAINT pk_t PRIMARY KEY DEFAULT nextval('t_id_seq'::regclass));
        ALTER SEQUENCE t_id_seq OWNED BY t.id""",
    ),
    "serial": Spelling(declarations.serial, "CREATE TABLE t (id serial4, CONSTRAINT pk_t PRIMARY KEY (id))"),
    "identity: its options said": Spelling(
        declarations.identity,
        (
            "CREATE TABLE t (id int8 GENERATED ALWAYS AS IDENTITY (START WITH 1 INCREMENT BY 1 "
            "MINVALUE 1 NO CYCLE CACHE 1) NOT NULL)"
        ),
    ),
    "generated": Spelling(
        declarations.generated, "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (((a * 2)) + 1) STORED)"
    ),
    "enum": Spelling(
        declarations.enum,
        """CREATE TYPE "mood" AS ENUM ('low'); ALTER TYPE mood ADD VALUE $$it's high$$;
          CREATE TABLE t (mood mood DEFAULT 'low'::public.mood)""",
    ),
    "function: attributes in another order": Spelling(
        declarations.function,
        "CREATE OR REPLACE FUNCTION public.even(IN n int4) RETURNS bool SECURITY DEFINER SET "
        "search_path TO '' STABLE CALLED ON NULL INPUT "
        "PARALLEL UNSAFE COST 100 NOT LEAKPROOF AS $$SELECT n % 2 = 0$$ LANGUAGE 'sql'",
    ),
    "function: arguments": Spelling(
        declarations.function_with_defaults,
        (
            "CREATE FUNCTION glue(a varchar(9), b text = 'x') RETURNS text VOLATILE AS $a$BEGIN RETURN "
            "a || b; END$a$ LANGUAGE plpgsql"
        ),
    ),
    "function: executed by": Spelling(
        declarations.executed,
        """CREATE FUNCTION one() RETURNS int LANGUAGE sql SET search_path = '' AS 'SELECT 1';
          REVOKE EXECUTE ON FUNCTION one FROM public;
        GRANT ALL ON FUNCTION one() TO pg_signal_backend; GRANT EXECUTE ON ROUTINE one TO pg_monitor""",
    ),
    "trigger": Spelling(
        declarations.trigger,
        f"""CREATE TABLE t (a integer, b text); {TOUCH};
        CREATE TRIGGER tr BEFORE UPDATE OF a,
          b OR INSERT ON t FOR ROW WHEN ((((NEW.a) IS DISTINCT FROM (1)))) EXECUTE PROCEDURE touch()""",
    ),
    "view: whitespace, aliases and casts": Spelling(
        declarations.view,
        """CREATE TABLE t (a integer, b text);
        CREATE VIEW v WITH (security_invoker = TRUE) AS
          select x.a,
                 pg_catalog.upper(x.b) b
            from t x
           where x.a = any (array[1, 2]);""",
    ),
    "view: columns named before": Spelling(
        declarations.view,
        (
            "CREATE TABLE t (a integer, b text); CREATE VIEW v (a, "
            "b) WITH (security_invoker='true') AS SELECT x.a, "
            "upper(x.b) FROM public.t AS x WHERE x.a IN (1, 2)"
        ),
    ),
    "policy": Spelling(
        declarations.policy,
        """CREATE TABLE t (a integer, b text); ALTER TABLE t ENABLE ROW LEVEL SECURITY,
          NO FORCE ROW LEVEL SECURITY;
        CREATE POLICY p ON public.t AS PERMISSIVE FOR ALL TO pg_signal_backend,
          pg_monitor USING ((t.a > 0) and t.b = 'x'::text)""",
    ),
    "grant: one by one": Spelling(
        declarations.grant,
        """CREATE TABLE t (a integer, b text); GRANT UPDATE ON t TO pg_monitor; GRANT ALL ON t TO pg_monitor;
          REVOKE DELETE, TRUNCATE, REFERENCES, TRIGGER ON t FROM pg_monitor;
        DO $$ BEGIN IF current_setting('server_version_num')::int >= 170000 THEN REVOKE MAINTAIN ON t FROM
          pg_monitor; END IF; END $$""",
    ),
    "grant: columns one by one": Spelling(
        declarations.column_grant,
        (
            "CREATE TABLE t (a integer, b text); GRANT UPDATE (a) ON TABLE t TO pg_monitor; "
            "GRANT UPDATE (b) ON t TO pg_monitor"
        ),
    ),
    "comment": Spelling(
        declarations.comment,
        (
            r"CREATE TABLE t (a integer); COMMENT ON TABLE t IS E'a \\ table'; "
            r"COMMENT ON COLUMN t.a IS E'it\'s 100%\nof it'"
        ),
    ),
    "names: quoted": Spelling(
        declarations.schema,
        (
            'CREATE TABLE "public"."Order" ("a" integer); CREATE SCHEMA "Some schema"; '
            'CREATE TABLE "Some schema"."user" ("group" integer)'
        ),
    ),
    "extension: in another schema than a new one": Spelling(
        declarations.extension, "CREATE SCHEMA extensions; CREATE EXTENSION pg_trgm SCHEMA extensions"
    ),
    "order of columns": Spelling(
        declarations.grant,
        "CREATE TABLE t (b text, a integer); GRANT SELECT, INSERT, UPDATE ON t TO pg_monitor",
    ),
    "a column that was dropped": Spelling(
        declarations.grant,
        (
            "CREATE TABLE t (x int, a integer, b text); ALTER TABLE t DROP x; "
            "GRANT SELECT, INSERT, UPDATE ON t TO pg_monitor"
        ),
    ),
}
