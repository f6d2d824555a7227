"""The display and the editor of a column."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette_admin import BaseField, DateField, DateTimeField, EnumField, FloatField, StringField, UUIDField
from starlette_admin.contrib.sqla.converters import ModelConverter
from starlette_admin.contrib.sqla.exceptions import NotSupportedColumn
from starlette_admin.converters import converts
from starlette_admin.helpers import static_url

MOVED_BY_THE_DATABASE = {"created_at", "updated_at"}
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # as SQLAlchemy declares it
_SHOWN = (sa.LargeBinary, sa.Interval, postgresql.BIT, postgresql.INET, postgresql.CIDR, postgresql.MACADDR)
_SHORT = {"timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp"}
_PICKER = "vendor/select2.min"
_WITH_OFFSET = "a date, a time and an offset, such as 2026-01-31 18:30:00+09:00"
NULLS = "_null"
"""The checkboxes of a form that name the columns to be NULL."""
_LITERAL = re.compile(r"'((?:[^']|'')*)'(?:::(\w+))?$")
_IN = re.compile(r"(\w+) IN \(((?:'[^']*'(?:, *)?)+)\)(?: OR \1 IS NULL)?$")


@dataclass
class KeyField(StringField):
    """A key of another table: shown with the label of its row, chosen by a search for it."""

    references: Any = None
    list_template: str = "fields/key.html"
    detail_template: str = "fields/key.html"
    form_template: str = "fields/form/key.html"

    def additional_css_links(self, request: Request) -> list[str]:
        """The picker, in a form and in a list whose cells are edited."""
        return (
            [static_url(request, f"css/{_PICKER}.css", v="4.1.0")] if self._needs_form_assets(request) else []
        )

    def additional_js_links(self, request: Request) -> list[str]:
        """As for the styles."""
        return (
            [static_url(request, f"js/{_PICKER}.js", v="4.1.0")] if self._needs_form_assets(request) else []
        )

    @property
    def target(self) -> str:
        """The page of the other table."""
        return table_key(self.references.table)


@dataclass
class ShownField(StringField):
    """A value as text, read-only: no form of a browser returns it unchanged."""

    read_only: bool | None = True
    searchable: bool | None = False
    orderable: bool | None = False
    exclude_from_create: bool | None = True
    exclude_from_edit: bool | None = True

    async def serialize_value(self, request: Request, value: Any) -> str:
        del request
        return f"\\x{bytes(value).hex()}" if isinstance(value, bytes | memoryview) else str(value)


@dataclass
class VectorField(ShownField):
    """An embedding, abbreviated."""

    async def serialize_value(self, request: Request, value: Any) -> str:
        del request
        numbers = list(value)
        shown = ", ".join(f"{number:.4g}" for number in numbers[:4])
        return f"[{shown}{', …' if len(numbers) > 4 else ''}] {len(numbers)} dimensions"  # noqa: PLR2004


@dataclass
class MomentField(DateTimeField):
    """A moment with its offset and all its digits, so that saving a form unchanged changes nothing.

    `local`: a local time, without an offset.
    """

    input_type: str = "text"
    class_: str = "form-control"
    placeholder: str | None = "2026-01-31 18:30:00+09:00"
    local: bool = False

    def __post_init__(self) -> None:
        self.validators = [*self.validators, _is_moment]
        super().__post_init__()

    async def parse_form_data(self, request: Request, form_data: FormData) -> Any:
        """The timestamp; invalid input is returned unchanged, for the form to show again."""
        del request
        text = str(form_data.get(self.id) or "").strip()
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text or None
        return moment if (moment.tzinfo is None) is self.local else text

    async def serialize_value(self, request: Request, value: Any) -> str:
        if isinstance(value, str):  # Python has no such time
            return value
        return str(value.isoformat(sep=" ") if request.state.action.is_form() else f"{value:%F %T%z}")


@dataclass
class DayField(DateField):
    """A date as text: the browser's own input has no ``infinity``, and would send it back as NULL."""

    input_type: str = "text"
    class_: str = "form-control"
    placeholder: str | None = "2026-01-31"

    def __post_init__(self) -> None:
        self.validators = [*self.validators, _is_day]
        super().__post_init__()

    async def parse_form_data(self, request: Request, form_data: FormData) -> Any:
        """The date; invalid input is returned unchanged, for the form to show again."""
        del request
        text = str(form_data.get(self.id) or "").strip()
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text or None

    async def serialize_value(self, request: Request, value: Any) -> str:
        del request
        return str(value)


def _is_day(request: Request, field: BaseField, value: Any, form: dict[str, Any]) -> None:
    del request, field, form
    if not isinstance(value, date):
        raise ValueError("write a date, such as 2026-01-31")  # noqa: TRY004 - what starlette-admin expects


