"""The page of `app-schema adopt`: counts, locks, seconds and broken rules of the revision to come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app_schema.adoption.choice import Choice, choices
from app_schema.adoption.cost import Work, work
from app_schema.adoption.mend import unwritable
from app_schema.adoption.rules import DeclaredRule, broken
from app_schema.migrations.directives import RetypeOp
from app_schema.migrations.lineage import Lineage

if TYPE_CHECKING:
    from app_schema.adoption.look import Look

LINES = 60
_RULES = 25
_NAMES = 8
_HALF_A_SECOND = 0.5


@dataclass(frozen=True)
class BrokenRule:
    """A rule that rows break, with the choices for them."""

    rule: DeclaredRule
    choices: list[Choice]


@dataclass(frozen=True)
class AdoptionPage:
    """All of it, as ``--json`` prints it."""

    application: str
    head: str
    zone: str
    renamed: list[str]
    retyped: list[str]
    missing: dict[str, int]
    broken: list[BrokenRule]
    superseded: list[str]
    strangers: list[str]
    others: list[str]
    work: list[Work]
    unwritable: list[str]

    @property
    def ready(self) -> bool:
        """Whether nothing is left to be chosen."""
        return not (self.broken or self.strangers or self.unwritable)


def page(look: Look) -> AdoptionPage:
    """Looks at the database; changes nothing."""
    missing = Counter(
        one.key.kind for one in look.comparison.differences if look.comparison.state(one) == "absent"
    )
    return AdoptionPage(
        application=look.app.name,
        head=", ".join(sorted(Lineage(look.app).heads)),
        zone=look.choices.zone,
        renamed=[f"{one.reflected.label} -> {one.declared.name}" for one in look.sides.renamed.renames],
        retyped=[
            f"{operation.schema}.{operation.table}.{one.name}: {one.old} to {one.new}"
            for operation in look.plan.operations()
            if isinstance(operation, RetypeOp)
            for one in operation.columns
        ],
        missing=dict(missing),
        broken=[BrokenRule(rule, list(choices(look, rule))) for rule in broken(look)],
        superseded=[key.label for key in look.superseded],
        strangers=[key.label for key in look.strangers],
        others=[key.label for key in look.others],
        work=work(look),
        unwritable=[note.reason for note in unwritable(look, look.plan.notes)],
    )


def lines(found: AdoptionPage) -> Iterator[str]:
    """The page for people: at most 60 lines."""
    rewritten = [one for one in found.work if one.rewritten]
    locked, indexed = (sum(getattr(one, name) for one in found.work) for name in ("locked", "indexed"))
    yield f"Adopting this database for {found.application}, up to {found.head}."
    yield f"Local times are times of {found.zone}; zone in adopt.toml names another one."
    yield ""
    yield f"renamed     {len(found.renamed)} objects that are equal under another name: instant"
    yield f"new types   {len(found.retyped)} columns; their tables are rewritten: {_sizes(rewritten)}"
    yield f"missing     {_counts(found.missing)}"
    yield f"superseded  {len(found.superseded)} objects are dropped, and the downgrade brings them back"
    kinds = Counter(label.partition(" ")[0] for label in found.superseded)
    yield f"            {_counts(dict(kinds))}"
    yield f"left        {len(found.others)} tables that belong to nobody here: {_names(found.others)}"
    tables = sum(1 for one in found.work)
    yield f"locked      {tables} tables in one transaction, for about {_seconds(locked)}"
    yield f"            then indexes are built beside readers and writers, in about {_seconds(indexed)}"
    if any("__drizzle_migrations" in label for label in found.others):
        yield "drizzle     its own bookkeeping is left. drizzle-kit push and migrate must not run any more."
    if found.strangers:
        yield f"unlisted    {len(found.strangers)} undeclared objects act on our tables: list them"
        yield from (f"            {label}" for label in found.strangers[:_NAMES])
    yield from (f"by hand     {note}" for note in found.unwritable[:_NAMES])
    rows = sum(one.rule.rows for one in found.broken)
    yield f"broken      {len(found.broken)} rules, by {rows:,} rows"
    worst = sorted(found.broken, key=lambda one: -one.rule.rows)
    yield from (f"            {one.rule.rows:>9,}  {_said(one.rule)}" for one in worst[:_RULES])
    if len(worst) > _RULES:
        yield f"            and {len(worst) - _RULES} more rules: --json has all of them"
    yield ""
    yield from _next(found)


def _next(found: AdoptionPage) -> Iterator[str]:
    if found.ready:
        yield "Go on with: app-schema adopt --write && app-schema upgrade"
    elif found.broken:
        yield "Go on with: app-schema adopt --choices >> adopt.toml, then keep one entry for each rule"
    else:
        yield "Go on with: an entry [[drop]] in adopt.toml for each, or a declaration"


def entries(found: AdoptionPage) -> Iterator[str]:
    """The choices as the text of `adopt.toml`, each commented out: nothing changes unless it stands there."""
    for one in found.broken:
        yield f"# {_said(one.rule)}: {one.rule.rows:,} rows"
        for choice in one.choices:
            yield f"#   {choice.words}"
            yield from (f"# {line}" if line else "" for line in choice.toml.splitlines())
        yield ""


def _said(rule: DeclaredRule) -> str:
    return f"{rule.kind}: {rule.object}"


def _sizes(found: list[Work]) -> str:
    if not found:
        return "none"
    largest = sorted(found, key=lambda one: -one.bytes)
    shown = ", ".join(f"{one.table} ({one.bytes / 2**20:,.0f} MiB)" for one in largest[:_NAMES])
    return shown + (f" and {len(found) - _NAMES} more" if len(found) > _NAMES else "")


def _counts(found: dict[str, int]) -> str:
    return (
        ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in sorted(found.items())) or "nothing"
    )


def _names(labels: list[str]) -> str:
    names = [label.rpartition(" ")[2] for label in labels]
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return (", ".join(names[:_NAMES]) or "none") + more


def _seconds(found: float) -> str:
    return "no time" if found < _HALF_A_SECOND else f"{found:,.0f} s"


def data(found: AdoptionPage) -> dict[str, Any]:
    """For ``--json``."""
    return {**vars(found), "ready": found.ready}
