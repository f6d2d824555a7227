"""`python -m app_schema` is `app-schema`."""

from __future__ import annotations

from app_schema.cli import main

if __name__ == "__main__":
    main()
