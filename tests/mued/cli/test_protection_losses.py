"""A rollback shows which protection of a kept table it drops, and asks for the token."""

from __future__ import annotations

import pytest
from commands import Run, data, token
from undoing import DROP, TABLE, Do
from written import Written, heads

pytestmark = pytest.mark.part(of=4)


def test_protection_of_a_table_that_stays_is_a_loss(
    run: Run, empty_url: str, written: Written, do: Do
) -> None:
    columns = "sa.Column('id', sa.Integer()), sa.Column('n', sa.Integer())"
    written.add(f"op.create_table('t', {columns})", DROP.format("t"))
    written.add(
        """
        op.enable_row_security("t")
        op.create_policy("p", "t", using="id = 1")
        op.create_check_constraint("ck", "t", "id > 0")
        op.create_index("plain", "t", ["id"])
        op.create_index("uq", "t", ["id"], unique=True)
        op.alter_column("t", "n", nullable=False)
        op.create_grant("SELECT", table="t", to="PUBLIC")
        """,
        """
        op.drop_grant("SELECT", table="t", to="PUBLIC")
        op.alter_column("t", "n", nullable=True)
        op.drop_index("uq", "t")
        op.drop_index("plain", "t")
        op.drop_constraint("ck", "t", type_="check")
        op.drop_policy("p", "t")
        op.disable_row_security("t")
        """,
    )
    written.upgrade(empty_url)
    refused = run(empty_url, "rollback")
    assert refused.startswith("exit code 1")
    for name in (
        "policy p,",
        "row security",
        "constraint ck_t_ck",
        "unique index uq",
        "grant PUBLIC",
        "NOT NULL of n",
    ):
        assert name in refused
    assert "plain" not in refused
    assert heads(empty_url) == ["r2"]
    do("DROP POLICY p ON t")
    dry = run(empty_url, "rollback", "--dry-run")
    assert "policy p" not in dry
    for operation in (
        "drop_policy t",
        "alter_column t.n",
        "drop_index t (2 times)",
        "disable_row_security t",
    ):
        assert operation in dry.replace("\n", " ")
    assert data(run(empty_url, "rollback", "--dry-run", "--json"))["operations"]["r2"][0] == "drop_grant t"
    assert run(empty_url, "rollback", "base", "--dry-run").startswith("exit code 0"), "goes with its table"
    assert heads(empty_url) == ["r2"], "a dry run does nothing"
    assert run(empty_url, "rollback", "--confirm", token(run(empty_url, "rollback"))).startswith(
        "exit code 0"
    )


def test_protection_is_found_under_the_name_that_it_has_now(
    run: Run, empty_url: str, written: Written
) -> None:
    columns = "sa.Column('id', sa.Integer()), sa.Column('n', sa.Integer(), nullable=False)"
    written.add(f"op.create_table('t', {columns})")
    written.add(
        """
        op.create_check_constraint("a", "t", "id > 0")
        op.create_policy("p", "t", using="id = 1")
        op.create_rule("r", "t", "CREATE RULE r AS ON DELETE TO public.t DO INSTEAD NOTHING;")
        op.create_index_concurrently("uq", "t", ["id"], unique=True)
        op.create_index("other", "t", ["n"], unique=True)
        """,
        """
        op.drop_index("other")
        op.drop_index_concurrently("uq", "t")
        op.drop_rule("r", "t")
        op.drop_policy("p", "t")
        op.drop_constraint("a", "t", type_="check")
        op.alter_column("t", "n", nullable=True)
        """,
    )
    written.add(
        """
        op.rename_constraint("ck_t_a", "ck_t_b", "t")
        op.rename_object("policy", "p", "q", table="t")
        op.rename_index("uq", "unique", "t")
        op.alter_column("t", "n", new_column_name="m")
        """,
        """
        op.alter_column("t", "m", new_column_name="n")
        op.rename_index("unique", "uq", "t")
        op.rename_object("policy", "q", "p", table="t")
        op.rename_constraint("ck_t_b", "ck_t_a", "t")
        """,
    )
    written.upgrade(empty_url)
    protections = data(run(empty_url, "rollback", "r1", "--json", "--dry-run"))["protections"]
    assert {each["name"] for each in protections} == {
        "unique index other",
        "unique index uq",
        "rule r",
        "policy p",
        "constraint ck_t_a",
        "NOT NULL of n",
    }


def test_policy_and_grant_that_a_rollback_creates_again_are_asked_for(
    run: Run, empty_url: str, written: Written
) -> None:
    opening = "op.create_policy('open', 't', using='true')\nop.create_grant('SELECT', table='t', to='PUBLIC')"
    written.add(f"{TABLE.format('t')}\n{opening}")
    written.add("op.drop_policy('open', 't')\nop.drop_grant('SELECT', table='t', to='PUBLIC')", opening)
    written.upgrade(empty_url)
    assert "r2: opens public.t: policy open, grant PUBLIC" in run(empty_url, "rollback")
    assert heads(empty_url) == ["r2"]
