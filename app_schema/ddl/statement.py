"""Objects and the three statements that create, drop and replace them."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement, MetaData, SchemaItem, Table

from app_schema.ddl import guard
from app_schema.ddl.guard import Guard, Side
from app_schema.ddl.sql import literal
from app_schema.errors import ModelError

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import DDLCompiler


class Key(NamedTuple):
    """Identity of an object: two tables may each have a trigger of one name."""

    kind: str
    schema: str | None
    table: str | None
    name: str

    @property
    def label(self) -> str:
        """The object in words: ``table public.users``, ``policy own_row on public.users``."""
        words = self.kind.replace("_", " ")
        if self.table or self.kind.endswith("_grant"):
            place = ".".join(part for part in (self.schema, self.table) if part)
            return f"{words} {self.name}".rstrip() + (f" on {place}" if place else "")
        return f"{words} {'.'.join(part for part in (self.schema, self.name) if part)}"


class DDLObject:
    """What SQLAlchemy does not declare: a frozen dataclass.

    ``key`` is identity, all fields together are equality.
    """

    kind: ClassVar[str]
    kinds: ClassVar[dict[str, type[DDLObject]]] = {}
    positional: ClassVar[tuple[str, ...]] = ("name",)
    """The fields that an operation takes without a name."""
    stand_in: ClassVar[Mapping[str, Any]] = {}
    """Values for required fields that do not belong to identity: what a drop need not know."""
    table: str | None = None
    schema: str | None = None
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]
    if TYPE_CHECKING:

        @property
        def name(self) -> str:
            """The object's name: a field of most kinds; for some it follows from their fields."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "kind" in cls.__dict__:
            DDLObject.kinds[cls.kind] = cls

    @classmethod
    def is_created(cls) -> bool:
        """False for a hint to the comparator, for which nothing is created."""
        return cls.create_sql is not DDLObject.create_sql

    @property
    def key(self) -> Key:
        """Identity of the object in one database."""
        return Key(self.kind, self.schema, self.table, self.name)

    @property
    def identity(self) -> Hashable:
        """What PostgreSQL tells two objects of a kind apart by, where that is less than the key says."""
        return self.key

    @property
    def label(self) -> str:
        """The object in words, as errors name it."""
        place = ".".join(part for part in (self.schema, self.table) if part)
        words = f"{self.kind.replace('_', ' ')} {self.name}".rstrip()
        return f"{words} on {place}" if self.table else f"{words} in schema {place}" if place else words

    def namespace(self) -> str:
        """SQL expression: the OID of the object's schema."""
        if self.table is not None:
            return guard.table_schema(self.table, self.schema)
        return guard.creation_schema(self.schema)

    def catalog_query(self) -> str:
        """Query of one text, ``$1`` a schema's OID: the object as PostgreSQL prints it.

        NULL where it is absent.
        """
        raise NotImplementedError

    def side(self) -> Side:
        """The declared side, to be compared with what the definition query finds."""
        raise NotImplementedError

    def create_sql(self) -> tuple[str, ...]:
        """The unguarded statements that create the object."""
        raise NotImplementedError

    def privileges_sql(self) -> tuple[str, ...]:
        """The statements after a CREATE that revoke what default privileges have granted."""
        return ()

    def drop_sql(self) -> tuple[str, ...]:
        """The unguarded statements that drop the object."""
        raise NotImplementedError

    def replace_sql(self) -> tuple[str, ...]:
        """The unguarded statements that put this definition in the place of another one."""
        return (*self.drop_sql(), *self.create_sql())

    def exists(self) -> str | None:
        """A query for "is it there": cheaper than the definition, and without the twin that that may need."""
        return None

    def dropped(self, *, made_again: bool = False) -> str:
        """The whole guarded statement that drops the object.

        :param made_again: a later statement makes it again, and compares: what hangs on it may keep it.
        """
        found = f"""\
SELECT {literal(self.kind)}
 WHERE EXISTS (SELECT 1 FROM ({self.catalog_query()}) AS d(t) WHERE t IS NOT NULL)"""
        return guard.drop(
            self.label, self.namespace(), found, self.kind, self.drop_sql(), made_again=made_again
        )

    def remedy(self) -> str:
        """The line to write where another definition is to be replaced."""
        return f"op.replace_{self.kind}(...) replaces what is there with what is declared"

    def guarded(
        self, *, absent: tuple[str, ...] | None, different: tuple[str, ...] | None, old: DDLObject | None
    ) -> Guard:
        """The guard of this object's statements."""
        return Guard(
            label=self.label,
            namespace=self.namespace(),
            definition=self.catalog_query(),
            new=self.side(),
            absent=absent,
            different=different,
            old=None if old is None else old.side(),
            exists=self.exists(),
            remedy=self.remedy(),
        )


