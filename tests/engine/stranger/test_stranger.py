"""Somebody else's application: ten tables, own version table and schema, own roles, no pgvector."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from app_schema import identity
from app_schema.application import Application, find
from app_schema.cli import app
from app_schema.errors import ConfigurationError
from app_schema.migrations import config
from app_schema.studio.app import studio
from app_schema.testing.plugin import AsService, AsUser

PROJECT = Path(__file__).parent / "project"
Run = Callable[..., Result]


@pytest.fixture(scope="module", autouse=True)
def _its_working_directory() -> Iterator[None]:
    """The shop is found as its own pyproject.toml says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(PROJECT)
        identity._acting.cache_clear()
        yield
    identity._acting.cache_clear()


@pytest.fixture
def run(application: Application, database_url: str) -> Run:
    del application

    def command_of(*arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--url", database_url], catch_exceptions=False)

    return command_of


def test_it_is_found_by_the_projects_table_or_by_name(application: Application) -> None:
    assert application.name == "shop"
    assert find("shop.application:APPLICATION") is application


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("shop.application", "names no object: write package.module:NAME"),
        ("no_such_module:APPLICATION", "there is no module no_such_module"),
        ("shop.application:NOTHING", "the module has no NOTHING"),
        ("shop.application:Base", "is a DeclarativeAttributeIntercept, and no Application"),
    ],
)
def test_wrong_reference_is_a_sentence(application: Application, reference: str, sentence: str) -> None:
    del application
    with pytest.raises(ConfigurationError, match=sentence):
        find(reference)


def test_module_that_fails_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "failing_shop.py").write_text("import sys\nsys.no_such_name\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="cannot be imported: AttributeError: module 'sys' has no"):
        find("failing_shop:APPLICATION")


def test_commands_tell_of_it(run: Run) -> None:
    assert run("status").exit_code == 0
    assert run("status").stdout == "at 0001, 0 pending\n"
    assert run("verify").exit_code == 0
    assert run("plan").stderr.endswith("Nothing would run.\n")
    assert "here" in run("history").stdout
    seen = run("connect", "--all")
    assert "customer" in seen.stdout
    assert "shop_version" not in seen.stdout
    assert run("audit").exit_code == 1


def test_there_and_back(run: Run, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO shop.customer (login) VALUES ('ann')")
    told = run("rollback")
    assert (told.exit_code, "--confirm" in told.stderr) == (1, True)
    token = told.stderr.rpartition("--confirm ")[2].split()[0]
    assert run("rollback", "--confirm", token).exit_code == 0
    assert run("plan").exit_code == 1
    assert run("upgrade").stdout == "0001\n"
    assert run("downgrade", "base").stdout == "base\n"


def test_drift_is_named_and_a_revision_mends_it(
    run: Run, application: Application, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "DROP TRIGGER touch ON shop.order; DROP INDEX shop.ix_shop_stock_supplier_id"
        )
    assert "absent: trigger touch on shop.order" in run("verify").stderr
    copy = tmp_path / "project"
    shutil.copytree(PROJECT, copy)
    monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
    chosen = config(application)
    chosen.set_main_option("version_locations", str(copy / "migrations" / "versions"))
    chosen.attributes["configure_logger"] = False
    made = command.revision(chosen, "mend", autogenerate=True, rev_id="0002")
    assert not isinstance(made, list)
    assert made is not None
    text = Path(made.path).read_text(encoding="utf-8")
    assert "op.create_trigger(" in text
    assert "op.create_index(" in text
    command.upgrade(chosen, "head")
    command.check(chosen)


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ('create_trigger("tr", "order", befor="UPDATE", execute="f()")', "has no argument 'befor'"),
        ('create_table_comment("order", "x", schemas="shop")', "an unexpected keyword argument 'schemas'"),
        ('add_colum("order")', "has no attribute 'add_colum'"),
    ],
)
def test_misspelt_call_is_one_sentence_with_file_and_line(
    application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, fault: str
) -> None:
    lines = ["from app_schema import op", "", 'revision, down_revision = "0002", "0001"', ""]
    lines += ["def upgrade() -> None:", f"    op.{call}", "", "def downgrade() -> None:", "    pass", ""]
    (tmp_path / "0002_misspelt.py").write_text("\n".join(lines), encoding="utf-8")
    shutil.copy(PROJECT / "migrations" / "versions" / "0001_the_shop.py", tmp_path)
    monkeypatch.setattr("shop.application.APPLICATION", replace(application, versions=tmp_path))
    said = CliRunner().invoke(app, ["lint"], catch_exceptions=False).stderr
    assert said.startswith("0002_misspelt.py, line 6: ")
    assert fault in said


