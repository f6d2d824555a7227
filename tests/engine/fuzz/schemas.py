"""Strategies: a pair of a schema and what it is to become."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any, TypeVar

from hypothesis import strategies as st
from kinds import KINDS
from others import OTHERS
from repair import repaired
from shape import Column, Constraint, Enum, Function, Index, Other, Place, Policy, Shape, Table, Trigger, View

Item = TypeVar("Item")
Key = TypeVar("Key")

# Names that need quotes, reserved words, and one name in two schemas.
TABLES = (
    Place("public", "alpha"),
    Place("public", "Beta b"),
    Place("s two", "alpha"),
    Place("s two", "user"),
)
COLUMNS = ("id", "name", "Kind", "order", "n%", "note")
ENUMS = (Place("public", "mood"), Place("s two", "Level"))
LABELS = ("a", "b", "c d", "it's", "50%", "E")
SCHEMAS = ("public", "s two")
TRIGGER_FUNCTIONS = (Place("public", "touch"), Place("s two", "Touch"))
FUNCTIONS = (
    *((place, "") for place in TRIGGER_FUNCTIONS),
    (Place("public", "calc"), "x integer"),
    (Place("public", "calc"), "x text"),
)
VIEWS = (
    Place("public", "v_one"),
    Place("s two", "v_two"),
    Place("public", "V three"),
)  # each may read the earlier ones
TYPES = (*KINDS, *(f"{word}:{'.'.join(place)}" for place in ENUMS for word in ("enum", "enum", "array")))
ACTIONS = (None, "CASCADE", "SET NULL", "RESTRICT", "SET DEFAULT")

column_names = st.sampled_from(COLUMNS)
numbers = st.integers(0, 5)
seldom = st.sampled_from((False, False, False, True))
often = st.sampled_from((False, True, True))
comments = st.sampled_from((None, None, None, "plain", 'it\'s 100% :x \\ "q"'))


def _some(values: Sequence[Item], least: int, most: int) -> st.SearchStrategy[tuple[Item, ...]]:
    chosen = st.lists(st.sampled_from(values), min_size=least, max_size=most, unique=True)
    return chosen.map(tuple)


def _maybe(strategy: st.SearchStrategy[Item]) -> st.SearchStrategy[Item | None]:
    return st.one_of(st.none(), strategy)


@st.composite
def _each(
    draw: st.DrawFn,
    keys: Sequence[Key],
    make: Callable[[Key], st.SearchStrategy[Item]],
    there: st.SearchStrategy[bool] = often,
) -> tuple[Item, ...]:
    """One item for some of the keys, in their order."""
    return tuple(draw(make(key)) for key in keys if draw(there))


def _column(name: str) -> st.SearchStrategy[Column]:
    return st.builds(
        Column,
        name=st.just(name),
        type=st.sampled_from(TYPES),
        nullable=st.booleans(),
        default=_maybe(numbers),
        identity=st.sampled_from((None, None, "ALWAYS", "BY DEFAULT")),
        serial=st.booleans(),
        computed=_maybe(column_names),
        comment=comments,
    )


@st.composite
def _constraint(draw: st.DrawFn, table: str, word: str) -> Constraint:
    kind = word.partition(" ")[0]
    key, foreign = kind in {"primary", "unique"}, kind == "foreign"
    return Constraint(
        name=f"{table} {word}",
        kind=kind,
        columns=draw(_some(COLUMNS, 1, 2 if key else 1)),
        number=draw(numbers),
        target=draw(st.sampled_from(TABLES)) if foreign else None,
        on_delete=draw(st.sampled_from(ACTIONS)) if foreign else None,
        on_update=draw(st.sampled_from(ACTIONS)) if foreign else None,
        deferrable=kind != "check" and draw(seldom),
        nulls_not_distinct=kind == "unique" and draw(seldom),
        comment=None if foreign else draw(comments),  # SQLAlchemy sends it before a key that comes last
    )


@st.composite
def _index(draw: st.DrawFn, name: str) -> Index:
    named = draw(_some(COLUMNS, 1, 2))
    return Index(
        name=name,
        items=tuple((column, draw(numbers)) for column in named),
        unique=draw(seldom),
        where=draw(_maybe(st.tuples(column_names, numbers))),
        include=draw(_some(COLUMNS, 1, 1)) if draw(seldom) else (),
        method=draw(st.sampled_from(("btree", "btree", "gin", "hash"))),
        fillfactor=draw(st.sampled_from((None, None, 70))),
    )


def _trigger(name: str) -> st.SearchStrategy[Trigger]:
    return st.builds(
        Trigger,
        name=st.just(name),
        timing=st.sampled_from(("before", "after")),
        events=st.sampled_from((("UPDATE",), ("INSERT",), ("INSERT", "UPDATE"), ("DELETE", "UPDATE"))),
        function=st.sampled_from(TRIGGER_FUNCTIONS),
        for_each=st.sampled_from(("ROW", "ROW", "STATEMENT")),
        of=_some(COLUMNS, 0, 2),
        when=_maybe(column_names),
    )


def _policy(name: str) -> st.SearchStrategy[Policy]:
    return st.builds(
        Policy,
        name=st.just(name),
        command=st.sampled_from(("ALL", "SELECT", "INSERT", "UPDATE", "DELETE")),
        restrictive=seldom,
        reads=st.sampled_from(("nothing", "column", "column", "function", "table")),
        column=column_names,
        number=numbers,
        other=st.sampled_from(TABLES),
    )


@st.composite
def _table(draw: st.DrawFn, place: Place) -> Table:
    keys = ("primary", "unique 1", "unique 2", "check 1", "check 2", "foreign 1", "foreign 2")
    indexes = [f"ix {place.name} {number}" for number in (1, 2, 3)]
    columns = draw(_each(COLUMNS, _column)) or (draw(_column("id")),)
    constraints = draw(_each(keys, lambda word: _constraint(place.name, word), st.booleans()))
    constraints += draw(_each(("exclude",), lambda word: _constraint(place.name, word), seldom))
    return Table(
        place,
        columns,
        constraints,
        indexes=draw(_each(indexes, _index, st.booleans())),
        triggers=draw(_each(("tr one", "tr_two"), _trigger, st.booleans())),
        policies=draw(_each(("p one", "p_two"), _policy, st.booleans())),
        row_security=draw(st.sampled_from(("off", "on", "forced"))),
        granted=draw(_some(COLUMNS, 0, 2)) if draw(seldom) else None,
        comment=draw(comments),
    )


@st.composite
def _function(draw: st.DrawFn, key: tuple[Place, str]) -> Function:
    place, arguments = key
    return Function(
        place,
        arguments,
        returns=draw(st.sampled_from(("integer", "bigint"))) if arguments else "trigger",
        number=draw(numbers),
        volatility=draw(st.sampled_from(("VOLATILE", "STABLE", "IMMUTABLE"))),
        definer=draw(seldom),
        pinned=draw(st.booleans()),
    )


def _view(place: Place) -> st.SearchStrategy[View]:
    return st.builds(
        View,
        st.just(place),
        source=st.sampled_from((*TABLES, *VIEWS[: VIEWS.index(place)])),
        columns=_some(COLUMNS, 1, 3),
        where=_maybe(st.tuples(column_names, numbers)),
        calls=seldom,
        grouped=seldom,
        invoker=st.booleans(),
        granted=seldom,
    )


def _enum(place: Place) -> st.SearchStrategy[Enum]:
    return st.builds(Enum, st.just(place), labels=_some(LABELS, 1, 4))


def _other(word: str) -> st.SearchStrategy[Other]:
    return st.builds(
        Other, word=st.just(word), number=numbers, table=st.sampled_from(TABLES), column=column_names
    )


def _shapes() -> st.SearchStrategy[Shape]:
    return st.builds(
        Shape,
        enums=_each(ENUMS, _enum),
        tables=_each(TABLES, _table).filter(bool),
        functions=_each(FUNCTIONS, _function),
        views=_each(VIEWS, _view),
        others=_each(tuple(OTHERS), _other, seldom),
    )


@st.composite
def _merged(
    draw: st.DrawFn,
    old: Sequence[Any],
    new: Sequence[Any],
    field: str,
    inside: Callable[[Any, Any], st.SearchStrategy[Any]] | None = None,
) -> tuple[Any, ...]:
    """The old items, some changed into the new ones (or in part, by ``inside``), some gone, some added."""
    key = attrgetter(field)
    left, right = {key(other): other for other in old}, {key(other): other for other in new}
    merged = []
    for name in [*left, *(name for name in right if name not in left)]:
        if name in left and name in right:
            verdict = draw(st.sampled_from(("old", "inside" if inside else "old", "new", "neither")))
            if verdict == "inside" and inside is not None:
                merged.append(draw(inside(left[name], right[name])))
            elif verdict != "neither":
                merged.append((left if verdict == "old" else right)[name])
        elif name in left:
            merged += [left[name]] if draw(st.sampled_from((True, True, True, False))) else []
        else:
            merged += [right[name]] if draw(often) else []
    return tuple(merged)


@st.composite
def _edited_table(draw: st.DrawFn, old: Table, new: Table) -> Table:
    changed: dict[str, Any] = {
        name: draw(_merged(getattr(old, name), getattr(new, name), "name"))
        for name in ("columns", "constraints", "indexes", "triggers", "policies")
    }
    for name in ("row_security", "granted", "comment"):
        changed[name] = getattr(new if draw(seldom) else old, name)
    return replace(old, **{**changed, "columns": changed["columns"] or old.columns})


@st.composite
def _edited(draw: st.DrawFn, old: Shape, new: Shape) -> Shape:
    views = draw(_merged(old.views, new.views, "place"))
    return Shape(
        enums=draw(_merged(old.enums, new.enums, "place")),
        tables=draw(_merged(old.tables, new.tables, "place", _edited_table)),
        functions=draw(_merged(old.functions, new.functions, "key")),
        views=tuple(sorted(views, key=lambda view: VIEWS.index(view.place))),
        others=draw(_merged(old.others, new.others, "word")),
    )


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Shape, Shape]:
    """A schema, and another one: edited from the first, or drawn by itself."""
    first, other = draw(_shapes()), draw(_shapes())
    second = other if draw(seldom) else draw(_edited(first, other))
    return repaired(first), repaired(second)
