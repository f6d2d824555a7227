"""Every fact of the data dictionary is in the database, under its name; what is there besides is in the
dictionary too.

The models are held against the same dictionary in test_models.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from dictionary import DICTIONARY
from lineage import catalog

from app_schema.catalog import Snapshot
from app_schema.ddl import Key

TABLES = {f"{other['schema']}.{other['name']}": other for other in DICTIONARY["tables"]}
TYPES = {"timestamptz": "timestamp with time zone", "varchar": "character varying"}


@pytest.fixture(scope="module")
def found(databases: Any, template: str) -> Snapshot:
    name = databases.create(template)
    try:
        return catalog(databases.url(name))
    finally:
        databases.drop(name)


def _names(found: Snapshot, kind: str, schema: str | None = None, table: str | None = None) -> set[str]:
    return {key.name for key in found if key.kind == kind and key.schema == schema and key.table == table}


def test_counts(found: Snapshot) -> None:
    assert sum(key.kind == "table" for key in found) == DICTIONARY["about"]["tables"] == 30
    assert sum(key.kind == "enum" for key in found) == DICTIONARY["about"]["enums"] == 16
    assert sum(key.kind == "function" for key in found) == DICTIONARY["about"]["functions"]
    assert sum(key.kind == "view" for key in found) == DICTIONARY["about"]["views"]


@pytest.mark.parametrize("table", TABLES)
def test_table_has_its_columns(found: Snapshot, table: str) -> None:
    fact = TABLES[table]
    for column in fact["columns"]:
        text = found[Key("column", fact["schema"], fact["name"], column["name"])]
        head, _, rest = column["type"].partition("(")
        named = TYPES.get(head, head) + (f"({rest}" if rest else "")
        enum = next(
            (
                other
                for other in DICTIONARY["enums"]
                if named in {other["name"], f"{other['schema']}.{other['name']}"}
            ),
            None,
        )
        expected = f"public.{named}" if head == "vector" else named
        if enum:
            expected = f"{enum['schema']}.{enum['name']}"
        assert text.removeprefix(expected)[:1] in {"", " "}, f"{column['name']}: {text} is not {expected}"
        assert (" NOT NULL" in text) is not column["nullable"], f"{column['name']}: {text}"
        assert (" DEFAULT " in text) is (column["default"] is not None), f"{column['name']}: {text}"
        assert ("GENERATED STORED" in text) is ("generated" in column), f"{column['name']}: {text}"
    assert _names(found, "column", fact["schema"], fact["name"]) == {
        other["name"] for other in fact["columns"]
    }


@pytest.mark.parametrize("table", TABLES)
def test_table_has_its_objects(found: Snapshot, table: str) -> None:
    fact = TABLES[table]
    place = (fact["schema"], fact["name"])
    constraints = [
        fact["primary_key"],
        *fact["unique"],
        *fact["checks"],
        *fact["foreign_keys"],
        *fact["exclusions"],
    ]
    assert _names(found, "constraint", *place) == {constraint["name"] for constraint in constraints}
    assert _names(found, "index", *place) == {index["name"] for index in fact["indexes"]}
    assert _names(found, "trigger", *place) == {trigger["name"] for trigger in fact["triggers"]}
    assert _names(found, "policy", *place) == {policy["name"] for policy in fact["rls"]["policies"]}
    assert found[Key("row_security", *place, "")] == "enabled"
    assert not [item for key, item in found.items() if key.kind == "constraint" and "NOT VALID" in item]


@pytest.mark.parametrize("table", TABLES)
def test_table_has_its_rules(found: Snapshot, table: str) -> None:
    """Delete rules, index methods and conditions, trigger events, policy commands."""
    fact = TABLES[table]
    place = (fact["schema"], fact["name"])
    for key in fact["foreign_keys"]:
        text = found[Key("constraint", *place, key["name"])]
        assert f"ON DELETE {key['on_delete']}" in text
        assert f"REFERENCES {key['target'].partition('(')[0]}(" in text
    for index in fact["indexes"]:
        text = found[Key("index", *place, index["name"])]
        assert f"USING {index['method']} " in text
        assert text.startswith("CREATE UNIQUE INDEX") is index["unique"]
        assert (" WHERE " in text) is (index["where"] is not None)
        assert all(opclass in text for opclass in index.get("opclass", {}).values())
    for trigger in fact["triggers"]:
        text = found[Key("trigger", *place, trigger["name"])]
        events = sorted(
            trigger["events"], key=lambda event: ["INSERT", "DELETE", "UPDATE"].index(event.split()[0])
        )
        assert f" {trigger['timing']} {' OR '.join(events)} ON " in text
        assert text.endswith(f"EXECUTE FUNCTION {trigger['function']}")
        assert (" WHEN (" in text) is (trigger["when"] is not None)
    for policy in fact["rls"]["policies"]:
        text = found[Key("policy", *place, policy["name"])]
        assert f" FOR {policy['command']} TO {', '.join(policy['roles'])}" in text
        assert (" USING (" in text) is (policy["using"] is not None)
        assert (" WITH CHECK (" in text) is (policy["with_check"] is not None)


@pytest.mark.parametrize("table", TABLES)
def test_table_has_its_grants(found: Snapshot, table: str) -> None:
    fact = TABLES[table]
    place = (fact["schema"], fact["name"])
    expected: dict[Key, str] = {}
    for grant in fact["grants"]:
        if "columns" in grant:
            (privilege,) = grant["privileges"]
            expected[Key("column_grant", *place, f"{grant['role']} {privilege}")] = ", ".join(
                sorted(grant["columns"])
            )
        else:
            expected[Key("grant", *place, grant["role"])] = ", ".join(sorted(grant["privileges"]))
    assert {
        key: text
        for key, text in found.items()
        if key.kind in {"grant", "column_grant"} and key[1:3] == place
    } == expected


def test_enums_have_their_labels(found: Snapshot) -> None:
    expected = {
        Key("enum", enum["schema"], None, enum["name"]): ", ".join(f"'{label}'" for label in enum["values"])
        for enum in DICTIONARY["enums"]
    }
    assert {key: text for key, text in found.items() if key.kind == "enum"} == expected


def test_functions_have_their_attributes(found: Snapshot) -> None:
    functions = {
        key.name.partition("(")[0]: (key, text) for key, text in found.items() if key.kind == "function"
    }
    assert set(functions) == {function["name"].partition(".")[2] for function in DICTIONARY["functions"]}
    for function in DICTIONARY["functions"]:
        key, text = functions[function["name"].partition(".")[2]]
        assert key.schema == "app"
        assert f"LANGUAGE {function['language']} {function['volatility'].upper()}" in text
        assert ("SECURITY DEFINER" in text) is (function["security"] == "DEFINER")
        assert 'SET search_path=""' in text
        assert text.endswith(function["body"].rstrip("\n"))
        executors = {
            grant.name for grant in found if grant.kind == "function_grant" and grant.table == key.name
        }
        assert executors == set(function["execute"]), "and not PUBLIC"


def test_views_roles_and_the_rest_are_there(found: Snapshot) -> None:
    for view in DICTIONARY["views"]:
        assert "security_invoker=true" in found[Key("view", view["schema"], None, view["name"])]
        for grant in view["grants"]:
            assert found[Key("grant", view["schema"], view["name"], grant["role"])] == ", ".join(
                sorted(grant["privileges"])
            )
    assert {key.name for key in found if key.kind == "role"} == {role["name"] for role in DICTIONARY["roles"]}
    assert {text for key, text in found.items() if key.kind == "role"} == {
        "NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE INHERIT NOREPLICATION NOBYPASSRLS"
    }
    assert {key.name: text for key, text in found.items() if key.kind == "extension"} == {
        extension["name"]: f"schema {extension['schema']}" for extension in DICTIONARY["extensions"]
    }
    assert {key.name for key in found if key.kind == "schema"} == {
        other["name"] for other in DICTIONARY["schemas"]
    }
    assert {key.name for key in found if key.kind == "statistics"} == {
        statistic["name"] for statistic in DICTIONARY["statistics"]
    }
    for schema in DICTIONARY["schemas"]:
        for usage in schema["usage"]:
            assert found[Key("schema_grant", schema["name"], None, usage["role"])] == "USAGE"
    for default in DICTIONARY["default_privileges"]:
        assert found[Key("default_grant", default["schema"], default["on"], default["role"])] == ", ".join(
            sorted(default["privileges"])
        )
