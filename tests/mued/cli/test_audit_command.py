from __future__ import annotations

import re
from pathlib import Path

import psycopg
from commands import NOWHERE, Run, data
from syrupy.assertion import SnapshotAssertion

import app_schema
from app_schema import url as urls

CHECKOUT = Path(app_schema.__file__).parent.parent


def test_full_database_is_clean_but_for_what_is_waived(
    run: Run, states: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_bytes((CHECKOUT / "pyproject.toml").read_bytes())
    said = run(states["full"], "audit")
    assert said.startswith("exit code 0")
    assert "0 error, 0 warning, 0 info" in said


def test_broken_database_is_told_the_sql_that_mends_it(run: Run, broken_url: str) -> None:
    with psycopg.connect(broken_url) as connection:
        connection.execute("ALTER TABLE public.users DISABLE ROW LEVEL SECURITY")
    said = run(broken_url, "audit")
    assert said.startswith("exit code 1")
    assert "ALTER TABLE public.users ENABLE ROW LEVEL SECURITY" in said
    found = data(run(broken_url, "audit", "--json"))
    assert {"check", "severity", "object", "message", "mend", "waived"} == set(found[0])


def test_fresh_database_and_none(run: Run, states: dict[str, str], snapshot: SnapshotAssertion) -> None:
    assert run(states["fresh"], "audit") == snapshot(name="fresh")
    assert run(NOWHERE, "audit") == snapshot(name="none")


def test_broken_waiver_is_one_sentence(run: Run, states: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[[tool.app_schema.audit.waivers]]\ncheck = "x"\n')
    said = run(states["fresh"], "audit")
    assert said.startswith("exit code 2\n--- stdout\n--- stderr\n")
    assert said.count("\n") == 5


def test_scale_says_what_sharding_by_owner_has_not(run: Run, states: dict[str, str]) -> None:
    said = run(states["full"], "audit", "--scale")
    assert said.startswith("exit code 1\n")
    found = {
        (entry["check"], entry["object"]) for entry in data(run(states["full"], "audit", "--scale", "--json"))
    }
    assert {
        ("owner_twice", "table public.messages"),
        ("owner_not_in_key", "constraint pk_log_entries on public.log_entries"),
        (
            "owner_not_in_reference",
            "constraint fk_session_tags_session_id_chat_sessions on public.session_tags",
        ),
        ("trigger_across_owners", "trigger tr_reservations_seats on public.reservations"),
        ("policy_across_owners", "policy sessions_app_user_select on public.sessions"),
    } <= found
    # a chat and its messages have one owner, in the key between them too
    assert not any("fk_chat_messages_session_id_user_id" in object_ for _, object_ in found)
    assert ("owner_absent", "table public.chat_messages") not in found


def test_role_without_rights_is_told_the_grant(run: Run, states: dict[str, str]) -> None:
    role = f"weak_{urls.parse(states['full']).database}"
    with psycopg.connect(states["full"], autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN")
        try:
            weak = re.sub(r"//[^@]*@", f"//{role}@", states["full"])
            audited, said = run(weak, "audit"), run(weak, "status")
        finally:
            connection.execute(f"DROP ROLE {role}")
    assert audited.startswith("exit code 2\n")
    assert (
        "(permission denied for schema app): GRANT USAGE ON SCHEMA app TO weak_DATABASE, or audit as"
        in audited
    )
    assert "SELECT" not in audited  # no condition of a waiver
    assert "so the revision is not known: GRANT SELECT ON public.alembic_version TO weak_DATABASE." in said
    assert said.startswith("exit code 2\n")
    for text in (audited, said):
        assert text.endswith("see docs/troubleshooting.md#rights\n")
