"""The pages of the queries that have a goal, before and after, as an SVG."""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from math import log10

LEFT, WIDTH, ROW = 130, 560, 22
MOST = 6
"""Power of ten at the right end of the scale."""

STYLE = (
    "text{font:12px sans-serif;fill:#555}.before{fill:#b9c0c9}.after{fill:#2f6fb2}.missed{fill:#c4572c}"
    ".goal{stroke:#111;stroke-width:2}.grid{stroke:#8884}"
    "@media(prefers-color-scheme:dark){text{fill:#bbb}.goal{stroke:#eee}}"
)


def picture(pages: Mapping[str, tuple[int, int, int]]) -> str:
    """Bars on a logarithmic scale; `pages` has before, after and goal by query."""
    height = ROW * len(pages) + 44
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 20} {height}" role="img">',
        "<title>Pages that each query reads before (grey) and after, with its goal (line)</title>",
        f"<style>{STYLE}</style>",
    ]
    for power in range(MOST + 1):
        at = _at(10**power)
        lines.append(f'<line class="grid" x1="{at}" x2="{at}" y1="4" y2="{height - 36}"/>')
        lines.append(f'<text x="{at}" y="{height - 22}" text-anchor="middle">{10**power:,}</text>')
    for place, (query, (before, after, goal)) in enumerate(pages.items()):
        top, seen = 4 + ROW * place, "after" if after <= goal else "missed"
        lines += [
            f'<text x="{LEFT - 8}" y="{top + 13}" text-anchor="end">{escape(query)}</text>',
            f'<rect class="before" x="{LEFT}" y="{top}" width="{_at(before) - LEFT}" height="8"/>',
            f'<rect class="{seen}" x="{LEFT}" y="{top + 8}" width="{_at(after) - LEFT}" height="8"/>',
            f'<line class="goal" x1="{_at(goal)}" x2="{_at(goal)}" y1="{top - 1}" y2="{top + 17}"/>',
        ]
    said = "pages: grey before, blue after, orange above its goal (the line)"
    lines.append(f'<text x="{LEFT}" y="{height - 6}">{said}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def _at(pages: int) -> int:
    return LEFT + round(WIDTH * log10(max(pages, 1)) / MOST)
