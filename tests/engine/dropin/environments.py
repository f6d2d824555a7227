"""env.py files as Alembic's documentation shows them, each with a history and what is run in it.

``CONTEXT`` stands where the file imports Alembic's context, or ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_HEAD = """\
import os

import sqlalchemy as sa
from sqlalchemy import engine_from_config, pool
CONTEXT

config = context.config
target_metadata = metadata = sa.MetaData()
sa.Table(
    "account",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(50), nullable=False),
    sa.Column("kind", sa.Enum("free", "paid", name="kind")),
    sa.Column("note", sa.Text, server_default="none"),
    sa.UniqueConstraint("name"),
)
sa.Table(
    "post",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("account_id", sa.ForeignKey("account.id"), index=True),
)
"""
_OFFLINE = """

def run_migrations_offline():
    context.configure(
        url=config.get_main_option("sqlalchemy.url"),
        target_metadata=target_metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()
"""
_ONLINE = """

def run_migrations_online():
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool
    )
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadataOPTIONS)
        with context.begin_transaction():
            context.run_migrations()
"""
_END = """

if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
"""
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


@dataclass(frozen=True)
class Case:
    """An environment, its history, and the ``-x`` of each run; ``down`` is where the way back leads."""

    env: str
    history: Mapping[str, str] = field(default_factory=lambda: HISTORY)
    runs: tuple[tuple[str, ...], ...] = ((),)
    before: str = ""
    """SQL carried out first."""
    clean: bool = True
    """``alembic check`` finds nothing, by plain Alembic and by ours."""
    up: str = "heads"
    down: str = "base"
    script: bool = True
    """``--sql`` is compared too."""
    ini: str = ""


_BLOCK = """\
        with context.begin_transaction():
            context.run_migrations()
"""
_PATH = """\
        with context.begin_transaction():
            context.execute("SET search_path TO one")
            context.run_migrations()
"""
_AROUND = """\
        context.execute("CREATE SCHEMA IF NOT EXISTS made")
        with context.begin_transaction():
            connection.execute(sa.text("SET LOCAL work_mem = '1MB'"))
            context.run_migrations()
            context.execute("COMMENT ON SCHEMA made IS 'after'")
"""
_DRY = """\
        with context.begin_transaction() as transaction:
            context.run_migrations()
            if "dry" in context.get_x_argument():
                transaction.rollback()
"""
_OWN_COMMIT = """\
        context.run_migrations()
        if "dry" not in context.get_x_argument():
            connection.commit()
"""


def _sync(options: str = "", before: str = "", block: str = _BLOCK) -> str:
    online = _ONLINE.replace("OPTIONS", f", {options}" if options else "").replace(_BLOCK, block)
    return f"{_HEAD}{before}{_OFFLINE}{online}{_END}"


_ASYNC = (
    _HEAD
    + _OFFLINE
    + """
import asyncio

from sqlalchemy.ext.asyncio import async_engine_from_config


def do_run_migrations(connection):
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


async def run_async_migrations():
    section = config.get_section(config.config_ini_section, {})
    section["sqlalchemy.url"] = section["sqlalchemy.url"].replace("+psycopg", "+DRIVER")
    connectable = async_engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await connectable.dispose()


def run_migrations_online():
    asyncio.run(run_async_migrations())
"""
    + _END
)
_TENANT = """

def run_migrations_online():
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool
    )
    current_tenant = context.get_x_argument(as_dictionary=True).get("tenant")
    with connectable.connect() as connection:
        connection.execute(sa.text('set search_path to "%s"' % current_tenant))
        connection.commit()
        connection.dialect.default_schema_name = current_tenant
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()
"""
_TRANSLATED = """

def run_migrations_online():
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool
    )
    tenant = context.get_x_argument(as_dictionary=True).get("tenant")
    connectable = connectable.execution_options(schema_translate_map={None: tenant, "per_user": tenant})
    with connectable.connect() as connection:
        context.configure(
            connection=connection, target_metadata=target_metadata, version_table_schema=tenant
        )
        with context.begin_transaction():
            context.run_migrations()
"""
_TRANSLATED_HISTORY = {
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
_MULTI = """\
import sqlalchemy as sa
from sqlalchemy import engine_from_config, pool
CONTEXT

config = context.config
target_metadata = {"engine1": sa.MetaData(), "engine2": sa.MetaData()}


def run_migrations_offline():
    pass


def run_migrations_online():
    engines = {}
    for name in ("engine1", "engine2"):
        engines[name] = rec = {}
        rec["engine"] = engine_from_config(
            context.config.get_section(name, {}), prefix="sqlalchemy.", poolclass=pool.NullPool
        )
    for name, rec in engines.items():
        rec["connection"] = conn = rec["engine"].connect()
        rec["transaction"] = conn.begin()
    try:
        for name, rec in engines.items():
            context.configure(
                connection=rec["connection"],
                upgrade_token="%s_upgrades" % name,
                downgrade_token="%s_downgrades" % name,
                target_metadata=target_metadata.get(name),
            )
            context.run_migrations(engine_name=name)
        for rec in engines.values():
            rec["transaction"].commit()
    except:
        for rec in engines.values():
            rec["transaction"].rollback()
        raise
    finally:
        for rec in engines.values():
            rec["connection"].close()
