"""The operations on policies, row-level security, grants and default privileges."""

from __future__ import annotations

from typing import Any

from cases_ours import TOUCH
from harness import BASE, Case

POLICY = "CREATE POLICY p ON s.t AS PERMISSIVE FOR UPDATE TO case_reader USING (a > 1) WITH CHECK (a > 2)"

_MOOD = BASE + "CREATE TYPE s.mood AS ENUM ('a');"
_SET = """
DO $$ BEGIN
  EXECUTE format('ALTER ROLE case_reader IN DATABASE %I SET app.x = 1', current_database());
END $$;"""


def _policy(op: Any) -> None:
    op.create_policy(
        "p", "t", for_="UPDATE", to=["case_reader"], using="a > 1", with_check="a > 2", schema="s"
    )


CASES: dict[str, Case] = {
    "create_policy": Case(
        # the same name on another table is another object
        BASE + POLICY.replace("s.t", "s.parent").replace("a >", "id >") + ";",
        _policy,
        {
            "command": (
                POLICY.replace("FOR UPDATE", "FOR ALL"),
                ("policy p on s.t", "FOR ALL", "FOR UPDATE"),
            ),
            "role": (POLICY.replace("case_reader", "case_writer"), ("TO case_writer", "TO case_reader")),
            "using": (POLICY.replace("a > 1", "a > 7"), ("(a > 7)", "(a > 1)")),
            "with check": (POLICY.replace("a > 2", "a > 7"), ("(a > 7)", "(a > 2)")),
            "no with check": (POLICY.partition(" WITH CHECK")[0], ("WITH CHECK",)),
            "restrictive": (POLICY.replace("PERMISSIVE", "RESTRICTIVE"), ("RESTRICTIVE", "PERMISSIVE")),
        },
    ),
    "drop_policy": Case(BASE + POLICY + ";", lambda op: op.drop_policy("p", "t", schema="s")),
    "replace_policy": Case(
        BASE + POLICY + ";",
        lambda op: op.replace_policy(
            "p",
            "t",
            for_="ALL",
            to="case_reader",
            using="a > 5",
            schema="s",
            old={"for_": "UPDATE", "using": "a > 1", "with_check": "a > 2"},
        ),
        {"neither old nor new": ("ALTER POLICY p ON s.t USING (a > 77)", ("(a > 77)", "(a > 5)", "(a > 1)"))},
    ),
    "enable_row_security": Case(
        BASE,
        lambda op: op.enable_row_security("t", schema="s"),
        {
            "forced": (
                "ALTER TABLE s.t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
                ("row security on s.t", "enabled, forced"),
            )
        },
    ),
    "enable_row_security forced": Case(
        BASE,
        lambda op: op.enable_row_security("t", forced=True, schema="s"),
        {"not forced": ("ALTER TABLE s.t ENABLE ROW LEVEL SECURITY", ("enabled, forced",))},
    ),
    "replace_row_security": Case(
        BASE + "ALTER TABLE s.t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;",
        lambda op: op.replace_row_security("t", schema="s"),
    ),
    "disable_row_security": Case(
        BASE + "ALTER TABLE s.t ENABLE ROW LEVEL SECURITY;",
        lambda op: op.disable_row_security("t", schema="s"),
    ),
    "create_grant": Case(
        BASE,
        lambda op: op.create_grant(["SELECT", "INSERT"], table="t", to="case_reader", schema="s"),
        {
            "more": (
                "GRANT SELECT, INSERT, DELETE ON s.t TO case_reader",
                ("case_reader", "DELETE, INSERT, SELECT", "INSERT, SELECT"),
            ),
            "less": ("GRANT SELECT ON s.t TO case_reader", ("SELECT",)),
        },
    ),
    "drop_grant": Case(
        BASE + "GRANT SELECT ON s.t TO case_reader;",
        lambda op: op.drop_grant("SELECT", table="t", to="case_reader", schema="s"),
    ),
    "replace_grant": Case(
        BASE + "GRANT SELECT, DELETE ON s.t TO case_reader;",
        lambda op: op.replace_grant("SELECT", table="t", to="case_reader", schema="s"),
    ),
    "create_grant columns": Case(
        BASE,
        lambda op: op.create_grant("UPDATE", columns=["b", "a"], table="t", to="case_reader", schema="s"),
        {"columns": ("GRANT UPDATE (a, c) ON s.t TO case_reader", ("case_reader", "a, c", "a, b"))},
    ),
    "drop_grant columns": Case(
        BASE + "GRANT UPDATE (a) ON s.t TO case_reader;",
        lambda op: op.drop_grant("UPDATE", columns="a", table="t", to="case_reader", schema="s"),
    ),
    "create_grant function": Case(
        BASE + TOUCH, lambda op: op.create_grant("EXECUTE", function="touch()", to="case_reader", schema="s")
    ),
    "drop_grant function": Case(
        BASE + TOUCH + "GRANT EXECUTE ON FUNCTION s.touch() TO case_reader;",
        lambda op: op.drop_grant("EXECUTE", function="touch()", to="case_reader", schema="s"),
    ),
    "create_grant schema": Case(
        BASE,
        lambda op: op.create_grant("USAGE", to="case_reader", schema="s"),
        {"more": ("GRANT USAGE, CREATE ON SCHEMA s TO case_reader", ("CREATE, USAGE",))},
    ),
    "drop_grant schema": Case(
        BASE + "GRANT USAGE ON SCHEMA s TO case_reader;",
        lambda op: op.drop_grant("USAGE", to="case_reader", schema="s"),
    ),
    "create_default_privileges": Case(
        BASE,
        lambda op: op.create_default_privileges(["SELECT"], to="case_reader", schema="s"),
        {
            "more": (
                "ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT, DELETE ON TABLES TO case_reader",
                ("default privileges of case_reader", "DELETE, SELECT"),
            )
        },
    ),
    "drop_default_privileges": Case(
        BASE + "ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO case_reader;",
        lambda op: op.drop_default_privileges(["SELECT"], to="case_reader", schema="s"),
    ),
    "replace_default_privileges": Case(
        BASE + "ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT DELETE ON TABLES TO case_reader;",
        lambda op: op.replace_default_privileges(["SELECT"], to="case_reader", schema="s"),
    ),
    "create_object_grant": Case(
        _MOOD,
        lambda op: op.create_object_grant("USAGE", to="case_reader", on="TYPE", of="mood", schema="s"),
        {
            "grantable": (
                "GRANT USAGE ON TYPE s.mood TO case_reader WITH GRANT OPTION",
                ("grant to case_reader on TYPE s.mood", "USAGE*"),
            )
        },
    ),
    "drop_object_grant": Case(
        _MOOD + "GRANT USAGE ON TYPE s.mood TO case_reader;",
        lambda op: op.drop_object_grant("USAGE", to="case_reader", on="TYPE", of="mood", schema="s"),
    ),
    "replace_object_grant": Case(
        _MOOD + "GRANT USAGE ON TYPE s.mood TO case_reader WITH GRANT OPTION;",
        lambda op: op.replace_object_grant("USAGE", to="case_reader", on="TYPE", of="mood", schema="s"),
    ),
    "revoke_from_public": Case(
        _MOOD, lambda op: op.create_object_grant((), to="PUBLIC", on="TYPE", of="mood", schema="s")
    ),
    "grant_to_public_again": Case(
        _MOOD + "REVOKE USAGE ON TYPE s.mood FROM PUBLIC;",
        lambda op: op.drop_object_grant((), to="PUBLIC", on="TYPE", of="mood", schema="s"),
    ),
    "drop_setting": Case(
        BASE + _SET,
        lambda op: op.drop_setting("app.x", role="case_reader"),
    ),
    "create_comment": Case(
        BASE,
        lambda op: op.create_comment("index", "parent_pkey", "it's 100% \\", schema="s", table="parent"),
        {
            "text": (
                "COMMENT ON INDEX s.parent_pkey IS 'other'",
                ("comment on INDEX s.parent_pkey", "other", "it's 100% \\"),
            )
        },
    ),
    "drop_comment": Case(
        BASE + "COMMENT ON COLUMN s.t.a IS 'x';",
        lambda op: op.drop_comment("column", "a", table="t", schema="s"),
    ),
    "replace_comment": Case(
        BASE + "COMMENT ON COLUMN s.t.a IS 'x';",
        lambda op: op.replace_comment("column", "a", "y", table="t", schema="s"),
    ),
}
