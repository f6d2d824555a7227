"""The proof of a generated revision: its execution on a copy of the database."""
