"""`--help` shows all of what is written: Rich takes words in brackets for styles."""

from __future__ import annotations

import inspect
import re
from importlib import metadata

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from app_schema.cli import COMMANDS, app
from app_schema.cli.db import db

_DRAWN = re.compile(r"[\s│╭╮╰╯─]+")


def _words(text: str) -> str:
    return _DRAWN.sub(" ", text.replace("\\[", "[")).strip()


def _all() -> dict[str, tuple[str, ...]]:
    commands: dict[str, tuple[str, ...]] = {command.__name__: (command.__name__,) for command in COMMANDS}
    return commands | {f"db {name}": ("db", name) for name in get_command(db).commands}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", _all())
def test_help_shows_every_word_of_the_docstring(name: str) -> None:
    command = get_command(app)
    for part in _all()[name]:
        command = command.commands[part]  # type: ignore[attr-defined]
    assert command.callback is not None
    said = _words(CliRunner().invoke(app, [*_all()[name], "--help"], env={"COLUMNS": "300"}).stdout)
    paragraphs = re.split(r"\n\s*\n", inspect.getdoc(command.callback) or "")
    assert [paragraph for paragraph in map(_words, paragraphs) if paragraph not in said] == []


def test_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"app-schema {metadata.version('app-schema')}\n")
