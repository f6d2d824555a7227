"""What a generated revision says of itself: what it does, which locks it takes, what it loses."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from app_schema.catalog.cast import AT_ZONE, RANGES, STRINGS, base, crosses_zone, element
from app_schema.catalog.exact import TIMES, is_exact
from app_schema.ddl import DDLObject
from app_schema.migrations.layout import WIDTH

LOCKS = {
    "add_column": "ACCESS EXCLUSIVE",
    "drop_column": "ACCESS EXCLUSIVE",
    "alter_column": "ACCESS EXCLUSIVE",
    "alter_column_types": "ACCESS EXCLUSIVE",
    "drop_table": "ACCESS EXCLUSIVE",
    "alter_table": "ACCESS EXCLUSIVE",
    "rename_table": "ACCESS EXCLUSIVE",
    "rename_constraint": "ACCESS EXCLUSIVE",
    "create_index": "SHARE",
    "drop_index": "ACCESS EXCLUSIVE",
    "create_index_concurrently": "SHARE UPDATE EXCLUSIVE",
    "drop_index_concurrently": "SHARE UPDATE EXCLUSIVE",
    "create_foreign_key": "SHARE ROW EXCLUSIVE",
    "create_check_constraint": "ACCESS EXCLUSIVE",
    "create_unique_constraint": "ACCESS EXCLUSIVE",
    "create_primary_key": "ACCESS EXCLUSIVE",
    "create_exclude_constraint": "ACCESS EXCLUSIVE",
    "drop_constraint": "ACCESS EXCLUSIVE",
    "validate_constraint": "SHARE UPDATE EXCLUSIVE",
    **{f"{verb}_{kind}": lock for kind, cls in DDLObject.kinds.items() for verb, lock in cls.locks.items()},
}
"""The lock that each operation takes on its table, strongest where several are taken. Source: PostgreSQL's
ALTER TABLE page."""
_LOSES = {"drop_table": "the rows of {0}", "drop_column": "the values of {0}.{1}"}
_UNSAID = "..."
STRENGTH = ["SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "ACCESS EXCLUSIVE"]
_REFERRED = "SHARE ROW EXCLUSIVE"
_REFERENCES = re.compile(r"FOREIGN KEY .*? REFERENCES ([^(]+?) ?\(", re.DOTALL)
_REFERS, _REWRITES = "(refers to)", "(rewrites)"
"""Not names of arguments: what was read out of them."""
_STABLE = {"now", "transaction_timestamp", "statement_timestamp", "timezone", "CURRENT_TIMESTAMP", "numeric"}
_STABLE |= {
    "varchar",
    "char",
    "timestamp",
    "time",
    "interval",
    "bit",
    "varying",
    "coalesce",
    "jsonb_build_object",
}
"""Calls in a default whose value is one for all rows, and types with a length."""
_TABLE_IS_SECOND = {
    "create_index",
    "drop_index",
    "create_index_concurrently",
    "drop_index_concurrently",
    "create_foreign_key",
    "create_check_constraint",
}
_TABLE_IS_SECOND |= {
    "create_unique_constraint",
    "create_primary_key",
    "create_exclude_constraint",
    "create_table_constraint",
    "drop_table_constraint",
}
_TABLE_IS_SECOND |= {
    "drop_constraint",
    "validate_constraint",
    "create_trigger",
    "drop_trigger",
    "replace_trigger",
    "create_policy",
    "drop_policy",
    "replace_policy",
}


class _Call(NamedTuple):
    """One operation of a revision: the texts of its arguments, by place and by name."""

    name: str
    args: list[str]
    said: dict[str, str]


def header(upgrades: str, downgrades: str) -> str:
    """The paragraphs of the docstring of a revision with this code."""
    up, down = _calls(upgrades), _calls(downgrades)
    if not up:
        return "Locks: say which existing tables are locked, and how.\nDowngrade: say whether it loses data."
    counts = Counter(one.name for one in up)
    does = ", ".join(f"{count} {name}" for name, count in counts.items())
    lines = [f"Does: {does}.", f"Locks: {_locks(up)}."]
    lost, narrowed = _losses(up), _narrowed(up)
    if lost:
        lines.append(
            f"Loses data: {', '.join(lost)}. The downgrade makes the object again, and cannot bring back "
            f"what was in it."
        )
    if narrowed:
        lines.append(
            f"Loses data: {', '.join(narrowed)}. app-schema plan counts the rows whose value does not come "
            f"back."
        )
    filled = [f"{one.args[0]}.{one.said['name']}" for one in up if one.said.get(_REWRITES)]
    if filled:
        lines.append(
            f"Rewrites: the table of {', '.join(filled)}, under its lock, since each row gets a value of its "
            f"own; large tables take their time."
        )
    retyped = [one for one in up if _is_retyped(one)]
    lines += [*_rewrites(retyped), *_depends(retyped)]
    converted = ", ".join(".".join(one.args[:2]) for one in retyped)
    lines.append(f"Downgrade: {_downgrade([*_losses(down), *_narrowed(down)], converted)}.")
    return "\n".join(textwrap.fill(line, WIDTH) for line in lines)


def _rewrites(retyped: list[_Call]) -> Iterator[str]:
    rewritten = [one for one in retyped if not _is_at_utc(one)]
    if rewritten:
        yield (
            f"Rewrites: {', '.join('.'.join(one.args[:2]) for one in rewritten)} may be rewritten, under its "
            f"lock; large tables take their time. A value that the new type cannot hold stops the upgrade, "
            f"which then changes nothing."
        )
    by_text = [one for one in retyped if "::text::" in one.said.get("postgresql_using", "")]
    if by_text:
        yield (
            f"No cast: {', '.join('.'.join(one.args[:2]) for one in by_text)} is read anew from its text, "
            f"since PostgreSQL has no cast; write another postgresql_using= where that is not meant."
        )


def _depends(retyped: list[_Call]) -> Iterator[str]:
    """By what the values are converted that PostgreSQL converts by a setting."""
    zones: dict[str, list[str]] = {}
    for one in retyped:
        if zone := AT_ZONE.search(one.said.get("postgresql_using", "")):
            zones.setdefault(zone[1], []).append(".".join(one.args[:2]))
    for name, columns in zones.items():
        yield (
            f"Zone: {', '.join(columns)} is converted as local time at {name}; -x zone=Area/City, given to "
            f"autogenerate, means another one."
        )
    if pinned := [".".join(one.args[:2]) for one in retyped if _is_at_session_zone(one)]:
        yield (
            f"Zone: {', '.join(pinned)} is converted as local time at UTC, the zone of every run; write "
            f"postgresql_using= where another one is meant."
        )
    if read := [".".join(one.args[:2]) for one in retyped if _is_read(one)]:
        yield (
            f"Settings: {', '.join(read)} is read or written as text, with DateStyle 'ISO, MDY', "
            f"IntervalStyle postgres and TimeZone UTC, as every run sets them."
        )


def _downgrade(lost: list[str], converted: str) -> str:
    loses = f"loses {', '.join(lost)}" if lost else "loses no data"
    return f"{loses}; converts {converted} back, as the values are then" if converted else loses


def _is_retyped(call: _Call) -> bool:
    return call.name == "alter_column" and "type_" in call.said


def _types(call: _Call) -> tuple[str, str, str | None]:
    said = call.said
    return said.get("existing_type", _UNSAID), said.get("type_", _UNSAID), said.get("postgresql_using")


def _narrowed(calls: list[_Call]) -> list[str]:
    """The columns whose new type does not hold all that the old one holds."""
    retyped = [(one, *_types(one)) for one in calls if _is_retyped(one)]
    return [
        f"what {old} holds and {new} does not, of {one.args[0]}.{one.args[1]}"
        for one, old, new, clause in retyped
        if _UNSAID not in {old, new} and not is_exact(old, new, clause)
    ]


def _is_at_utc(call: _Call) -> bool:
    """PostgreSQL leaves the table as it is: under UTC, timestamp and timestamptz are the same eight bytes."""
    clause = call.said.get("postgresql_using", "")
    return base(_types(call)[1]).startswith("timestamp") and clause.endswith(" AT TIME ZONE 'UTC'")


def _is_at_session_zone(call: _Call) -> bool:
    old, new, clause = _types(call)
    return crosses_zone(old, new) and not AT_ZONE.search(clause or "")


def _is_read(call: _Call) -> bool:
    old, new = (element(one) for one in _types(call)[:2])
    named, times = AT_ZONE.search(call.said.get("postgresql_using", "")), {*TIMES, *RANGES}
    return not named and ((old in STRINGS and new in times) or (old in times and new in STRINGS))


def _calls(code: str) -> list[_Call]:
    """The operations: name, positional texts, and texts by name."""
    found = []
    for statement in ast.parse(inspect.cleandoc(code)).body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            if call.func.attr == "alter_column_types":
                found += _alter_columns(call)
                continue
            args = [_text(one) for one in call.args]
            said = {keyword.arg or "": _text(keyword.value) for keyword in call.keywords}
            said |= {_REFERS: " ".join(_foreign(call))} if call.func.attr == "create_table" else {}
            if call.func.attr == "add_column":
                said |= {_REWRITES: _fills(ast.unparse(call.args[1])), "name": _text(call.args[1])}
            generated = [one for one in call.keywords if one.arg == "server_default" and _is_computed(one)]
            if call.func.attr == "alter_column" and generated:
                said |= {_REWRITES: "values that follow from the row", "name": args[1]}
            found.append(_Call(call.func.attr, [*args, "", ""], said))
    return found


def _foreign(call: ast.Call) -> Iterator[str]:
    """The tables to which a new table's foreign keys refer."""
    for one in call.args:
        if isinstance(one, ast.Call) and ast.unparse(one.func).endswith("ForeignKeyConstraint"):
            column = next((_text(item) for item in getattr(one.args[1], "elts", [])), "")
            yield column.split(".")[-2] if "." in column else column


