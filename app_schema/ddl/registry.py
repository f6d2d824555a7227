"""The classes of all kinds, each imported when it is needed: a schema uses a few of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from app_schema.ddl.files import CLASSES, FILES

Class = TypeVar("Class")
_PACKAGE = __name__.rpartition(".")[0]


def load(name: str) -> Any:
    """The class of a kind, by its name, from its file."""
    return getattr(import_module(f"{_PACKAGE}.{FILES[name]}"), name)


@cache
def _load_all() -> None:
    for file in FILES.values():
        import_module(f"{_PACKAGE}.{file}")


class Registry(Mapping[str, Class]):
    """Kind -> its class. Each class registers itself.

    The look-up of a kind imports its file; an iteration imports the files of all kinds.
    """

    def __init__(self) -> None:
        self.loaded: dict[str, Class] = {}
        """The classes whose files are imported."""

    def register(self, kinds: Iterable[str], cls: Class) -> None:
        """Adds a class for each of the kinds."""
        self.loaded.update(dict.fromkeys(kinds, cls))

    def __getitem__(self, kind: str) -> Class:
        if kind in self.loaded:
            return self.loaded[kind]
        if kind in CLASSES:
            load(CLASSES[kind])
        else:
            _load_all()
        return self.loaded[kind]

    def __iter__(self) -> Iterator[str]:
        _load_all()
        return iter(self.loaded)

    def __len__(self) -> int:
        _load_all()
        return len(self.loaded)
