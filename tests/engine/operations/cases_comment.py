"""``comment_on`` for every kind of object. One takes the place of any other: only absence is refused."""

from __future__ import annotations

from typing import Any

from harness import BASE, Case

TEXT = "it's 100 % \\ sure"
THERE = """
CREATE TYPE s.mood AS ENUM ('a'); CREATE DOMAIN s.word AS text;
CREATE TYPE s.span AS RANGE (subtype = float8);
CREATE FUNCTION s."Even"(n integer, m s.mood) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION s.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE UPDATE ON s.t FOR EACH ROW EXECUTE FUNCTION s.touch();
CREATE POLICY "p 1" ON s.t; CREATE RULE ru AS ON DELETE TO s.other DO INSTEAD NOTHING;
ALTER TABLE s.t ADD CONSTRAINT "ck T" CHECK (a > 0); CREATE INDEX ix_t ON s.t (a); CREATE SEQUENCE s.seq;
CREATE VIEW s.v AS SELECT 1 AS one; CREATE MATERIALIZED VIEW s.m AS SELECT 1 AS one;
"""
ON: dict[str, tuple[str, str | None]] = {
    "constraint": ("ck T", "t"),
    "trigger": ("tr", "t"),
    "policy": ("p 1", "t"),
    "rule": ("ru", "other"),
    "index": ("ix_t", None),
    "sequence": ("seq", None),
    "view": ("v", None),
    "materialized_view": ("m", None),
    "enum": ("mood", None),
    "domain": ("word", None),
    "range": ("span", None),
    "function": ("Even(integer, s.mood)", None),
}


def _case(kind: str, name: str, table: str | None) -> Case:
    def call(op: Any) -> None:
        op.comment_on(kind, name, TEXT, table=table, schema="s")

    return Case(BASE + THERE, call)


CASES = {
    **{f"comment_on {kind}": _case(kind, *place) for kind, place in ON.items()},
    "comment_on schema": Case(BASE, lambda op: op.comment_on("schema", "s", TEXT)),
    "comment_on nothing": Case(
        BASE + THERE + "COMMENT ON INDEX s.ix_t IS 'old';",
        lambda op: op.comment_on("index", "ix_t", None, schema="s"),
    ),
    "comment_on what is absent": Case(
        BASE + THERE,
        lambda op: op.comment_on("trigger", "tr", TEXT, table="t", schema="s"),
        {"absent": ("DROP TRIGGER tr ON s.t", ("TRIGGER tr ON s.t is absent",))},
    ),
}