class TableObject(SchemaItem, DDLObject):
    """An object of one table: it stands in ``__table_args__`` like an Index.

    Schema and table are those of the table in whose arguments it stands.
    """

    __visit_name__ = "app_schema_table_object"

    def _set_parent(self, parent: Any, **_: Any) -> None:
        if not isinstance(parent, Table):
            msg = f"{self.label} belongs into the arguments of a table, not of {parent!r}"
            raise ModelError(msg)
        attach(parent.metadata, dataclasses.replace(self, table=parent.name, schema=parent.schema))


class DDLStatement(ExecutableDDLElement, ABC):
    """A statement that converges or refuses, and knows its own SQL."""

    inherit_cache = False

    @abstractmethod
    def sql(self) -> str:
        """The guarded statement."""

    def shared_twin(self) -> tuple[str, str] | None:
        """The table whose copy this statement compares on, and the statement that leaves the copy to the
        next one; None where it makes no such copy."""
        return None


def _shared(guard_: Guard) -> tuple[str, str] | None:
    if guard_.new.like is None:
        return None
    return guard_.new.like, dataclasses.replace(guard_, shared=True).render()


class Create(DDLStatement):
    """Creates an object where it is absent; refuses where it is there and different."""

    def __init__(self, element: DDLObject) -> None:
        self.element = element

    def sql(self) -> str:
        return self.by.render()

    def shared_twin(self) -> tuple[str, str] | None:
        return _shared(self.by)

    @property
    def by(self) -> Guard:
        """What the statement is guarded by."""
        absent = (*self.element.create_sql(), *self.element.privileges_sql())
        return self.element.guarded(absent=absent, different=None, old=None)


class Drop(DDLStatement):
    """Drops an object where it is there.

    :param made_again: a later statement makes it again, and compares. Something may hang on it that was made
        by that revision before: then it stays.
    """

    def __init__(self, element: DDLObject, *, made_again: bool = False) -> None:
        self.element = element
        self.made_again = made_again

    def sql(self) -> str:
        return self.element.dropped(made_again=self.made_again)


class Replace(DDLStatement):
    """Puts a definition in the place of another one.

    :param old: what may be replaced; anything else that is there is refused. None: whatever is there.
    """

    def __init__(self, element: DDLObject, old: DDLObject | None = None) -> None:
        if old is not None and old.key != element.key:
            msg = f"{element.label} cannot replace {old.label}: they are two objects"
            raise ModelError(msg)
        self.element = element
        self.old = old

    def sql(self) -> str:
        return self.by.render()

    def shared_twin(self) -> tuple[str, str] | None:
        return _shared(self.by)

    @property
    def by(self) -> Guard:
        """What the statement is guarded by."""
        new = self.element
        absent = (*new.create_sql(), *new.privileges_sql())
        return new.guarded(absent=absent, different=new.replace_sql(), old=self.old)


class Renaming(NamedTuple):
    """The constraint or index that a statement renames."""

    kind: str
    schema: str | None
    table: str | None
    old: str
    new: str


class Labelling(NamedTuple):
    """The enum to which a statement adds a label, or of which it renames one."""

    schema: str | None
    name: str
    label: str
    before: str | None = None
    after: str | None = None
    instead_of: str | None = None


class Guarded(DDLStatement):
    """A statement that is guarded already: by a guard, or exactly this SQL.

    :param change: what it changes of an object that another statement creates.
    """

    def __init__(self, by: str | Guard, change: Renaming | Labelling | None = None) -> None:
        self.by = by
        self.change = change

    def sql(self) -> str:
        return self.by if isinstance(self.by, str) else self.by.render()


@compiles(DDLStatement)
def _compile(element: DDLStatement, compiler: DDLCompiler, **_: Any) -> str:
    # doubles "%" for drivers that read it as a placeholder, and leaves it alone in --sql
    text = element.sql()
    doubled = compiler.preparer._double_percents  # noqa: SLF001 - SQLAlchemy has no public name for it
    return text.replace("%", "%%") if doubled else text


def declared(metadata: MetaData) -> dict[Key, DDLObject]:
    """The objects attached to a metadata, in the order in which they were declared."""
    objects: dict[Key, DDLObject] = metadata.info.setdefault("app_schema", {})
    return objects


def attach(metadata: MetaData, *objects: DDLObject) -> None:
    """Declares objects on a metadata; ``create_all`` makes them too.

    :raises ModelError: where an object of the same key is declared already with another definition.
    """
    from app_schema.ddl import attachment  # here: attachment imports this module

    attachment.listen(metadata)
    known = declared(metadata)
    same: dict[Hashable, DDLObject] = metadata.info.setdefault("app_schema_identities", {})
    for one in objects:
        attachment.check_kind(one)
        other = same.setdefault(one.identity, one)
        if other.key != one.key:
            msg = f"{other.label} and {one.label} are one object for PostgreSQL: declare one of them"
            raise ModelError(msg)
        if known.setdefault(one.key, one) != one:
            msg = f"{one.label} is declared twice, with two definitions"
            raise ModelError(msg)
