"""Nobody sees a row of another in an adopted database, whatever the settings of the old system hold."""

from __future__ import annotations

import cells
import psycopg
import pytest
from adopting import WriteRevision, run
from cells import ATTEMPT, Ground, reads, writes
from old_rows import NAMES, build, key
from rules import RULES, World

from app_schema.testing.plugin import CreateDatabase

pytestmark = pytest.mark.part(of=60, among="adoption")

ROWS = 12
USER_1 = f"SELECT {key('users', '1')}::text"
CLAIMS = (
    "",
    '{"role": "service_role"}',
    '{"role": "service_role", "sub": "clerk_2", "user_id": "clerk_2"}',
    "no JSON",
)
"""The claims that the policies of the old system read from `request.jwt.claims`; any client may set them."""


@pytest.mark.parametrize("shape", NAMES)
def test_no_row_of_another_is_seen_or_written_whatever_the_settings_hold(
    create_database: CreateDatabase,
    write_revision: WriteRevision,
    monkeypatch: pytest.MonkeyPatch,
    shape: str,
) -> None:
    url = create_database()
    write_revision(shape)
    with psycopg.connect(url, autocommit=True) as connection:
        build(connection, shape, ROWS)
        connection.execute("UPDATE public.users SET role = 'admin' WHERE clerk_id = 'clerk_2'")
    run(url, "upgrade")
    with (
        psycopg.connect(url, autocommit=True) as connection,
        psycopg.connect(url, autocommit=True) as untouched,
    ):
        connection.execute(ATTEMPT)
        found = {table: cells.rows(connection, table) for table in RULES}
        (own,) = connection.execute(USER_1.encode()).fetchone() or ("",)
        asked = {"unset": None, "empty": "", "old id": own, "service": "service_role", "quoted": "'; --"}
        asked |= {f"clerk_{number}": f"clerk_{number}" for number in (1, 2, 3)}
        monkeypatch.setattr(cells, "ASKERS", asked)
        ground = Ground(connection, untouched, {"app_user": "app_user"}, World(found), [])
        for claims in CLAIMS:
            for session in (connection, untouched):
                session.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
            for asker in asked:
                seen = [*reads(ground, "app_user", asker), *writes(ground, "app_user", asker)]
                assert [cell for cell in seen if cell.expected != cell.seen] == []
        assert {cell.seen for cell in reads(ground, "app_user", "clerk_1")} == {"yes", "no"}
