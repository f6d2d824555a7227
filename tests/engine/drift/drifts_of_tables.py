"""Drift of tables: what ALTER TABLE sets, columns, constraints, indexes, triggers, rules, policies."""
# ruff: noqa: E501 - statements of SQL

from __future__ import annotations

import sqlalchemy as sa
from drift import OWNER, Drift, table
from sqlalchemy.dialects import postgresql

from app_schema.ddl import Composite, NotNull, Partition, Rule, TableConstraint, TableOption, Trigger

TABLES = {
    "fillfactor set": Drift("ALTER TABLE t SET (fillfactor = 70)", "fillfactor"),
    "autovacuum parameter set": Drift("ALTER TABLE t SET (autovacuum_enabled = false)", "autovacuum"),
    "toast parameter set": Drift("ALTER TABLE t SET (toast.autovacuum_enabled = false)", "t"),
    "fillfactor reset": Drift(
        "ALTER TABLE wide RESET (fillfactor)",
        "wide",
        "CREATE TABLE wide (a int) WITH (fillfactor = 70)",
        (table("wide", sa.Column("a", sa.Integer), postgresql_with={"fillfactor": 70}),),
    ),
    "made unlogged": Drift("ALTER TABLE child SET UNLOGGED", "child"),
    "made logged": Drift(
        "ALTER TABLE fast SET LOGGED",
        "fast",
        "CREATE UNLOGGED TABLE fast (a int)",
        (table("fast", sa.Column("a", sa.Integer), prefixes=["UNLOGGED"]),),
    ),
    "replica identity full": Drift("ALTER TABLE t REPLICA IDENTITY FULL", "REPLICA IDENTITY"),
    "replica identity nothing": Drift("ALTER TABLE t REPLICA IDENTITY NOTHING", "REPLICA IDENTITY"),
    "replica identity of an index": Drift(
        "ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey", "REPLICA IDENTITY"
    ),
    "clustered": Drift("ALTER TABLE t CLUSTER ON uq", "CLUSTER"),
    "access method": Drift(
        "ALTER TABLE t SET ACCESS METHOD heap2",
        "ACCESS METHOD",
        "CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler",
    ),
    "owner": Drift("ALTER TABLE t OWNER TO pg_monitor", "owner", unmended=OWNER),
    "inherits": Drift(
        "ALTER TABLE child2 INHERIT t2",
        "child2",
        "CREATE TABLE t2 (a int); CREATE TABLE child2 (a int)",
        (table("t2", sa.Column("a", sa.Integer)), table("child2", sa.Column("a", sa.Integer))),
    ),
    "inherits no more": Drift(
        "ALTER TABLE child2 NO INHERIT t2",
        "child2",
        "CREATE TABLE t2 (a int); CREATE TABLE child2 (a int) INHERITS (t2)",
        (
            table("t2", sa.Column("a", sa.Integer)),
            table("child2", sa.Column("a", sa.Integer), postgresql_inherits="t2"),
        ),
    ),
    "typed": Drift(
        "ALTER TABLE typed OF pair",
        "OF",
        "CREATE TYPE pair AS (a int); CREATE TABLE typed (a int)",
        (Composite("pair", "(a integer)", schema="public"), table("typed", sa.Column("a", sa.Integer))),
    ),
    "row security enabled": Drift("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "row security"),
    "row security forced": Drift("ALTER TABLE t FORCE ROW LEVEL SECURITY", "row security"),
    "policy extra": Drift("CREATE POLICY p ON t USING (n > 1)", "policy p"),
    "comment": Drift("COMMENT ON TABLE t IS 'stray'", "comment"),
    "missing": Drift("DROP TABLE child", "child"),
    "extra": Drift("CREATE TABLE stray (a int PRIMARY KEY, b text DEFAULT 'x')", "stray"),
}

COLUMNS = {
    "extra": Drift("ALTER TABLE t ADD stray int", "stray"),
    "missing": Drift("ALTER TABLE t DROP tags", "tags"),
    "type": Drift("ALTER TABLE t ALTER name TYPE varchar(20)", "name"),
    "collation": Drift('ALTER TABLE t ALTER name TYPE text COLLATE "C"', "name"),
    "default": Drift("ALTER TABLE t ALTER name SET DEFAULT 'y'", "name"),
    "default dropped": Drift("ALTER TABLE t ALTER name DROP DEFAULT", "name"),
    "takes NULL": Drift("ALTER TABLE t ALTER n DROP NOT NULL", "n"),
    "takes no NULL": Drift("ALTER TABLE t ALTER day SET NOT NULL", "day"),
    "identity always": Drift("ALTER TABLE child ALTER id SET GENERATED ALWAYS", "id"),
    "identity dropped": Drift("ALTER TABLE child ALTER id DROP IDENTITY", "id"),
    "identity by 10": Drift("ALTER TABLE child ALTER id SET INCREMENT 10", "id"),
    "expression dropped": Drift("ALTER TABLE child ALTER double DROP EXPRESSION", "double"),
    "expression changed": Drift(
        "ALTER TABLE child DROP double, ADD double int GENERATED ALWAYS AS (t_id * 3) STORED", "double"
    ),
    "storage": Drift("ALTER TABLE t ALTER name SET STORAGE EXTERNAL", "STORAGE"),
    "compression": Drift("ALTER TABLE t ALTER name SET COMPRESSION pglz", "COMPRESSION"),
    "statistics": Drift("ALTER TABLE t ALTER n SET STATISTICS 500", "STATISTICS"),
    "options": Drift("ALTER TABLE t ALTER n SET (n_distinct = 7)", "n"),
    "comment": Drift("COMMENT ON COLUMN t.n IS 'stray'", "comment"),
}

CONSTRAINTS = {
    "check changed": Drift("ALTER TABLE t DROP CONSTRAINT ck, ADD CONSTRAINT ck CHECK (n > 1)", "ck"),
    "check missing": Drift("ALTER TABLE t DROP CONSTRAINT ck", "ck"),
    "check extra": Drift("ALTER TABLE t ADD CONSTRAINT stray CHECK (n > 2)", "stray"),
    "check not valid": Drift(
        "ALTER TABLE t DROP CONSTRAINT ck, ADD CONSTRAINT ck CHECK (n > 0) NOT VALID", "ck"
    ),
    "check no inherit": Drift(
        "ALTER TABLE t DROP CONSTRAINT ck, ADD CONSTRAINT ck CHECK (n > 0) NO INHERIT", "ck"
    ),
    "check not enforced": Drift(
        "ALTER TABLE t DROP CONSTRAINT ck, ADD CONSTRAINT ck CHECK (n > 0) NOT ENFORCED", "ck", since=18
    ),
    "foreign key not enforced": Drift("ALTER TABLE child ALTER CONSTRAINT fk NOT ENFORCED", "fk", since=18),
    "foreign key deferrable": Drift(
        "ALTER TABLE child ALTER CONSTRAINT fk DEFERRABLE INITIALLY DEFERRED", "fk"
    ),
    "foreign key cascades": Drift(
        "ALTER TABLE child DROP CONSTRAINT fk, ADD CONSTRAINT fk FOREIGN KEY (t_id) REFERENCES t ON DELETE CASCADE",
        "fk",
    ),
    "foreign key not valid": Drift(
        "ALTER TABLE child DROP CONSTRAINT fk, ADD CONSTRAINT fk FOREIGN KEY (t_id) REFERENCES t NOT VALID",
        "fk",
    ),
    "foreign key match full": Drift(
        "ALTER TABLE child DROP CONSTRAINT fk, ADD CONSTRAINT fk FOREIGN KEY (t_id) REFERENCES t MATCH FULL",
        "fk",
    ),
    "not null renamed": Drift(
        "ALTER TABLE t RENAME CONSTRAINT t_n_not_null TO stray",
        "stray",
        since=18,
        unmended="one that somebody chose is named, unless the metadata declares one",
    ),
    "not null not valid": Drift(
        "ALTER TABLE t ALTER n DROP NOT NULL, ADD CONSTRAINT t_n_not_null NOT NULL n NOT VALID", "n", since=18
    ),
    "not null no inherit": Drift(
        "ALTER TABLE t ALTER n DROP NOT NULL, ADD CONSTRAINT t_n_not_null NOT NULL n NO INHERIT",
        "n",
        since=18,
        unmended="it is named, unless the metadata declares one",
    ),
    "not null renamed beside a declared one": Drift(
        "ALTER TABLE t RENAME CONSTRAINT must_be TO stray",
        "n",
        "ALTER TABLE t RENAME CONSTRAINT t_n_not_null TO must_be",
        (NotNull("n", "must_be", table="t", schema="public"),),
        since=18,
    ),
    "not null no inherit beside a declared one": Drift(
        "ALTER TABLE child ALTER CONSTRAINT child_id_not_null NO INHERIT",
        "id",
        "ALTER TABLE t RENAME CONSTRAINT t_n_not_null TO must_be",
        (NotNull("n", "must_be", table="t", schema="public"),),
        since=18,
    ),
    "declared not null not valid": Drift(
        "ALTER TABLE t ALTER name DROP NOT NULL",
        "name",
        "ALTER TABLE t ADD CONSTRAINT is_set NOT NULL name NOT VALID",
        (NotNull("name", "is_set", not_valid=True, table="t", schema="public"),),
        since=18,
    ),
    "unique nulls not distinct": Drift(
        "ALTER TABLE t DROP CONSTRAINT uq, ADD CONSTRAINT uq UNIQUE NULLS NOT DISTINCT (name)", "uq"
    ),
    "unique parameter": Drift("ALTER INDEX uq SET (fillfactor = 50)", "fillfactor"),
    "unique missing with a parameter": Drift(
        "ALTER TABLE t DROP CONSTRAINT uq",
        "uq",
        "ALTER INDEX uq SET (fillfactor = 50)",
        (TableOption("INDEX OF uq SET (fillfactor)", "50", table="t"),),
    ),
    "unique extra with a parameter": Drift(
        'ALTER TABLE t ADD CONSTRAINT "Stray" UNIQUE (n) WITH (fillfactor = 50)', "stray"
    ),
    "table extra with a parameter of its key": Drift(
        "CREATE TABLE stray (a int, CONSTRAINT stray_pk PRIMARY KEY (a) WITH (fillfactor = 50))", "stray"
    ),
    "unique deferrable": Drift(
        "ALTER TABLE t DROP CONSTRAINT uq, ADD CONSTRAINT uq UNIQUE (name) DEFERRABLE", "uq"
    ),
    "unique renamed": Drift("ALTER TABLE t RENAME CONSTRAINT uq TO stray", "uq"),
    "primary key renamed": Drift(
        "ALTER TABLE child RENAME CONSTRAINT child_pkey TO stray",
        "stray",
        unmended="nobody declares the name of this key, so it is named and no difference",
    ),
    "exclusion extra": Drift("ALTER TABLE t ADD CONSTRAINT stray EXCLUDE USING btree (n WITH =)", "stray"),
    "temporal key missing": Drift(
        "ALTER TABLE stay DROP CONSTRAINT no_overlap",
        "no_overlap",
        "CREATE TABLE stay (room int4range, during daterange, CONSTRAINT no_overlap UNIQUE (room, during WITHOUT OVERLAPS))",
        (
            table(
                "stay",
                sa.Column("room", postgresql.INT4RANGE),
                sa.Column("during", postgresql.DATERANGE),
                TableConstraint("no_overlap", "UNIQUE (room, during WITHOUT OVERLAPS)"),
            ),
        ),
        since=18,
    ),
    "comment": Drift("COMMENT ON CONSTRAINT ck ON t IS 'stray'", "comment"),
}

INDEXES = {
    "missing": Drift("DROP INDEX ix", "ix"),
    "extra": Drift("CREATE INDEX stray ON t (n)", "stray"),
    "method": Drift("DROP INDEX ix; CREATE INDEX ix ON t USING hash (day)", "ix"),
    "partial": Drift("DROP INDEX ix; CREATE INDEX ix ON t (day) WHERE n > 3", "ix"),
    "descending": Drift("DROP INDEX ix; CREATE INDEX ix ON t (day DESC)", "ix"),
    "includes": Drift("DROP INDEX ix; CREATE INDEX ix ON t (day) INCLUDE (n)", "ix"),
    "parameter": Drift("ALTER INDEX ix SET (fillfactor = 70)", "ix"),
    "invalid": Drift(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix'::regclass",
        "ix",
        unmended="it is built anew, and no downgrade makes an index INVALID",
    ),
    "statistics of an expression": Drift(
        "ALTER INDEX ix_lower ALTER COLUMN 1 SET STATISTICS 400", "ix_lower"
    ),
    "comment": Drift("COMMENT ON INDEX ix IS 'stray'", "comment"),
}

NOTHING = Rule(
    "nothing",
    "CREATE RULE nothing AS ON DELETE TO public.t DO INSTEAD NOTHING",
    table="t",
    schema="public",
)
TRIGGERS = {
    "missing": Drift("DROP TRIGGER touch ON t", "touch"),
    "extra": Drift("CREATE TRIGGER stray AFTER INSERT ON t EXECUTE FUNCTION touch()", "stray"),
    "event": Drift(
        "DROP TRIGGER touch ON t; CREATE TRIGGER touch BEFORE UPDATE OR INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch()",
        "touch",
    ),
    "disabled": Drift("ALTER TABLE t DISABLE TRIGGER touch", "touch"),
    "always": Drift("ALTER TABLE t ENABLE ALWAYS TRIGGER touch", "touch"),
    "of a partition disabled": Drift(
        "ALTER TABLE parted_1 DISABLE TRIGGER touch_parted",
        "touch_parted",
        "CREATE TABLE parted (a int) PARTITION BY LIST (a); CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1); CREATE TRIGGER touch_parted BEFORE UPDATE ON parted FOR EACH ROW EXECUTE FUNCTION touch()",
        (
            table(
                "parted",
                sa.Column("a", sa.Integer),
                Trigger("touch_parted", before="UPDATE", execute="public.touch()"),
                postgresql_partition_by="LIST (a)",
            ),
            Partition("parted_1", "public.parted", "FOR VALUES IN (1)", schema="public"),
        ),
    ),
    "of a foreign key disabled": Drift("ALTER TABLE child DISABLE TRIGGER ALL", "fk"),
    "of a foreign key disabled there": Drift(
        "ALTER TABLE t DISABLE TRIGGER ALL; ALTER TABLE t ENABLE TRIGGER USER", "fk"
    ),
    "rule extra": Drift("CREATE RULE stray AS ON DELETE TO t DO INSTEAD NOTHING", "rule stray"),
    "rule disabled": Drift(
        "ALTER TABLE t DISABLE RULE nothing",
        "rule nothing",
        "CREATE RULE nothing AS ON DELETE TO t DO INSTEAD NOTHING",
        (NOTHING,),
    ),
    "rule changed": Drift(
        "CREATE OR REPLACE RULE nothing AS ON DELETE TO t DO ALSO NOTHING",
        "rule nothing",
        "CREATE RULE nothing AS ON DELETE TO t DO INSTEAD NOTHING",
        (NOTHING,),
    ),
}

PARTITIONED = """
CREATE TABLE log (at date NOT NULL, n int) PARTITION BY RANGE (at);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')
"""
LOG = (
    table(
        "log",
        sa.Column("at", sa.Date, nullable=False),
        sa.Column("n", sa.Integer),
        postgresql_partition_by="RANGE (at)",
    ),
    Partition("log_1", "public.log", "FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')", schema="public"),
)
PARTITIONS = {
    "extra": Drift(
        "CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')",
        "log_2",
        PARTITIONED,
        LOG,
    ),
    "missing": Drift("DROP TABLE log_1", "log_1", PARTITIONED, LOG),
    "detached": Drift("ALTER TABLE log DETACH PARTITION log_1", "log_1", PARTITIONED, LOG),
    "bounds": Drift(
        "ALTER TABLE log DETACH PARTITION log_1; ALTER TABLE log ATTACH PARTITION log_1 FOR VALUES FROM ('2020-01-01') TO ('2022-01-01')",
        "log_1",
        PARTITIONED,
        LOG,
    ),
    "default partition": Drift(
        "CREATE TABLE log_rest PARTITION OF log DEFAULT", "log_rest", PARTITIONED, LOG
    ),
    "index of a partition": Drift("CREATE INDEX stray ON log_1 (n)", "stray", PARTITIONED, LOG),
    "partitioned table extra": Drift(
        "CREATE TABLE stray (a int, b text) PARTITION BY LIST (a); CREATE TABLE stray_1 PARTITION OF stray FOR VALUES IN (1) PARTITION BY HASH (b); CREATE TABLE stray_1_1 PARTITION OF stray_1 FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
        "stray",
    ),
}
