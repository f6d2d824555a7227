"""The data dictionary, ``schema.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

# libyaml reads the 2,200 lines in a tenth of the time; a wheel without it has the loader in Python
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT = Path(__file__).with_name("schema.yaml").read_text(encoding="utf-8")

DICTIONARY: dict[str, Any] = yaml.load(_TEXT, _LOADER)  # noqa: S506 - both loaders are the safe one
