"""Converge or refuse, in one statement.

Every guarded statement is one ``DO`` block that looks the object up by schema, table, name and kind, and

* executes the statement if the object is absent,
* does nothing if the object exists and is equal,
* refuses if the object exists and is different.

To compare, PostgreSQL prints both sides (:mod:`app_schema.ddl.twin`).
"""

from __future__ import annotations

from dataclasses import dataclass

from app_schema.ddl.block import ABSENT, NOTED, block, execute, refuse
from app_schema.ddl.guarded_drop import USED
from app_schema.ddl.spelling import FOLD, equal, may_differ
from app_schema.ddl.sql import dollar, literal
from app_schema.ddl.twin import EQUAL, SEARCHED, Side, compare, keep_search_path, look_up

_AHEAD = (
    "to drop these values, upgrade only to the revision that drops them: alembic upgrade <revision>; "
    "if the version table was lost, record the revision of the database: alembic stamp <revision>"
)
_ABSENT = "create it first: in an earlier revision, or in a statement above this one"


@dataclass(frozen=True, slots=True)
class Guard:
    """The facts of an object that a guarded statement needs.

    :param label: the object in words, as errors name it.
    :param namespace: SQL expression: the OID of the object's schema.
    :param definition: query of one text; ``$1`` is the OID of the real schema or of ``pg_temp``.
        NULL: absent.
    :param exists: a cheap existence query, where the definition needs the twin.
    :param new: the declared side.
    :param old: the only definition that ``different`` may replace. None: any.
    :param absent: statements for an absent object; None refuses.
    :param different: statements for a different object; None refuses.
    :param remedy: the line to write instead.
    :param unfit: the message if PostgreSQL cannot execute ``different`` because of the rows.
    :param unfit_remedy: the hint of that message.
    :param noted: the warning if neither side exists: the object is altered instead of refused.
    :param ineffective: the message if an executed statement changed nothing: PostgreSQL only warns of a GRANT
        by a role that may not grant.
    :param later: later statements of the same revision, on the twin of ``new``; the state after each of them
        counts as equal.
    :param place: of the object among those that one block has compared before, from 1; 0: no block has.
    :param unfiltered: PostgreSQL applies row security to a body of SQL when it creates the function, and
        ``row_security = off`` would raise although no row is read: the setting is on during the creation.
    """

    label: str
    namespace: str
    definition: str
    new: Side
    absent: tuple[str, ...] | None
    different: tuple[str, ...] | None = None
    old: Side | None = None
    exists: str | None = None
    remedy: str = ""
    unfit: str = ""
    unfit_remedy: str = ""
    noted: str = ""
    ineffective: str = ""
    later: tuple[str, ...] = ()
    place: int = 0
    unfiltered: bool = False

    def render(self) -> str:
        """The ``DO`` block."""
        if not self.unfiltered:
            return self._guarded()
        return block(
            [
                "DECLARE",
                "  before CONSTANT text := current_setting('row_security');",
                "BEGIN",
                "  PERFORM set_config('row_security', 'on', true);",
                f"  EXECUTE {dollar(self._guarded(), 'guarded')};",
                "  PERFORM set_config('row_security', before, true);",
                "END",
            ]
        )

    def _guarded(self) -> str:
        """The block that converges or refuses.

        PL/pgSQL parses a whole block before the block runs. If the object is absent, the comparison stays an
        unparsed string literal.
        """
        if self.exists is None:
            return self._compared()
        return block(
            [
                "DECLARE",
                "  found text;",
                "BEGIN",
                *self._return_if_equal(),
                f"  EXECUTE {dollar(self.exists, 'def')} INTO found USING {self.namespace};",
                *self._create_if_absent(),
                f"  EXECUTE {dollar(self._compared(), 'compare')};",
                "END",
            ]
        )

    def _return_if_equal(self) -> list[str]:
        if not self.place:
            return []
        return [f"  IF substr(current_setting('{EQUAL}', true), {self.place}, 1) = '1' THEN RETURN; END IF;"]

    def _create_if_absent(self) -> list[str]:
        create = (
            [refuse(f"{self.label} is absent", _ABSENT, state=ABSENT)]
            if self.absent is None
            else _create(self)
        )
        return ["  IF found IS NULL THEN", *create, "    RETURN;", "  END IF;"]

    def _compared(self) -> str:
        """The block that prints both sides. The object with the name may still be of another kind."""
        comparing = compare(self.new, later=self.later)
        if self.exists is None:
            lookup = look_up(self.new)
            # to plan the definition takes longer than an ALTER TABLE: it is not printed a second time
            rest = comparing[len(lookup) :] if comparing[: len(lookup)] == lookup else comparing
            comparing = [*lookup, "  IF found IS NOT NULL THEN", *rest, "  END IF;"]
        lines = [
            *self._head(),
            *comparing,
            *self._create_if_absent(),
            *self.alike("expected"),
            "  IF alike THEN RETURN; END IF;",
        ]
        if self.different is None:
            lines.append(_different(self))
        else:
            if self.old is not None:
                lines[4:4] = ["  before text;", "  declared text;"]
                lines += _compare_old(self, self.old)
            lines += _change(self, self.different)
            lines += _confirmed(self, "found IS DISTINCT FROM expected")
        return block([*lines, "END"])

    def unless_equal(self, statement: str, *, values: str = "") -> str:
        """A block that executes a statement unless the object exists and is equal.

        :param values: a query: if the object exists and is equal, the block refuses if it has rows, and
            executes the statement if it has none.
        """
        if_equal = "RETURN;"
        if values:
            words = (
                f"{self.label} already has the definition of a later revision of this run, and holds values"
            )
            if_equal = f"IF EXISTS ({values}) THEN\n{refuse(words, _AHEAD)}\n  END IF;"
        return block(
            [
                *self._head(),
                "  EXECUTE definition INTO found USING ns;",
                "  IF found IS NOT NULL THEN",
                "  BEGIN",
                *compare(self.new, later=self.later),
                # a later statement may create what the declared side needs
                "  EXCEPTION WHEN OTHERS THEN expected := NULL;",
                "  END;",
                "  END IF;",
                *self.alike("expected"),
                f"  IF found IS NOT NULL AND alike THEN {if_equal} END IF;",
                *execute((statement,)),
                "END",
            ]
        )

    def _head(self) -> list[str]:
        return [
            "DECLARE",
            f"  ns oid := {self.namespace};",
            f"  definition CONSTANT text := {dollar(self.definition, 'def')};",
            "  found text;",
            "  expected text;",
            "  alike boolean;",
            *([f"  fold CONSTANT text := {dollar(FOLD, 'fold')};"] if self._spelled() else []),
            "BEGIN",
            *(keep_search_path() if self._needs_search_path() else []),
        ]

    def _needs_search_path(self) -> bool:
        values = [side.value or "" for side in (self.new, self.old) if side is not None]
        return any(SEARCHED in text for text in (self.definition, *values))

    def _spelled(self) -> bool:
        """True if PostgreSQL may print a side in two spellings."""
        sides = [side for side in (self.new, self.old) if side is not None and not side.exact]
        return any(may_differ(*side.twin) for side in sides)

    def alike(self, other: str) -> list[str]:
        """PL/pgSQL that sets ``alike``: the reflected side equals a variable."""
        if self._spelled():
            return equal("found", other)
        return [f"  alike := found IS NOT DISTINCT FROM {other};"]


