"""A table: its list, its rows, its forms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import sqlakeyset
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette_admin import BaseField, TextAreaField, UUIDField
from starlette_admin.contrib.sqla import ModelView
from starlette_admin.contrib.sqla.filters import (
    EqualFilter,
    IsNotNullFilter,
    IsNullFilter,
    NotEqualFilter,
    SqlaFilterRegistry,
)
from starlette_admin.exceptions import ActionFailed, FormValidationError
from starlette_admin.filters import FilterGroup, filters
from starlette_admin.filters.base import BaseFilter

from app_schema.migrations.failure import explained
from app_schema.studio import opened, paging
from app_schema.studio.field import Converter, VectorField
from app_schema.studio.session import read, refused


class Filters(SqlaFilterRegistry):
    """starlette-admin's filters; but a key has no beginning or end to search for."""

    @filters(UUIDField)
    def uuid_filters(self, field: BaseField) -> list[type[BaseFilter]]:
        """Equal, not equal, NULL, not NULL."""
        del field
        return [EqualFilter, NotEqualFilter, IsNullFilter, IsNotNullFilter]


class TableView(ModelView):
    """One table of the models."""

    page_size = 25
    page_size_options = (25, 50, 100)
    exporters = ()
    importers = ()
    edit_template = "form_edit.html"
    create_template = "form_create.html"
    detail_template = "row.html"

    def __init__(self, model: type[Any], *, write: bool) -> None:
        mapper = sa.inspect(model)
        table = mapper.local_table
        self.table: sa.Table = table
        self.write = write
        self.fields = [attribute.key for attribute in mapper.column_attrs]
        self.sortable_fields = [
            attribute.key
            for attribute in mapper.column_attrs
            if not isinstance(attribute.columns[0].type, (JSONB, ARRAY))
        ]
        newest = "created_at" in table.c and any(_leads(index, "created_at") for index in table.indexes)
        self.fields_default_sort = [("created_at", True)] if newest else None
        super().__init__(
            model, key=table.name, menu_label=table.name, display_name=table.name, converter=Converter()
        )
        for field in self.fields:
            if isinstance(field, VectorField):
                field.orderable = field.searchable = False

    # What may be done

    def can_create(self, request: Request) -> bool:
        del request
        return self.write

    can_edit = can_delete = can_create

    # Reading

    def get_filter_registry(self) -> Filters:
        return Filters()

    def get_search_query(self, request: Request, term: str) -> Any:
        """Text that contains the term; or the row with this key."""
        clauses: list[sa.ColumnElement[bool]] = []
        uuid = _uuid(term)
        for field in self.get_fields_list(request):
            attribute = getattr(self.model, field.name)
            if isinstance(field, UUIDField):
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
        del skip
        query = await self._apply_search_and_filters(request, self.get_list_query(request), q, filters)
        by = [
            (getattr(self.model, name), direction == "desc")
            for name, direction in sorts or []
            if name != self.pk_attr  # the last of the order anyway, and possibly of two columns
        ]
        query = paging.ordered(query, by, self._key())
        bookmark = request.query_params.get("page")
        try:
            page = await read(paging.page, request.state.session, query, limit, bookmark)
        except (sqlakeyset.InvalidPage, ValueError, LookupError) as error:
            raise HTTPException(400, "?page= is invalid for this list: open its first page.") from error
        request.state.paging = page.paging
        return [row[0] for row in page]

    async def count(self, request: Request, q: str | None = None, filters: FilterGroup | None = None) -> int:
        """The number of rows; sets ``request.state.total``."""
        query = await self._apply_search_and_filters(request, self.get_list_query(request), q, filters)
        whole = query.whereclause is None and not getattr(request.state, "view_as", None)
        found = await read(paging.total, request.state.session, query, self.table if whole else None)
        request.state.total = found
        return found.rows

    async def find_by_pk(self, request: Request, pk: Any) -> Any:
        try:
            return await super().find_by_pk(request, pk)
        except ValueError:  # no key of this table at all
            return None
        except DBAPIError as error:
            raise refused(error) from error

    def _key(self) -> tuple[Any, ...]:
        return self._pk_column if isinstance(self._pk_column, tuple) else (self._pk_column,)

    def referring(self, obj: dict[str, Any]) -> list[tuple[str, str, str]]:
        """Table, column and filter of the lists of rows that refer to this one."""
        found = []
        for table in sorted(self.table.metadata.tables.values(), key=lambda table: table.name):
            for constraint in table.foreign_key_constraints:
                (first, *others) = constraint.elements
                if not others and first.column.table is self.table and first.column.primary_key:
                    value = obj.get(str(self.pk_attr))
                    found.append((table.name, first.parent.name, f"{first.parent.name}__eq={value}"))
        return found

    # Writing

    def opened(self, request: Request, row: Any) -> str:
        """The digests of the row in the form; after a refusal still those of the opened form."""
        return getattr(request.state, "opened", None) or opened.digests(row, self._written(request))

    async def validate_fields(self, request: Request, data: dict[str, Any], exclude: Any = ()) -> None:
        request.state.opened = str((await request.form()).get(opened.FIELD) or "")
        await super().validate_fields(request, data, exclude)

    async def edit(self, request: Request, pk: Any, data: dict[str, Any]) -> Any:
        """Updates the row, unless another session has changed or deleted it since the form was opened."""
        row = await self.find_by_pk(request, pk)
        try:
            await read(partial(request.state.session.refresh, row, with_for_update={"key_share": True}))
            changed = opened.changed(row, request.state.opened, self._written(request))
        except (InvalidRequestError, ValueError) as error:
            gone = "The row does not exist any more: it was deleted after the form was opened."
            raise FormValidationError({"": str(error) if isinstance(error, ValueError) else gone}) from error
        refusals: dict[str | int, Any] = {}
        for field in self.get_fields_list(request):
            now = getattr(row, field.name)
            if field.name in changed and (typed := _meant(field, data.get(field.name), now)) != now:
                refusals[field.name] = opened.conflict(now, typed)
        if refusals:
            request.state.opened = None  # the form shows both values, and continues with the current row
            raise FormValidationError(refusals)
        return await super().edit(request, pk, data)

    def _written(self, request: Request) -> list[str]:
        return [field.name for field in self.get_fields_list(request) if not field.read_only]

    async def _populate_obj(
        self,
        request: Request,
        obj: Any,
        data: dict[str, Any],
        is_edit: bool = False,  # noqa: FBT001, FBT002 - starlette-admin's signature
    ) -> Any:
        """Sets only the changed columns: defaults remain the server's, and old values are not written
        again."""
        for field in self.get_fields_list(request):
            if field.read_only:
                continue
            old = getattr(obj, field.name, None)
            new = _meant(field, data.get(field.name), old)
            if new != old and (is_edit or new is not None):
                setattr(obj, field.name, new)
        return obj

    async def handle_exception(self, request: Request, exc: Exception) -> None:
        """Shows an error of the database or a model next to its field."""
        del request
        if isinstance(exc, DBAPIError):
            raise FormValidationError({self._field_of(exc): str(explained(exc))}) from exc
        if isinstance(exc, ValueError):
            raise FormValidationError({"": str(exc)}) from exc
        raise exc

    def _field_of(self, error: DBAPIError) -> str:
        diagnostic = getattr(error.orig, "diag", None)
        if diagnostic is None:
            return ""
        names = {column.key: name for name, column in sa.inspect(self.model).columns.items()}
        if diagnostic.column_name in names:
            return str(names[diagnostic.column_name])
        for constraint in self.table.constraints:
            columns = [column.key for column in getattr(constraint, "columns", ())]
            if str(constraint.name) == diagnostic.constraint_name and len(columns) == 1:
                return str(names[columns[0]])
        return ""

    async def delete(self, request: Request, pks: list[Any]) -> int | None:
        try:
            return await super().delete(request, pks)
        except DBAPIError as error:
            raise ActionFailed(str(explained(error))) from error


def _leads(index: sa.Index, column: str) -> bool:
    """True if the column is the first of an index without predicate."""
    partial = index.dialect_options["postgresql"]["where"] is not None
    return not partial and str(next(iter(index.expressions))).split(".")[-1].startswith(column)


def _uuid(term: str) -> UUID | None:
    try:
        return UUID(term.strip())
    except ValueError:
        return None


def _meant(field: BaseField, typed: Any, old: Any) -> Any:
    """The value that a form means: its lines end as the old one's do, and what is empty is NULL as before."""
    if typed in ("", []) and old is None:
        return None
    if isinstance(typed, str) and isinstance(field, UUIDField):
        return UUID(typed)
    if isinstance(typed, str) and isinstance(field, TextAreaField) and "\r\n" not in str(old):
        return typed.replace("\r\n", "\n")
    return typed
