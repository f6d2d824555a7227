"""A command beside the engine's."""

from __future__ import annotations


def stocktaking() -> None:
    """Count what is there."""
    print("counted")