def _fills(column: str) -> str:
    """Why adding a column writes every row anew; empty where PostgreSQL keeps the value in the catalog."""
    if "sa.Identity(" in column or re.search(r"PrintedType\('(?:small|big)?serial'\)", column):
        return "numbers"
    if "sa.Computed(" in column:
        return "" if "persisted=False" in column else "values that follow from the row"
    default = column.partition("server_default=")[2]
    called = {name for name in re.findall(r"([\w.]+)\s*\(", default) if not name.startswith("sa.")}
    return "a default of its own for each row" if called - _STABLE else ""


def _is_computed(keyword: ast.keyword) -> bool:
    """True for a stored generated column; nothing of a virtual one is in the table."""
    value = keyword.value
    computed = isinstance(value, ast.Call) and ast.unparse(value.func).endswith("Computed")
    return computed and "persisted=False" not in ast.unparse(value)


def _alter_columns(call: ast.Call) -> list[_Call]:
    """One statement for several columns, as one operation a column."""
    told = {"type_": call.args[1], **{keyword.arg or "": keyword.value for keyword in call.keywords}}
    names = {"type_": "type_", "existing": "existing_type", "using": "postgresql_using"}
    columns: dict[str, dict[str, str]] = {}
    for argument, name in names.items():
        if isinstance(given := told.get(argument), ast.Dict):
            for key, value in zip(given.keys, given.values, strict=True):
                columns.setdefault(_text(key) if key else _UNSAID, {})[name] = _text(value)
    return [_Call("alter_column", [_text(call.args[0]), one, "", ""], said) for one, said in columns.items()]


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Call) and node.args:
        return _text(node.args[0])  # op.f("name")
    return str(node.value) if isinstance(node, ast.Constant) else _UNSAID


