"""SQLAlchemy models for what a database has: the way in for a project that has a database and no models."""
