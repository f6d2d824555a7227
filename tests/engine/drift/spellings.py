"""Two ways to say one thing: a declaration, and SQL that PostgreSQL keeps as the same object."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from app_schema.ddl import Function, Grant, Policy, RowSecurity, Trigger, View, attach


@dataclass(frozen=True)
class Spelling:
    """What is declared, and the other spelling that made the database."""

    declare: Callable[[sa.MetaData], object]
    sql: str


def _columns(*columns: tuple[str, Any] | sa.Column[Any]) -> Iterable[sa.Column[Any]]:
    return [column if isinstance(column, sa.Column) else sa.Column(*column) for column in columns]


TWO = (("a", sa.Integer), ("b", sa.Text))


def _check(
    declared: str, spelt: str, columns: Iterable[tuple[str, Any]] = TWO, types: str = "a integer, b text"
) -> Spelling:
    def declare(metadata: sa.MetaData) -> None:
        sa.Table("t", metadata, *_columns(*columns), sa.CheckConstraint(declared, name="ck_t"))

    return Spelling(declare, f"CREATE TABLE t ({types}, CONSTRAINT ck_t CHECK ({spelt}))")


def _typed(type_: Any, spelt: str, **options: Any) -> Spelling:
    def declare(metadata: sa.MetaData) -> None:
        sa.Table("t", metadata, sa.Column("a", type_, **options))

    return Spelling(declare, f"CREATE TABLE t (a {spelt})")


def _indexed(spelt: str, *expressions: Any, **options: Any) -> Spelling:
    def declare(metadata: sa.MetaData) -> None:
        given: dict[str, Any] = {
            key: sa.text(value) if key == "postgresql_where" else value for key, value in options.items()
        }
        columns = _columns(("a", sa.Integer), ("b", sa.String(20)), ("c", sa.DateTime(timezone=True)))
        sa.Table(
            "t",
            metadata,
            *columns,
            sa.Index("ix_t", *(sa.text(expression) for expression in expressions), **given),
        )

    return Spelling(declare, f"CREATE TABLE t (a integer, b varchar(20), c timestamptz); CREATE {spelt}")


def _keyed(spelt: str, **options: Any) -> Spelling:
    def declare(metadata: sa.MetaData) -> None:
        sa.Table(
            "parent",
            metadata,
            sa.Column("id", sa.Integer, autoincrement=False),
            sa.PrimaryKeyConstraint("id", name="pk_parent"),
        )
        key = sa.ForeignKeyConstraint(["a"], ["parent.id"], name="fk_t", **options)
        sa.Table("t", metadata, sa.Column("a", sa.Integer), key)

    return Spelling(declare, f"CREATE TABLE parent (id integer CONSTRAINT pk_parent PRIMARY KEY); {spelt}")


def _serial(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, sa.Column("id", sa.Integer), sa.PrimaryKeyConstraint("id", name="pk_t"))


def _identity(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False))


def _unique(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, *_columns(*TWO), sa.UniqueConstraint("a", "b", name="uq_t"))


def _enum(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, sa.Column("mood", sa.Enum("low", "it's high", name="mood"), server_default="low"))


def _function(metadata: sa.MetaData) -> None:
    body = "SELECT n % 2 = 0"
    attach(
        metadata,
        Function(
            "even",
            body,
            arguments="n integer",
            returns="boolean",
            language="sql",
            volatility="STABLE",
            security="DEFINER",
            schema="public",
        ),
    )


def _function_with_defaults(metadata: sa.MetaData) -> None:
    body = "BEGIN RETURN a || b; END"
    attach(
        metadata,
        Function(
            "glue",
            body,
            arguments="a character varying, b text DEFAULT 'x'::text",
            returns="text",
            settings=None,
            schema="public",
        ),
    )


def _executed(metadata: sa.MetaData) -> None:
    attach(
        metadata,
        Function(
            "one",
            "SELECT 1",
            returns="integer",
            language="sql",
            execute=["pg_monitor", "pg_signal_backend"],
            schema="public",
        ),
    )


def _trigger(metadata: sa.MetaData) -> None:
    attach(metadata, Function("touch", "BEGIN RETURN NEW; END", returns="trigger", schema="public"))
    events = ["INSERT", "UPDATE OF a, b"]
    sa.Table(
        "t",
        metadata,
        *_columns(*TWO),
        Trigger("tr", before=events, when="NEW.a IS DISTINCT FROM 1", execute="public.touch()"),
    )


def _view(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, *_columns(*TWO))
    attach(
        metadata,
        View(
            "v",
            "SELECT x.a, upper(x.b) AS b FROM public.t AS x WHERE x.a IN (1, 2)",
            options={"security_invoker": True},
            schema="public",
        ),
    )


def _policy(metadata: sa.MetaData) -> None:
    policy = Policy("p", to=["pg_monitor", "pg_signal_backend"], using="a > 0 AND b = 'x'")
    sa.Table("t", metadata, *_columns(*TWO), RowSecurity(), policy)


def _grant(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, *_columns(*TWO), Grant(["SELECT", "INSERT", "UPDATE"], to="pg_monitor"))


def _column_grant(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, *_columns(*TWO), Grant("UPDATE", columns=["b", "a"], to="pg_monitor"))


def _comment(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, sa.Column("a", sa.Integer, comment="it's 100%\nof it"), comment="a \\ table")


def _exclusion(metadata: sa.MetaData) -> None:
    during = sa.Column("during", pg.TSTZRANGE)
    sa.Table(
        "t",
        metadata,
        during,
        pg.ExcludeConstraint((during, "&&"), where=sa.text("NOT isempty(during)"), name="ex_t"),
    )


def _generated(metadata: sa.MetaData) -> None:
    sa.Table(
        "t",
        metadata,
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.Integer, sa.Computed("a * 2 + 1", persisted=True)),
    )


def _schema(metadata: sa.MetaData) -> None:
    sa.Table("Order", metadata, sa.Column("a", sa.Integer), schema="public")
    sa.Table("user", metadata, sa.Column("group", sa.Integer), schema="Some schema")


def _keys(metadata: sa.MetaData) -> None:
    sa.Table(
        "t",
        metadata,
        *_columns(sa.Column("a", sa.Integer, autoincrement=False), ("b", sa.Text)),
        sa.PrimaryKeyConstraint("a", "b", name="pk_t"),
    )


TOUCH = (
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS 'BEGIN RETURN NEW; END'"
)

SPELLINGS: dict[str, Spelling] = {
    "check: IN as = ANY": _check("b IN ('x', 'y')", "b = ANY (ARRAY['x', 'y'])"),
    "check: NOT IN as <> ALL": _check("b NOT IN ('x', 'y')", "b <> ALL (ARRAY['x'::text, 'y'::text])"),
    "check: whitespace and comments": _check("a > 0 AND b <> ''", "a>0\n\n  and /* and */ b<>'' -- end\n"),
    "check: parentheses": _check(
        "a > 0 AND b <> '' OR a IS NULL", "(((a) > (0)) AND ((b) <> (''))) OR (a IS NULL)"
    ),
    "check: BETWEEN as two comparisons": _check("a BETWEEN 1 AND 10", "a >= 1 AND a <= 10"),
    "check: != as <>": _check("b != 'x'", "b <> 'x'"),
    "check: LIKE as ~~": _check("b LIKE 'x%'", "b ~~ 'x%'"),
    "check: NOT ILIKE as !~~*": _check("b NOT ILIKE '%x_'", "b !~~* '%x_'"),
    "check: casts": _check("length(b) > 1 AND b = 'x'", "length(b::text) > '1' AND b = CAST('x' AS text)"),
    "check: case of keywords and names": _check(
        "a IS NOT NULL AND length(b) > 0", 'A is not null AND pg_catalog.LENGTH("b") > 0'
    ),
    "check: ISNULL as IS NULL": _check("a IS NULL OR b IS NOT NULL", "a ISNULL OR b NOTNULL"),
    "check: varchar and text": _check(
        "b IN ('x', 'y')",
        "b IN ('x'::varchar, 'y'::varchar)",
        (("a", sa.Integer), ("b", sa.String(9))),
        "a int, b varchar(9)",
    ),
    "check: said at its column": Spelling(
        _check("a > 0", "").declare, "CREATE TABLE t (a integer CONSTRAINT ck_t CHECK (a > 0), b text)"
    ),
    "type: varchar as character varying": _typed(sa.String(50), "character varying(50)"),
    "type: text of varchar without a length": _typed(sa.VARCHAR, "character varying"),
    "type: integer as int4": _typed(sa.Integer, "int4"),
    "type: bigint as int8": _typed(sa.BigInteger, "int8"),
    "type: smallint as int2": _typed(sa.SmallInteger, "int2"),
    "type: numeric as decimal": _typed(sa.Numeric(10, 2), "decimal(10,2)"),
    "type: numeric with a scale of 0": _typed(sa.Numeric(10), "numeric(10, 0)"),
    "type: boolean as bool": _typed(sa.Boolean, "bool DEFAULT true", server_default=sa.text("'t'")),
    "type: timestamptz": _typed(sa.DateTime(timezone=True), "timestamptz"),
    "type: timestamp as timestamp without time zone": _typed(sa.DateTime, "timestamp without time zone"),
    "type: time zone and precision": _typed(
        pg.TIMESTAMP(timezone=True, precision=3), "timestamp(3) with time zone"
    ),
    "type: double precision as float8 and float(53)": _typed(sa.Double, "float(53)"),
    "type: real as float(24)": _typed(sa.REAL, "float(24)"),
    "type: char as bpchar": _typed(sa.CHAR(3), "bpchar(3)"),
    "type: array": _typed(pg.ARRAY(sa.Text), "text ARRAY[3]"),
    "type: interval": _typed(pg.INTERVAL(fields="DAY TO SECOND", precision=3), "interval day to second(3)"),
    "type: bit varying": _typed(pg.BIT(5, varying=True), "varbit(5)"),
    "collation of the type": _typed(sa.Text, 'text COLLATE "default" NULL'),
    "default: text with a cast": _typed(sa.Text, "text DEFAULT 'x'::text", server_default="x"),
    "default: varchar with a cast": _typed(
        sa.String(9), "varchar(9) DEFAULT 'it''s'::character varying", server_default="it's"
    ),
    "default: a number as text": _typed(sa.Integer, "integer DEFAULT 7", server_default="7"),
    "default: a negative number": _typed(
        sa.Integer, "integer DEFAULT '-7'::integer", server_default=sa.text("-7")
    ),
    "default: a bool as text": _typed(
        sa.Boolean, "boolean DEFAULT 'false'::boolean", server_default=sa.false()
    ),
    "default: a function with its schema": _typed(
        sa.DateTime(timezone=True), "timestamptz DEFAULT pg_catalog.now()", server_default=sa.func.now()
    ),
    "default: jsonb": _typed(pg.JSONB, "jsonb DEFAULT ('{}')::jsonb", server_default="{}"),
    "default: an empty array": _typed(pg.ARRAY(sa.Text), "text[] DEFAULT '{}'::text[]", server_default="{}"),
    "default: NULL said": _typed(sa.Text, "text DEFAULT NULL"),
    "default: a dollar string": _typed(sa.Text, "text DEFAULT $q$it's 100%$q$", server_default="it's 100%"),
    "index: method, order and operator class said": _indexed(
        "INDEX ix_t ON ONLY public.t USING btree (a int4_ops ASC NULLS LAST, c DESC NULLS FIRST)",
        "a",
        "c DESC",
    ),
    "index: an expression with its cast": _indexed("INDEX ix_t ON t (lower(b::text))", "lower(b)"),
    "index: an expression with more parentheses": _indexed(
        "UNIQUE INDEX ix_t ON t (((a + 1)), (coalesce(b, ''::varchar)))",
        "(a + 1)",
        "coalesce(b, '')",
        unique=True,
    ),
    "index: a predicate": _indexed(
        "INDEX ix_t ON t (a) WHERE ((b) IN ('x'::varchar, 'y'::varchar)) AND a>0",
        "a",
        postgresql_where="b IN ('x', 'y') AND (a > 0)",
    ),
    "index: NULLS DISTINCT said": _indexed("UNIQUE INDEX ix_t ON t (a) NULLS DISTINCT", "a", unique=True),
    "foreign key: NO ACTION said": _keyed(
        "CREATE TABLE t (a integer, CONSTRAINT fk_t FOREIGN KEY (a) REFERENCES parent (id) MATCH "
        "SIMPLE ON DELETE NO ACTION ON UPDATE NO ACTION NOT DEFERRABLE INITIALLY IMMEDIATE)"
    ),
    "foreign key: NO ACTION declared": _keyed(
        "CREATE TABLE t (a integer CONSTRAINT fk_t REFERENCES parent)",
        ondelete="NO ACTION",
        onupdate="NO ACTION",
        match="SIMPLE",
    ),
    "foreign key: at its column and added later": _keyed(
        (
            "CREATE TABLE t (a integer); ALTER TABLE ONLY public.t ADD CONSTRAINT fk_t FOREIGN KEY (a) "
            "REFERENCES public.parent ON DELETE CASCADE NOT VALID; "
            "ALTER TABLE t VALIDATE CONSTRAINT fk_t"
        ),
        ondelete="cascade",
    ),
    "unique: NULLS DISTINCT said and added later": Spelling(
        _unique,
        (
            "CREATE TABLE t (b text, a integer); ALTER TABLE t ADD CONSTRAINT uq_t UNIQUE NULLS "
            "DISTINCT (a, b) NOT DEFERRABLE"
        ),
    ),
    "unique: by an index": Spelling(
        _unique,
        (
            "CREATE TABLE t (a integer, b text); CREATE UNIQUE INDEX any_name ON t (a, b); "
            "ALTER TABLE t ADD CONSTRAINT uq_t UNIQUE USING INDEX any_name"
        ),
    ),
    "primary key: NOT NULL said": Spelling(
        _keys,
        (
            "CREATE TABLE t (a integer NOT NULL, b text NOT NULL); "
            "ALTER TABLE t ADD CONSTRAINT pk_t PRIMARY KEY (a, b)"
        ),
    ),
    "exclusion": Spelling(
        _exclusion,
        (
            "CREATE TABLE t (during tstzrange, CONSTRAINT ex_t EXCLUDE USING gist (during range_ops "
            "WITH OPERATOR(pg_catalog.&&)) WHERE ((NOT isempty(during))))"
        ),
    ),
    "serial as a sequence": Spelling(
        _serial,
        """CREATE SEQUENCE t_id_seq AS integer;
          CREATE TABLE t (id int CONSTRAINT pk_t PRIMARY KEY DEFAULT nextval('t_id_seq'::regclass));
        ALTER SEQUENCE t_id_seq OWNED BY t.id""",
    ),
    "serial": Spelling(_serial, "CREATE TABLE t (id serial4, CONSTRAINT pk_t PRIMARY KEY (id))"),
    "identity: its options said": Spelling(
        _identity,
        (
            "CREATE TABLE t (id int8 GENERATED ALWAYS AS IDENTITY (START WITH 1 INCREMENT BY 1 "
            "MINVALUE 1 NO CYCLE CACHE 1) NOT NULL)"
        ),
    ),
    "generated": Spelling(
        _generated, "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (((a * 2)) + 1) STORED)"
    ),
    "enum": Spelling(
        _enum,
        """CREATE TYPE "mood" AS ENUM ('low'); ALTER TYPE mood ADD VALUE $$it's high$$;
          CREATE TABLE t (mood mood DEFAULT 'low'::public.mood)""",
    ),
    "function: attributes in another order": Spelling(
        _function,
        "CREATE OR REPLACE FUNCTION public.even(IN n int4) RETURNS bool SECURITY DEFINER SET "
        "search_path TO '' STABLE CALLED ON NULL INPUT "
        "PARALLEL UNSAFE COST 100 NOT LEAKPROOF AS $$SELECT n % 2 = 0$$ LANGUAGE 'sql'",
    ),
    "function: arguments": Spelling(
        _function_with_defaults,
        (
            "CREATE FUNCTION glue(a varchar(9), b text = 'x') RETURNS text VOLATILE AS $a$BEGIN RETURN "
            "a || b; END$a$ LANGUAGE plpgsql"
        ),
    ),
    "function: executed by": Spelling(
        _executed,
        """CREATE FUNCTION one() RETURNS int LANGUAGE sql SET search_path = '' AS 'SELECT 1';
          REVOKE EXECUTE ON FUNCTION one FROM public;
        GRANT ALL ON FUNCTION one() TO pg_signal_backend; GRANT EXECUTE ON ROUTINE one TO pg_monitor""",
    ),
    "trigger": Spelling(
        _trigger,
        f"""CREATE TABLE t (a integer, b text); {TOUCH};
        CREATE TRIGGER tr BEFORE UPDATE OF a,
          b OR INSERT ON t FOR ROW WHEN ((((NEW.a) IS DISTINCT FROM (1)))) EXECUTE PROCEDURE touch()""",
    ),
    "view: whitespace, aliases and casts": Spelling(
        _view,
        """CREATE TABLE t (a integer, b text);
        CREATE VIEW v WITH (security_invoker = TRUE) AS
          select x.a,
                 pg_catalog.upper(x.b) b
            from t x
           where x.a = any (array[1, 2]);""",
    ),
    "view: columns named before": Spelling(
        _view,
        (
            "CREATE TABLE t (a integer, b text); CREATE VIEW v (a, "
            "b) WITH (security_invoker='true') AS SELECT x.a, "
            "upper(x.b) FROM public.t AS x WHERE x.a IN (1, 2)"
        ),
    ),
    "policy": Spelling(
        _policy,
        """CREATE TABLE t (a integer, b text); ALTER TABLE t ENABLE ROW LEVEL SECURITY,
          NO FORCE ROW LEVEL SECURITY;
        CREATE POLICY p ON public.t AS PERMISSIVE FOR ALL TO pg_signal_backend,
          pg_monitor USING ((t.a > 0) and t.b = 'x'::text)""",
    ),
    "grant: one by one": Spelling(
        _grant,
        """CREATE TABLE t (a integer, b text); GRANT UPDATE ON t TO pg_monitor; GRANT ALL ON t TO pg_monitor;
          REVOKE DELETE, TRUNCATE, REFERENCES, TRIGGER ON t FROM pg_monitor;
        DO $$ BEGIN IF current_setting('server_version_num')::int >= 170000 THEN REVOKE MAINTAIN ON t FROM
          pg_monitor; END IF; END $$""",
    ),
    "grant: columns one by one": Spelling(
        _column_grant,
        (
            "CREATE TABLE t (a integer, b text); GRANT UPDATE (a) ON TABLE t TO pg_monitor; "
            "GRANT UPDATE (b) ON t TO pg_monitor"
        ),
    ),
    "comment": Spelling(
        _comment,
        (
            r"CREATE TABLE t (a integer); COMMENT ON TABLE t IS E'a \\ table'; "
            r"COMMENT ON COLUMN t.a IS E'it\'s 100%\nof it'"
        ),
    ),
    "names: quoted": Spelling(
        _schema,
        (
            'CREATE TABLE "public"."Order" ("a" integer); CREATE SCHEMA "Some schema"; '
            'CREATE TABLE "Some schema"."user" ("group" integer)'
        ),
    ),
    "order of columns": Spelling(
        _grant, "CREATE TABLE t (b text, a integer); GRANT SELECT, INSERT, UPDATE ON t TO pg_monitor"
    ),
    "a column that was dropped": Spelling(
        _grant,
        (
            "CREATE TABLE t (x int, a integer, b text); ALTER TABLE t DROP x; "
            "GRANT SELECT, INSERT, UPDATE ON t TO pg_monitor"
        ),
    ),
}
