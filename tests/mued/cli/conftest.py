from commands import broken_url, full_url, run, seeded, states

__all__ = ["broken_url", "full_url", "run", "seeded", "states"]
