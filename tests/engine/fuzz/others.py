"""Objects of rarer kinds, each in a few definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from kinds import KINDS
from shape import Other, Place, Shape, Table
from sqlalchemy.dialects import postgresql

from app_schema import ddl
from app_schema.ddl.printed_type import PrintedType
from app_schema.ddl.sql import ident, qualified

_TOKENS = (
    "asciihword, asciiword, email, file, float, host, hword, hword_asciipart, hword_numpart, hword_part, "
    "int, numhword, numword, sfloat, uint, url, url_path, version"
)
_ADD: dict[str, Any] = {
    "arguments": "a integer, b integer",
    "returns": "integer",
    "language": "sql",
    "settings": None,
}
ROLE = "app_schema_fuzz"
"""A role for settings, which the reserved ones cannot have."""
_FREE = "DELETE"
"""A rule for another event would change what becomes of the rows."""
Declared = Iterator[ddl.DDLObject]
Declare = Callable[[sa.MetaData, Shape, Other], Declared]


def declare(metadata: sa.MetaData, shape: Shape, other: Other) -> None:
    """Declares one of them, with what it is made of."""
    for obj in OTHERS[other.word](metadata, shape, other):
        ddl.attach(metadata, obj)


def schemas(shape: Shape) -> set[str]:
    """The schemas of what they declare."""
    return {"s two"} if shape.others else set()


def rows(other: Other) -> list[str]:
    """Statements that fill its own tables."""
    values = {
        "domain": ["INSERT INTO \"s two\".coded (code) VALUES ('12345')"],
        "composite": ["INSERT INTO paired (p, s) VALUES (ROW (1, 'a'), '[1, 2)')"],
        "partitioned": [
            f"INSERT INTO log (at, n) VALUES ('{year}-02-03', {number})"
            for number, year in enumerate((2020, 2021, 2030))
        ],
        "heir": ["INSERT INTO ancestor (id) VALUES (1)", 'INSERT INTO "s two".heir (id) VALUES (2)'],
        "defaults": ["INSERT INTO \"s two\".behind VALUES (1, 'a')"],
        "storage": ["INSERT INTO \"stored so\" VALUES (1, 'a')"],
        "temporal": [
            "INSERT INTO \"s two\".temporal VALUES ('[1, 2)', '[1, 3)')",
            "INSERT INTO within VALUES ('[1, 2)', '[1, 2)')",
        ],
        "materialized": ["REFRESH MATERIALIZED VIEW stored"],
        "foreign heir": ["INSERT INTO \"s two\".near (a, b) VALUES (1, 'a'), (2, 'b')"],
    }
    return values.get(other.word, [])


def kept(shape: Shape) -> Iterator[Other]:
    """Those of which everything is there that they are made of."""
    enums = {enum.place for enum in shape.enums}
    for other in shape.others:
        table = _table(shape, other)
        if other.word in {"rule", "statistics", "publication", "option", "not null"}:
            if table is None or other.column not in table.types:
                continue
            if other.word not in {"rule", "not null"} and not _is_plain(table, other.column):
                continue
        if other.word in {"owner", "comment", "trigger state"} and table is None:
            continue
        if other.word == "cast" and Place("public", "mood") not in enums:
            continue
        yield other


def _table(shape: Shape, other: Other) -> Table | None:
    return next((table for table in shape.tables if table.place == other.table), None)


def _is_plain(table: Table, name: str) -> bool:
    """True if a column has a built-in type, and values of its own."""
    column = next(column for column in table.columns if column.name == name)
    return column.type in KINDS and not column.computed


def _domain(metadata: sa.MetaData, _: Shape, other: Other) -> Declared:
    given: tuple[dict[str, Any], ...] = (
        {"check": "length(VALUE) = 5", "constraint_name": "five"},
        {"check": "length(VALUE) > 2", "constraint_name": "long", "default": "abcde"},
        {"check": "VALUE <> ''", "constraint_name": "five", "not_null": True},
    )
    domain = postgresql.DOMAIN("Code", sa.Text, schema="s two", **given[other.number % 3])
    items: list[Any] = [sa.Column("code", domain)]
    items += [sa.Column("codes", postgresql.ARRAY(domain))] if other.number // 3 else []
    sa.Table("coded", metadata, *items, schema="s two")
    yield from ()


def _composite(metadata: sa.MetaData, _: Shape, other: Other) -> Declared:
    attributes = ("a integer, b text", "a integer, b text, c date", "b text, a integer")[other.number % 3]
    yield ddl.Composite("loose", f"({attributes})", schema="public")
    yield ddl.Composite("Pair", "(a integer, b text)", schema="s two")
    yield ddl.RangeType(
        "span", "AS RANGE (SUBTYPE = double precision, SUBTYPE_DIFF = float8mi)", schema="public"
    )
    if other.number // 3:
        yield ddl.RangeType("wide", "AS RANGE (SUBTYPE = bigint)", schema="s two")
    columns = sa.Column("p", PrintedType('"s two"."Pair"')), sa.Column("s", PrintedType("public.span"))
    sa.Table("paired", metadata, *columns)


def _collation(_: sa.MetaData, __: Shape, other: Other) -> Declared:
    locale = ("C", "POSIX")[other.number % 2]
    yield ddl.Collation("Plain", f"(PROVIDER = libc, LOCALE = '{locale}')", schema="s two")


def _aggregate(_: sa.MetaData, __: Shape, other: Other) -> Declared:
    name, schema = (("add", "public"), ("more", "s two"))[other.number // 3]
    initial = (None, "0", "5")[other.number % 3]
    yield ddl.Function(name, "SELECT a + b", schema=schema, **_ADD)
    sfunc = qualified(name, schema)
    yield ddl.Aggregate("Total", "integer", sfunc=sfunc, stype="integer", initcond=initial, schema="s two")
    yield ddl.View("totals", 'SELECT "s two"."Total"(a) AS sum FROM (VALUES (1)) AS v(a)', schema="public")


def _operator(metadata: sa.MetaData, __: Shape, other: Other) -> Declared:
    body = ("SELECT a + b", "SELECT a - b", "SELECT b")[other.number % 3]
    yield ddl.Function("plus", body, schema="public", **_ADD)
    definition = "(FUNCTION = public.plus, LEFTARG = integer, RIGHTARG = integer)"
    yield ddl.Operator("|+|(integer, integer)", definition, schema="public")
    if other.number // 3:
        check = ddl.TableConstraint("added", "CHECK (((a OPERATOR(public.|+|) 1) > 0))")
        sa.Table("summed", metadata, sa.Column("a", sa.Integer), check, schema="public")


def _operator_class(_: sa.MetaData, __: Shape, other: Other) -> Declared:
    yield ddl.OperatorFamily("Family USING btree", schema="s two")
    if other.number % 2:
        yield ddl.OperatorClass(
            "back USING btree",
            "FOR TYPE integer USING btree AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, "
            "OPERATOR 5 <, FUNCTION 1 btint4cmp(integer, integer)",
            schema="public",
        )


def _cast(_: sa.MetaData, __: Shape, other: Other) -> Declared:
    how = ("WITH INOUT", "WITH INOUT AS ASSIGNMENT")[other.number % 2]
    yield ddl.Cast("public.mood AS integer", how, schema="public")


def _search(_: sa.MetaData, __: Shape, other: Other) -> Declared:
    language = ("english", "german", "simple")[other.number % 3]
    template = "pg_catalog.simple" if language == "simple" else "pg_catalog.snowball"
    option = "" if language == "simple" else f", LANGUAGE = {language}"
    yield ddl.TextSearchDictionary("Stem", f"(TEMPLATE = {template}{option})", schema="s two")
    words = ('"s two"."Stem"', "pg_catalog.simple", '"s two"."Stem", pg_catalog.simple')[other.number // 2]
    mappings = {_TOKENS: "pg_catalog.simple", "word": words}
    if words == "pg_catalog.simple":
        mappings = {f"{_TOKENS}, word": words}
    yield ddl.TextSearchConfiguration("words", mappings=mappings, schema="public")


def _rule(_: sa.MetaData, __: Shape, other: Other) -> Declared:
    where = (f" WHERE (old.{ident(other.column)} IS NULL)", "")[other.number % 2]
    does = ("INSTEAD NOTHING", "NOTHING")[other.number // 3]
    schema, table = other.table
    definition = f"CREATE RULE nothing AS ON {_FREE} TO {qualified(table, schema)}{where} DO {does}"
    yield ddl.Rule("nothing", definition, table=table, schema=schema)


def _statistics(_: sa.MetaData, shape: Shape, other: Other) -> Declared:
    table = _table(shape, other)
    assert table is not None
    plain = [column for column in table.types if _is_plain(table, column) and column != other.column]
    second = ident(plain[0]) if plain else f"({ident(other.column)} IS NULL)"
    kinds = ("", " (ndistinct)", " (ndistinct, dependencies)")[other.number % 3]
    schema, name = other.table
    start = f"CREATE STATISTICS {qualified('Stat', schema)}{kinds if plain else ''}"
    definition = f"{start} ON {ident(other.column)}, {second} FROM {qualified(name, schema)}"
    yield ddl.Statistics("Stat", definition, target=(None, 300)[other.number // 3], schema=schema)


def _publication(_: sa.MetaData, __: Shape, other: Other) -> Declared:
    table = f"TABLE {qualified(other.table.name, other.table.schema)}"
    column = ident(other.column)
    objects = (table, f"{table} ({column})", f"{table} WHERE ({column} IS NOT NULL)", "ALL TABLES")
    # a table without a key publishes no UPDATE, and refuses each
    publish = ("insert", "insert, truncate")[other.number // 3]
    yield ddl.Publication("Pub", objects[other.number % 4], options=f"publish = '{publish}'")


def _foreign(_: sa.MetaData, __: Shape, other: Other) -> Declared:
    options = ("host 'h'", "host 'other'", "port '1', host 'h'")[other.number % 3]
    columns = ("a integer NOT NULL, b text", "a bigint, b text")[other.number // 3]
    yield ddl.ForeignDataWrapper("far")
    yield ddl.ForeignServer("There", "FOREIGN DATA WRAPPER far", options=options)
    yield ddl.ForeignTable("abroad", f'({columns}) SERVER "There"', schema="public")
    if other.number % 3 == 1:
        yield ddl.Grant("SELECT", to="pg_monitor", table="abroad", schema="public")
        yield ddl.Grant("UPDATE", columns=["a"], to="pg_monitor", table="abroad", schema="public")
    if other.number > 2:
        role = ("pg_signal_backend", "pg_read_all_data")[other.number % 2]
        yield ddl.Owner(role, of="foreign_table", name="abroad", schema="public")


def _foreign_heir(metadata: sa.MetaData, _: Shape, other: Other) -> Declared:
    yield ddl.ForeignDataWrapper("other")
    yield ddl.ForeignServer("Elsewhere", "FOREIGN DATA WRAPPER other")
    shared = (
        {"a": sa.Integer, "b": sa.Text},
        {"a": sa.BigInteger, "b": sa.Text},
        {"a": sa.Integer, "b": sa.Text, "c": sa.Date},
    )[other.number % 3]
    columns: list[sa.Column[Any]] = [sa.Column(name, type_) for name, type_ in shared.items()]
    sa.Table("near", metadata, *columns, schema="s two")
    own = ("z integer", "z integer, y text")[other.number // 3]
    inherits = f'({own}) INHERITS ("s two".near) SERVER "Elsewhere"'
    yield ddl.ForeignTable("far away", inherits, schema="public")


def _default_privileges(_: sa.MetaData, __: Shape, other: Other) -> Declared:
    schema = ("s two", None)[other.number % 2]
    on, privileges = (("TABLES", "SELECT"), ("FUNCTIONS", "EXECUTE"), ("SEQUENCES", "USAGE"))[
        other.number % 3
    ]
    yield ddl.DefaultPrivileges(privileges, to="pg_monitor", on=on, schema=schema)
    if other.number > 2:
        yield ddl.DefaultPrivileges(["SELECT", "INSERT"], to="PUBLIC", on="TABLES", schema="s two")


def _trigger_state(_: sa.MetaData, __: Shape, other: Other) -> Declared:
    yield ddl.Function("idle", "BEGIN RETURN NEW; END", returns="trigger", settings=None, schema="s two")
    states = ("DISABLED", "ALWAYS", "REPLICA", "ORIGIN")
    schema, table = other.table
    for number in range(1 + other.number // 3):
        state = states[(other.number + number) % 4]
        when = ("UPDATE", "INSERT")[number]
        yield ddl.Trigger(
            f"stately {number}",
            before=when,
            execute='"s two".idle()',
            enabled=state,
            table=table,
            schema=schema,
        )


def _partitioned(metadata: sa.MetaData, _: Shape, other: Other) -> Declared:
    number = other.number
    items: list[Any] = [sa.Column("at", sa.Date, nullable=False)]
    items += [sa.Column("n", (sa.Integer, sa.BigInteger)[number // 3])]
    items += [sa.Column("k", sa.Text, server_default="x")] if number % 2 else []
    items += [sa.Index("ix log", "n")] if number % 3 else []
    items += [sa.PrimaryKeyConstraint("at", name="log pk")] if number % 3 == 1 else []
    items += [sa.CheckConstraint("n >= 0", name="log check")] if number in (2, 3) else []
    sa.Table("log", metadata, *items, postgresql_partition_by="RANGE (at)", schema="public")
    years = [f"FOR VALUES FROM ('{year}-01-01') TO ('{year + 1}-01-01')" for year in (2020, 2021)]
    yield ddl.Partition("log_1", "public.log", years[0], partition_by="HASH (at)", schema="public")
    whole = "FOR VALUES WITH (modulus 1, remainder 0)"
    yield ddl.Partition("log_1_1", "public.log_1", whole, schema="s two")
    if number in (1, 2, 5):
        yield ddl.Partition("log_2", "public.log", years[1], schema="public")
    if number in (0, 4):
        yield ddl.Partition("log rest", "public.log", "DEFAULT", schema="s two")


def _heir(metadata: sa.MetaData, _: Shape, other: Other) -> Declared:
    number = other.number
    shared = (("id", sa.Integer), ("name", sa.Text))[: 1 + number % 2]
    sa.Table("ancestor", metadata, *(sa.Column(*one) for one in shared), schema="public")
    own: list[Any] = [sa.Column("extra", sa.Integer)] if number % 3 else []
    own += [sa.Index("ix heir", "id")] if number // 3 else []
    inherits: dict[str, Any] = {"postgresql_inherits": "ancestor"} if number != 1 else {}
    sa.Table("heir", metadata, *(sa.Column(*one) for one in shared), *own, schema="s two", **inherits)
    yield from ()


def _event_trigger(_: sa.MetaData, __: Shape, other: Other) -> Declared:
    body = ("BEGIN END", "BEGIN NULL; END")[other.number % 2]
    yield ddl.Function("watch", body, returns="event_trigger", settings=None, schema="public")
    tags = ("", "WHEN TAG IN ('CREATE TABLE', 'DROP VIEW') ")[other.number // 3]
    state = ("ORIGIN", "DISABLED", "ALWAYS")[other.number % 3]
    definition = f"ON ddl_command_end {tags}EXECUTE FUNCTION public.watch()"
    yield ddl.EventTrigger("watcher", definition, enabled=state)


def _sequence(metadata: sa.MetaData, _: Shape, other: Other) -> Declared:
    given: tuple[dict[str, Any], ...] = ({}, {"increment": 5}, {"start": 7, "cycle": True}, {"maxvalue": 700})
    sa.Sequence("Counter", metadata=metadata, schema="s two", **given[other.number % 4])
    yield from ()


def _option(_: sa.MetaData, __: Shape, other: Other) -> Declared:
    column = ident(other.column)
    name, value = (
        (f"ALTER COLUMN {column} SET STATISTICS", "300"),
        ("REPLICA IDENTITY", "FULL"),
        (f"ALTER COLUMN {column} SET (n_distinct)", "7"),
    )[other.number % 3]
    yield ddl.TableOption(name, value, table=other.table.name, schema=other.table.schema)


def _materialized(metadata: sa.MetaData, _: Shape, other: Other) -> Declared:
    number = other.number
    sa.Table("base", metadata, sa.Column("id", (sa.Integer, sa.BigInteger)[number % 2]), schema="public")
    columns = ("id", "id, 1 AS one")[number // 3]
    yield ddl.View("stored", f"SELECT {columns} FROM public.base", materialized=True, schema="public")
    yield ddl.View("above", "SELECT id FROM public.stored", schema="s two")


def _procedure(_: sa.MetaData, __: Shape, other: Other) -> Declared:
    body, arguments = (
        ("SELECT 1", "SELECT 2")[other.number % 2],
        ("a integer", "a integer, b text")[other.number // 3],
    )
    yield ddl.Procedure("Work", body, arguments=arguments, language="sql", settings=None, schema="s two")


def _setting(_: sa.MetaData, __: Shape, other: Other) -> Declared:
    yield ddl.Setting("app.Tenant", ("1", "100% 'it''s'", "2")[other.number % 3])
    if other.number // 3:
        yield ddl.Setting("search_path", ('public, "$user"', '"s two"')[other.number % 2])
        yield ddl.Setting("work_mem", ("5MB", "6MB", "7MB")[other.number % 3], role=ROLE)


def _object_grant(_: sa.MetaData, shape: Shape, other: Other) -> Declared:
    yield ddl.Composite("granted", "(a integer)", schema="s two")
    # no owner of others
    to, option = ("pg_write_all_data", "pg_read_all_settings")[other.number % 2], other.number == 1
    yield ddl.ObjectGrant("USAGE", to=to, on="TYPE", of="granted", with_grant_option=option, schema="s two")
    if other.number // 2 == 1:
        yield ddl.ObjectGrant((), to="PUBLIC", on="TYPE", of="granted", schema="s two")
    if other.number // 2 == 2:
        yield ddl.ObjectGrant("TEMPORARY", to=to, on="DATABASE")
    for enum in shape.enums[: other.number % 3]:
        yield ddl.ObjectGrant("USAGE", to=to, on="TYPE", of=enum.place.name, schema=enum.place.schema)


def _comment(_: sa.MetaData, shape: Shape, other: Other) -> Declared:
    text = ("plain", 'it\'s 100% :x \\ "q"')[other.number % 2]
    table = _table(shape, other)
    assert table is not None
    schema, name = table.place
    objects: list[tuple[str, str, str | None]] = [("index", index.name, None) for index in table.indexes]
    objects += [("trigger", trigger.name, name) for trigger in table.triggers]
    objects += [("policy", policy.name, name) for policy in table.policies]
    for kind, named, of in objects[: other.number]:
        yield ddl.Comment(kind, named, text, table=of, schema=schema)
    for view in shape.views[: other.number % 3]:
        yield ddl.Comment("view", view.place.name, text, schema=view.place.schema)
        column = view.columns[0]
        yield ddl.Comment("column", column, text, table=view.place.name, schema=view.place.schema)
    for function in shape.functions[: other.number % 2]:
        signature = f"{function.place.name}({function.arguments.partition(' ')[2]})"
        yield ddl.Comment("function", signature, text, schema=function.place.schema)


def _owner(_: sa.MetaData, shape: Shape, other: Other) -> Declared:
    # roles of PostgreSQL: examples that run at the same time share the cluster
    role = ("pg_monitor", "pg_read_all_data", "pg_signal_backend")[other.number % 3]
    schema, name = other.table
    yield ddl.Owner(role, table=name, schema=schema)
    for view in shape.views[: other.number // 2]:
        yield ddl.Owner(role, of="view", name=view.place.name, schema=view.place.schema)
    for enum in shape.enums[: other.number // 2]:
        yield ddl.Owner(role, of="type", name=enum.place.name, schema=enum.place.schema)
    for function in shape.functions[: other.number // 3]:
        signature = f"{function.place.name}({function.arguments.partition(' ')[2]})"
        yield ddl.Owner(role, of="function", name=signature, schema=function.place.schema)


def _not_null(_: sa.MetaData, shape: Shape, other: Other) -> Declared:
    table = _table(shape, other)
    assert table is not None
    column = next(column for column in table.columns if column.name == other.column)
    name = ("there", '100% "there"')[other.number % 2]
    schema, of = table.place
    yield ddl.NotNull(
        column.name,
        name,
        # of a key it is inherited; a generated column may have none that is NOT VALID
        no_inherit=other.number // 3 == 1 and not column.nullable and not _is_in_key(table, column.name),
        not_valid=column.nullable,
        table=of,
        schema=schema,
    )


def _is_in_key(table: Table, column: str) -> bool:
    primary = table.primary()
    return primary is not None and column in primary.columns


def _defaults(metadata: sa.MetaData, _: Shape, other: Other) -> Declared:
    sa.Table("behind", metadata, sa.Column("id", sa.Integer), sa.Column("n", sa.Text), schema="s two")
    defaults = ({"id": "1"}, {"id": "2", "n": "'it''s'::text"}, {})[other.number % 3]
    columns = ("id, n", "n, id")[other.number // 3]
    yield ddl.View("Front", f'SELECT {columns} FROM "s two".behind', defaults=defaults, schema="public")


def _storage(metadata: sa.MetaData, _: Shape, other: Other) -> Declared:
    items: list[Any] = [sa.Column("id", sa.Integer), sa.Column("body", sa.Text)]
    items += [sa.Index("ix stored", "id", unique=True)]
    options: dict[str, Any] = {"prefixes": ["UNLOGGED"]} if other.number % 2 else {}
    options |= {"postgresql_with": {"fillfactor": 60 + other.number}} if other.number // 2 else {}
    more = (
        ddl.TableOption("CLUSTER ON", '"ix stored"'),
        ddl.TableOption("ALTER COLUMN body SET STORAGE", "EXTERNAL"),
        ddl.TableOption("ALTER COLUMN body SET COMPRESSION", "pglz"),
        ddl.TableOption("SET (toast.autovacuum_enabled)", "false"),
    )
    sa.Table("stored so", metadata, *items, *more[: other.number], schema="public", **options)
    yield from ()


def _temporal(metadata: sa.MetaData, _: Shape, other: Other) -> Declared:
    ranges = [sa.Column(name, postgresql.INT4RANGE, nullable=False) for name in ("of", "during")]
    words = ("PRIMARY KEY (of, during WITHOUT OVERLAPS)", "UNIQUE (of, during WITHOUT OVERLAPS)")
    more = (
        "CHECK ((upper(during) > 0)) NOT VALID",
        "CHECK ((upper(during) > 0)) NOT ENFORCED",
        "CHECK ((upper(during) > 0)) NO INHERIT",
    )[other.number % 3]
    items = ddl.TableConstraint("over", words[other.number % 2]), ddl.TableConstraint("state", more)
    sa.Table("temporal", metadata, *ranges, *items, schema="s two")
    if other.number // 3:
        key = 'FOREIGN KEY (of, PERIOD during) REFERENCES "s two".temporal(of, PERIOD during)'
        columns = [sa.Column(name, postgresql.INT4RANGE) for name in ("of", "during")]
        sa.Table("within", metadata, *columns, ddl.TableConstraint("fk", key), schema="public")
    yield from ()


OTHERS: dict[str, Declare] = {
    "domain": _domain,
    "composite": _composite,
    "collation": _collation,
    "aggregate": _aggregate,
    "operator": _operator,
    "operator class": _operator_class,
    "cast": _cast,
    "search": _search,
    "rule": _rule,
    "statistics": _statistics,
    "publication": _publication,
    "foreign": _foreign,
    "foreign heir": _foreign_heir,
    "partitioned": _partitioned,
    "heir": _heir,
    "event trigger": _event_trigger,
    "sequence": _sequence,
    "option": _option,
    "materialized": _materialized,
    "procedure": _procedure,
    "setting": _setting,
    "object grant": _object_grant,
    "comment": _comment,
    "owner": _owner,
    "not null": _not_null,
    "defaults": _defaults,
    "storage": _storage,
    "temporal": _temporal,
    "default privileges": _default_privileges,
    "trigger state": _trigger_state,
}
