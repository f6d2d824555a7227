"""The models declare the data dictionary, ``schema.yaml``: nothing more, nothing less."""

import re
import subprocess
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from dictionary import DICTIONARY
from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    DefaultClause,
    Enum,
    ForeignKeyConstraint,
    Table,
    UniqueConstraint,
    create_mock_engine,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import configure_mappers

import app_schema
from app_schema import models
from app_schema.ddl import declared
from app_schema.ddl.sql import DIALECT
from app_schema.mued.models.base import Base
from app_schema.mued.models.json_shapes import FocusName

Entry = dict[str, Any]

TABLES: list[Entry] = DICTIONARY["tables"]
OBJECTS = declared(Base.metadata)
MAPPERS = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
TYPES = {"uuid": "UUID", "timestamptz": "TIMESTAMP WITH TIME ZONE"}

each_table = pytest.mark.parametrize("entry", TABLES, ids=lambda entry: f"{entry['schema']}.{entry['name']}")


def table(entry: Entry) -> Table:
    return Base.metadata.tables[f"{entry['schema']}.{entry['name']}"]


def constraints(entry: Entry, kind: type) -> list[Any]:
    return [constraint for constraint in table(entry).constraints if type(constraint) is kind]


def objects(kind: str, entry: Entry | None = None) -> Iterator[Any]:
    """The declared objects of one kind: of one table, or else those of no table."""
    place = (entry["schema"], entry["name"]) if entry else None
    for obj in OBJECTS.values():
        bound = (obj.schema, obj.table) if obj.table else None
        if obj.kind == kind and bound == place:
            yield obj


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


def test_usage_of_schemas() -> None:
    found = {(grant.schema, grant.to): (grant.privileges, grant.function) for grant in objects("grant")}
    assert found == {
        (schema["name"], usage["role"]): (("USAGE",), None)
        for schema in DICTIONARY["schemas"]
        for usage in schema["usage"]
    }


def test_enums() -> None:
    types = {
        (column.type.schema, column.type.name, tuple(column.type.enums))
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Enum)
    }
    assert types == {(enum["schema"], enum["name"], tuple(enum["values"])) for enum in DICTIONARY["enums"]}


@pytest.mark.parametrize("entry", DICTIONARY["enums"], ids=lambda entry: entry["name"])
def test_members_of_an_enum_are_its_labels_in_capitals(entry: Entry) -> None:
    enum = getattr(models, entry["name"].title().replace("_", ""))
    assert [(other.name, other.value) for other in enum] == [
        (label.upper(), label) for label in entry["values"]
    ]


@pytest.mark.parametrize("entry", DICTIONARY["functions"], ids=lambda entry: entry["name"])
def test_functions(entry: Entry) -> None:
    schema, _, name = entry["name"].partition(".")
    [found] = [
        function for function in objects("function") if (function.schema, function.name) == (schema, name)
    ]
    assert found.body == entry["body"].removesuffix("\n")
    assert found.arguments == (entry["arguments"] or "")
    assert (found.returns, found.language) == (entry["returns"], entry["language"])
    assert (found.volatility, found.security) == (entry["volatility"], entry["security"])
    assert dict(found.settings) == entry["settings"]
    assert entry["revoke_from_public"]
    assert found.execute is not None
    assert sorted(found.execute) == sorted(entry["execute"])
    assert (found.strict, found.leakproof, found.parallel) == (False, False, "UNSAFE")


@pytest.mark.parametrize("entry", DICTIONARY["views"], ids=lambda entry: entry["name"])
def test_views(entry: Entry) -> None:
    [found] = [
        view for view in objects("view") if (view.schema, view.name) == (entry["schema"], entry["name"])
    ]
    assert found.definition == entry["definition"].removesuffix("\n")
    assert dict(found.options) == entry["options"]
    assert not found.materialized


def test_extensions_schemas_and_default_privileges() -> None:
    assert {extension.name: (extension.version, extension.schema) for extension in objects("extension")} == {
        extension["name"]: (extension.get("min_version"), extension["schema"])
        for extension in DICTIONARY["extensions"]
    }
    # public is always there
    assert {schema.name for schema in objects("schema")} == {
        schema["name"] for schema in DICTIONARY["schemas"] if schema["revision"]
    }
    assert {
        (privilegess.schema, privilegess.to, privilegess.on, frozenset(privilegess.privileges))
        for privilegess in objects("default_privileges")
    } == {
        (privilege["schema"], privilege["role"], privilege["on"], frozenset(privilege["privileges"]))
        for privilege in DICTIONARY["default_privileges"]
    }


