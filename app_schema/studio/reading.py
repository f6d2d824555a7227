"""A table as it is read: its list, its search, its rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import sqlakeyset
import sqlalchemy as sa
from markupsafe import Markup
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import load_only
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette_admin import BaseField, UUIDField
from starlette_admin.contrib.sqla import ModelView
from starlette_admin.contrib.sqla.filters import (
    EqualFilter,
    IsNotNullFilter,
    IsNullFilter,
    NotEqualFilter,
    NumericEqualFilter,
    NumericNotEqualFilter,
    SqlaFilterRegistry,
)
from starlette_admin.filters import FilterGroup, filters
from starlette_admin.filters.base import BaseFilter
from starlette_admin.types import RequestAction

from app_schema.ddl.sql import qualified
from app_schema.studio import paging
from app_schema.studio.address import require_known
from app_schema.studio.field import MOVED_BY_THE_DATABASE, Converter, KeyField, ShownField, table_key
from app_schema.studio.label import LABELS, label_column, labels
from app_schema.studio.present import columns, drifted
from app_schema.studio.session import read, refused


class Filters(SqlaFilterRegistry):
    """starlette-admin's filters; but a key has no beginning or end to search for."""

    @filters(UUIDField)
    def uuid_filters(self, field: BaseField) -> list[type[BaseFilter]]:
        """Equal, not equal, NULL, not NULL."""
        del field
        return [EqualFilter, NotEqualFilter, IsNullFilter, IsNotNullFilter]

    @filters(KeyField)
    def key_filters(self, field: KeyField) -> Sequence[type[BaseFilter]]:
        """As for a UUID; a key that is a number is compared as one."""
        if issubclass(field.references.type.python_type, int):
            return [NumericEqualFilter, NumericNotEqualFilter, IsNullFilter, IsNotNullFilter]
        return self.uuid_filters(field)


