"""What comes later in a run: a second run finds an object as the last statement about it has left it.

A revision that changes a column twice is read through before it runs (:mod:`.column`). What later revisions
change is looked at where a statement of an earlier one is refused (:mod:`.later`), and in a script, which
cannot be asked again.
"""

from app_schema.migrations.foresight.ahead import Ahead, foreseeable
from app_schema.migrations.foresight.step import Foresight, StepForesight, foreseeing

__all__ = ["Ahead", "Foresight", "StepForesight", "foreseeable", "foreseeing"]
