"""Objects by PostgreSQL's own print, which it prints in another way once it has read it."""

from __future__ import annotations

from harness import BASE, Case

START = BASE + 'CREATE TABLE s."T %" (v varchar, n int);'
CONDITION = "((v)::text = ANY ((ARRAY['a'::character varying, '50%'::character varying])::text[]))"
INDEX = f'CREATE INDEX "ix ON" ON s."T %" USING btree (n DESC) WHERE {CONDITION}'
DOMAIN = CONDITION.replace("(v)", "(VALUE)")
RULE = """\
CREATE RULE ru AS
    ON DELETE TO s."T %"
   WHERE (old.n > 3) DO INSTEAD NOTHING;"""
STATISTICS = 'CREATE STATISTICS s."st %" ON v, n FROM s."T %"'
KEY = "FOREIGN KEY (a) REFERENCES s.parent(id)"

CASES: dict[str, Case] = {
    "create_table_constraint": Case(
        START,
        lambda op: op.create_table_constraint("ck", "T %", f"CHECK ({CONDITION})", schema="s"),
        {
            "another condition": (
                'ALTER TABLE s."T %" ADD CONSTRAINT ck CHECK (n > 0)',
                ("ck", "50%"),
            )
        },
    ),
    "create_table_constraint key": Case(
        START,
        lambda op: op.create_table_constraint("pk", "T %", "PRIMARY KEY (n) DEFERRABLE", schema="s"),
        {"not deferrable": ('ALTER TABLE s."T %" ADD CONSTRAINT pk PRIMARY KEY (n)', ("pk", "DEFERRABLE"))},
    ),
    "create_table_constraint foreign key": Case(
        BASE,
        lambda op: op.create_table_constraint(
            "fk", "t", "FOREIGN KEY (a) REFERENCES s.parent(id)", schema="s"
        ),
        {
            "another table": (
                "ALTER TABLE s.t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES s.other(id)",
                ("fk", "s.other", "s.parent"),
            )
        },
    ),
    "replace_table_constraint": Case(
        START + 'ALTER TABLE s."T %" ADD CONSTRAINT ck CHECK (n > 0);',
        lambda op: op.replace_table_constraint(
            "ck", "T %", f"CHECK ({CONDITION})", old={"definition": "CHECK ((n > 0))"}, schema="s"
        ),
    ),
    "drop_table_constraint": Case(
        START + 'ALTER TABLE s."T %" ADD CONSTRAINT ck CHECK (n > 0);',
        lambda op: op.drop_table_constraint("ck", "T %", schema="s"),
    ),
    "create_table_index": Case(
        START,
        lambda op: op.create_table_index("ix ON", INDEX, schema="s"),
        {
            "another condition": ('CREATE INDEX "ix ON" ON s."T %" (n DESC)', ("ix ON", "50%")),
            "another table": ('CREATE INDEX "ix ON" ON s.t (a)', ("ix ON", "an index on table t")),
        },
    ),
    "drop_table_index": Case(
        START + INDEX + ";",
        lambda op: op.drop_table_index("ix ON", schema="s"),
        {"other kind: table": ('DROP INDEX s."ix ON"; CREATE TABLE s."ix ON" ()', ("ix ON", "table"))},
    ),
    "create_rule": Case(
        START,
        lambda op: op.create_rule("ru", "T %", RULE, schema="s"),
        {
            "another action": (
                'CREATE RULE ru AS ON DELETE TO s."T %" DO INSTEAD NOTHING',
                ("ru", "NOTHING"),
            ),
            "disabled": (f'{RULE} ALTER TABLE s."T %" DISABLE RULE ru', ("ru", "DISABLED")),
        },
    ),
    "create_statistics": Case(
        START,
        lambda op: op.create_statistics("st %", STATISTICS, schema="s"),
        {"other kinds": (STATISTICS.replace(" ON", "(ndistinct) ON", 1), ("st %", "ndistinct"))},
    ),
    "alter_table": Case(START, lambda op: op.alter_table("T %", "REPLICA IDENTITY FULL", schema="s")),
    "create_domain": Case(
        BASE,
        lambda op: op.create_domain("few", f"character varying CONSTRAINT ck CHECK ({DOMAIN})", schema="s"),
        {"without its constraint": ("CREATE DOMAIN s.few AS varchar", ("few", "50%"))},
    ),
}
