"""An application of the engine: one schema, described for the tools.

The application is that of ``--app``, or of ``[tool.app_schema] application = "package.module:NAME"`` in the
nearest pyproject.toml of the working directory, or MUED's.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app_schema.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import MetaData, Table
    from sqlalchemy.orm import Mapper

    from app_schema.adoption.superseded import Adoption
    from app_schema.audit.finding import Waiver
    from app_schema.project import Accepted

DEFAULT = "app_schema.mued.application:APPLICATION"
_REFERENCE = re.compile(r"[\w.]+:\w+")


@dataclass(frozen=True)
class Acting:
    """The acting person of a transaction, for row-level policies.

    :param setting: the setting that identifies the person, such as ``app.current_user_id``.
    :param user: the role of a person.
    :param service: the role of jobs, which sees every row; None: no such role.
    :param people: the table of the people, the column with the value of the setting, and the text columns in
        which a person is searched: ``("public.users", "clerk_id", "email", "name")``.
    :param known: the setting for the facts of the person, and the call that reads them:
        ``("app.identity", "app.look_up_identity()")``. ``acting_as`` sets it once a transaction.
    """

    setting: str
    user: str
    service: str | None = None
    people: tuple[str, ...] = ()
    known: tuple[str, str] | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        """Both roles."""
        return (self.user,) if self.service is None else (self.user, self.service)


@dataclass(frozen=True)
class Reference:
    """The texts of the reference.

    :param about: the paragraph below its title.
    :param titles: the heading of each domain, in the order of the page.
    :param phrases: pairs of a regular expression and the words for it, for the expressions of policies.
    :param pages: further pages by file name, each made from the domains.
    """

    about: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    phrases: tuple[tuple[str, str], ...] = ()
    pages: Mapping[str, Callable[[Iterable[Any]], str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Application:
    """A schema, its revisions, and its settings for the tools.

    :param name: the name in messages.
    :param declared: the declarative base, registry or MetaData, or a function that returns it: importing
        models takes a third of a second, and some commands do not need them.
    :param configuration: Alembic's configuration file, which names the revisions; or a function that
        returns it.
    :param version_table: Alembic's ``version_table``, and ``version_table_schema``.
    :param search_path: set in each run; None: the session's.
    :param strict: refuses to alter a column that differs from its ``existing_...`` arguments.
    :param naming_convention: names the unnamed objects of a revision. None: that of the metadata.
    :param acting: the acting person, for :func:`app_schema.identity.acting_as` and the tools that use it.
    :param commands: further commands, as ``"package.module:function"``.
    :param render_type: renders further column types in revisions; returns False for all others.
    :param touch: the call that sets ``updated_at``, such as ``app.touch()``, which the audit proposes.
    :param reference: the texts of the reference; a function, because it may import much.
    :param factories: the factory of rows for tests, as ``"package.module:Class"`` with ``for_model(model)``.
    :param secrets: columns that no response contains, as ``"table.column"`` with ``*`` for any characters.
    :param waivers: findings of the audit that every installation of the schema accepts.
    :param adoption: the objects of the former system in adopted databases; a function, because it is large.
    :param versions: the directory of the revisions, instead of the configuration's.
    """

    name: str
    declared: Any
    configuration: Path | str | Callable[[], Path]
    version_table: str = "alembic_version"
    version_table_schema: str | None = None
    search_path: str | None = None
    strict: bool = False
    naming_convention: Mapping[str, str] | None = None
    acting: Acting | None = None
    commands: tuple[str, ...] = ()
    render_type: Callable[[Any, Any], str | bool] | None = None
    touch: str | None = None
    reference: Callable[[], Reference] = Reference
    factories: str | None = None
    secrets: tuple[str, ...] = ()
    waivers: Callable[[], Iterable[Waiver]] = tuple
    adoption: Callable[[], Adoption] | None = None
    versions: Path | None = None

    @property
    def metadata(self) -> MetaData:
        """The metadata of the declared models."""
        from sqlalchemy import MetaData

        declared = self._declared()
        metadata = declared if isinstance(declared, MetaData) else declared.metadata
        assert isinstance(metadata, MetaData)
        return metadata

    @property
    def mappers(self) -> list[Mapper[Any]]:
        """The mapped classes; for a bare MetaData one is generated for each table with a primary key."""
        from sqlalchemy import MetaData
        from sqlalchemy.orm import configure_mappers

        declared = self._declared()
        if isinstance(declared, MetaData):
            return _mapped(declared)
        configure_mappers()
        return list(getattr(declared, "registry", declared).mappers)

    @property
    def ini(self) -> Path:
        """Alembic's configuration file."""
        return Path(self.configuration() if callable(self.configuration) else self.configuration)

    @property
    def qualified_version_table(self) -> str:
        """The version table as SQL needs its name."""
        from app_schema.ddl.sql import qualified

        return qualified(self.version_table, self.version_table_schema)

    @property
    def options(self) -> dict[str, Any]:
        """The options of ``context.configure()`` for a run of the revisions."""
        options = {
            "version_table": self.version_table,
            "version_table_schema": self.version_table_schema,
            "search_path": self.search_path,
            "strict": self.strict,
            "naming_convention": self.naming_convention,
            "render_item": self.render_type and self._render_item,
            "left": self.adoption and self._left,
        }
        return {name: value for name, value in options.items() if value is not None}

    @property
    def convention(self) -> MetaData:
        """A metadata whose naming convention names what a revision leaves unnamed."""
        from sqlalchemy import MetaData

        if self.naming_convention is None:
            return self.metadata
        return MetaData(naming_convention=self.naming_convention)

    def _left(self) -> tuple[Accepted, ...]:
        return self.adoption().left if self.adoption is not None else ()

    def _render_item(self, kind: str, obj: Any, context: Any) -> str | bool:
        assert self.render_type is not None
        return self.render_type(obj, context) if kind == "type" else False

    def _declared(self) -> Any:
        from sqlalchemy import MetaData

        plain = isinstance(self.declared, MetaData) or hasattr(self.declared, "metadata")
        return self.declared if plain else self.declared()


