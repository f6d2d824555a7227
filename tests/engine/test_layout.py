"""Generated code is what ``ruff format`` would make of it, at whatever width its strings end."""

from __future__ import annotations

import pytest
from autogen import RUFF, Generated

from app_schema.migrations.layout import layout

TEXT = '(EXISTS ( SELECT 1\n   FROM "s two".{}\n  WHERE (a."order" > \'2020-01-01\'::date)))'
CALLS = (
    "op.replace_policy('p', 't', using={0!r}, old={{'using': {0!r}, 'with_check': [{0!r}]}}, schema='s')",
    "op.create_view('v', {0!r}, schema='s')",
    "op.f([{0!r}, 'it\\'s \"b\"'], schema='s')",
)


@pytest.mark.skipif(not RUFF.exists(), reason="ruff is not installed here")
def test_code_is_laid_out_as_the_formatter_would() -> None:
    calls = [call.format(TEXT.format("a" * width)) for width in range(0, 60, 3) for call in CALLS]
    text = f"def upgrade():\n    {layout(chr(10).join(calls))}\n"
    assert Generated(text, [], []).formatted == text