"""
_MULTI_HISTORY = {
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
_OPERATIONS = '''
from alembic.operations import MigrateOperation, Operations


class ReplaceableObject:
    def __init__(self, name, sqltext):
        self.name = name
        self.sqltext = sqltext


class ReversibleOp(MigrateOperation):
    def __init__(self, target):
        self.target = target

    @classmethod
    def invoke_for_target(cls, operations, target):
        return operations.invoke(cls(target))

    def reverse(self):
        raise NotImplementedError()

    @classmethod
    def replace(cls, operations, target, replaces=None, replace_with=None):
        module, _, name = replaces.partition(".")
        old = getattr(operations.get_context().script.get_revision(module).module, name)
        operations.invoke(cls(old).reverse())
        operations.invoke(cls(target))


@Operations.register_operation("create_view", "invoke_for_target")
@Operations.register_operation("replace_view", "replace")
class CreateViewOp(ReversibleOp):
    def reverse(self):
        return DropViewOp(self.target)


@Operations.register_operation("drop_view", "invoke_for_target")
class DropViewOp(ReversibleOp):
    def reverse(self):
        return CreateViewOp(self.target)


@Operations.register_operation("create_sequence")
class CreateSequenceOp(MigrateOperation):
    """Create a SEQUENCE."""

    def __init__(self, sequence_name, schema=None):
        self.sequence_name = sequence_name
        self.schema = schema

    @classmethod
    def create_sequence(cls, operations, sequence_name, **kw):
        return operations.invoke(CreateSequenceOp(sequence_name, **kw))


@Operations.implementation_for(CreateViewOp)
def create_view(operations, operation):
    operations.execute("CREATE VIEW %s AS %s" % (operation.target.name, operation.target.sqltext))


@Operations.implementation_for(DropViewOp)
def drop_view(operations, operation):
    operations.execute("DROP VIEW %s" % operation.target.name)


@Operations.implementation_for(CreateSequenceOp)
def create_sequence(operations, operation):
    operations.execute("CREATE SEQUENCE %s" % operation.sequence_name)

'''
_VIEWS = {
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


def _branch(revision: str, down: str | None, label: str | None, depends: str | None, table: str) -> str:
    return f"""\
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = {revision!r}, {down!r}, {label!r}, {depends!r}


def upgrade():
    op.create_table({table!r}, sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    op.drop_table({table!r})
"""


_CONCURRENT = """\
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
_BRANCHES = {
    "a1": _branch("a1", None, "left", None, "a1"),
    "a2": _branch("a2", "a1", None, None, "a2"),
    "b1": _branch("b1", None, "right", "a2", "b1"),
    "b2": _branch("b2", "b1", None, None, "b2"),
}
_SEVERAL = """
other = sa.MetaData()
sa.Table("second", other, sa.Column("id", sa.Integer, primary_key=True))
target_metadata = [metadata, other]
"""
_SECOND_TABLE = _branch("0003", "0002", None, None, "second")
_STRANGE_COLUMN = """\
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004", "0003"


def upgrade():
    op.add_column("post", sa.Column("theirs", sa.Integer()))


def downgrade():
    op.drop_column("post", "theirs")
"""
_STRANGER = """
def include_name(name, type_, parent_names):
    return not (type_ == "table" and name == "stranger")


def include_object(object, name, type_, reflected, compare_to):
    return not (type_ == "column" and name == "theirs")

"""

CASES: dict[str, Case] = {
    "sync": Case(_sync()),
    "one transaction": Case(_sync("transaction_per_migration=False")),
    "path set in the block": Case(
        _sync(block=_PATH),
        history={**HISTORY, "0003": _CONCURRENT},
        before="CREATE SCHEMA one",
        clean=False,
        script=False,
    ),
    "statements around the revisions": Case(_sync(block=_AROUND), script=False),
    "statements around each revision": Case(
        _sync("transaction_per_migration=True", block=_AROUND), script=False
    ),
    "dry run that is rolled back": Case(_sync(block=_DRY), runs=(("dry",), ()), clean=False, script=False),
    "commit of its own": Case(_sync(block=_OWN_COMMIT), runs=(("dry",), ()), clean=False, script=False),
    "async psycopg": Case(_ASYNC.replace("DRIVER", "psycopg")),
    "async asyncpg": Case(_ASYNC.replace("DRIVER", "asyncpg")),
    "tenants by search_path": Case(
        _HEAD + _OFFLINE + _TENANT + _END,
        runs=(("tenant=one",), ("tenant=two",)),
        before="CREATE SCHEMA one; CREATE SCHEMA two",
        script=False,
    ),
    "tenants by schema_translate_map": Case(
        _HEAD + _OFFLINE + _TRANSLATED + _END,
        history=_TRANSLATED_HISTORY,
        runs=(("tenant=one",), ("tenant=two",)),
        before="CREATE SCHEMA one; CREATE SCHEMA two",
        clean=False,
        script=False,
    ),
    "several databases": Case(_MULTI + _END, history=_MULTI_HISTORY, clean=False, script=False),
    "version table and schema": Case(
        _sync("version_table='versions', version_table_schema='own', include_schemas=False"),
        before="CREATE SCHEMA own",
        script=False,
    ),
    "several metadata": Case(_sync(before=_SEVERAL), history={**HISTORY, "0003": _SECOND_TABLE}),
    "replaceable objects": Case(_sync(before=_OPERATIONS), history=_VIEWS, clean=False, script=False),
    "left out by name and by object": Case(
        _sync("include_name=include_name, include_object=include_object", before=_STRANGER),
        history={
            **HISTORY,
            "0003": _SECOND_TABLE.replace("'second'", "'stranger'"),
            "0004": _STRANGE_COLUMN,
        },
    ),
    "indexes in an autocommit block": Case(
        _sync(), history={**HISTORY, "0003": _CONCURRENT}, clean=False, script=False
    ),
    "one transaction with an autocommit block": Case(
        _sync("transaction_per_migration=False"),
        history={**HISTORY, "0003": _CONCURRENT},
        clean=False,
        script=False,
    ),
    "branches that depend on another": Case(_sync(), history=_BRANCHES, clean=False),
}
