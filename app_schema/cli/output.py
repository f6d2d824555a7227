"""Data to stdout, for people or machines; talk to stderr."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from app_schema import events
from app_schema.streams import wrapped

UNLIMITED = 10_000
"""Columns if stdout is no terminal: a row is one line in a pipe."""


def talk(line: str) -> None:
    """A line for the person at the terminal."""
    if not events.logged(line):
        sys.stderr.write(f"{wrapped(line, sys.stderr)}\n")


def text(line: str, *, indent: int = 0) -> None:
    """A line of prose as data; `indent` is that of its continuation."""
    print(wrapped(line, sys.stdout, indent))


def machine(value: Any) -> None:
    """A value as JSON: dataclasses as objects, sets as sorted arrays, any other object as text."""
    print(json.dumps(value, default=_plain, ensure_ascii=False, indent=2))


def facts(values: Mapping[str, str]) -> None:
    """Names and values, a pair a line."""
    width = max(map(len, values), default=0)
    for name, value in values.items():
        print(f"{name:<{width}}  {value}")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """A table; columns whose name starts with ">" are right-aligned."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    grid = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", show_edge=False, pad_edge=False)
    for column in columns:
        name = column.removeprefix(">")
        grid.add_column(name, justify="right" if name != column else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(escape(str(cell)) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else UNLIMITED, highlight=False)
    with console.capture() as captured:
        console.print(grid)
    print("\n".join(line.rstrip() for line in captured.get().rstrip().splitlines()))


def sql(text: str) -> None:
    """SQL, in colours at a terminal."""
    if not sys.stdout.isatty():
        print(text)
        return
    from rich.console import Console
    from rich.syntax import Syntax

    Console().print(Syntax(text, "postgresql", background_color="default", word_wrap=True))


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr, if that is a terminal; yields the function that sets its number."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)
