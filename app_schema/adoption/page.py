"""The page of `app-schema adopt`: counts, locks, seconds and violated rules of the future revision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app_schema.adoption.choice import Choice, choices
from app_schema.adoption.cost import Work, work
from app_schema.adoption.hindrance import hindrances, refusal_of_writes
from app_schema.adoption.mend import unwritable
from app_schema.adoption.notice import has_begun
from app_schema.adoption.rules import DeclaredRule, broken
from app_schema.count import counted
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
    """A violated rule, with the choices for its rows."""

    rule: DeclaredRule
    choices: list[Choice]


@dataclass(frozen=True)
class AdoptionPage:
    """The page as ``--json`` prints it."""

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
    begun: bool

    @property
    def ready(self) -> bool:
        """No choice is missing."""
        return not (self.broken or self.strangers or self.unwritable)


def page(look: Look) -> AdoptionPage:
    """Reads the database; changes nothing."""
    missing = Counter(
        difference.key.kind
        for difference in look.comparison.differences
        if look.comparison.state(difference) == "absent"
    )
    work_of_tables = work(look)
    return AdoptionPage(
        application=look.app.name,
        head=", ".join(sorted(Lineage(look.app).heads)),
        zone=look.choices.zone,
        renamed=[
            f"{rename.reflected.label} -> {rename.declared.name}" for rename in look.sides.renamed.renames
        ],
        retyped=[
            f"{operation.schema}.{operation.table}.{column.name}: {column.old} to {column.new}"
            for operation in look.plan.operations()
            if isinstance(operation, RetypeOp)
            for column in operation.columns
        ],
        missing=dict(missing),
        broken=[BrokenRule(rule, list(choices(look, rule))) for rule in broken(look)],
        superseded=[key.label for key in look.superseded],
        strangers=[key.label for key in look.strangers],
        others=[key.label for key in look.others],
        work=work_of_tables,
        unwritable=[
            *refusal_of_writes(look.connection),
            *(note.reason for note in unwritable(look, look.plan.notes)),
            *hindrances(look, work_of_tables),
        ],
        begun=has_begun(look.connection, look.app),
    )


def lines(adoption: AdoptionPage) -> Iterator[str]:
    """The page as text: at most 60 lines."""
    rewritten = [entry for entry in adoption.work if entry.rewritten]
    locked, indexed = (sum(getattr(entry, name) for entry in adoption.work) for name in ("locked", "indexed"))
    yield f"Adopting this database for {adoption.application}, up to {adoption.head}."
    if adoption.begun:
        yield "The adoption has begun and is not complete: this is the rest of it."
    yield f"Times without a zone are converted in {adoption.zone}; to change it, set zone in adopt.toml."
    yield ""
    yield f"renamed     {counted(len(adoption.renamed), 'object')} equal but for the name: catalog only"
    yield f"new types   {counted(len(adoption.retyped), 'column')}; rewritten tables: {_sizes(rewritten)}"
    yield f"missing     {_counts(adoption.missing)}"
    dropped = counted(len(adoption.superseded), "object")
    yield f"superseded  {dropped} to drop, which the downgrade creates again"
    kinds = Counter(label.partition(" ")[0] for label in adoption.superseded)
    yield f"            {_counts(dict(kinds))}"
    others = counted(len(adoption.others), "undeclared table")
    yield f"left        {others} to keep: {_names(adoption.others)}"
    tables = counted(sum(1 for _ in adoption.work), "table")
    yield f"locked      {tables} in one transaction, for about {_seconds(locked)}: stop the old system"
    yield f"            then indexes are built CONCURRENTLY, in about {_seconds(indexed)}"
    if any("__drizzle_migrations" in label for label in adoption.others):
        yield "drizzle     its bookkeeping table is kept. Do not run drizzle-kit push or migrate any more."
    if adoption.strangers:
        strangers = counted(len(adoption.strangers), "undeclared object")
        yield f"unlisted    {strangers} on declared tables: to be listed"
        yield from (f"            {label}" for label in adoption.strangers[:_NAMES])
    yield from (f"by hand     {note}" for note in adoption.unwritable[:_NAMES])
    rows = sum(broken_rule.rule.rows for broken_rule in adoption.broken)
    yield f"broken      {counted(len(adoption.broken), 'rule')}, by {counted(rows, 'row')}"
    by_rows = sorted(adoption.broken, key=lambda broken_rule: -broken_rule.rule.rows)
    yield from (
        f"            {broken_rule.rule.rows:>9,}  {_label(broken_rule.rule)}"
        for broken_rule in by_rows[:_RULES]
    )
    if len(by_rows) > _RULES:
        yield f"            and {counted(len(by_rows) - _RULES, 'more rule')}: --json has all of them"
    yield ""
    yield from _next(adoption)


def _next(adoption: AdoptionPage) -> Iterator[str]:
    if adoption.begun and adoption.broken:
        yield "Next: correct the rows by hand (--json has the query of each rule), then app-schema upgrade"
    elif adoption.begun:
        yield "Next: app-schema upgrade"
    elif adoption.ready:
        yield "Next: app-schema adopt --write && app-schema upgrade"
    elif adoption.broken:
        yield "Next: app-schema adopt --choices >> adopt.toml, then uncomment one entry for each rule"
    elif adoption.strangers:
        yield "Next: write an entry [[drop]] in adopt.toml for each, or declare it"
    else:
        yield "Next: do by hand what the page names, then app-schema adopt again"


def entries(adoption: AdoptionPage) -> Iterator[str]:
    """The choices as the text of `adopt.toml`, all commented out."""
    for broken_rule in adoption.broken:
        yield f"# {_label(broken_rule.rule)}: {counted(broken_rule.rule.rows, 'row')}"
        for choice in broken_rule.choices:
            yield f"#   {choice.words}"
            yield from (f"# {line}" if line else "" for line in choice.toml.splitlines())
        yield ""


def _label(rule: DeclaredRule) -> str:
    return f"{rule.kind}: {rule.object}"


def _sizes(works: list[Work]) -> str:
    if not works:
        return "none"
    largest = sorted(works, key=lambda entry: -entry.bytes)
    shown = ", ".join(f"{entry.table} ({entry.bytes / 2**20:,.0f} MiB)" for entry in largest[:_NAMES])
    return shown + (f" and {len(works) - _NAMES} more" if len(works) > _NAMES else "")


def _counts(counts: dict[str, int]) -> str:
    return (
        ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in sorted(counts.items()))
        or "nothing"
    )


def _names(labels: list[str]) -> str:
    names = [label.rpartition(" ")[2] for label in labels]
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return (", ".join(names[:_NAMES]) or "none") + more


def _seconds(seconds: float) -> str:
    return "0 s" if seconds < _HALF_A_SECOND else f"{seconds:,.0f} s"


def data(adoption: AdoptionPage) -> dict[str, Any]:
    return {**vars(adoption), "ready": adoption.ready}
