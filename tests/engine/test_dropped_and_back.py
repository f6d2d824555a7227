"""Comments, options and types that depend on a dropped object by the name of another object."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from declaring import declaring
from roundtrip import RoundTrip, changed, send  # noqa: F401 - a fixture

from app_schema.migrations.drift import drift

pytestmark = pytest.mark.part(of=4)


@pytest.mark.parametrize(
    "grown",
    [
        """CREATE TYPE mood AS ENUM ('sad'); CREATE CAST (mood AS integer) WITH INOUT;
           COMMENT ON CAST (mood AS integer) IS 'c'""",
        """CREATE OPERATOR CLASS k FOR TYPE int USING btree AS OPERATOR 1 <, FUNCTION 1 btint4cmp(int, int);
           COMMENT ON OPERATOR CLASS k USING btree IS 'c'; COMMENT ON OPERATOR FAMILY k USING btree IS 'f'""",
        """CREATE TABLE t (a int PRIMARY KEY, b int); COMMENT ON INDEX t_pkey IS 'i';
           COMMENT ON CONSTRAINT t_pkey ON t IS 'c';
           ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey, CLUSTER ON t_pkey""",
        """CREATE TYPE r AS RANGE (MULTIRANGE_TYPE_NAME = "m, r", SUBTYPE = int);
           CREATE TABLE t (r r, m "m, r")""",
        """CREATE FUNCTION own(int, int) RETURNS int LANGUAGE sql IMMUTABLE RETURN btint4cmp($1, $2);
           CREATE OPERATOR CLASS k FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =,
             OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 own(int, int);
           CREATE OPERATOR FAMILY f USING hash;
           CREATE OPERATOR CLASS h FOR TYPE int USING hash FAMILY f AS OPERATOR 1 =, FUNCTION 1 hashint4(int);
           CREATE TABLE t (a int, EXCLUDE (a k WITH =)); CREATE INDEX i ON t USING hash (a h);
           CREATE TABLE parted (a int) PARTITION BY RANGE (a k);
           CREATE MATERIALIZED VIEW v AS SELECT 1 AS a; CREATE INDEX j ON v (a k)""",
        """CREATE FUNCTION deep(int) RETURNS int LANGUAGE sql IMMUTABLE RETURN $1;
           CREATE FUNCTION eq(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN deep($1) = $2;
           CREATE OPERATOR <#> (FUNCTION = eq, LEFTARG = int, RIGHTARG = int);
           CREATE TABLE t (a int CHECK (a <#> 1))""",
        """CREATE TABLE older (y int); CREATE TABLE a (x int); ALTER TABLE older ADD r a, ADD s a[];
           CREATE TABLE heir () INHERITS (older); CREATE INDEX i ON older (((r).x))""",
        """CREATE TABLE p (a int) PARTITION BY RANGE (a);
           CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2);
           CREATE TRIGGER tr BEFORE UPDATE ON p
             FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
           ALTER TABLE p1 DISABLE TRIGGER tr""",
        """CREATE OPERATOR CLASS b FOR TYPE int USING btree AS OPERATOR 3 =, FUNCTION 1 btint4cmp(int, int);
           ALTER OPERATOR FAMILY b USING btree ADD OPERATOR 1 <(int, bigint);
           CREATE OPERATOR CLASS g FOR TYPE int[] USING gin AS OPERATOR 1 &&(anyarray, anyarray),
             FUNCTION 2 ginarrayextract(anyarray, internal, internal), FUNCTION 3 ginqueryarrayextract(
               anyarray, internal, smallint, internal, internal, internal, internal),
             FUNCTION 4 ginarrayconsistent(
               internal, smallint, anyarray, integer, internal, internal, internal, internal), STORAGE int""",
        """CREATE AGGREGATE s(first int) (SFUNC = int4pl, STYPE = int);
           CREATE AGGREGATE larger(VARIADIC "a b" int[]) (SFUNC = array_larger, STYPE = int[]);
           REVOKE EXECUTE ON FUNCTION s(int) FROM PUBLIC""",
    ],
    ids=(
        "cast",
        "family",
        "index of a key",
        "multirange",
        "class of an index",
        "operator",
        "row type",
        "trigger of a partition",
        "members of a family",
        "aggregate",
    ),
)
def test_it_comes_back(changed: RoundTrip, grown: str) -> None:  # noqa: F811
    generated = changed(*grown.split(";"), metadata=sa.MetaData(), prune=True)
    assert "not mended" not in generated.text


@pytest.mark.parametrize(
    ("grown", "lost"),
    [
        (
            "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME own))",
            "the name own of the sequence of its column a",
        ),
        (
            "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY); ALTER SEQUENCE t_a_seq SET UNLOGGED",
            "UNLOGGED of the sequence of its column a",
        ),
        (
            "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY); ALTER SEQUENCE t_a_seq AS bigint",
            "the type bigint of the sequence of its column a",
        ),
        (
            "CREATE TABLE t (a int); REVOKE TRUNCATE ON t FROM CURRENT_USER",
            "privileges revoked from the owner of table public.t: lost when",
        ),
        (
            """CREATE FUNCTION f(int) RETURNS int RETURN 1; REVOKE EXECUTE ON FUNCTION f FROM CURRENT_USER""",
            "privileges revoked from the owner of function public.f(integer): lost when",
        ),
        (
            """CREATE EXTENSION citext; CREATE TABLE t (a int); CREATE INDEX i ON t (a);
               ALTER INDEX i DEPENDS ON EXTENSION citext""",
            "DEPENDS ON EXTENSION of index public.i: lost when",
        ),
        (
            """CREATE DOMAIN d AS text CONSTRAINT c CHECK (VALUE <> '');
               COMMENT ON CONSTRAINT c ON DOMAIN d IS 'c'""",
            "cannot be written as a revision",
        ),
        (
            """CREATE UNLOGGED TABLE t (a int); CREATE UNLOGGED SEQUENCE s OWNED BY t.a;
               ALTER TABLE t ALTER a SET DEFAULT nextval('s')""",
            "UNLOGGED of the sequence s",
        ),
        ("CREATE UNLOGGED SEQUENCE s", "sequence public.s without UNLOGGED"),
        (
            """CREATE TABLE p (a int); CREATE TABLE t () INHERITS (p);
               ALTER TABLE p ADD CONSTRAINT later NOT NULL a NOT VALID""",
            "NOT VALID of the NOT NULL that its column a inherits",
        ),
    ],
)
def test_what_does_not_is_named(empty_engine: sa.Engine, grown: str, lost: str) -> None:
    with empty_engine.connect() as connection:
        if "NOT VALID" in grown and (connection.dialect.server_version_info or ()) < (18,):
            pytest.skip("PostgreSQL before 18 takes no NOT NULL that is NOT VALID")
    send(empty_engine, *grown.split(";"))
    generated = autogenerate(empty_engine, sa.MetaData(), prune=True, managed_schemas={"public"})
    assert lost in generated.text
    for _ in range(2):
        generated.upgrade(empty_engine)
    for _ in range(2):
        generated.downgrade(empty_engine)


def test_name_of_the_not_null_of_a_domain_is_not_compared_and_named(empty_engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("a", sa.Integer))
    send(
        empty_engine, "CREATE DOMAIN d AS text CONSTRAINT needed NOT NULL", "CREATE DOMAIN e AS text NOT NULL"
    )
    with empty_engine.connect() as connection:
        if (connection.dialect.server_version_info or ()) < (17,):
            pytest.skip("PostgreSQL before 17 has no names of these")
        found = drift(connection, declaring(metadata))
    assert found.uncompared == ["name of NOT NULL needed of domain public.d"]