def test_empty_database_without_revisions_is_no_copy(
    application: Application, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.application.APPLICATION", replace(application, versions=tmp_path))
    said = CliRunner().invoke(app, ["status", "--url", empty_url], catch_exceptions=False)
    assert (said.stdout, said.stderr, said.exit_code) == ("at base, 0 pending\n", "", 0)


def test_what_needs_no_database(application: Application, tmp_path: Path) -> None:
    del application
    invoke = CliRunner().invoke
    assert "customer" in invoke(app, ["diagram"]).stdout
    assert invoke(app, ["lint"]).exit_code == 0
    assert invoke(app, ["stocktaking"]).stdout == "counted\n"
    assert "stocktaking" in invoke(app, ["--help"]).stdout
    assert "metrics" not in invoke(app, ["--help"]).stdout
    if shutil.which("dot") is not None:
        assert invoke(app, ["docs", str(tmp_path)]).exit_code == 0
        assert "The tables of the shop." in (tmp_path / "schema.md").read_text(encoding="utf-8")


def test_testing_plugin_acts_as_its_people(engine: sa.Engine, as_user: AsUser, as_service: AsService) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO shop.customer (login) VALUES ('ann'), ('bob')")
    logins = sa.text("SELECT login FROM shop.customer ORDER BY login")
    assert as_user("ann").scalars(logins).all() == ["ann"]
    assert as_user(None).scalars(logins).all() == []
    assert as_service().scalars(logins).all() == ["ann", "bob"]


def test_studio_shows_it(engine: sa.Engine, application: Application) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO shop.customer (login, full_name) VALUES ('ann', 'Ann A.')")
    client = TestClient(studio(engine, application, token="secret", port=80), base_url="http://127.0.0.1")
    client.get("/?token=secret")
    assert "customer" in client.get("/").text
    assert "0001" in client.get("/migrations").text
    assert "stock" in client.get("/schema?table=stock").text
    assert "Ann A." in client.get("/view-as").text


def test_studio_writes_to_it(engine: sa.Engine, application: Application) -> None:
    """Keys of two columns, keys that are numbers, an enum of Python's."""
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO shop.customer (login, full_name) VALUES ('ann', 'Ann A.')",
            "INSERT INTO shop.category (name) VALUES ('Books'), ('Music')",
            "INSERT INTO shop.product (category_id, name, price) VALUES (1, 'Score', 9.5)",
            "INSERT INTO shop.order (customer_login) VALUES ('ann')",
            "INSERT INTO shop.item VALUES (1, 1, 2)",
        ):
            connection.exec_driver_sql(statement)
    client = TestClient(
        studio(engine, application, token="secret", port=80, write=True), base_url="http://127.0.0.1"
    )
    client.get("/?token=secret")
    for table in application.metadata.sorted_tables:
        assert client.get(f"/{table.name}/list").status_code == 200, table.name
        assert client.get(f"/{table.name}/create").status_code == 200, table.name
        for form in ("json", "csv", "insert"):
            assert client.get(f"/copy/{table.name}?as={form}").status_code == 200, table.name
    assert "category" in client.get("/picture").text

    def hidden(page: str) -> dict[str, str]:
        found = re.findall(r'name="(csrftoken|_opened|number)" value="([^"]*)"', page)
        return {name: html.unescape(value) for name, value in reversed(found)}

    def save(path: str, form: dict[str, str]) -> str:
        return client.post(path, data={**hidden(client.get(path).text), **form}).text

    save("/order/edit?pk=1", {"customer_login": "ann", "state": "paid"})
    save("/product/edit?pk=1", {"category_id": "2", "name": "Score", "price": "9.5"})
    save("/item/edit?pk=1,1", {"order_id": "1", "product_id": "1", "amount": "3"})
    assert 'id="total">1 row<' in client.get("/product/list?filter=category_id__eq=2").text
    written = sa.text("SELECT state::text, category_id, amount FROM shop.order, shop.product, shop.item")
    with engine.connect() as connection:
        assert connection.execute(written).one() == ("paid", 2, 3)
    for _ in range(3):
        client.post("/changes/undo", data=hidden(client.get("/order/list").text))
    with engine.connect() as connection:
        assert connection.execute(written).one() == ("open", 1, 2)
    assert "shop.item" in client.get("/delete?table=item&pk=1,1").text
    asked = {
        **hidden(client.get("/console").text),
        "do": "query",
        "sql": "SELECT current_user, full_name FROM shop.customer",
    }
    assert "Ann A." in client.post("/console", data=asked).text