def _referred(call: _Call) -> Iterator[str]:
    """The tables that a new foreign key refers to: it takes the same lock on both."""
    if call.name == "create_foreign_key":
        yield call.args[2]
    elif call.name == "create_table":
        yield from call.said.get(_REFERS, "").split()
    elif call.name == "create_table_constraint" and (match := _REFERENCES.match(call.args[2])):
        yield match[1].rpartition(".")[2].strip('"')


def _locks(calls: list[_Call]) -> str:
    new = {args[0] for name, args, _ in calls if name == "create_table"}
    strongest: dict[str, str] = {}
    for name, args, said in calls:
        table = said.get("table") or (args[1] if name in _TABLE_IS_SECOND else args[0])
        lock = LOCKS.get(name)
        if (
            lock is not None
            and table not in new
            and STRENGTH.index(lock) >= STRENGTH.index(strongest.get(table, STRENGTH[0]))
        ):
            strongest[table] = lock
    for table in (one for call in calls for one in _referred(call)):
        if table not in new and STRENGTH.index(_REFERRED) > STRENGTH.index(strongest.get(table, STRENGTH[0])):
            strongest[table] = _REFERRED
    by_lock = {
        lock: sorted(table for table, held in strongest.items() if held == lock)
        for lock in reversed(STRENGTH)
    }
    return (
        "; ".join(f"{lock} on {', '.join(tables)}" for lock, tables in by_lock.items() if tables)
        or "no existing table"
    )


def _losses(calls: list[_Call]) -> list[str]:
    return [_LOSES[name].format(*args) for name, args, _ in calls if name in _LOSES]