def _create(guard: Guard) -> list[str]:
    assert guard.absent is not None
    return [
        "    BEGIN",
        *execute(guard.absent),
        *_confirmed(guard, "found IS NULL"),
        "    EXCEPTION",
        "      WHEN duplicate_table OR duplicate_object OR duplicate_function OR duplicate_schema THEN",
        refuse(f"{guard.label} cannot be created: another object has the name", detail="SQLERRM"),
        "    END;",
    ]


def _confirmed(guard: Guard, otherwise: str) -> list[str]:
    if not guard.ineffective:
        return []
    look = "  EXECUTE definition INTO found USING ns;"
    return [look, f"  IF {otherwise} THEN", refuse(guard.ineffective, guard.remedy), "  END IF;"]


def _change(guard: Guard, statements: tuple[str, ...]) -> list[str]:
    lines = execute(statements)
    if not guard.unfit:
        return lines
    return [
        "  BEGIN",
        *(f"  {line}" for line in lines),
        "  EXCEPTION WHEN data_exception OR cannot_coerce OR datatype_mismatch OR check_violation THEN",
        refuse(guard.unfit, guard.unfit_remedy, detail="concat('found: ', found, E'\\n', SQLERRM)"),
        "  END;",
    ]


def _compare_old(guard: Guard, old: Side) -> list[str]:
    """PL/pgSQL that also accepts the old side; any other definition is refused, or ``noted`` as a warning."""
    comparing = [*compare(old), "  before := expected;"]
    if old.printed:
        comparing = [f"  before := {old.known};"]
    elif guard.noted:
        # an old side that PostgreSQL cannot create does not exist
        comparing = ["  BEGIN", *comparing, "  EXCEPTION WHEN OTHERS THEN before := NULL;", "  END;"]
    if guard.noted:
        sides = "ltrim(found), ', stated ', coalesce(ltrim(before), 'what cannot be')"
        detail = f"concat({literal(guard.noted + ': found ')}, {sides})"
        otherwise = [f"    RAISE WARNING USING ERRCODE = '{NOTED}', MESSAGE = {detail};"]
    else:
        add_old = "  expected := concat(expected, E'\\n  or before: ', before);"
        otherwise = [add_old, _different(guard)]
    return [
        "  declared := expected;",
        *comparing,
        "  expected := declared;",
        *guard.alike("before"),
        "  IF NOT alike THEN",
        *otherwise,
        "  END IF;",
    ]


def _different(guard: Guard) -> str:
    used = f"nullif(current_setting({literal(USED)}, true), '')"
    detail = f"concat('found: ', found, E'\\nexpected: ', expected, E'\\n' || {used})"
    return refuse(f"{guard.label} already exists with a different definition", guard.remedy, detail=detail)
