"""A plan of EXPLAIN (FORMAT JSON) as a tree to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_CONDITIONS = (
    "Index Cond",
    "Recheck Cond",
    "Hash Cond",
    "Merge Cond",
    "Join Filter",
    "Filter",
    "One-Time Filter",
    "Sort Key",
    "Group Key",
)


@dataclass(frozen=True)
class PlanStep:
    """A step of a plan. `share` is its own part of the whole: of the measured time, else of the cost."""

    title: str
    rows: str
    share: int
    details: list[str]
    children: list[PlanStep]


def tree(plan: dict[str, Any]) -> PlanStep:
    """The tree of the plan's root."""
    return _node(plan, _time_or_cost(plan) or 1.0)


def _node(plan: dict[str, Any], total: float) -> PlanStep:
    children = plan.get("Plans", [])
    own_time = max(_time_or_cost(plan) - sum(map(_time_or_cost, children)), 0.0)
    return PlanStep(
        title=_title(plan),
        rows=_rows(plan),
        share=round(100 * min(own_time / total, 1.0)),
        details=list(_details(plan)),
        children=[_node(child, total) for child in children],
    )


def _time_or_cost(plan: dict[str, Any]) -> float:
    """Milliseconds, or the cost that the planner expects; children are part of it."""
    if "Actual Total Time" in plan:
        return float(plan["Actual Total Time"]) * float(plan["Actual Loops"])
    return float(plan["Total Cost"])


def _title(plan: dict[str, Any]) -> str:
    name = " ".join(
        filter(None, (plan.get("Join Type", "") if "Join" in plan["Node Type"] else "", plan["Node Type"]))
    )
    if index := plan.get("Index Name"):
        name += f" by {index}"
    if table := plan.get("Relation Name"):
        alias = plan.get("Alias", table)
        name += f" on {table}" + (f" as {alias}" if alias != table else "")
    return name


def _rows(plan: dict[str, Any]) -> str:
    expected = f"{plan['Plan Rows']:,.0f} expected"
    if "Actual Rows" not in plan:
        return f"{expected}, cost {plan['Total Cost']:,.1f}"
    loops = float(plan["Actual Loops"])
    return f"{float(plan['Actual Rows']) * loops:,.0f} rows, {expected}, {_time_or_cost(plan):,.2f} ms"


def _details(plan: dict[str, Any]) -> list[str]:
    details = []
    for name in _CONDITIONS:
        if name in plan:
            value = plan[name]
            details.append(f"{name}: {', '.join(value) if isinstance(value, list) else value}")
    if removed := plan.get("Rows Removed by Filter"):
        details.append(f"Rows removed by the filter: {removed:,}")
    if read := plan.get("Shared Read Blocks", 0) + plan.get("Shared Hit Blocks", 0):
        details.append(f"Pages: {read:,}")
    return details
