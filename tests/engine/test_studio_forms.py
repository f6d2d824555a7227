"""A form that is saved as it was opened changes nothing, whatever the types of the columns."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from declaring import APPLICATION
from sqlalchemy.dialects import postgresql
from starlette.testclient import TestClient

from app_schema.studio.app import studio

COLUMNS: dict[str, tuple[Any, str]] = {
    "mixed": (sa.Text, r"E'a\r\nb\nc'"),
    "carriage": (sa.Text, r"E'a\rb'"),
    "texts": (postgresql.ARRAY(sa.Text), "ARRAY['a', '', NULL]"),
    "double": (sa.Double, "0.1::float8 + 0.2"),
    "local": (sa.DateTime, "'2026-01-01 12:00:00.123456'"),
    "moment": (sa.DateTime(timezone=True), "'2026-01-01 12:00:00.123456+00'"),
    "span": (sa.Interval, "'1 mon 2 days 03:04:05.5'"),
    "bytes": (sa.LargeBinary, r"'\x00ff'"),
    "address": (postgresql.INET, "'10.0.0.1/8'"),
    "range": (postgresql.INT4RANGE, "'[1,5)'"),
    "words": (postgresql.TSVECTOR, "'a b'"),
    "bits": (postgresql.BIT(3), "B'101'"),
}
_INPUT = re.compile(r'<input[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', re.DOTALL)
_TEXT = re.compile(r'<textarea[^>]*?name="([^"]+)"[^>]*>(.*?)</textarea>', re.DOTALL)
_CHOSEN = re.compile(r'<option[^>]*?value="([^"]*)"[^>]*?selected', re.DOTALL)


def test_form_saved_as_it_was_opened_changes_nothing(empty_engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    columns: list[sa.Column[Any]] = [sa.Column(name, type_) for name, (type_, _) in COLUMNS.items()]
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
    metadata.create_all(empty_engine)
    with empty_engine.begin() as connection:
        values = ", ".join(value for _, value in COLUMNS.values())
        connection.exec_driver_sql(f"INSERT INTO t VALUES (1, {values})")
        before = connection.execute(sa.text("SELECT t::text, xmin::text FROM t")).one()
    app = replace(APPLICATION, declared=metadata, acting=None)
    client = TestClient(
        studio(empty_engine, app, token="secret", port=80, write=True), base_url="http://127.0.0.1"
    )
    client.get("/?token=secret")
    page = client.get("/t/edit?pk=1").text
    form: dict[str, list[str]] = {}
    for name, value in _INPUT.findall(page):
        form.setdefault(name, []).append(html.unescape(value))
    for name, value in _TEXT.findall(page):  # HTML drops the first line end, and a browser sends CR LF
        text = html.unescape(value).removeprefix("\n")
        form[name] = [re.sub(r"\r\n|\r|\n", "\r\n", text)]
    assert {"mixed", "carriage", "double", "local", "moment"} <= set(form)
    form["texts"] = [html.unescape(value) for value in _CHOSEN.findall(page)] or ["a", "", ""]
    form.pop("_null", None)
    saved = client.post("/t/edit?pk=1", data=form, follow_redirects=False)
    assert saved.status_code == 303, saved.text
    with empty_engine.connect() as connection:
        after = connection.execute(sa.text("SELECT t::text, xmin::text FROM t")).one()
    assert after == before
