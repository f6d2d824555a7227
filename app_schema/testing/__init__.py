"""A pytest plugin: a migrated database for each test, sessions that act as a person, and valid rows.

Opt in with ``pytest_plugins = ["app_schema.testing"]`` in the root conftest.py; the server
starts when a test first needs a database. The plugin needs the extra ``testing``. See docs/testing.md.

PYTEST_DONT_REWRITE: a conftest.py may import from here before pytest does.
"""

pytest_plugins = ["app_schema.testing.plugin"]
