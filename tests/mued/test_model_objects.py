"""The declared enums, functions, views, roles and schemas are those of the data dictionary."""

from collections.abc import Iterator

import pytest
from declared_models import OBJECTS, TABLES, Entry, objects
from dictionary import DICTIONARY
from sqlalchemy import (
    Enum,
)

from app_schema import models
from app_schema.mued.models.base import Base


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
        (default.schema, default.to, default.on, frozenset(default.privileges))
        for default in objects("default_privileges")
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