class ReadingView(ModelView):
    """One table of the models, without what writes."""

    page_size = 25
    page_size_options = (25, 50, 100)
    exporters = ()
    importers = ()
    list_template = "rows.html"
    edit_template = "form_edit.html"
    create_template = "form_create.html"
    detail_template = "row.html"

    def __init__(self, model: type[Any]) -> None:
        mapper = sa.inspect(model)
        table = mapper.local_table
        self.table: sa.Table = table
        self.qualified = qualified(table.name, table.schema or "public")
        self.fields = [attribute.key for attribute in mapper.column_attrs]
        self.fields.sort(key=partial(_rank, mapper))
        self.sortable_fields = [
            attribute.key
            for attribute in mapper.column_attrs
            if not isinstance(attribute.columns[0].type, (JSONB, ARRAY))
        ]
        newest = "created_at" in table.c and any(_begins_with(index, "created_at") for index in table.indexes)
        self.fields_default_sort = [("created_at", True)] if newest else None
        super().__init__(
            model,
            key=table_key(table),
            menu_label=table.name,
            display_name=f"row of {table.name}",
            converter=Converter(),
        )
        for field in self.fields:
            if isinstance(field, ShownField):
                field.orderable = field.searchable = False

    def can_access_field(
        self, request: Request, field: BaseField, action: RequestAction | None = None
    ) -> bool:
        """True if the page has the field: only where the database has the column."""
        attribute = sa.inspect(self.model).column_attrs[field.name]
        return attribute.columns[0].name in columns(request, self.table) and super().can_access_field(
            request, field, action
        )

    def get_list_query(self, request: Request) -> sa.Select[Any]:
        """The rows, with the columns that the database has."""
        return sa.select(self.model).options(load_only(*self._present(request)))

    def _present(self, request: Request) -> list[Any]:
        reflected = columns(request, self.table)
        return [
            getattr(self.model, attribute.key)
            for attribute in sa.inspect(self.model).column_attrs
            if attribute.columns[0].name in reflected
        ]

    def drifted(self, request: Request) -> tuple[list[str], list[str]]:
        """The declared columns that the database lacks, and the undeclared ones that it has."""
        return drifted(request, self.table)

    def get_filter_registry(self) -> Filters:
        return Filters()

    def get_search_query(self, request: Request, term: str) -> Any:
        """Text that contains the term; or the row with this key."""
        clauses: list[sa.ColumnElement[bool]] = []
        uuid = _uuid(term)
        for field in self.get_fields_list(request):
            attribute = getattr(self.model, field.name)
            if isinstance(attribute.type, sa.Uuid):
                if uuid is not None:
                    clauses.append(attribute == uuid)
            elif isinstance(attribute.type, sa.String) and not isinstance(attribute.type, sa.Enum):
                clauses.append(attribute.icontains(term, autoescape=True))
        return sa.or_(sa.false(), *clauses)

    async def find_all(
        self,
        request: Request,
        skip: int = 0,
        limit: int = 100,
        q: str | None = None,
        sorts: Sequence[tuple[str, str]] | None = None,
        filters: FilterGroup | None = None,
    ) -> Sequence[Any]:
        """The rows of the page of ``?page=``; sets ``request.state.paging`` to its neighbours."""
        query = await self._apply_search_and_filters(request, self.get_list_query(request), q, filters)
        if request.state.action is RequestAction.RELATION_LOOKUP:
            lookup = query.order_by(*self.key_columns()).offset(skip).limit(limit)
            return list((await read(request.state.session.scalars, lookup)).all())
        fields = self.get_fields_list(request)
        require_known(
            request.query_params,
            [field.name for field in fields],
            [field.name for field in fields if field.orderable],
        )
        by = [
            (getattr(self.model, name), direction == "desc")
            for name, direction in sorts or []
            if name != self.pk_attr  # the last of the order anyway, and possibly of two columns
        ]
        query = paging.ordered(query, by, self.key_columns())
        bookmark = request.query_params.get("page")
        try:
            page = await read(paging.page, request.state.session, query, limit, bookmark)
        except (sqlakeyset.InvalidPage, ValueError, LookupError) as error:
            message = "?page= is invalid for this list: open its first page." if bookmark else _unfit(error)
            raise HTTPException(400, message) from error
        request.state.paging = page.paging
        rows = [row[0] for row in page]
        await self._label(request, rows)
        return rows

    async def _label(self, request: Request, rows: Sequence[Any]) -> None:
        """Sets ``request.state.labels``: the labels of the rows that foreign keys of these rows refer to."""
        all_labels: dict[tuple[str, str], str] = {}
        for field in self.get_fields_list(request):
            if isinstance(field, KeyField):
                key: sa.Column[Any] = field.references
                label = label_column(key.table, columns(request, key.table))
                keys = {getattr(row, field.name) for row in rows} - {None}
                if label is not None and keys:
                    texts = await read(labels, request.state.session, key, label, keys)
                    all_labels |= {(field.target, key): text for key, text in texts.items()}
        request.state.labels = all_labels

    async def repr(self, obj: Any, request: Request) -> str:
        """The label of a row, or its key."""
        label = label_column(self.table, columns(request, self.table))
        name = label is not None and getattr(obj, sa.inspect(self.model).get_property_by_column(label).key)
        return str(name or await self.get_pk_value(request, obj))

    async def select2_result(self, obj: Any, request: Request) -> str:
        """A row in a picker: its label and its key."""
        key, name = str(await self.get_pk_value(request, obj)), await self.repr(obj, request)
        return str(Markup("<span>{} <small>{}</small></span>").format(name, key if name != key else ""))

    async def count(self, request: Request, q: str | None = None, filters: FilterGroup | None = None) -> int:
        """The number of rows; sets ``request.state.total``."""
        query = await self._apply_search_and_filters(request, self.get_list_query(request), q, filters)
        whole = query.whereclause is None and not getattr(request.state, "view_as", None)
        total = await read(paging.total, request.state.session, query, self.table if whole else None)
        request.state.total = total
        return total.rows

    async def find_by_pk(self, request: Request, pk: Any) -> Any:
        try:
            row = await super().find_by_pk(request, pk)
        except (ValueError, StopIteration):  # no key of this table at all
            return None
        except LookupError as error:
            raise HTTPException(400, _unfit(error)) from error
        except DBAPIError as error:
            raise refused(error) from error
        if row is not None:
            await self._label(request, [row])
            request.state.row, request.state.view = row, self
        return row

    async def chosen(self, request: Request) -> sa.Select[Any]:
        """The rows of ``?pk=``, else all rows that ``?q=`` and ``?filter=`` find."""
        query = self.get_list_query(request)
        if keys := request.query_params.getlist("pk"):
            return query.where(await self._one_of(request, keys)).order_by(*self.key_columns())
        params = request.query_params
        filtered = await self._apply_search_and_filters(
            request, query, params.get("q"), self._parse_filter_param(request)
        )
        return filtered.order_by(*self.key_columns())

    async def _one_of(self, request: Request, keys: list[str]) -> sa.ColumnElement[bool]:
        """The condition of the rows with these keys, as far as there are some."""
        try:
            rows = await self.find_by_pks(request, keys)
        except (ValueError, StopIteration) as error:
            raise HTTPException(404, f"{self.table.name} has no row with such a key.") from error
        values = [tuple(getattr(row, attribute.key) for attribute in self.key_columns()) for row in rows]
        return sa.tuple_(*self.key_columns()).in_(values)

    def key_columns(self) -> tuple[Any, ...]:
        """The columns of the primary key."""
        return self._pk_column if isinstance(self._pk_column, tuple) else (self._pk_column,)

    def referring(self, obj: dict[str, Any]) -> list[tuple[str, str, str]]:
        """Table, column and filter of the lists of rows that refer to this one."""
        links = []
        for table in sorted(self.table.metadata.tables.values(), key=lambda table: table.name):
            for constraint in table.foreign_key_constraints:
                (first, *others) = constraint.elements
                if not others and first.column.table is self.table and first.column.primary_key:
                    value = obj.get(str(self.pk_attr))
                    links.append((table_key(table), first.parent.name, f"{first.parent.name}__eq={value}"))
        return links


def _begins_with(index: sa.Index, column: str) -> bool:
    """True if the column is the first of an index without predicate."""
    partial = index.dialect_options["postgresql"]["where"] is not None
    return not partial and str(next(iter(index.expressions))).split(".")[-1].startswith(column)


def _uuid(term: str) -> UUID | None:
    try:
        return UUID(term.strip())
    except ValueError:
        return None


def _unfit(error: Exception) -> str:
    """A value that the type of the models does not know, as an enum's label that only the database has."""
    return f"The database has a value that the models do not know: {error}. Run app-schema verify."


def _rank(mapper: sa.orm.Mapper[Any], name: str) -> int:
    """The place of a column in a list: what tells rows apart is first, what is long and technical last."""
    column = mapper.column_attrs[name].columns[0]
    if name in LABELS:
        return LABELS.index(name)
    if column.foreign_keys:
        return 20
    if column.primary_key or name in MOVED_BY_THE_DATABASE:
        return 40 + (not column.primary_key)
    if isinstance(column.type, (JSONB, ARRAY)) or column.computed is not None:
        return 50
    return 10 if isinstance(column.type, (sa.Enum, sa.Boolean, sa.DateTime, sa.Date)) else 30
