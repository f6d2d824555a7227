"""The operations on constraints and indexes."""

from __future__ import annotations

import sqlalchemy as sa
from harness import BASE, Case

FOREIGN_KEY = "ALTER TABLE s.t ADD CONSTRAINT fk_t FOREIGN KEY (parent_id) REFERENCES "
EXCLUDE = "ALTER TABLE s.t ADD CONSTRAINT ex_t EXCLUDE USING gist (tstzrange(c, c, '[]') WITH "
INDEX = "CREATE UNIQUE INDEX ix_t ON s.t (a, c DESC) INCLUDE (b) WITH (fillfactor=70) WHERE a > 0"

CASES: dict[str, Case] = {
    "create_primary_key": Case(
        BASE + "ALTER TABLE s.t ALTER id SET NOT NULL, ALTER a SET NOT NULL;",
        lambda op: op.create_primary_key("pk_t", "t", ["id"], schema="s"),
        {"columns": ("ALTER TABLE s.t ADD CONSTRAINT pk_t PRIMARY KEY (a)", ("pk_t", "(a)", "(id)"))},
    ),
    "create_unique_constraint": Case(
        BASE,
        lambda op: op.create_unique_constraint(
            "uq_t", "t", ["a", "b"], schema="s", deferrable=True, initially="DEFERRED"
        ),
        {
            "columns": (
                "ALTER TABLE s.t ADD CONSTRAINT uq_t UNIQUE (b, a) DEFERRABLE INITIALLY DEFERRED",
                ("uq_t", "(b, a)", "(a, b)"),
            ),
            "deferrability": ("ALTER TABLE s.t ADD CONSTRAINT uq_t UNIQUE (a, b)", ("uq_t", "DEFERRABLE")),
            "other kind: check": (
                "ALTER TABLE s.t ADD CONSTRAINT uq_t CHECK (a > 0)",
                ("uq_t", "CHECK", "UNIQUE"),
            ),
            "same index name on another table": (
                "CREATE INDEX uq_t ON s.parent (code)",
                ("uq_t", "another index"),
            ),
        },
    ),
    "create_check_constraint": Case(
        # the same name on another table is another object
        BASE + "ALTER TABLE s.parent ADD CONSTRAINT ck_t CHECK (id > 9);",
        lambda op: op.create_check_constraint(
            "ck_t", "t", sa.text("b IN ('x', 'y') AND a % 2 = 0"), schema="s"
        ),
        {
            "text": (
                "ALTER TABLE s.t ADD CONSTRAINT ck_t CHECK (b IN ('x', 'z') AND a % 2 = 0)",
                ("ck_t on s.t", "'z'", "'y'"),
            ),
        },
    ),
    "create_foreign_key": Case(
        BASE,
        lambda op: op.create_foreign_key(
            "fk_t",
            "t",
            "parent",
            ["parent_id"],
            ["id"],
            source_schema="s",
            referent_schema="s",
            ondelete="SET NULL (parent_id)",
            deferrable=True,
        ),
        {
            "target": (
                FOREIGN_KEY + "s.other ON DELETE SET NULL (parent_id) DEFERRABLE",
                ("fk_t", "s.other", "s.parent"),
            ),
            "on delete": (
                FOREIGN_KEY + "s.parent ON DELETE CASCADE DEFERRABLE",
                ("ON DELETE CASCADE", "ON DELETE SET NULL (parent_id)"),
            ),
            "on delete columns": (
                FOREIGN_KEY + "s.parent ON DELETE SET NULL DEFERRABLE",
                ("fk_t", "SET NULL (parent_id)"),
            ),
            "on update": (
                FOREIGN_KEY + "s.parent ON UPDATE CASCADE ON DELETE SET NULL (parent_id) DEFERRABLE",
                ("ON UPDATE CASCADE",),
            ),
            "columns": (
                FOREIGN_KEY.replace("parent_id", "a") + "s.parent ON DELETE SET NULL (a) DEFERRABLE",
                ("(a)", "(parent_id)"),
            ),
            "deferrability": (FOREIGN_KEY + "s.parent ON DELETE SET NULL (parent_id)", ("DEFERRABLE",)),
            "initially deferred": (
                FOREIGN_KEY + "s.parent ON DELETE SET NULL (parent_id) DEFERRABLE INITIALLY DEFERRED",
                ("INITIALLY DEFERRED",),
            ),
            "match": (
                FOREIGN_KEY + "s.parent MATCH FULL ON DELETE SET NULL (parent_id) DEFERRABLE",
                ("MATCH FULL",),
            ),
            "other kind: check": (
                "ALTER TABLE s.t ADD CONSTRAINT fk_t CHECK (a > 0)",
                ("fk_t", "check constraint"),
            ),
        },
    ),
    "create_foreign_key not valid": Case(
        BASE,
        lambda op: op.create_foreign_key(
            "fk_t",
            "t",
            "parent",
            ["parent_id"],
            ["id"],
            source_schema="s",
            referent_schema="s",
            postgresql_not_valid=True,
        ),
        {"target": (FOREIGN_KEY + "s.other NOT VALID", ("s.other",))},
    ),
    "create_exclude_constraint": Case(
        BASE,
        lambda op: op.create_exclude_constraint(
            "ex_t",
            "t",
            (sa.literal_column("tstzrange(c, c, '[]')"), "&&"),
            where=sa.text("b <> 'x'"),
            using="gist",
            schema="s",
        ),
        {
            "where": (EXCLUDE + "&&) WHERE (b <> 'y')", ("ex_t", "'y'", "'x'")),
            "operator": (EXCLUDE + "=) WHERE (b <> 'x')", ("WITH =", "WITH &&")),
        },
    ),
    "drop_constraint check": Case(
        BASE + "ALTER TABLE s.t ADD CONSTRAINT ck_t CHECK (a > 0);",
        lambda op: op.drop_constraint("ck_t", "t", type_="check", schema="s"),
        {
            "other kind: unique": (
                "ALTER TABLE s.t DROP CONSTRAINT ck_t; ALTER TABLE s.t ADD CONSTRAINT ck_t UNIQUE (a)",
                ("ck_t", "unique constraint", "check constraint"),
            )
        },
    ),
    "drop_constraint foreign key": Case(
        BASE + FOREIGN_KEY + "s.parent;",
        lambda op: op.drop_constraint("fk_t", "t", type_="foreignkey", schema="s"),
    ),
    "drop_constraint unique": Case(
        BASE + "ALTER TABLE s.t ADD CONSTRAINT uq_t UNIQUE (a);",
        lambda op: op.drop_constraint("uq_t", "t", type_="unique", schema="s"),
    ),
    "drop_constraint primary": Case(
        BASE + "ALTER TABLE s.t ADD CONSTRAINT pk_t PRIMARY KEY (id);",
        lambda op: op.drop_constraint("pk_t", "t", type_="primary", schema="s"),
    ),
    "drop_constraint exclude": Case(
        BASE + "ALTER TABLE s.t ADD CONSTRAINT ex_t EXCLUDE USING gist (tstzrange(c, c) WITH &&);",
        lambda op: op.drop_constraint("ex_t", "t", schema="s"),
    ),
    "create_index": Case(
        BASE,
        lambda op: op.create_index(
            "ix_t",
            "t",
            ["a", sa.text("c DESC")],
            schema="s",
            unique=True,
            postgresql_include=["b"],
            postgresql_where=sa.text("a > 0"),
            postgresql_with={"fillfactor": 70},
        ),
        {
            "columns": (
                "CREATE UNIQUE INDEX ix_t ON s.t (a, b DESC) INCLUDE (b) WITH (fillfactor=70) WHERE a > 0",
                ("index ix_t", "b DESC", "c DESC"),
            ),
            "order": (
                "CREATE UNIQUE INDEX ix_t ON s.t (a, c) INCLUDE (b) WITH (fillfactor=70) WHERE a > 0",
                ("index ix_t", "c DESC"),
            ),
            "unique": (
                "CREATE INDEX ix_t ON s.t (a, c DESC) INCLUDE (b) WITH (fillfactor=70) WHERE a > 0",
                ("index ix_t", "UNIQUE"),
            ),
            "where": (
                "CREATE UNIQUE INDEX ix_t ON s.t (a, c DESC) INCLUDE (b) WITH (fillfactor=70) WHERE a > 1",
                ("(a > 1)", "(a > 0)"),
            ),
            "no where": (
                "CREATE UNIQUE INDEX ix_t ON s.t (a, c DESC) INCLUDE (b) WITH (fillfactor=70)",
                ("index ix_t", "(a > 0)"),
            ),
            "with": (
                "CREATE UNIQUE INDEX ix_t ON s.t (a, c DESC) INCLUDE (b) WITH (fillfactor=80) WHERE a > 0",
                ("fillfactor='80'", "fillfactor='70'"),
            ),
            "include": (
                "CREATE UNIQUE INDEX ix_t ON s.t (a, c DESC) INCLUDE (id) WITH (fillfactor=70) WHERE a > 0",
                ("INCLUDE (id)", "INCLUDE (b)"),
            ),
            "nulls": (INDEX.replace(" WITH", " NULLS NOT DISTINCT WITH"), ("NULLS NOT DISTINCT",)),
            "same name on another table": (
                "CREATE INDEX ix_t ON s.parent (code)",
                ("index ix_t", "an index on table parent"),
            ),
            "other kind: table": ("CREATE TABLE s.ix_t ()", ("index ix_t", "a table")),
            "the index of a constraint": (
                "ALTER TABLE s.t ADD CONSTRAINT ix_t UNIQUE (a)",
                ("index ix_t", "the index of a constraint"),
            ),
            "INVALID": (
                INDEX + "; UPDATE pg_index SET indisvalid = false WHERE indexrelid = 's.ix_t'::regclass",
                ("index ix_t", "INVALID", "create_index_concurrently"),
            ),
        },
    ),
    "create_index gin with opclass": Case(
        BASE + "ALTER TABLE s.t ADD j jsonb;",
        lambda op: op.create_index(
            "ix_j", "t", ["j"], schema="s", postgresql_using="gin", postgresql_ops={"j": "jsonb_path_ops"}
        ),
        {
            "opclass": ("CREATE INDEX ix_j ON s.t USING gin (j)", ("index ix_j", "jsonb_path_ops")),
            "method": ("CREATE INDEX ix_j ON s.t USING hash (j)", ("USING hash", "USING gin")),
        },
    ),
    "create_index expression": Case(
        BASE,
        lambda op: op.create_index("ix_e", "t", [sa.text("lower(b)")], schema="s"),
        {"expression": ("CREATE INDEX ix_e ON s.t (upper(b))", ("upper(b)", "lower(b)"))},
    ),
    "drop_index": Case(
        BASE + "CREATE INDEX ix_t ON s.t (a);",
        lambda op: op.drop_index("ix_t", table_name="t", schema="s"),
        {
            "of another table": (
                "DROP INDEX s.ix_t; CREATE INDEX ix_t ON s.parent (code)",
                ("ix_t", "index on table parent"),
            ),
            "other kind: table": ("DROP INDEX s.ix_t; CREATE TABLE s.ix_t ()", ("ix_t", "table")),
        },
    ),
    "validate_constraint": Case(
        BASE + "ALTER TABLE s.t ADD CONSTRAINT ck_t CHECK (a > 0) NOT VALID;",
        lambda op: op.validate_constraint("ck_t", "t", schema="s"),
        {"absent": ("ALTER TABLE s.t DROP CONSTRAINT ck_t", ("ck_t", "absent"))},
    ),
    "create_index_concurrently": Case(
        BASE,
        lambda op: op.create_index_concurrently("ix_t", "t", ["a"], unique=True, schema="s"),
        {
            "columns": ("CREATE UNIQUE INDEX ix_t ON s.t (b)", ("index ix_t", "(b)", "(a)")),
            "unique": ("CREATE INDEX ix_t ON s.t (a)", ("UNIQUE",)),
        },
        commits=True,
    ),
    "drop_index_concurrently": Case(
        BASE + "CREATE INDEX ix_t ON s.t (a);",
        lambda op: op.drop_index_concurrently("ix_t", "t", schema="s"),
        commits=True,
    ),
}
