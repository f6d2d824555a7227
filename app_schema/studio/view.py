"""A table: its list, its rows, its forms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID

import sqlakeyset
import sqlalchemy as sa
from markupsafe import Markup
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.orm import load_only
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette_admin import BaseField, JSONField, ListField, TextAreaField, UUIDField
from starlette_admin.actions import ActionSelection, action, link_row_action
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
from starlette_admin.exceptions import ActionFailed, FormValidationError
from starlette_admin.filters import FilterGroup, filters
from starlette_admin.filters.base import BaseFilter
from starlette_admin.helpers import on_commit
from starlette_admin.types import RequestAction

from app_schema.ddl.sql import qualified
from app_schema.migrations.failure import explained
from app_schema.studio import opened, paging
from app_schema.studio.address import require_known
from app_schema.studio.changes import Change, Changes, Row, deleted, inserted, literals, updated
from app_schema.studio.field import MOVED_BY_THE_DATABASE, NULLS, Converter, KeyField, VectorField, table_key
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


class TableView(ModelView):
    """One table of the models."""

    page_size = 25
    page_size_options = (25, 50, 100)
    exporters = ()
    importers = ()
    list_template = "rows.html"
    edit_template = "form_edit.html"
    create_template = "form_create.html"
    detail_template = "row.html"

    def __init__(self, model: type[Any], changes: Changes, *, write: bool) -> None:
        mapper = sa.inspect(model)
        table = mapper.local_table
        self.table: sa.Table = table
        self.changes = changes
        self.write = write
        self.qualified = qualified(table.name, table.schema or "public")
        self.fields = [attribute.key for attribute in mapper.column_attrs]
        self.fields.sort(key=partial(_rank, mapper))
        self.sortable_fields = [
            attribute.key
            for attribute in mapper.column_attrs
            if not isinstance(attribute.columns[0].type, (JSONB, ARRAY))
        ]
        newest = "created_at" in table.c and any(_leads(index, "created_at") for index in table.indexes)
        self.fields_default_sort = [("created_at", True)] if newest else None
        super().__init__(
            model,
            key=table_key(table),
            menu_label=table.name,
            display_name=table.name,
            converter=Converter(),
        )
        for field in self.fields:
            if isinstance(field, VectorField):
                field.orderable = field.searchable = False
        if write:
            for field in self.fields:
                field.inline_editable = self._in_a_cell(field)
            self.inline_editable_fields = [field.name for field in self.fields if field.inline_editable]

    def _in_a_cell(self, field: BaseField) -> bool:
        """Whether the field is small enough to be edited in the list."""
        large = isinstance(field, (JSONField, ListField))
        return not (large or field.read_only or field.exclude_from_edit or field.name == self.pk_attr)

    # What may be done

    def can_create(self, request: Request) -> bool:
        del request
        return self.write

    can_edit = can_delete = can_create

    # Reading

    def can_access_field(
        self, request: Request, field: BaseField, action: RequestAction | None = None
    ) -> bool:
        """Whether the page has the field: only where the database has the column."""
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
            found = query.order_by(*self._key()).offset(skip).limit(limit)
            return list((await read(request.state.session.scalars, found)).all())
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
        query = paging.ordered(query, by, self._key())
        bookmark = request.query_params.get("page")
        try:
            page = await read(paging.page, request.state.session, query, limit, bookmark)
        except (sqlakeyset.InvalidPage, ValueError, LookupError) as error:
            said = "?page= is invalid for this list: open its first page." if bookmark else _unfit(error)
            raise HTTPException(400, said) from error
        request.state.paging = page.paging
        rows = [row[0] for row in page]
        await self._label(request, rows)
        return rows

    async def _label(self, request: Request, rows: Sequence[Any]) -> None:
        """Sets ``request.state.labels``: the labels of the rows that foreign keys of these rows refer to."""
        found: dict[tuple[str, str], str] = {}
        for field in self.get_fields_list(request):
            if isinstance(field, KeyField):
                key: sa.Column[Any] = field.references
                label = label_column(key.table, columns(request, key.table))
                keys = {getattr(row, field.name) for row in rows} - {None}
                if label is not None and keys:
                    texts = await read(labels, request.state.session, key, label, keys)
                    found |= {(field.target, key): text for key, text in texts.items()}
        request.state.labels = found

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
        found = await read(paging.total, request.state.session, query, self.table if whole else None)
        request.state.total = found
        return found.rows

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
            return query.where(await self._one_of(request, keys)).order_by(*self._key())
        params = request.query_params
        found = await self._apply_search_and_filters(
            request, query, params.get("q"), self._parse_filter_param(request)
        )
        return found.order_by(*self._key())

    async def _one_of(self, request: Request, keys: list[str]) -> sa.ColumnElement[bool]:
        """The condition of the rows with these keys, as far as there are some."""
        try:
            rows = await self.find_by_pks(request, keys)
        except (ValueError, StopIteration) as error:
            raise HTTPException(404, f"{self.table.name} has no row with such a key.") from error
        values = [tuple(getattr(row, attribute.key) for attribute in self._key()) for row in rows]
        return sa.tuple_(*self._key()).in_(values)

    async def delete_statement(self, request: Request, keys: list[str]) -> sa.Delete:
        """DELETE of the rows with these keys."""
        return sa.delete(self.table).where(await self._one_of(request, keys))

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
                    found.append((table_key(table), first.parent.name, f"{first.parent.name}__eq={value}"))
        return found

    # Writing

    def opened(self, request: Request, row: Any) -> str:
        """The digests of the row in the form; after a refusal still those of the opened form."""
        return getattr(request.state, "opened", None) or opened.digests(row, self._written(request))

    async def validate_fields(self, request: Request, data: dict[str, Any], exclude: Any = ()) -> None:
        form = await request.form()
        request.state.opened = str(form.get(opened.FIELD) or "")
        request.state.nulls = form.getlist(NULLS)
        await super().validate_fields(request, data, exclude)

    async def edit(self, request: Request, pk: Any, data: dict[str, Any]) -> Any:
        """Updates the row, unless another session has changed or deleted it since the form was opened."""
        row = await self.find_by_pk(request, pk)
        try:
            names = [attribute.key for attribute in self._present(request)]
            await read(
                partial(request.state.session.refresh, row, names, with_for_update={"key_share": True})
            )
            changed = opened.changed(row, request.state.opened, self._written(request))
        except (InvalidRequestError, ValueError) as error:
            gone = "The row does not exist any more: it was deleted after the form was opened."
            raise FormValidationError({"": str(error) if isinstance(error, ValueError) else gone}) from error
        refusals: dict[str | int, Any] = {}
        for field in self.get_fields_list(request):
            now = getattr(row, field.name)
            if field.name in changed and (typed := self._meant(request, field, data, now)) != now:
                refusals[field.name] = opened.conflict(now, typed)
        if refusals:
            request.state.opened = None  # the form shows both values, and continues with the current row
            raise FormValidationError(refusals)
        where = await self._one_of(request, [pk])
        before = await self._literals(request, where)
        edited = await super().edit(request, pk, data)
        after = await self._literals(request, where)
        written = {column.name for name in self._written(request) for column in self._columns_of(name)}
        for old, new in zip(before, after, strict=True):
            self._keep(request, updated(self.table, old, new, written))
        return edited

    async def create(self, request: Request, data: dict[str, Any]) -> Any:
        created = await super().create(request, data)
        key = str(await self.get_pk_value(request, created))
        for row in await self._literals(request, await self._one_of(request, [key])):
            self._keep(request, inserted(self.table, row))
        return created

    def _columns_of(self, name: str) -> list[sa.Column[Any]]:
        return list(sa.inspect(self.model).column_attrs[name].columns)

    async def _literals(self, request: Request, where: sa.ColumnElement[bool]) -> list[Row]:
        return await read(literals, request.state.session, self.table, columns(request, self.table), where)

    def _keep(self, request: Request, change: Change | None) -> None:
        if change is not None:
            on_commit(request, lambda: self.changes.add(change))

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
            new = self._meant(request, field, data, old)
            if new != old and (is_edit or new is not None):
                setattr(obj, field.name, new)
        return obj

    def _meant(self, request: Request, field: BaseField, data: dict[str, Any], old: Any) -> Any:
        """The value of a form: NULL where that is ticked, else as typed; lines end as the old one's do."""
        typed = data.get(field.name)
        type_ = getattr(self.model, field.name).type
        text = isinstance(type_, sa.String) and not isinstance(type_, sa.Enum)
        if field.name in request.state.nulls or (typed in ("", []) and not text and old is None):
            return None
        if isinstance(field, KeyField):
            return type_.python_type(typed) if typed else None
        if isinstance(typed, str) and isinstance(field, UUIDField):
            return UUID(typed)
        if isinstance(typed, str) and isinstance(field, TextAreaField) and "\r\n" not in str(old):
            return typed.replace("\r\n", "\n")
        return typed

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

    @link_row_action(
        name="delete",
        text="Delete",
        icon_class="default_actions.delete",
        action_btn_class="action.row_item_delete",
    )
    def row_action_3_delete(self, request: Request, pk: Any) -> str:
        """The page that asks before the row is deleted."""
        return self._ask(request, [pk])

    @action(name="delete", text="Delete", icon_class="default_actions.delete", custom_response=True)
    async def delete_action(self, request: Request, selection: ActionSelection) -> Response:
        """The page that asks before the rows are deleted."""
        if selection.is_select_all:
            raise ActionFailed("Select the rows: they are named before they are deleted.")
        return RedirectResponse(self._ask(request, await selection.pks()), 303)

    def _ask(self, request: Request, keys: list[Any]) -> str:
        return str(request.url_for("studio:delete").include_query_params(table=self.key)) + "".join(
            f"&pk={quote(str(key), safe='')}" for key in keys
        )

    async def delete(self, request: Request, pks: list[Any]) -> int | None:
        """Deletes the rows by one statement: what goes along is the matter of the database."""
        where = await self._one_of(request, pks)
        rows = await self._literals(request, where)
        await read(request.state.session.execute, sa.delete(self.table).where(where))
        for row in rows:
            self._keep(request, deleted(self.table, row))
        return len(rows)


def _leads(index: sa.Index, column: str) -> bool:
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
