from commands import broken_url, full_url, run

__all__ = ["broken_url", "full_url", "run"]
