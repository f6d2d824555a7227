"""Objects that SQLAlchemy does not declare: their key, and the facts of a kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from app_schema.ddl import guarded_drop, lookup
from app_schema.ddl.catalog_query import Kind
from app_schema.ddl.guard import Guard
from app_schema.ddl.registry import Registry
from app_schema.ddl.sql import literal
from app_schema.ddl.twin import Side

if TYPE_CHECKING:
    from app_schema.ddl.order import Drops, Makes


class Key(NamedTuple):
    """Identity of an object. With the table: two tables may each have a trigger of the same name."""

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
    """An object that SQLAlchemy does not declare: a frozen dataclass.

    ``key`` is identity; all fields are equality.
    """

    kind: ClassVar[str]
    kinds: ClassVar[Registry[type[DDLObject]]] = Registry()
    positional: ClassVar[tuple[str, ...]] = ("name",)
    """The positional fields of an operation."""
    stand_in: ClassVar[Mapping[str, Any]] = {}
    """Values for required fields that do not belong to identity: what a drop need not know."""
    reflected: ClassVar[Registry[type[DDLObject]]] = Registry()
    """Kind of a key in a snapshot -> the class of such objects."""
    ranks: ClassVar[tuple[Drops, Makes]]
    """The order of the kind in a revision, among drops and among creations."""
    in_create_all: ClassVar[Makes | None] = None
    """The order of the kind in ``create_all``; None: the application declares SQLAlchemy's own construct."""
    instead: ClassVar[str] = "create it in a revision"
    """The declaration to write instead of an object that ``create_all`` would not create."""
    verbs: ClassVar[tuple[str, str]] = ("create", "drop")
    """The names of the operations that create and drop an object."""
    locks: ClassVar[Mapping[str, str]] = {}
    """Verb of an operation -> its strongest lock on the object's table."""
    lent: ClassVar[bool] = False
    """True if a metadata may use such objects without declaring them: a comparison copies them."""
    refuses_existing: ClassVar[bool] = False
    """True if the first statement of ``create_sql`` fails if an object of the name exists."""
    compared_together: ClassVar[bool] = False
    """True if :mod:`app_schema.ddl.together` may compare many of them in one block."""
    table: str | None = None
    schema: str | None = None
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]
    if TYPE_CHECKING:

        @property
        def name(self) -> str:
            """A field of most kinds; some derive the name from other fields."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if "kind" in cls.__dict__:
            DDLObject.kinds.register((cls.kind,), cls)
            if "reflected_as" not in cls.__dict__:
                cls.reflected_as = (cls.kind,) if cls.is_created() else ()
            DDLObject.reflected.register(cls.reflected_as, cls)
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
        """The key of the object in a snapshot.

        :param default_schema: the schema of an object without one.
        """
        (kind,) = self.reflected_as
        return Key(kind, self.schema or default_schema, self.table, self.name)

    @property
    def step(self) -> int:
        """The order among objects of one rank: a higher step is created later and dropped earlier."""
        return 0

    def undeclarable(self) -> str | None:
        """Why the object cannot be attached to a metadata, and what to write instead; None: it can."""
        if self.in_create_all is None and self.is_created():
            return f"cannot be attached to a metadata, because create_all would not create it: {self.instead}"
        return None

    @property
    def identity(self) -> Hashable:
        """PostgreSQL's identity of the object; a function's lacks the argument names, which its key has."""
        return self.key

    @property
    def label(self) -> str:
        """The object in words, for errors."""
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
        """The object from its definition in a snapshot; None: the kind needs :meth:`from_parts`.

        The definition may be declared or edited, so no database may have parts of it.
        """
        del key, definition
        return None

    @classmethod
    def from_parts(cls, key: Key, parts: dict[str, Any]) -> DDLObject:
        """The object from the parts of the kind's query.

        :raises ModelError: if the class has no field for a property of the object.
        """
        fields = [name for name in ("name", "table", "schema") if name in cls.__dataclass_fields__]
        place: dict[str, Any] = {name: getattr(key, name) for name in fields}
        return cls(**{**place, **parts})

    def catalog_query(self) -> str:
        """Query of one text, ``$1`` a schema's OID: the definition as PostgreSQL prints it.

        NULL: absent.
        """
        (catalog,) = self.catalog
        return catalog.select(catalog.printed, *catalog.place(self.name, self.table))

    def side(self) -> Side:
        """The declared side, comparable with :meth:`catalog_query`."""
        raise NotImplementedError

    def create_sql(self) -> tuple[str, ...]:
        """The unguarded statements that create the object."""
        raise NotImplementedError

    def scratch_sql(self) -> tuple[str, ...]:
        """The statements that create it with all declared objects in a scratch database."""
        return self.create_sql()

    def lent_sql(self) -> tuple[str, ...]:
        """The statements that create it in the scratch database, whose server may have other roles."""
        return self.create_sql()

    def privileges_sql(self) -> tuple[str, ...]:
        """The statements after CREATE that revoke the grants of default privileges."""
        return ()

    def drop_sql(self) -> tuple[str, ...]:
        """The unguarded statements that drop the object."""
        raise NotImplementedError

    def replace_sql(self) -> tuple[str, ...]:
        """The unguarded statements that replace another definition by this one."""
        return (*self.drop_sql(), *self.create_sql())

    def exists(self) -> str | None:
        """A cheap existence query; builds no twin. None: the definition is cheap."""
        return None

    def dropped(self, *, recreated: bool = False) -> str:
        """The guarded statement that drops the object.

        :param recreated: as in :class:`app_schema.ddl.Drop`.
        """
        exists = f"""\
SELECT {literal(self.kind)}
 WHERE EXISTS (SELECT 1 FROM ({self.catalog_query()}) AS d(t) WHERE t IS NOT NULL)"""
        return guarded_drop.drop(
            self.label, self.namespace(), exists, self.kind, self.drop_sql(), recreated=recreated
        )

    def remedy(self) -> str:
        """The hint of a refusal."""
        return f"op.replace_{self.kind}(...) replaces the existing definition with the declared one"

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
            ineffective=self.ineffective,
            unfiltered=self.unfiltered,
        )

    @property
    def ineffective(self) -> str:
        """As in `Guard`; empty for most kinds."""
        return ""

    @property
    def unfiltered(self) -> bool:
        """As in `Guard`; false for most kinds."""
        return False