def _is_moment(request: Request, field: BaseField, value: Any, form: dict[str, Any]) -> None:
    del request, form
    if not isinstance(value, datetime):
        expected = "a date and a time" if isinstance(field, MomentField) and field.local else _WITH_OFFSET
        raise ValueError(f"write {expected}")  # noqa: TRY004 - what starlette-admin expects


class Converter(ModelConverter):
    """starlette-admin's, with what these models have besides."""

    def convert(self, *args: Any, **kwargs: Any) -> BaseField:
        """The field of a column."""
        column: sa.Column[Any] = kwargs["column"]
        keys = (key for key in column.foreign_keys if key.column.table.metadata is column.table.metadata)
        key = next((key for key in keys if key.column.primary_key), None)
        values = _closed_set(column)
        if key is not None:
            field: BaseField = KeyField(**self._field_common(**kwargs), references=key.column)
        elif values:
            field = EnumField(**self._field_common(**kwargs), choices=[(value, value) for value in values])
        else:
            field = self._field(*args, **kwargs)
        field.label = column.name
        field.help_text = column.doc
        field.extra = {"type": _printed(column.type), "nullable": bool(column.nullable)}
        field.default = _server_default(column)
        if column.computed is not None or column.name in MOVED_BY_THE_DATABASE:
            field.exclude_from_create = field.exclude_from_edit = field.read_only = True
        if isinstance(field, UUIDField):
            field.list_template = "fields/key.html"
        return field

    def _field(self, *args: Any, **kwargs: Any) -> BaseField:
        """The field of starlette-admin; a type that starlette-admin does not know or alters is read-only."""
        if not isinstance(kwargs["column"].type, _SHOWN):
            with suppress(NotSupportedColumn):
                return super().convert(*args, **kwargs)
        return ShownField(**self._field_common(**kwargs))

    @converts("Float")
    def conv_float(self, *args: Any, **kwargs: Any) -> BaseField:
        """A binary floating point number; SQLAlchemy's Numeric is no class above it."""
        del args
        return FloatField(**self._field_common(**kwargs))

    @converts("DateTime")
    def conv_datetime(self, *args: Any, **kwargs: Any) -> BaseField:
        """A moment, or a local time."""
        del args
        local = not kwargs["type"].timezone
        placeholder = "2026-01-31 18:30:00" if local else MomentField.placeholder
        return MomentField(**self._field_common(**kwargs), local=local, placeholder=placeholder)

    @converts("Date")
    def conv_date(self, *args: Any, **kwargs: Any) -> BaseField:
        """A day."""
        del args
        return DayField(**self._field_common(**kwargs))

    @converts("pgvector.sqlalchemy.vector.VECTOR")
    def conv_vector(self, *args: Any, **kwargs: Any) -> BaseField:
        """An embedding."""
        del args
        return VectorField(**self._field_common(**kwargs))

    @converts("Enum")
    def conv_enum(self, *args: Any, **kwargs: Any) -> BaseField:
        """A choice of the labels."""
        del args
        labels = [(label, label) for label in kwargs["type"].enums]
        return EnumField(**self._field_common(**kwargs), choices=labels)


def table_key(table: sa.Table) -> str:
    """The name of a table in addresses: with its schema where another table has the same name."""
    namesakes = [other for other in table.metadata.tables.values() if other.name == table.name]
    return table.name if len(namesakes) == 1 else f"{table.schema or 'public'}.{table.name}"


def _printed(type_: Any) -> str:
    """A type as PostgreSQL names it, in short."""
    text = str(type_.compile(dialect=_DIALECT))
    return (
        text.removeprefix("public.") if isinstance(type_, sa.Enum) else _SHORT.get(text.lower(), text.lower())
    )


def _server_default(column: sa.Column[Any]) -> Any:
    """The initial value in the form of a new row: the server default, if it is a constant."""
    default = getattr(column.server_default, "arg", None)
    text = str(default) if isinstance(default, (str, sa.TextClause)) else ""
    if text in {"true", "false"}:
        return text == "true"
    match = _LITERAL.match(text)
    if match is None:
        return text if text.replace(".", "", 1).isdecimal() else None
    value = match[1].replace("''", "'")
    return json.loads(value) if match[2] == "jsonb" else value


def _closed_set(column: sa.Column[Any]) -> list[str]:
    """The values that a CHECK of the table leaves to a text column; empty if no CHECK limits it."""
    return _closed_sets(column.table).get(column.name, [])


@cache
def _closed_sets(table: sa.FromClause | None) -> Mapping[str, list[str]]:
    """By column. Cached, because each CHECK must be compiled."""
    closed: dict[str, list[str]] = {}
    for constraint in getattr(table, "constraints", ()):  # an item of an array is of no table
        if isinstance(constraint, sa.CheckConstraint) and (match := _IN.match(str(constraint.sqltext))):
            closed.setdefault(match[1], re.findall(r"'([^']*)'", match[2]))
    return closed
