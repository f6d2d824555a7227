"""Each thing that goes wrong has a sentence of its own, an address, and a form for machines."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from alembic.util import CommandError
from commands import NOWHERE, Run, data
from page import ROOT, Page
from program import alembic

from app_schema import events
from app_schema.cli import folding, output
from app_schema.cli.address import HEADINGS, OTHER, see
from app_schema.errors import AppSchemaError
from app_schema.migrations import downgrade, upgrade, watch
from app_schema.migrations.lineage import Lineage

HEAD = max((ROOT / "alembic" / "versions").glob("0*.py")).stem
FORK = """
revision = "{name}"
down_revision = "{down}"
branch_labels = {labels}
depends_on = None


def upgrade() -> None: ...


def downgrade() -> None: ...
"""
APPLICATION = """
from dataclasses import replace
from pathlib import Path
from app_schema.mued.application import APPLICATION as MUED
APPLICATION = replace(MUED, configuration=Path(__file__).parent / "alembic.ini")
"""


def _application(place: Path, **labels: str | None) -> str:
    """An application with further revisions on the newest one; gives what ``--app`` names."""
    shutil.copy(ROOT / "alembic.ini", place)
    shutil.copytree(ROOT / "alembic", place / "alembic", ignore=shutil.ignore_patterns("__pycache__"))
    for name, label in labels.items():
        text = FORK.format(name=name, down=HEAD, labels=label and (label,))
        (place / "alembic" / "versions" / f"{name}.py").write_text(text)
    module = "_".join(("forked", *labels))
    (place / f"{module}.py").write_text(APPLICATION)
    return f"{module}:APPLICATION"


def test_odd_arguments_are_one_sentence(run: Run, database_url: str) -> None:
    for command in ("upgrade", "rollback", "plan"):
        said = run(database_url, command, "")
        assert said.startswith("exit code 2"), said
        assert "The name of the revision is empty: write head" in said
    for option, words in (
        (f"lock_wait={10**40}", "is longer than 24 days"),
        ("lock_timeout=25h", None),
        (f"lock_tries={'9' * 5000}", "is no number from 1 to"),
    ):
        said = run(database_url, "upgrade", "-x", option)
        assert said.startswith("exit code 2" if words else "exit code 0"), said
        assert (words or "") in said.replace("\n", " ")
    assert run(database_url, "seed", "--rows", str(10**40)).startswith("exit code 2")
    result = alembic(database_url, "upgrade", "")
    assert result.returncode == 2
    assert "The name of the revision is empty" in result.stderr


def test_files_and_directories_that_cannot_be_read_are_one_sentence(tmp_path: Path, empty_url: str) -> None:
    environment = {**os.environ, "DATABASE_URL": empty_url}
    (tmp_path / ".env").write_bytes(b"SECRET=s3cr3t\xff")
    gone = tmp_path / "gone"
    gone.mkdir()
    for place, command, sentence in (
        (tmp_path, "", ".env cannot be read: byte 13 is no UTF-8."),
        (gone, f"rmdir '{gone}';", "The working directory was deleted"),
    ):
        said = subprocess.run(
            ["/bin/sh", "-c", f"{command} '{Path(sys.executable).with_name('app-schema')}' status"],
            env=environment,
            cwd=place,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (said.returncode, sentence in said.stderr) == (2, True), said.stderr
        assert not {"Traceback", "s3cr3t"} & set(said.stderr.split())


def test_every_address_is_a_heading_of_the_page() -> None:
    anchors = re.findall(r'<a id="([\w-]+)"></a>\n\n## ', Page("docs/troubleshooting.md").text)
    assert len(anchors) == len(set(anchors)) == Page("docs/troubleshooting.md").text.count("\n## ")
    assert {anchor for _, anchor in HEADINGS} | {OTHER} <= set(anchors)
    assert see("The server refuses the password: ...").endswith("#no-server")
    assert see("something else").endswith(f"#{OTHER}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["upgrade", "core_index"], "near names: 0004_core_indexes"),
        (["upgrade", "0004_core_indexs"], "near names: 0004_core_indexes"),
        (["plan", "zzz"], f"No revision is called 'zzz': the newest is {HEAD}, and app-schema"),
        (["downgrade", "-99"], "-99 is below base: the database has applied "),
    ],
)
def test_name_that_leads_nowhere(run: Run, states: dict[str, str], arguments: list[str], said: str) -> None:
    answer = run(states["full"], *arguments)
    assert answer.startswith("exit code 2\n")
    assert said in answer
    assert answer.endswith("see docs/troubleshooting.md#unknown-revision\n")


def test_one_step_up_at_the_newest_is_nothing_to_do(run: Run, states: dict[str, str]) -> None:
    said = run(states["full"], "upgrade", "+1")
    assert said.startswith("exit code 0\n")
    assert "Nothing to do." in said
    assert run(states["full"], "plan", "+1").startswith("exit code 0\n")


def test_revision_of_another_lineage_is_named_by_every_command(run: Run, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE public.alembic_version SET version_num = '0099_of_tomorrow'")
    for command in ("connect", "status", "plan", "upgrade", "downgrade", "rollback", "history"):
        said = run(database_url, command)
        assert "at 0099_of_tomorrow, which this app-schema does not have: install the" in said, command
        assert not said.startswith("exit code 0"), command
    assert "pending" not in run(database_url, "history")
    said = run(database_url, "verify")
    assert "which this app-schema does not have" in said
    assert said.startswith("exit code 1\n")  # though no object differs
    said = alembic(database_url, "upgrade", "head").stderr
    assert "FAILED: The database is at 0099_of_tomorrow, which this app-schema does not have" in said
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE public.alembic_version SET version_num = %s", [HEAD])
    for words in (("stamp", "0099_of_tomorrow"), ("upgrade", "0099_of_tomorrow:head", "--sql")):
        assert "No revision is called '0099_of_tomorrow'" in alembic(database_url, *words).stderr
    said = alembic(database_url, "upgrade", "core_index").stderr
    assert "FAILED: No revision is called 'core_index': near names: 0004_core_indexes" in said


def test_two_heads_are_named_with_the_merge(run: Run, states: dict[str, str], tmp_path: Path) -> None:
    app = _application(tmp_path, f9001_a=None, f9001_b=None)
    for command in ("connect", "status", "plan", "upgrade"):
        said = run(states["full"], "--app", app, command)
        assert 'alembic merge -m "merge" f9001_a f9001_b' in said, command
        assert "run app-schema upgrade" not in said
        assert "#heads" in said


def test_row_that_another_row_of_the_version_table_includes_is_named() -> None:
    lineage, here = Lineage(), frozenset({"0001_stripe_customer", "0004_core_indexes"})
    assert lineage.applied(here) == lineage.applied(frozenset({"0004_core_indexes"}))
    with pytest.raises(
        CommandError, match=r"DELETE FROM public.alembic_version .* \('0001_stripe_customer'\)"
    ):
        lineage.upgrades(here)


def test_every_command_names_the_row_that_another_row_includes(run: Run, database_url: str) -> None:
    older, newer = "0003_core_checks_and_triggers", "0024_lists_on_any_server"
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE public.alembic_version SET version_num = %s", [newer])
        connection.execute("INSERT INTO public.alembic_version VALUES (%s)", [older])
    remedy = f"DELETE FROM public.alembic_version WHERE version_num IN ('{older}')"
    commands = ("connect", "verify", "plan", "upgrade", "upgrade +1 --json", "rollback", f"rollback {older}")
    for command in commands:
        said = run(database_url, *command.split())
        assert f"The database is at {older}, {newer}, of which the newer includes the older" in said, command
        assert remedy in said
        assert said.endswith("see docs/troubleshooting.md#heads\n"), command
        assert said.startswith(f"exit code {1 if command in {'connect', 'verify'} else 2}\n"), command
    with pytest.raises(AppSchemaError, match="of which the newer includes the older"):
        upgrade(database_url)
    with pytest.raises(AppSchemaError, match="of which the newer includes the older"):
        downgrade(database_url, older)
    with psycopg.connect(database_url) as connection:
        connection.execute(remedy)
    assert "1 revision applied." in run(database_url, "upgrade")


def test_errors_are_data_with_json(run: Run, states: dict[str, str]) -> None:
    for url, *arguments in (
        (NOWHERE, "connect"),
        (NOWHERE, "verify"),
        (states["full"], "upgrade", "nosuch"),
        (states["full"], "plan", "--nosuch"),
        (states["full"], "rollback", "base"),
        (NOWHERE, "db", "nosuch"),
    ):
        said = run(url, *arguments, "--json")
        assert not said.startswith("exit code 0")
        assert isinstance(data(said)["error"], str), arguments


def test_plan_says_what_upgrade_would_refuse(run: Run, empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"CREATE ROLE planner_{name} LOGIN")
        try:
            url = re.sub(r"//[^@]*@", f"//planner_{name}@", empty_url)
            said = run(url, "plan")
            assert said.startswith("exit code 2\n")
            assert "CREATE TABLE public.users" in said
            assert (
                "may not create the extension vector: as a superuser or in the provider's console, run CREATE"
                in said
            )
            assert "#rights" in said
        finally:
            connection.execute(f"DROP ROLE planner_{name}")


@pytest.mark.part(of=6, among="long")
def test_alembic_ends_with_a_summary(database_url: str) -> None:
    for arguments, said in (
        (["upgrade", "head"], "Nothing to do."),
        (["downgrade", "-2"], "2 revisions undone."),
        (["upgrade", "head"], "2 revisions applied."),
    ):
        assert alembic(database_url, *arguments).stderr.splitlines()[-1] == f"app_schema: {said}"
    assert "app_schema: " not in alembic(database_url, "upgrade", "head", "--sql").stderr


def test_verify_of_an_unmigrated_database_is_a_screen_and_the_reason_comes_first(
    run: Run, states: dict[str, str]
) -> None:
    said = run(states["fresh"], "verify")
    out, _, err = said.partition("--- stderr\n")
    assert len(out.splitlines()) + len(err.splitlines()) <= 26  # exit code, two marks, and a screen
    assert err.startswith("The database was never migrated")
    assert re.search(r"absent: table \S+, with \d+ columns, \d+ constraints, ", err)
    assert len(run(states["fresh"], "verify", "--all").splitlines()) > 500


def test_sentences_are_broken_between_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    sentence = (
        "The database was never migrated, the newest revision is 0018_something_long: run app-schema upgrade."
    )
    output.talk(sentence)
    assert capsys.readouterr().err == f"{sentence}\n"  # a pipe gets the line
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    output.talk(f"{sentence}\n  found: a b")
    lines = capsys.readouterr().err.splitlines()
    assert max(map(len, lines)) <= 60
    assert " ".join(lines[:-1]) == sentence
    assert lines[-1] == "  found: a b"
    assert folding.free_lines(3) >= folding.FEWEST
    events.say(sentence)
    lines = capsys.readouterr().err.splitlines()
    assert max(map(len, lines)) <= 60
    assert " ".join(lines) == f"app_schema: {sentence}"


def test_commands_that_look_say_whom_they_wait_for(
    run: Run, states: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "PATIENCE", 0.05)
    with psycopg.connect(states["full"], application_name="a locker") as holder:
        holder.execute("LOCK TABLE public.alembic_version")
        release = threading.Timer(0.5, holder.rollback)
        release.start()
        said = run(states["full"], "status")
        release.join()
    assert said.startswith("exit code 0\n")
    assert said.count("waiting for a lock\nblocked by pid") == 1
    assert "a locker" in said
    assert "the lock is free after 0." in said
