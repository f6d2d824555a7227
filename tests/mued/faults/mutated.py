"""A plugin of pytest, ``-p mutated``: one module of the package is imported with one text of it replaced.

MUTANT is the name of the mutation. The replaced source is never written down, as bytecode neither.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from mutations import MUTATIONS, Mutation


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, mutation: Mutation) -> None:
        super().__init__(fullname, path)
        self._mutation = mutation

    def get_data(self, path: str) -> bytes:
        return self._mutation.applied(super().get_data(path).decode()).encode()

    def path_stats(self, path: str) -> Any:
        raise OSError(f"{path} has no bytecode")


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, mutation: Mutation) -> None:
        self._mutation = mutation

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._mutation.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        assert spec is not None
        assert spec.origin is not None
        spec.loader = _Loader(fullname, spec.origin, self._mutation)
        return spec


_mutation = MUTATIONS[os.environ["MUTANT"]]
assert _mutation.module not in sys.modules, "the plugin comes first"
sys.meta_path.insert(0, _Finder(_mutation))
