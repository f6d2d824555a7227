"""A folded script is small, and its calls return the blocks character for character."""

from __future__ import annotations

import pytest
from lineage import statements, unfolded

from app_schema.ddl.block import block
from app_schema.ddl.sql import dollar
from app_schema.migrations.folding import folded

HOSTILE = ["plain", "it''s", "100 % %1$s", "back\\slash", "$tag$ $$", "tab\tand\r\nline", "名前", ""]


def _block(name: str, extra: str = "") -> str:
    """A block with a literal, a list, a statement and a body of its own."""
    names = f"ARRAY['{name}', 'x']::text[]"
    inner = f"SELECT {'count(*) + ' * 20}0 FROM pg_class WHERE relname = ANY ({names}){extra}"
    comment = dollar(f"COMMENT ON SCHEMA public IS '{name}'")
    lines = [f"  PERFORM set_config('app_schema.name', '{name} is %', true);", f"  EXECUTE {dollar(inner)};"]
    return block(["BEGIN", *lines, f"  EXECUTE {comment};", "END"])


@pytest.mark.parametrize("extra", [[""], ["", " AND true", " OR 'a' = 'b'"]], ids=["alike", "alike in parts"])
def test_calls_return_the_blocks(empty_url: str, extra: list[str]) -> None:
    blocks = [_block(name, more) for name in HOSTILE for more in extra]
    script = [f"{text};\n\n" for text in ("BEGIN", *blocks, *blocks[:2], "COMMIT")]
    small = folded(script)
    assert len("".join(small)) < len("".join(script))
    assert unfolded(empty_url, statements("".join(small))) == ["BEGIN", *blocks, *blocks[:2], "COMMIT"]


def test_script_that_shares_nothing_stays() -> None:
    script = ["BEGIN;\n\n", f"{_block('alone')};\n\n", "COMMIT;\n\n"]
    assert folded(script) == script
