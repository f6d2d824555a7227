"""A table as it is written: its forms, the editor of a cell, the deletion of its rows."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette_admin import BaseField, JSONField, ListField, TextAreaField, UUIDField
from starlette_admin.actions import ActionSelection, action, link_row_action
from starlette_admin.exceptions import ActionFailed, FormValidationError
from starlette_admin.helpers import on_commit

from app_schema.migrations.failure import explained
from app_schema.studio import opened
from app_schema.studio.changes import Change, Changes, Row, deleted, inserted, literals, updated
from app_schema.studio.field import NULLS, KeyField
from app_schema.studio.present import columns
from app_schema.studio.reading import ReadingView
from app_schema.studio.session import read


class TableView(ReadingView):
    """One table of the models, read and written."""

    def __init__(self, model: type[Any], changes: Changes, *, write: bool) -> None:
        self.changes = changes
        self.write = write
        super().__init__(model)
        if write:
            for field in self.fields:
                field.inline_editable = self._in_a_cell(field)
            self.inline_editable_fields = [field.name for field in self.fields if field.inline_editable]

    def _in_a_cell(self, field: BaseField) -> bool:
        """True if the field is small enough to be edited in the list."""
        large = isinstance(field, (JSONField, ListField))
        return not (large or field.read_only or field.exclude_from_edit or field.name == self.pk_attr)

    def can_create(self, request: Request) -> bool:
        del request
        return self.write

    can_edit = can_delete = can_create

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
            deleted = "The row does not exist any more: it was deleted after the form was opened."
            raise FormValidationError(
                {"": str(error) if isinstance(error, ValueError) else deleted}
            ) from error
        refusals: dict[str | int, Any] = {}
        for field in self.get_fields_list(request):
            current = getattr(row, field.name)
            if (
                field.name in changed
                and (typed := self._form_value(request, field, data, current)) != current
            ):
                refusals[field.name] = opened.conflict(current, typed)
        if refusals:
            request.state.opened = None  # the form shows both values, and continues with the current row
            raise FormValidationError(refusals)
        where = await self._one_of(request, [pk])
        before = await self._literals(request, where)
        edited = await super().edit(request, pk, data)
        after = await self._literals(request, where)
        written = {column.name for name in self._written(request) for column in self._columns_of(name)}
        for old, new in zip(before, after, strict=True):
            self._note_on_commit(request, updated(self.table, old, new, written))
        return edited

    async def create(self, request: Request, data: dict[str, Any]) -> Any:
        created = await super().create(request, data)
        key = str(await self.get_pk_value(request, created))
        for row in await self._literals(request, await self._one_of(request, [key])):
            self._note_on_commit(request, inserted(self.table, row))
        return created

    def _columns_of(self, name: str) -> list[sa.Column[Any]]:
        return list(sa.inspect(self.model).column_attrs[name].columns)

    async def _literals(self, request: Request, where: sa.ColumnElement[bool]) -> list[Row]:
        return await read(literals, request.state.session, self.table, columns(request, self.table), where)

    def _note_on_commit(self, request: Request, change: Change | None) -> None:
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
            new = self._form_value(request, field, data, old)
            if new != old and (is_edit or new is not None):
                setattr(obj, field.name, new)
        return obj

    def _form_value(self, request: Request, field: BaseField, data: dict[str, Any], old: Any) -> Any:
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
        if isinstance(old, str | list) and _as_sent(typed) == _as_sent(old):
            return old
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
        """Deletes the rows by one statement: the database decides what it deletes with them."""
        where = await self._one_of(request, pks)
        rows = await self._literals(request, where)
        await read(request.state.session.execute, sa.delete(self.table).where(where))
        for row in rows:
            self._note_on_commit(request, deleted(self.table, row))
        return len(rows)

    async def delete_statement(self, request: Request, keys: list[str]) -> sa.Delete:
        """DELETE of the rows with these keys."""
        return sa.delete(self.table).where(await self._one_of(request, keys))


def _as_sent(value: Any) -> Any:
    """A text or an array as a browser sends it, without line ends of its own and NULL among its elements."""
    if isinstance(value, list):
        return [_as_sent("" if element is None else element) for element in value]
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value
