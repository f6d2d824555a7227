"""A generated revision is carried out on a copy of the database before anybody relies on it."""
