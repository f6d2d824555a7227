"""What bench/load.py runs on the table: an operation as we write it, and as plain Alembic's users do."""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """Lines of ``upgrade()``.

    :param rewrites: the table is written anew under ACCESS EXCLUSIVE, however it is asked for.
    """

    name: str
    ours: tuple[str, ...]
    plain: tuple[str, ...]
    rewrites: bool = False


def _same(name: str, line: str) -> Operation:
    return Operation(name, (line,), (line,))


def _by_hand(name: str, ours: str, plain: str) -> Operation:
    return Operation(name, (ours,), (f"op.execute({plain!r})",))


def _ours(name: str, line: str) -> Operation:
    """A step that plain Alembic's users do not take."""
    return Operation(name, (line,), ("pass",))


_NOT_VALID = ", postgresql_not_valid=True"
_FOREIGN_KEY = 'op.create_foreign_key("fk_owner", "item", "owner", ["owner_id"], ["id"]{})'
_CHECK = 'op.create_check_constraint(op.f("ck {0}"), "item", "{0}"{1})'
_ADD = 'op.add_column("item", sa.Column({!r}, sa.Text, server_default={}))'

OPERATIONS = (
    _same("add a column", _ADD.format("note", None)),
    _same("add a column with a default", _ADD.format("shelf", "'a'")),
    _same("rename a column", 'op.alter_column("item", "title", new_column_name="label")'),
    _same("drop a column", 'op.drop_column("item", "old")'),
    _same("comment on a table", 'op.create_table_comment("item", "what is sold")'),
    _same("change a default", 'op.alter_column("item", "shelf", server_default="b")'),
    _ours("NOT NULL: its check, not valid", _CHECK.format("label IS NOT NULL", _NOT_VALID)),
    _ours("validate it", 'op.validate_constraint("ck label IS NOT NULL", "item")'),
    _same("column NOT NULL", 'op.alter_column("item", "label", nullable=False)'),
    Operation(
        "index",
        ('op.create_index_concurrently("ix_label", "item", ["label"])',),
        ('op.create_index("ix_label", "item", ["label"])',),
    ),
    Operation(
        "drop an index",
        ('op.drop_index_concurrently("ix_label", "item")',),
        ('op.drop_index("ix_label", "item")',),
    ),
    Operation("foreign key, not valid", (_FOREIGN_KEY.format(_NOT_VALID),), (_FOREIGN_KEY.format(""),)),
    _ours("validate it", 'op.validate_constraint("fk_owner", "item")'),
    Operation(
        "check, not valid", (_CHECK.format("price >= 0", _NOT_VALID),), (_CHECK.format("price >= 0", ""),)
    ),
    _ours("validate it", 'op.validate_constraint("ck price >= 0", "item")'),
    _by_hand("enum value", 'op.add_enum_value("state", "lent")', "ALTER TYPE state ADD VALUE 'lent'"),
    _by_hand(
        "trigger",
        'op.create_trigger("touch", "item", before="UPDATE", execute="touch()")',
        "CREATE TRIGGER touch BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION touch()",
    ),
    _by_hand(
        "view",
        'op.create_view("cheap", "SELECT i.id FROM item AS i WHERE i.price < 10")',
        "CREATE VIEW cheap AS SELECT i.id FROM item AS i WHERE i.price < 10",
    ),
    _by_hand("row security", 'op.enable_row_security("item")', "ALTER TABLE item ENABLE ROW LEVEL SECURITY"),
    _by_hand(
        "policy",
        'op.create_policy("everybody", "item", using="true")',
        "CREATE POLICY everybody ON item USING (true)",
    ),
    _by_hand(
        "grant", 'op.create_grant(["SELECT"], to="PUBLIC", table="item")', "GRANT SELECT ON item TO PUBLIC"
    ),
    Operation(
        "change a type, rewriting the table",
        ('op.alter_column("item", "code", type_=sa.BigInteger, existing_type=sa.Integer)',),
        ('op.alter_column("item", "code", type_=sa.BigInteger, existing_type=sa.Integer)',),
        rewrites=True,
    ),
)
