"""Undeclared dependents of a column whose type changes: they are created again, or no revision is written."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from roundtrip import RoundTrip, changed, send  # noqa: F401 - a fixture

from app_schema.ddl import Policy, Trigger
from app_schema.errors import ModelError

pytestmark = pytest.mark.part(of=6)

TABLE = (
    "CREATE TABLE t (id int PRIMARY KEY, c {type}, o text)",
    "CREATE TABLE heir () INHERITS (t)",
    "CREATE TABLE other (id int)",
    "INSERT INTO t VALUES (1, 'a', 'x'), (2, NULL, 'y')",
)
UNFIT = {
    "the default of column c on public.heir": "ALTER TABLE heir ALTER c SET DEFAULT 'a'",
    "index lower_c on public.t": "CREATE INDEX lower_c ON t (lower(c))",
    "index of_class on public.t": "CREATE INDEX of_class ON t (c text_pattern_ops)",
    "index partial_t on public.t": "CREATE INDEX partial_t ON t (id) WHERE c = 'a'",
    "index of_heir on public.heir": "CREATE INDEX of_heir ON heir ((c || o))",
    "policy p on public.other": (
        "CREATE POLICY p ON other TO pg_monitor "
        "USING (EXISTS (SELECT FROM t WHERE t.c = 'a' AND t.id = other.id))"
    ),
    "trigger tr on public.t": (
        "CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW WHEN (new.c = 'a') "
        "EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    ),
    "column g on public.t": "ALTER TABLE t ADD g text GENERATED ALWAYS AS (lower(c)) STORED",
    "statistics public.st": "CREATE STATISTICS st ON lower(c), o FROM t",
    "rule r on public.t": "CREATE RULE r AS ON DELETE TO t WHERE old.c = 'a' DO INSTEAD NOTHING",
    "view public.w": "CREATE VIEW v AS SELECT t.c FROM t; CREATE VIEW w AS SELECT v.c FROM v WHERE v.c = 'a'",
    "publication of_rows": "CREATE PUBLICATION of_rows FOR TABLE t WHERE (c = 'a')",
}


def _table(type_: Any, *items: Any) -> sa.MetaData:
    metadata = sa.MetaData()
    columns: list[Any] = [sa.Column("id", sa.Integer, primary_key=True), sa.Column("c", type_)]
    sa.Table("t", metadata, *columns, sa.Column("o", sa.Text), *items)
    return metadata


def _letter() -> sa.Enum:
    return sa.Enum("a", "b", name="letter")


def test_what_cannot_come_back_is_refused_by_name_with_the_line_to_write(empty_engine: sa.Engine) -> None:
    send(empty_engine, *(line.format(type="text") for line in TABLE))
    for label, statement in UNFIT.items():
        send(empty_engine, *statement.split("; "))
        with pytest.raises(ModelError) as error:
            autogenerate(empty_engine, _table(_letter()), managed_schemas={"public"})
        said = str(error.value)
        assert f"{label} depends on column c on public.t, which changes" in said, said
        line = said.rpartition("op.execute(")[2][1:-2]
        send(empty_engine, line)  # the line to write is all that is needed
    generated = autogenerate(empty_engine, _table(_letter()), managed_schemas={"public"})
    for _ in range(2):
        generated.upgrade(empty_engine)


def test_what_is_valid_for_the_new_type_comes_back(changed: RoundTrip) -> None:  # noqa: F811
    fitting = [line for label, line in UNFIT.items() if not label.startswith("publication")]
    changed(
        *(line.format(type="varchar(9)") for line in TABLE),
        *(part for line in fitting for part in line.split("; ")),
        "CREATE UNIQUE INDEX key_of_t ON t (c)",
        "CREATE TABLE refers (c varchar(9) CONSTRAINT fk REFERENCES t (c))",
        "INSERT INTO refers VALUES ('a')",
        metadata=_table(sa.Text()),
    )


def test_declared_definitions_take_the_place_of_those_of_the_old_type(changed: RoundTrip) -> None:  # noqa: F811
    items = [
        sa.Index("partial_t", "id", postgresql_where=sa.text("c = 'a'")),
        sa.Index("of_class", "c"),
        sa.CheckConstraint("c <> 'b' OR id > 0", name="ck"),
        Policy("p", using="c = 'a'"),
        Trigger("tr", before="UPDATE", when="new.c = 'a'", execute="suppress_redundant_updates_trigger()"),
        sa.Column("g", sa.Boolean, sa.Computed("c = 'a'", persisted=True)),
    ]
    changed(
        TABLE[0].format(type="text DEFAULT 'a'"),
        TABLE[-1],
        *(UNFIT[label] for label in ("index of_class on public.t", "index partial_t on public.t")),
        UNFIT["trigger tr on public.t"],
        "CREATE POLICY p ON t USING (c = 'a')",
        "ALTER TABLE t ADD CONSTRAINT ck CHECK (c <> 'b' OR id > 0)",
        "ALTER TABLE t ADD g boolean GENERATED ALWAYS AS (c = 'a') STORED",
        metadata=_table(_letter(), *items),
    )


def test_check_of_a_partition_of_a_partition_comes_back_or_is_refused_with_the_true_reason(
    changed: RoundTrip,  # noqa: F811
    empty_engine: sa.Engine,
) -> None:
    def declared(type_: Any) -> sa.MetaData:
        metadata = sa.MetaData()
        columns = sa.Column("a", sa.Integer), sa.Column("b", type_)
        sa.Table("p", metadata, *columns, postgresql_partition_by="LIST (a)")
        return metadata

    changed(
        "CREATE TABLE p (a int, b int) PARTITION BY LIST (a)",
        "CREATE TABLE p20 PARTITION OF p FOR VALUES IN (1, 2) PARTITION BY LIST (a)",
        "CREATE TABLE p20a PARTITION OF p20 (CONSTRAINT own CHECK (b > 0)) FOR VALUES IN (1)",
        metadata=declared(sa.BigInteger),
    )
    with pytest.raises(ModelError, match="operator does not exist: text > integer"):
        autogenerate(empty_engine, declared(sa.Text), managed_schemas={"public"})
