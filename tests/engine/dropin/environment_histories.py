"""Histories for the env.py files: a text of a revision file for each revision."""

from __future__ import annotations

from collections.abc import Mapping

FIRST = """\
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade():
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("kind", sa.Enum("free", "paid", name="kind")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )


def downgrade():
    op.drop_table("account")
    op.execute("DROP TYPE kind")
"""
SECOND = """\
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade():
    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_post_account_id"), "post", ["account_id"])
    op.add_column("account", sa.Column("note", sa.Text(), server_default="none", nullable=True))


def downgrade():
    op.drop_column("account", "note")
    op.drop_index(op.f("ix_post_account_id"), table_name="post")
    op.drop_table("post")
"""
HISTORY: Mapping[str, str] = {"0001_account": FIRST, "0002_post": SECOND}
TRANSLATED_HISTORY = {
    "0001": """\
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade():
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Enum("free", "paid", name="kind", schema="per_user")),
        sa.Column("name", sa.String(50), comment="of the person"),
        sa.PrimaryKeyConstraint("id", name="account_pkey"),
        schema="per_user",
        comment="who",
    )
    op.create_index("ix_account_name", "account", ["name"], schema="per_user")
    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["account_id"], ["per_user.account.id"], name="post_account_id_fkey"),
    )
    op.create_unique_constraint("account_id_name", "account", ["id", "name"], schema="per_user")
    op.create_unique_constraint("account_name", "account", ["name"], schema="per_user")
    op.drop_constraint("account_name", "account", schema="per_user")


def downgrade():
    op.drop_constraint("post_account_id_fkey", "post")
    op.drop_table("post")
    op.drop_index("ix_account_name", table_name="account", schema="per_user")
    op.drop_table("account", schema="per_user")
"""
}
MULTI_HISTORY = {
    "0001": """\
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade(engine_name: str) -> None:
    globals()["upgrade_%s" % engine_name]()


def downgrade(engine_name: str) -> None:
    globals()["downgrade_%s" % engine_name]()


def upgrade_engine1() -> None:
    op.create_table("one", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade_engine1() -> None:
    op.drop_table("one")


def upgrade_engine2() -> None:
    op.create_table("two", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade_engine2() -> None:
    op.drop_table("two")
"""
}
VIEWS = {
    "0001": """\
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


class ReplaceableObject:
    def __init__(self, name, sqltext):
        self.name = name
        self.sqltext = sqltext


people = ReplaceableObject("people", "SELECT id FROM account")


def upgrade():
    op.create_table("account", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))
    op.create_view(people)
    op.create_sequence("numbers")


def downgrade():
    op.execute("DROP SEQUENCE numbers")
    op.drop_view(people)
    op.drop_table("account")
""",
    "0002": """\
from alembic import op

revision, down_revision = "0002", "0001"


class ReplaceableObject:
    def __init__(self, name, sqltext):
        self.name = name
        self.sqltext = sqltext


people = ReplaceableObject("people", "SELECT id, name FROM account")


def upgrade():
    op.replace_view(people, replaces="0001.people")


def downgrade():
    op.replace_view(people, replaces="0001.people")
""",
}


def branch(revision: str, down: str | None, label: str | None, depends: str | None, table: str) -> str:
    return f"""\
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = {revision!r}, {down!r}, {label!r}, {depends!r}


def upgrade():
    op.create_table({table!r}, sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    op.drop_table({table!r})
"""


CONCURRENT = """\
from alembic import op

revision, down_revision = "0003", "0002"


def upgrade():
    op.execute("INSERT INTO account (name) VALUES ('a'), ('b')")
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_account_note", "account", ["note"], postgresql_concurrently=True, if_not_exists=True
        )
        op.create_index("ix_account_kind", "account", ["kind"], postgresql_concurrently=True)
    op.create_index("ix_account_name_kind", "account", ["name", "kind"])


def downgrade():
    op.drop_index("ix_account_name_kind", "account")
    with op.get_context().autocommit_block():
        op.drop_index("ix_account_kind", table_name="account", postgresql_concurrently=True)
        op.drop_index(
            "ix_account_note", table_name="account", postgresql_concurrently=True, if_exists=True
        )
    op.execute("DELETE FROM account")
"""
BRANCHES = {
    "a1": branch("a1", None, "left", None, "a1"),
    "a2": branch("a2", "a1", None, None, "a2"),
    "b1": branch("b1", None, "right", "a2", "b1"),
    "b2": branch("b2", "b1", None, None, "b2"),
}
SECOND_TABLE = branch("0003", "0002", None, None, "second")
STRANGE_COLUMN = """\
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004", "0003"


def upgrade():
    op.add_column("post", sa.Column("theirs", sa.Integer()))


def downgrade():
    op.drop_column("post", "theirs")
"""
