"""The guard of SQLAlchemy's own DDL constructs.

``converging(construct)`` returns the statement that converges or refuses. A construct without a guard
is returned unchanged: PostgreSQL itself makes some statements converge.
"""

from __future__ import annotations

from functools import singledispatch

from sqlalchemy import Sequence as SQLAlchemySequence
from sqlalchemy.schema import CreateSchema, CreateSequence, DropSchema, DropSequence, ExecutableDDLElement

from app_schema.ddl.schema import Schema
from app_schema.ddl.sequence import Sequence
from app_schema.ddl.sql import DIALECT
from app_schema.ddl.statement import Create, Drop

_LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


@singledispatch
def converging(construct: ExecutableDDLElement) -> ExecutableDDLElement:
    """The guarded form of a DDL construct.

    :raises ModelError: if the construct cannot be guarded, such as a constraint without a name.
    """
    return construct


@singledispatch
def creation(construct: ExecutableDDLElement) -> tuple[str, ...] | None:
    """The unguarded statements of a construct, if PostgreSQL refuses to create an existing object.

    None: any other construct.

    :raises ModelError: as :func:`converging`.
    """
    del construct
    return None


@creation.register
def _(construct: Create) -> tuple[str, ...] | None:
    return construct.creation if construct.element.refuses_existing else None


@converging.register
def _(construct: CreateSchema) -> ExecutableDDLElement:
    return Create(Schema(str(construct.element)))


@converging.register
def _(construct: DropSchema) -> ExecutableDDLElement:
    return Drop(Schema(str(construct.element)))


@converging.register
def _(construct: CreateSequence) -> ExecutableDDLElement:
    sequence = construct.element
    return Create(Sequence(sequence.name, _every_option(sequence), schema=sequence.schema))


def _every_option(sequence: SQLAlchemySequence) -> str:
    """The options with those that PostgreSQL chooses, as it prints them."""
    of_type = "bigint" if sequence.data_type is None else sequence.data_type.compile(dialect=DIALECT).lower()
    largest = _LARGEST.get(of_type, _LARGEST["bigint"])
    step = sequence.increment or 1
    default = (1, largest) if step > 0 else (-largest - 1, -1)
    lowest = default[0] if sequence.minvalue is None else sequence.minvalue
    highest = default[1] if sequence.maxvalue is None else sequence.maxvalue
    start = (lowest if step > 0 else highest) if sequence.start is None else sequence.start
    options = f"AS {of_type} START {start} INCREMENT {step} MINVALUE {lowest} MAXVALUE {highest}"
    return f"{options} CACHE {sequence.cache or 1}" + (" CYCLE" if sequence.cycle else "")


@converging.register
def _(construct: DropSequence) -> ExecutableDDLElement:
    sequence = construct.element
    return Drop(Sequence(sequence.name, "", schema=sequence.schema))
