"""What a revision does later to a column: a second run finds the column as the revision leaves it.

"Add it nullable, fill it, set NOT NULL" is one revision; so is "add it with a default, drop the default", and
"drop it, add another one of the name". A guard that knew its own step alone would refuse what the revision
itself has made. So a revision that alters columns is first read through: its code runs against a script that
nobody sees.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

import alembic.op
from alembic.ddl import base as ops
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import PrimaryKeyConstraint
from sqlalchemy.schema import AddConstraint, CreateTable, DropConstraint, DropTable, ExecutableDDLElement

from app_schema.ddl import Create, Guarded, TableConstraint, guard
from app_schema.ddl.guard import Guard, Side, block
from app_schema.ddl.sql import DIALECT, dollar, ident, literal, plain, qualified
from app_schema.migrations import alter
from app_schema.migrations.translate import translated

if TYPE_CHECKING:
    from app_schema.migrations.impl import GuardedImpl

_READ = (
    {"alter_column"},
    {"create_primary_key"},
    {"create_table_constraint"},
    {"drop_column", "add_column"},
    {"drop_column", "create_table"},
)
"""The names in a revision's code for which it is read through."""


@dataclass
class Foresight:
    """The statements of the running revision that are still to come, as far as they change columns."""

    ahead: list[Any] = field(default_factory=list)

    def guarded(self, construct: ExecutableDDLElement) -> ExecutableDDLElement:
        """The guarded construct; equal is also what it becomes later in the revision."""
        statement = guard(construct)
        later = self._after(construct)
        rename = _renamed(construct, later)
        if not later or (_is_carried_out_anyway(construct, later) and rename is None):
            return statement
        if isinstance(construct, ops.DropColumn):
            return _kept_if_made_again(construct, statement, later)
        by = statement.by if isinstance(statement, Guarded) else None
        if not isinstance(by, Guard):
            return statement
        changes = _changes(construct, later)
        if not by.new.twin and (changes or rename is not None):
            by = replace(by, new=alter.after(construct))  # the state was a word: NOT NULL, or no default
        by = replace(by, later=tuple(changes))
        return Guarded(by if rename is None else _under_new_name(by, later, rename))

    def _after(self, construct: Any) -> list[Any]:
        place = _place(construct)
        numbers = [n for n, one in enumerate(self.ahead) if place is not None and _place(one) == place]
        if not numbers:
            return []
        self.ahead = self.ahead[numbers[0] + 1 :]
        return self.ahead


def _is_carried_out_anyway(construct: Any, later: list[Any]) -> bool:
    """True if a statement alters whatever it finds, or states as found what the revision ends with.

    What stands between may need such a step: a column that is nullable, has no default or another type for a
    while. On the first run the column is already as the revision leaves it, and the step must not be skipped.
    """
    if isinstance(construct, ops.ColumnNullable):
        return True
    last = [one for one in later if type(one) is type(construct) and _place(one) == _place(construct)][-1:]
    if isinstance(construct, ops.ColumnDefault):
        stated: Any = construct.existing_server_default
        return stated is None or stated is False or any(str(one.default) == str(stated) for one in last)
    if isinstance(construct, ops.ColumnType) and construct.existing_type is not None:
        before = construct.existing_type.compile(dialect=DIALECT)
        return any(one.type_.compile(dialect=DIALECT) == before for one in last)
    return False


def foreseen(impl: GuardedImpl, run: Callable[..., None], arguments: Mapping[str, Any]) -> Foresight:
    """Reads a revision's function through, where its code says that it may change a column twice."""
    names = _names(run)
    if not any(needed <= names for needed in _READ):
        return Foresight()
    return Foresight([one for one in _collected(impl, run, arguments) if _place(one) is not None])


def _names(run: Callable[..., None]) -> set[str]:
    """The names that the code of the function's module uses."""
    functions = [run, *getattr(run, "__globals__", {}).values()]
    codes = [one.__code__ for one in functions if isinstance(one, FunctionType)]
    found: set[str] = set()
    while codes:
        code = codes.pop()
        found |= set(code.co_names)
        codes += [one for one in code.co_consts if isinstance(one, CodeType)]
    return found


def _collected(impl: GuardedImpl, run: Callable[..., None], arguments: Mapping[str, Any]) -> list[Any]:
    """The constructs that the revision would send; those before the place where it asks the database."""
    from app_schema.migrations.impl import GuardedImpl, guarded

    seen: list[Any] = []

    class Collecting(GuardedImpl):
        def _exec(self, construct: Any, *_: Any, **__: Any) -> None:
            if isinstance(construct, ExecutableDDLElement):
                ddl = translated(construct, impl.translate_map)
                seen.extend(ddl.changes if isinstance(ddl, alter.AlterTypes) else [ddl])

    opts = {name: impl.context_opts.get(name) for name in ("target_metadata", "strict")}
    script = {**opts, "as_sql": True, "literal_binds": True, "output_buffer": io.StringIO()}
    context = guarded(MigrationContext.configure(dialect_name="postgresql", opts=script), Collecting)
    real = getattr(alembic.op, "_proxy", None)
    operations = Operations(context)
    operations._install_proxy()  # noqa: SLF001 - as Operations.context does
    try:
        run(**arguments)
    except Exception:  # noqa: BLE001, S110 - without a database it goes no further
        pass
    finally:
        operations._remove_proxy()  # noqa: SLF001
        if real is not None:
            real._install_proxy()  # noqa: SLF001
    return seen


