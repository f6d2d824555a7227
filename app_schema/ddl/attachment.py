"""``create_all`` and ``drop_all`` also create and drop the attached objects, in the order of dependencies."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, Table, event
from sqlalchemy.dialects.postgresql import DOMAIN

from app_schema import upstream
from app_schema.ddl.defined import Defined
from app_schema.ddl.domain import Domain, domain_of
from app_schema.ddl.function import Function
from app_schema.ddl.layers import calls, is_called, ordered, words
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.operator import Operator
from app_schema.ddl.order import Makes
from app_schema.ddl.statement import Create, Drop
from app_schema.errors import ModelError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.schema import SchemaItem

_EARLY = "app_schema_early"


def declared(metadata: MetaData) -> dict[Key, DDLObject]:
    """The objects attached to a metadata, in the order of declaration."""
    objects: dict[Key, DDLObject] = metadata.info.setdefault("app_schema", {})
    return objects


def attach(metadata: MetaData, *objects: DDLObject) -> None:
    """Declares objects on a metadata.

    :raises ModelError: if an object of the same key is declared with another definition.
    """
    _listen(metadata)
    by_key = declared(metadata)
    by_identity: dict[Hashable, DDLObject] = metadata.info.setdefault("app_schema_identities", {})
    for obj in objects:
        if (refusal := obj.undeclarable()) is not None:
            raise ModelError(f"{obj.label} {refusal}.")
        other = by_identity.setdefault(obj.identity, obj)
        if other.key != obj.key:
            msg = f"{other.label} and {obj.label} are the same object for PostgreSQL: declare only one"
            raise ModelError(msg)
        if by_key.setdefault(obj.key, obj) != obj:
            msg = f"{obj.label} is declared twice, with different definitions"
            raise ModelError(msg)


def _listen(metadata: MetaData) -> None:
    """Registers the listeners once for each metadata."""
    if "app_schema_listens" in metadata.info:
        return
    metadata.info["app_schema_listens"] = True
    # insert=True: enum types have listeners of their own, and need their schema
    event.listen(metadata, "before_create", _statements(Create, before_tables=True), insert=True)
    event.listen(metadata, "before_create", _create_early)
    event.listen(metadata, "after_create", _statements(Create, before_tables=False))
    event.listen(metadata, "before_drop", _drop_last)
    event.listen(metadata, "before_drop", _statements(Drop, before_tables=False))


def _create_early(target: MetaData, _connection: Connection, tables: Sequence[Table] = (), **_: Any) -> None:
    """Creates the types and functions that a table needs: after the enum types, before the
    first table."""
    early = _early(target)

    def send(_target: SchemaItem, connection: Connection, **_: Any) -> None:
        for obj in early:
            connection.execute(Create(obj))

    if tables:
        event.listen(tables[0], "before_create", send, once=True)
    else:
        event.listen(target, "after_create", send, once=True, insert=True)


def _drop_last(target: MetaData, _connection: Connection, _ddl_runner: Any, **_: Any) -> None:
    early = _early(target)
    _leave_out(_calling_domains(target), _ddl_runner)
    target.info[_EARLY] = {obj.key for obj in early}

    def send(_target: MetaData, connection: Connection, **_: Any) -> None:
        for obj in reversed(early):
            connection.execute(Drop(obj))

    # registered at each drop: functions before the listeners of the enum types, and the other objects after
    # them
    event.listen(target, "after_drop", send, once=True, insert=True)
    event.listen(target, "after_drop", _statements(Drop, before_tables=True), once=True)


def _statements(statement: type[Create | Drop], *, before_tables: bool) -> Callable[..., None]:
    """A listener that executes one statement an object: by rank of the kind, then in the order of
    declaration; drops in reverse.
    """

    def send(target: MetaData, connection: Connection, **kwargs: Any) -> None:
        if statement is Create and before_tables:  # the first of all listeners
            target.info[_EARLY] = {obj.key for obj in _early(target)}
            _leave_out(_calling_domains(target), kwargs["_ddl_runner"])
        early = target.info.get(_EARLY, set())
        chosen = [
            obj
            for obj in declared(target).values()
            if obj.in_create_all is not None
            and (obj.in_create_all < Makes.TABLE) is before_tables
            and obj.key not in early
        ]
        chosen, late = ordered(chosen)
        # a function that reads a view is created among the views
        place = {function.key: Makes.VIEW for function in late}
        chosen.sort(key=lambda obj: (place.get(obj.key, obj.in_create_all), obj.step))
        for obj in reversed(chosen) if statement is Drop else chosen:
            connection.execute(statement(obj))

    return send


def _early(metadata: MetaData) -> list[DDLObject]:
    """The types and functions that depend on enum types or that tables need, in the order of creation."""
    called = called_by_tables(metadata)
    early = [
        *_calling_domains(metadata),
        *(obj for obj in declared(metadata).values() if obj.in_create_all is Makes.EARLY_FUNCTION),
    ]
    early.sort(key=lambda obj: obj.step)
    # a domain whose check calls a function, and the types after it
    place = next((n for n, obj in enumerate(early) if _calls_any(obj, called)), len(early))
    return [*early[:place], *called, *early[place:]]


def _calls_any(obj: DDLObject, functions: Iterable[DDLObject]) -> bool:
    if not isinstance(obj, Domain):
        return False
    called = calls(obj.definition)
    return any(
        is_called(function.schema, function.name, called)
        if isinstance(function, Function)
        else isinstance(function, Operator) and function.is_in(obj.definition)
        for function in functions
    )


def _calling_domains(metadata: MetaData) -> list[Domain]:
    """SQLAlchemy's domains whose checks call declared functions: SQLAlchemy would create them before all
    functions."""
    functions = [obj for obj in declared(metadata).values() if isinstance(obj, (Function, Operator))]
    return [domain for domain in _domains(metadata) if _calls_any(domain, functions)]


def _domains(metadata: MetaData) -> list[Domain]:
    # several columns may have the same one, each with a copy
    domains = {domain_of(obj) for obj in upstream.schema_objects(metadata) if isinstance(obj, DOMAIN)}
    return sorted(domains, key=lambda domain: (domain.schema or "", domain.name))


def _leave_out(domains: Iterable[Domain], runner: Any) -> None:
    """Lets SQLAlchemy take the domains for created or dropped."""
    runner.memo.setdefault("pg_DOMAIN", set()).update((domain.schema, domain.name) for domain in domains)


def called_by_tables(metadata: MetaData) -> list[DDLObject]:
    """The functions and operators that a default, check, generated column, index or operator class calls,
    directly or through a function, and the operator classes; in the order of creation."""
    objects = [obj for obj in declared(metadata).values() if isinstance(obj, (Function, Operator))]
    classes = _operator_classes(metadata)
    if not (objects or classes):
        return []
    texts = " ".join(
        str(expression) for table in metadata.tables.values() for expression in _expressions(table)
    )
    domains = [*_domains(metadata), *(obj for obj in declared(metadata).values() if isinstance(obj, Domain))]
    texts = " ".join([texts, *(obj.definition for obj in (*domains, *classes))])
    operators = [obj for obj in objects if isinstance(obj, Operator) and _is_named(obj, metadata, texts)]
    functions = [obj for obj in objects if isinstance(obj, Function)]
    texts = " ".join([texts, *(operator.calls for operator in operators)])
    early: list[DDLObject] = [*operators]
    within = calls(texts)
    while new := [
        function
        for function in functions
        if function not in early and is_called(function.schema, function.name, within)
    ]:
        early += new
        within = calls(" ".join(function.body for function in new))
    late = _overloads_that_read(early, metadata)
    called: list[DDLObject] = [obj for obj in objects if obj in early and obj not in late]
    return sorted([*called, *classes], key=lambda obj: obj.step)


def _operator_classes(metadata: MetaData) -> list[Defined]:
    """The operator classes and families, which an index may use without a name; except those of the row type
    of a table, which is created first."""
    tables = {table.name for table in metadata.tables.values()}
    return [
        obj
        for obj in declared(metadata).values()
        if isinstance(obj, Defined) and obj.kind in {"operator_class", "operator_family"}
        if not words(obj.definition) & tables
    ]


def _overloads_that_read(called: list[DDLObject], metadata: MetaData) -> list[Function]:
    """The functions that read a table, of whose name another one reads none: a text names no types, and
    PostgreSQL refuses the body before the table exists."""
    tables = {table.name for table in metadata.tables.values()}
    functions = [obj for obj in called if isinstance(obj, Function)]
    reading = [obj for obj in functions if obj.language == "sql" and words(obj.body) & tables]
    others = {(obj.schema, obj.name) for obj in functions if obj not in reading}
    return [obj for obj in reading if (obj.schema, obj.name) in others]


def _is_named(operator: Operator, metadata: MetaData, texts: str) -> bool:
    # an operator of the row type of a table is created after the table
    if words(operator.name) & {table.name for table in metadata.tables.values()}:
        return False
    constraints = (obj for obj in declared(metadata).values() if obj.kind == "table_constraint")
    return any(operator.is_in(text) for text in (texts, *map(str, constraints)))


def _expressions(table: Table) -> Iterator[Any]:
    for column in table.columns:
        yield getattr(column.server_default, "arg", None)
        yield getattr(column.computed, "sqltext", None)
    constraints = {
        *table.constraints,
        *(constraint for column in table.columns for constraint in column.constraints),
    }
    for constraint in constraints:
        yield getattr(constraint, "sqltext", None)
        yield from upstream.excluding_expressions(constraint)
    for index in table.indexes:
        yield from index.expressions
        yield index.dialect_options["postgresql"]["where"]