def test_roles() -> None:
    words = ("login", "superuser", "createdb", "createrole", "replication", "bypassrls")
    found = {
        role.name: " ".join(word.upper() if getattr(role, word) else f"NO{word.upper()}" for word in words)
        for role in objects("role")
    }
    assert found == {role["name"]: role["attributes"] for role in DICTIONARY["roles"]}
    assert all(role.inherit for role in objects("role"))


def test_nothing_else_is_declared() -> None:
    found: dict[str, int] = {}
    for obj in OBJECTS.values():
        found[obj.kind] = found.get(obj.kind, 0) + 1
    assert found == {
        "schema": sum(bool(schema["revision"]) for schema in DICTIONARY["schemas"]),
        "extension": len(DICTIONARY["extensions"]),
        "role": len(DICTIONARY["roles"]),
        "function": len(DICTIONARY["functions"]),
        "view": len(DICTIONARY["views"]),
        "default_privileges": len(DICTIONARY["default_privileges"]),
        "statistics": len(DICTIONARY["statistics"]),
        "trigger": sum(len(entry["triggers"]) for entry in TABLES),
        "policy": sum(len(entry["rls"]["policies"]) for entry in TABLES),
        "row_security": sum(entry["rls"]["enabled"] for entry in TABLES),
        "table_option": sum("storage" in column for entry in TABLES for column in entry["columns"]),
        "grant": sum(len(entry["grants"]) for entry in TABLES + DICTIONARY["views"])
        + sum(len(schema["usage"]) for schema in DICTIONARY["schemas"]),
    }


def test_no_name_is_cut_short() -> None:
    def all_names() -> Iterator[str]:
        for table in Base.metadata.tables.values():
            yield table.name
            yield from (column.name for column in table.columns)
            yield from (str(constraint.name) for constraint in table.constraints)
            yield from (str(index.name) for index in table.indexes)
        yield from (obj.name for obj in OBJECTS.values())

    assert [name for name in all_names() if len(name.encode()) > 63] == []


def test_mappers_configure_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        configure_mappers()


def test_every_relationship_is_two_way_and_never_loads_by_itself() -> None:
    relationships = [relationship for mapper in MAPPERS for relationship in mapper.relationships]
    assert [str(relationship) for relationship in relationships if relationship.lazy != "raise"] == []
    assert [
        str(relationship) for relationship in relationships if len(relationship._reverse_property) != 1
    ] == []


@each_table
def test_every_foreign_key_has_a_relationship(entry: Entry) -> None:
    [mapper] = [other for other in MAPPERS if other.local_table is table(entry)]
    found = sorted(
        (relationship.local_remote_pairs[0][0].name, relationship.target.fullname)
        for relationship in mapper.relationships
        if relationship.direction.name == "MANYTOONE"
    )
    assert found == sorted(
        (key["columns"][0], key["target"].partition("(")[0]) for key in entry["foreign_keys"]
    )


def test_all_models_and_enums_are_exported() -> None:
    exported = {name for name in models.__all__ if name not in {"Base", "PracticeSession"}}
    assert models.PracticeSession is models.Session  # where SQLAlchemy's Session is imported too
    classes = {mapper.class_.__name__ for mapper in MAPPERS}
    enums = {entry["name"].title().replace("_", "") for entry in DICTIONARY["enums"]}
    assert exported == classes | enums
    assert set(get_args(FocusName)) == {focusarea.value for focusarea in models.FocusArea}


def test_create_all_makes_every_enum_once() -> None:
    sent: list[str] = []

    def send(statement: Any, *_: Any, **__: Any) -> None:
        sent.append(str(statement.compile(dialect=DIALECT)))

    engine = create_mock_engine("postgresql+psycopg://", send)
    Base.metadata.create_all(engine, checkfirst=False)
    found = sorted(name for text in sent for name in re.findall(r"CREATE TYPE (\S+) AS ENUM", text))
    assert found == sorted(f"{enum['schema']}.{enum['name']}" for enum in DICTIONARY["enums"])


def test_import_needs_no_environment_and_opens_no_connection(tmp_path: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(Path(app_schema.__file__).parents[1])!r})
import psycopg, socket
def refuse(*_, **__):
    raise AssertionError("a connection was opened")
psycopg.connect = psycopg.Connection.connect = socket.socket.connect = refuse
import app_schema.models
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], env={}, cwd=tmp_path, check=True)
