"""What an object is: its key, its kind, and the facts of the kind from which every registry is derived."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from app_schema.ddl import guarded_drop, lookup
from app_schema.ddl.catalog_query import Kind
from app_schema.ddl.guard import Guard
from app_schema.ddl.sql import literal
from app_schema.ddl.twin import Side

if TYPE_CHECKING:
    from app_schema.ddl.order import Drops, Makes


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


class DDLObject(Kind):
    """What SQLAlchemy does not declare: a frozen dataclass.

    ``key`` is identity, all fields together are equality.
    """

    kind: ClassVar[str]
    kinds: ClassVar[dict[str, type[DDLObject]]] = {}
    positional: ClassVar[tuple[str, ...]] = ("name",)
    """The fields that an operation takes without a name."""
    stand_in: ClassVar[Mapping[str, Any]] = {}
    """Values for required fields that do not belong to identity: what a drop need not know."""
    reflected: ClassVar[dict[str, type[DDLObject]]] = {}
    """Kind of a key in a snapshot -> the class of such objects."""
    ranks: ClassVar[tuple[Drops, Makes]]
    """The place of the kind in a revision: when it is dropped, and when it is created."""
    in_create_all: ClassVar[Makes | None] = None
    """The place of the kind in ``create_all``; None where SQLAlchemy's own construct is declared instead."""
    instead: ClassVar[str] = "create it in a revision"
    """What to declare instead of an object that ``create_all`` would not create."""
    verbs: ClassVar[tuple[str, str]] = ("create", "drop")
    """How the operations are called that create and drop an object."""
    locks: ClassVar[Mapping[str, str]] = {}
    """Verb of an operation -> the lock that it takes on the object's table, the strongest of several."""
    table: str | None = None
    schema: str | None = None
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]
    if TYPE_CHECKING:

        @property
        def name(self) -> str:
            """The object's name: a field of most kinds; for some it follows from their fields."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if "kind" in cls.__dict__:
            DDLObject.kinds[cls.kind] = cls
            if "reflected_as" not in cls.__dict__:
                cls.reflected_as = (cls.kind,) if cls.is_created() else ()
            DDLObject.reflected.update(dict.fromkeys(cls.reflected_as, cls))
        super().__init_subclass__(**kwargs)

    @classmethod
    def is_created(cls) -> bool:
        """False for a hint to the comparator, for which nothing is created."""
        return cls.create_sql is not DDLObject.create_sql

    @property
    def key(self) -> Key:
        """Identity of the object in one database."""
        return Key(self.kind, self.schema, self.table, self.name)

    def reflected_key(self, default_schema: str) -> Key:
        """The key under which a snapshot has the object.

        :param default_schema: the schema of an object that names none.
        """
        (kind,) = self.reflected_as
        return Key(kind, self.schema or default_schema, self.table, self.name)

    @property
    def step(self) -> int:
        """The order among objects of one rank: a later step is created later, and dropped earlier."""
        return 0

    def undeclarable(self) -> str | None:
        """What to write instead of an object that is not to be attached to a metadata; None: it may be."""
        if self.in_create_all is None and self.is_created():
            return f"cannot be attached to a metadata, nothing would create it: {self.instead}"
        return None

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
            return lookup.table_schema(self.table, self.schema)
        return lookup.creation_schema(self.schema)

    @classmethod
    def from_definition(cls, key: Key, definition: str) -> DDLObject | None:
        """The object by its definition in a snapshot; None where that takes parts of the catalog.

        A definition may be of the declared side, or changed, and then no database has these parts.
        """
        del key, definition
        return None

    @classmethod
    def from_parts(cls, key: Key, parts: dict[str, Any]) -> DDLObject:
        """The object by the parts that the kind's query gives of it.

        :raises ModelError: where the class cannot hold all of it.
        """
        fields = [name for name in ("name", "table", "schema") if name in cls.__dataclass_fields__]
        place: dict[str, Any] = {name: getattr(key, name) for name in fields}
        return cls(**{**place, **parts})

    def catalog_query(self) -> str:
        """Query of one text, ``$1`` a schema's OID: the object as PostgreSQL prints it.

        NULL where it is absent.
        """
        (catalog,) = self.catalog
        return catalog.select(catalog.printed, *catalog.place(self.name, self.table))

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
        return guarded_drop.drop(
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
