from commands import broken_url, full_url, run, seeded, states
from undoing import do, written

__all__ = ["broken_url", "do", "full_url", "run", "seeded", "states", "written"]
