"""The later statements of a run: a second run finds an object in the state of the last statement about it.

A revision that changes a column twice is read before it runs (:mod:`.column`). Later revisions are read if a
statement of an earlier revision is refused (:mod:`.later`), and for a script, which cannot be run step by
step.
"""

from app_schema.migrations.foresight.ahead import Ahead, already_exists, foreseeable
from app_schema.migrations.foresight.step import Foresight, StepForesight, foreseeing

__all__ = ["Ahead", "Foresight", "StepForesight", "already_exists", "foreseeable", "foreseeing"]
