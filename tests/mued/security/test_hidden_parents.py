"""A relationship that row security may leave empty is Optional, although its foreign key is NOT NULL."""

from __future__ import annotations

import typing

import cast
import sqlalchemy as sa
from logins import As
from sqlalchemy.orm import RelationshipDirection, RelationshipProperty, aliased

from app_schema.models import Base


def _parents() -> list[RelationshipProperty[typing.Any]]:
    return [
        relationship
        for mapper in Base.registry.mappers
        for relationship in mapper.relationships
        if relationship.direction is RelationshipDirection.MANYTOONE
        and not any(column.nullable for column in relationship.local_columns)
    ]


def _optional(relationship: RelationshipProperty[typing.Any]) -> bool:
    names = {mapper.class_.__name__: mapper.class_ for mapper in Base.registry.mappers}
    hint = typing.get_type_hints(relationship.parent.class_, localns=names)[relationship.key]
    return type(None) in typing.get_args(typing.get_args(hint)[0])


def test_parent_that_a_person_may_not_see_is_optional(as_person: As) -> None:
    hidden: set[str] = set()
    for name in cast.PEOPLE:
        with as_person(name) as session:
            for relationship in _parents():
                child, parent = relationship.parent.class_, aliased(relationship.mapper.class_)
                joined = sa.select(sa.literal(1)).select_from(child)
                joined = joined.outerjoin(parent, getattr(child, relationship.key).of_type(parent))
                key = sa.inspect(parent).mapper.primary_key[0].key
                if session.execute(joined.where(getattr(parent, key).is_(None)).limit(1)).first():
                    hidden.add(str(relationship))
    assert hidden == {str(relationship) for relationship in _parents() if _optional(relationship)}