@cache
def _mapped(metadata: MetaData) -> list[Mapper[Any]]:
    from sqlalchemy.orm import registry

    mapping = registry()
    return [
        mapping.map_imperatively(type(str(table.name), (), _class_of(table)), table)
        for table in metadata.sorted_tables
        if table.primary_key.columns
    ]


def _class_of(table: Table) -> dict[str, Any]:
    """A class's own names: its module is the schema, which is the domain of the reference then."""
    return {"__doc__": table.comment, "__module__": table.schema or "public"}


def load(reference: str, directory: Path | None = None) -> Any:
    """Imports the object of ``"package.module:NAME"``; modules of the directory, or of the current one, are
    found too.

    :raises ConfigurationError: if the module or name does not exist.
    """
    if not _REFERENCE.fullmatch(reference):
        raise ConfigurationError(f"{reference!r} names no object: write package.module:NAME.")
    module, _, name = reference.partition(":")
    place = str(directory or Path.cwd())
    if place not in sys.path and not ("" in sys.path and place == str(Path.cwd())):
        sys.path.insert(0, place)
    try:
        imported = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise ConfigurationError(f"{reference} cannot be imported: {error}.") from error
        raise ConfigurationError(f"{reference}: there is no module {error.name}.") from error
    except Exception as error:  # any error during the import of the module
        reason = f"{type(error).__name__}: {error}".rstrip(".")
        raise ConfigurationError(f"{reference} cannot be imported: {reason}.") from error
    if not hasattr(imported, name):
        raise ConfigurationError(f"{reference}: the module has no {name}.")
    return getattr(imported, name)


def find(reference: str | None = None) -> Application:
    """The configured application.

    :param reference: ``"package.module:NAME"``; None: that of pyproject.toml, or MUED's.
    :raises ConfigurationError: if it cannot be imported, or is no application.
    """
    if reference is not None:
        return _application(reference)
    return of_project() or _application(DEFAULT)


def of_project(directory: Path | None = None) -> Application | None:
    """The application that the nearest pyproject.toml names, from the directory (the current one) upwards.

    :raises ConfigurationError: if it cannot be imported, or is no application.
    """
    from app_schema import project  # only tomllib's import is slow

    file, table = project.section(directory)
    reference = table.get("application")
    if reference is None:
        return None
    if not isinstance(reference, str):
        raise ConfigurationError(f'{file}: write [tool.app_schema] application = "package.module:NAME".')
    return _application(reference, file.parent)


def _application(reference: str, directory: Path | None = None) -> Application:
    application = load(reference, directory)
    if not isinstance(application, Application):
        raise ConfigurationError(f"{reference} is a {type(application).__name__}, and no Application.")
    return application
