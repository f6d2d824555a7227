"""Mappers, relationships, exports and the import of the models."""

import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any, get_args

from declared_models import MAPPERS, Entry, each_table, table
from dictionary import DICTIONARY
from sqlalchemy import (
    create_mock_engine,
)
from sqlalchemy.orm import configure_mappers

import app_schema
from app_schema import models
from app_schema.ddl.sql import DIALECT
from app_schema.mued.models.base import Base
from app_schema.mued.models.json_shapes import FocusName


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
        and (mapper.class_, relationship.key) != (models.ChatMessage, "user")  # by the key to chat_sessions
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
    assert set(get_args(FocusName)) == {area.value for area in models.FocusArea}


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
