from commands import broken_url, full_url, run, seeded

__all__ = ["broken_url", "full_url", "run", "seeded"]
