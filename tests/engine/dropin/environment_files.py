"""Parts of env.py files, as Alembic's documentation shows them.

``CONTEXT`` is replaced by the import of Alembic's context or of app_schema's.
"""

from __future__ import annotations

HEAD = """\
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
OFFLINE = """

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
ONLINE = """

def run_migrations_online():
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool
    )
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadataOPTIONS)
        with context.begin_transaction():
            context.run_migrations()
"""
END = """

if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
"""
BLOCK = """\
        with context.begin_transaction():
            context.run_migrations()
"""
PATH = """\
        with context.begin_transaction():
            context.execute("SET search_path TO one")
            context.run_migrations()
"""
AROUND = """\
        context.execute("CREATE SCHEMA IF NOT EXISTS made")
        with context.begin_transaction():
            connection.execute(sa.text("SET LOCAL work_mem = '1MB'"))
            context.run_migrations()
            context.execute("COMMENT ON SCHEMA made IS 'after'")
"""
DRY = """\
        with context.begin_transaction() as transaction:
            context.run_migrations()
            if "dry" in context.get_x_argument():
                transaction.rollback()
"""
OWN_COMMIT = """\
        context.run_migrations()
        if "dry" not in context.get_x_argument():
            connection.commit()
"""


def sync(options: str = "", before: str = "", block: str = BLOCK) -> str:
    online = ONLINE.replace("OPTIONS", f", {options}" if options else "").replace(BLOCK, block)
    return f"{HEAD}{before}{OFFLINE}{online}{END}"


ASYNC = (
    HEAD
    + OFFLINE
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
    + END
)
TENANT = """

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
TRANSLATED = """

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
MULTI = """\
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
OPERATIONS = '''
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
SEVERAL = """
other = sa.MetaData()
sa.Table("second", other, sa.Column("id", sa.Integer, primary_key=True))
target_metadata = [metadata, other]
"""
STRANGER = """
def include_name(name, type_, parent_names):
    return not (type_ == "table" and name == "stranger")


def include_object(object, name, type_, reflected, compare_to):
    return not (type_ == "column" and name == "theirs")

"""
