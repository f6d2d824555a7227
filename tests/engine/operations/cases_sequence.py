"""Sequences."""

from __future__ import annotations

from harness import BASE, Case

OPTIONS = "AS integer START 3 INCREMENT 2 MINVALUE 1 MAXVALUE 99 CACHE 1 CYCLE"
OWNED = "AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9223372036854775807 CACHE 1 OWNED BY s.t.a"
MADE = "CREATE SEQUENCE s.seq AS integer START 3 INCREMENT 2 MAXVALUE 99 CYCLE"

CASES: dict[str, Case] = {
    "create_sequence": Case(
        BASE,
        lambda op: op.create_sequence("seq", OPTIONS, schema="s"),
        {
            "options": (MADE.replace("CYCLE", ""), ("sequence seq", "CYCLE")),
            "other kind: table": ("CREATE TABLE s.seq ()", ("sequence seq",)),
        },
    ),
    "create_sequence owned": Case(
        BASE,
        lambda op: op.create_sequence("seq", OWNED, schema="s"),
        {"of another column": ("CREATE SEQUENCE s.seq OWNED BY s.t.id", ("s.t.id", "s.t.a"))},
    ),
    "replace_sequence": Case(
        BASE + "CREATE SEQUENCE s.seq OWNED BY s.t.a;",
        lambda op: op.replace_sequence("seq", OPTIONS, old={"options": OWNED}, schema="s"),
        {"neither old nor new": ("ALTER SEQUENCE s.seq CACHE 7", ("sequence seq", "CACHE 7"))},
    ),
    "drop_sequence": Case(
        BASE + "CREATE SEQUENCE s.seq;",
        lambda op: op.drop_sequence("seq", schema="s"),
        {"other kind: table": ("DROP SEQUENCE s.seq; CREATE TABLE s.seq ()", ("sequence seq", "table"))},
    ),
}