def _place(construct: Any) -> tuple[Any, ...] | None:
    """What tells a construct from others: its class, and the table and column that it changes."""
    if isinstance(construct, CreateTable | DropTable):
        return type(construct), construct.element.schema, str(construct.element.name)
    if isinstance(construct, DropConstraint):
        table = construct.element.table
        return DropConstraint, table.schema, str(table.name), str(construct.element.name)
    if (proved := _sets_not_null(construct)) is not None:
        return type(construct), *proved
    if not isinstance(construct, ops.AlterTable):
        return None
    column = getattr(construct, "column", None)
    name = getattr(construct, "column_name", None) if column is None else column.name
    return type(construct), construct.schema, str(construct.table_name), None if name is None else str(name)


def _sets_not_null(construct: Any) -> tuple[str | None, str] | None:
    """The table, where a constraint makes columns NOT NULL: a primary key does so too."""
    element: Any = getattr(construct, "element", None)
    if isinstance(construct, AddConstraint) and isinstance(element, PrimaryKeyConstraint):
        return element.table.schema, str(element.table.name)
    printed = isinstance(construct, Create) and isinstance(element, TableConstraint)
    if printed and element.definition.startswith(("PRIMARY KEY", "NOT NULL")):
        return element.schema, str(element.table)
    return None


def _kept_if_made_again(construct: ops.DropColumn, drop: Any, later: list[Any]) -> ExecutableDDLElement:
    """A column stays that is already what the revision makes of the name later: it may hold values by now.

    A generated column holds none of its own, and stands in the way of what it reads: it stays if something
    depends on it, which the revision has made before.
    """
    for number, one in enumerate(later):
        if isinstance(one, ops.AddColumn) and _place(one)[1:] == _place(construct)[1:]:  # type: ignore[index]
            made = Foresight(later[number:]).guarded(one)
            assert isinstance(made, Guarded)
            assert isinstance(made.by, Guard)
            kept = made.by.unless_equal(drop.sql())
            return Guarded(kept if one.column.computed is None else _tried(drop.sql(), kept))
    return drop  # type: ignore[no-any-return]


def _tried(drop: str, otherwise: str) -> str:
    """A block that runs ``drop``, and ``otherwise`` where another object depends on what it drops."""
    caught = "EXCEPTION WHEN dependent_objects_still_exist THEN"
    return block(["BEGIN", f"  EXECUTE {dollar(drop)};", caught, f"  EXECUTE {dollar(otherwise)};", "END"])


def _renamed(construct: Any, later: list[Any]) -> ops.ColumnName | None:
    """The later rename of the column that a construct changes."""
    place = _place(construct)
    if place is None or not isinstance(construct, ops.AddColumn | ops.AlterColumn):
        return None
    for one in later:
        if isinstance(one, ops.ColumnName | ops.DropColumn) and _place(one)[1:] == place[1:]:  # type: ignore[index]
            return one if isinstance(one, ops.ColumnName) else None
    return None


def _under_new_name(by: Guard, later: list[Any], rename: ops.ColumnName) -> Guard:
    """Where the column has its new name already, that one is compared; else the guard is carried out."""
    old, new, table, schema = rename.column_name, str(rename.newname), rename.table_name, rename.schema
    back = f"ALTER TABLE {qualified(table, 'pg_temp')} RENAME {ident(new)} TO {ident(old)}"
    number = next(n for n, one in enumerate(later, 1) if one is rename)
    make, *rest = by.new.twin
    steps = [make, *([back] if " (LIKE " in make else []), *rest, *by.later, _on_twin(rename, table, schema)]
    after = ops.ColumnNullable(table, new, True, schema=schema)  # noqa: FBT003 - any construct of the new name
    return replace(
        by,
        definition=by.definition.replace(f"a.attname = {literal(old)}", f"a.attname = {literal(new)}"),
        new=Side(twin=tuple(steps)),
        old=None,
        absent=(by.render(),),
        different=None,
        noted="",
        later=tuple(_changes(after, later[number:])),
    )


def _changes(construct: Any, later: list[Any]) -> list[str]:
    """What follows on the same table, or on the same column of it, each as a statement on the twin."""
    whole = isinstance(construct, CreateTable)
    _, schema, table, *rest = _place(construct) or (None, None, None)
    column = None if whole else rest[0]
    found = []
    for one in later:
        cls, *place = _place(one) or (None,)
        if place[:2] != [schema, table]:
            continue
        if cls in (DropTable, ops.RenameTable) or (cls is ops.DropColumn and place[2] == column):
            break
        of_the_table = whole or cls in (AddConstraint, Create)
        if cls is CreateTable or not (
            of_the_table or (issubclass(cls, ops.AlterColumn) and place[2] == column)
        ):
            continue
        if cls is ops.ColumnName and not whole:
            break  # _under_new_name() knows what follows
        found.append(_on_twin(one, table, schema))
    return found


def _on_twin(construct: Any, table: str, schema: str | None) -> str:
    real, twin = qualified(table, schema), qualified(table, "pg_temp")
    if isinstance(construct, DropConstraint):
        return f"ALTER TABLE {twin} DROP CONSTRAINT {ident(str(construct.element.name))}"
    if isinstance(construct, Create):
        (sql,) = construct.element.create_sql()
    else:
        sql = alter.sql_of(construct) if isinstance(construct, ops.AlterTable) else plain(construct)
    return sql.replace(f"ALTER TABLE {real} ", f"ALTER TABLE {twin} ", 1)


def foreseeing(context: MigrationContext, arguments: Mapping[str, Any]) -> None:
    """Has each step of a script read through before Alembic runs it."""
    impl: Any = context.impl
    function = context._migrations_fn  # noqa: SLF001 - Alembic's own loop asks it
    assert function is not None

    def steps(*given: Any) -> Iterator[Any]:
        for step in function(*given):
            impl.foresight = foreseen(impl, step.migration_fn, arguments)
            yield step

    context._migrations_fn = steps  # noqa: SLF001
