"""env.py files as Alembic's documentation shows them, each with a history and the commands to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from environment_files import (
    AROUND,
    ASYNC,
    DRY,
    END,
    HEAD,
    MULTI,
    OFFLINE,
    OPERATIONS,
    OWN_COMMIT,
    PATH,
    SEVERAL,
    STRANGER,
    TENANT,
    TRANSLATED,
    sync,
)
from environment_histories import (
    BRANCHES,
    CONCURRENT,
    HISTORY,
    MULTI_HISTORY,
    SECOND_TABLE,
    STRANGE_COLUMN,
    TRANSLATED_HISTORY,
    VIEWS,
)


@dataclass(frozen=True)
class Case:
    """An environment, its history, and the ``-x`` of each run; ``down`` is where the way back leads."""

    env: str
    history: Mapping[str, str] = field(default_factory=lambda: HISTORY)
    runs: tuple[tuple[str, ...], ...] = ((),)
    before: str = ""
    """SQL carried out first."""
    clean: bool = True
    """``alembic check`` finds nothing, by plain Alembic and by ours."""
    up: str = "heads"
    down: str = "base"
    script: bool = True
    """``--sql`` is compared too."""
    ini: str = ""


CASES: dict[str, Case] = {
    "sync": Case(sync()),
    "one transaction": Case(sync("transaction_per_migration=False")),
    "path set in the block": Case(
        sync(block=PATH),
        history={**HISTORY, "0003": CONCURRENT},
        before="CREATE SCHEMA one",
        clean=False,
        script=False,
    ),
    "statements around the revisions": Case(sync(block=AROUND), script=False),
    "statements around each revision": Case(
        sync("transaction_per_migration=True", block=AROUND), script=False
    ),
    "dry run that is rolled back": Case(sync(block=DRY), runs=(("dry",), ()), clean=False, script=False),
    "commit of its own": Case(sync(block=OWN_COMMIT), runs=(("dry",), ()), clean=False, script=False),
    "async psycopg": Case(ASYNC.replace("DRIVER", "psycopg")),
    "async asyncpg": Case(ASYNC.replace("DRIVER", "asyncpg")),
    "tenants by search_path": Case(
        HEAD + OFFLINE + TENANT + END,
        runs=(("tenant=one",), ("tenant=two",)),
        before="CREATE SCHEMA one; CREATE SCHEMA two",
        script=False,
    ),
    "tenants by schema_translate_map": Case(
        HEAD + OFFLINE + TRANSLATED + END,
        history=TRANSLATED_HISTORY,
        runs=(("tenant=one",), ("tenant=two",)),
        before="CREATE SCHEMA one; CREATE SCHEMA two",
        clean=False,
        script=False,
    ),
    "several databases": Case(MULTI + END, history=MULTI_HISTORY, clean=False, script=False),
    "version table and schema": Case(
        sync("version_table='versions', version_table_schema='own', include_schemas=False"),
        before="CREATE SCHEMA own",
        script=False,
    ),
    "several metadata": Case(sync(before=SEVERAL), history={**HISTORY, "0003": SECOND_TABLE}),
    "replaceable objects": Case(sync(before=OPERATIONS), history=VIEWS, clean=False, script=False),
    "left out by name and by object": Case(
        sync("include_name=include_name, include_object=include_object", before=STRANGER),
        history={
            **HISTORY,
            "0003": SECOND_TABLE.replace("'second'", "'stranger'"),
            "0004": STRANGE_COLUMN,
        },
    ),
    "indexes in an autocommit block": Case(
        sync(), history={**HISTORY, "0003": CONCURRENT}, clean=False, script=False
    ),
    "one transaction with an autocommit block": Case(
        sync("transaction_per_migration=False"),
        history={**HISTORY, "0003": CONCURRENT},
        clean=False,
        script=False,
    ),
    "branches that depend on another": Case(sync(), history=BRANCHES, clean=False),
}
