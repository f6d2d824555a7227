"""The tables of the models are those of the data dictionary, ``schema.yaml``."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from declared_models import MAPPERS, TABLES, Entry, each_table, objects, table
from dictionary import DICTIONARY
from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    DefaultClause,
    ForeignKeyConstraint,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql

from app_schema.ddl.sql import DIALECT
from app_schema.models import User
from app_schema.mued.models import base
from app_schema.mued.models.base import Base

TYPES = {"uuid": "UUID", "timestamptz": "TIMESTAMP WITH TIME ZONE"}


def constraints(entry: Entry, kind: type) -> list[Any]:
    return [constraint for constraint in table(entry).constraints if type(constraint) is kind]


def names(columns: Iterable[Any]) -> list[str]:
    return [column.name if isinstance(column, Column) else str(column) for column in columns]


def expected_type(column: Entry) -> str:
    spelled: str = column["type"]
    labels = [enum for enum in DICTIONARY["enums"] if enum["name"] == spelled.rpartition(".")[2]]
    if labels:
        return f"{labels[0]['schema']}.{labels[0]['name']}"
    return TYPES.get(spelled, spelled.upper()).replace(",", ", ")


def without_references(meaning: str) -> str:
    """The text of the dictionary without its references to other documents, such as ``(D18)``."""
    return re.sub(r" \([A-Z]\d\d\)", "", meaning)


def test_tables_are_those_of_the_dictionary() -> None:
    assert set(Base.metadata.tables) == {f"{entry['schema']}.{entry['name']}" for entry in TABLES}
    assert {mapper.local_table for mapper in MAPPERS} == set(Base.metadata.tables.values())


@each_table
def test_columns(entry: Entry) -> None:
    def default(column: Column[Any]) -> str | None:
        given = column.server_default
        return str(given.arg) if isinstance(given, DefaultClause) else None

    found = [
        {
            "name": column.name,
            "type": column.type.compile(dialect=DIALECT),
            "nullable": column.nullable,
            "default": default(column),
            "generated": str(column.computed.sqltext) if isinstance(column.computed, Computed) else None,
        }
        for column in table(entry).columns
    ]
    assert found == [
        {
            "name": column["name"],
            "type": expected_type(column),
            "nullable": column["nullable"],
            "default": column["default"],
            "generated": column["generated"]["expression"] if "generated" in column else None,
        }
        for column in entry["columns"]
    ]
    assert all(column.computed is None or column.computed.persisted for column in table(entry).columns)
    assert all(column.default is None and column.onupdate is None for column in table(entry).columns)


@each_table
def test_every_column_tells_its_meaning(entry: Entry) -> None:
    found = {column.name: column.doc for column in table(entry).columns}
    assert found == {column["name"]: without_references(column["meaning"]) for column in entry["columns"]}
    assert all(column.comment is None for column in table(entry).columns)


@each_table
def test_primary_key_and_unique_constraints(entry: Entry) -> None:
    key = table(entry).primary_key
    assert {"name": key.name, "columns": names(key.columns)} == entry["primary_key"]
    found = {
        str(constraint.name): (names(constraint.columns), constraint.deferrable, constraint.initially)
        for constraint in constraints(entry, UniqueConstraint)
    }
    assert found == {
        unique["name"]: (unique["columns"], True, "DEFERRED")
        if "deferrable" in unique
        else (unique["columns"], None, None)
        for unique in entry["unique"]
    }


@each_table
def test_checks(entry: Entry) -> None:
    found = {
        str(constraint.name): str(constraint.sqltext) for constraint in constraints(entry, CheckConstraint)
    }
    assert found == {check["name"]: check["expression"] for check in entry["checks"]}


@each_table
def test_foreign_keys(entry: Entry) -> None:
    found = {}
    for constraint in constraints(entry, ForeignKeyConstraint):
        columns = ", ".join(element.column.name for element in constraint.elements)
        target = f"{constraint.referred_table.fullname}({columns})"
        found[str(constraint.name)] = (
            constraint.column_keys,
            target,
            constraint.ondelete,
            constraint.onupdate,
            constraint.deferrable,
        )
    assert found == {
        key["name"]: (key["columns"], key["target"], key["on_delete"], None, None)
        for key in entry["foreign_keys"]
    }


@each_table
def test_exclusions(entry: Entry) -> None:
    found = [
        {
            "name": constraint.name,
            "method": constraint.using,
            "elements": [
                (*names([expression]), operator) for expression, _, operator in constraint._render_exprs
            ],
            "where": str(constraint.where),
        }
        for constraint in constraints(entry, postgresql.ExcludeConstraint)
    ]
    assert found == [
        {
            "name": exclusion["name"],
            "method": exclusion["method"],
            "elements": [(part["expression"], part["operator"]) for part in exclusion["elements"]],
            "where": exclusion["where"],
        }
        for exclusion in entry["exclusions"]
    ]


@each_table
def test_indexes(entry: Entry) -> None:
    found = {}
    for index in table(entry).indexes:
        options = index.dialect_options["postgresql"]
        where = options["where"]
        found[index.name] = (
            names(index.expressions),
            bool(index.unique),
            options["using"] or "btree",
            None if where is None else str(where),
            dict(options["ops"]),
            dict(options["with"]),
        )
    assert found == {
        other["name"]: (
            other["columns"],
            other["unique"],
            other["method"],
            other["where"],
            other.get("opclass", {}),
            other.get("with", {}),
        )
        for other in entry["indexes"]
    }


@each_table
def test_triggers(entry: Entry) -> None:
    found = {
        trigger.name: (
            trigger.before,
            trigger.after,
            trigger.instead_of,
            trigger.for_each,
            trigger.when,
            trigger.execute,
            trigger.constraint,
        )
        for trigger in objects("trigger", entry)
    }
    assert found == {
        trigger["name"]: (
            tuple(trigger["events"]) if trigger["timing"] == "BEFORE" else None,
            tuple(trigger["events"]) if trigger["timing"] == "AFTER" else None,
            None,
            trigger["for_each"],
            trigger["when"],
            trigger["function"],
            False,
        )
        for trigger in entry["triggers"]
    }


@each_table
def test_a_touch_trigger_moves_updated_at(entry: Entry) -> None:
    touched = [
        trigger.name for trigger in objects("trigger", entry) if trigger.execute == "app.touch_updated_at()"
    ]
    assert touched == ([f"tr_{entry['name']}_touch"] if "updated_at" in table(entry).columns else [])


@each_table
def test_row_security_and_policies(entry: Entry) -> None:
    assert [security.forced for security in objects("row_security", entry)] == [entry["rls"]["forced"]]
    found = {
        policy.name: (policy.as_, policy.for_, policy.to, policy.using, policy.with_check)
        for policy in objects("policy", entry)
    }
    assert found == {
        policy["name"]: (
            "PERMISSIVE",
            policy["command"],
            tuple(policy["roles"]),
            policy["using"],
            policy["with_check"],
        )
        for policy in entry["rls"]["policies"]
    }


@pytest.mark.parametrize("entry", TABLES + DICTIONARY["views"], ids=lambda entry: entry["name"])
def test_grants(entry: Entry) -> None:
    found = [*objects("grant", entry)]
    assert sorted(map(plain_grant, found)) == sorted(
        (grant["role"], sorted(grant["privileges"]), sorted(grant.get("columns", ())))
        for grant in entry["grants"]
    )


@each_table
def test_the_orm_inserts_no_column_that_is_not_granted(entry: Entry) -> None:
    """Without a server default the ORM names a column in every INSERT, and PostgreSQL refuses the row."""
    for grant in entry["grants"]:
        if grant["privileges"] == ["INSERT"] and "columns" in grant:
            named = {column.name for column in table(entry).columns if column.server_default is None}
            assert named <= set(grant["columns"])


def plain_grant(grant: Any) -> tuple[str, list[str], list[str]]:
    return grant.to, sorted(grant.privileges), sorted(grant.columns or ())


def test_type_checkers_know_the_constructors() -> None:
    with pytest.raises(TypeError, match="nosuch"):
        User(nosuch=1)  # type: ignore[call-arg]  # strict mypy would report the comment where it knew of no error
    required = [
        f"{file.name}: {statement.target.id}"
        for file in Path(base.__file__).parent.rglob("*.py")
        for statement in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and ast.unparse(statement.annotation).startswith("Mapped[")
        and statement.value is None
    ]
    assert not required, "write = mapped_column(): a type checker would require the argument"
