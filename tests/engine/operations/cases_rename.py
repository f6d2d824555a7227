"""Renames of what is equal under another name: OID and file stay."""

from __future__ import annotations

from harness import BASE, Case

INDEXED = BASE + 'CREATE INDEX old ON s.t (a); CREATE INDEX "an other" ON s.other (id);'
ENUM = "CREATE SCHEMA s; CREATE TYPE s.old AS ENUM ('a', 'b'); CREATE TABLE s.t (m s.old DEFAULT 'a');"
WORDS = ("under the old name", "under the new name")

CASES: dict[str, Case] = {
    "rename_constraint": Case(
        BASE + "ALTER TABLE s.t ADD CONSTRAINT old CHECK (a > 0);",
        lambda op: op.rename_constraint("old", "the %new", "t", schema="s"),
        {
            "neither": ("ALTER TABLE s.t DROP CONSTRAINT old", ("constraint old on s.t", *WORDS)),
            "both": (
                'ALTER TABLE s.t ADD CONSTRAINT "the %new" CHECK (a > 1)',
                ("check constraint under", *WORDS),
            ),
        },
    ),
    "rename_constraint of a key": Case(
        BASE + "ALTER TABLE s.t ADD CONSTRAINT old PRIMARY KEY (id);",
        lambda op: op.rename_constraint("old", "new", table="t", schema="s"),
        {"of another table": ("ALTER TABLE s.t DROP CONSTRAINT old", ("old on s.t", "nothing", *WORDS))},
    ),
    "rename_index": Case(
        INDEXED,
        lambda op: op.rename_index("old", "new", schema="s"),
        {
            "neither": ("DROP INDEX s.old", ('index s."old"', *WORDS)),
            "the new name is a table's": ("CREATE TABLE s.new ()", ('index s."old"', "table under", *WORDS)),
            "index of a constraint": (
                "DROP INDEX s.old; ALTER TABLE s.t ADD CONSTRAINT old UNIQUE (a)",
                ('index s."old"', "index of a constraint", *WORDS),
            ),
        },
    ),
    "rename_index of a table": Case(
        INDEXED + "DROP INDEX s.old; CREATE INDEX old ON s.t (a);",
        lambda op: op.rename_index("old", "new", table="t", schema="s"),
        {"of another table": ("DROP INDEX s.old; CREATE INDEX old ON s.other (id)", ("nothing", *WORDS))},
    ),
    "rename_sequence": Case(
        BASE
        + "CREATE SEQUENCE s.old OWNED BY s.t.id; ALTER TABLE s.t ALTER id SET DEFAULT nextval('s.old');",
        lambda op: op.rename_sequence("old", "new", schema="s"),
        {
            "neither": ("DROP SEQUENCE s.old CASCADE", ('sequence s."old"', *WORDS)),
            "other kind": (
                "DROP SEQUENCE s.old CASCADE; CREATE VIEW s.old AS SELECT 1",
                ("view under", *WORDS),
            ),
        },
    ),
    "rename_enum": Case(
        ENUM,
        lambda op: op.rename_enum("old", "new", schema="s"),
        {
            "neither": ("DROP TYPE s.old CASCADE", ('enum s."old"', *WORDS)),
            "both": ("CREATE TYPE s.new AS ENUM ('a', 'b')", ('enum s."old"', *WORDS)),
            "other kind": ("DROP TYPE s.old CASCADE; CREATE DOMAIN s.old AS text", ("domain under", *WORDS)),
        },
    ),
    "rename_object": Case(
        "CREATE SCHEMA s; CREATE VIEW s.old AS SELECT 1 AS one;",
        lambda op: op.rename_object("view", "old", "the %new", schema="s"),
        {
            "neither": ("DROP VIEW s.old", ('view s."old"', *WORDS)),
            "both": ('CREATE VIEW s."the %new" AS SELECT 2 AS two', ('view s."old"', *WORDS)),
            "other kind": ("DROP VIEW s.old; CREATE TABLE s.old ()", ("nothing under", *WORDS)),
        },
    ),
    "rename_object of a table": Case(
        BASE + "CREATE POLICY old ON s.t USING (a > 0);",
        lambda op: op.rename_object("policy", "old", "new", table="t", schema="s"),
        {"of another table": ("DROP POLICY old ON s.t", ("old", "nothing", *WORDS))},
    ),
    "rename_object of a function": Case(
        "CREATE SCHEMA s; CREATE FUNCTION s.old(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';",
        lambda op: op.rename_object("function", "old(integer)", "new(integer)", schema="s"),
        {"neither": ("DROP FUNCTION s.old", ("nothing", *WORDS))},
    ),
}
