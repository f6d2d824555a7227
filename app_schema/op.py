"""Alembic's ``op`` for revisions, with our operations: ``from app_schema import op``.

It is the same module. Its stub, ``op.pyi``, tells editors and mypy the operations of both.
"""

import sys

from alembic import op

sys.modules[__name__] = op
