"""Converge or refuse, in one statement.

Every guarded statement is one ``DO`` block that looks the object up by schema, table, name and kind, and

* carries out the statement where the object is absent,
* does nothing where the object is there and equal,
* refuses where it is there and different.

To compare, PostgreSQL prints both sides. The declared side is made as an empty *twin* in ``pg_temp`` inside a
subtransaction that is always rolled back, so that no twin can be left behind, and no lock stronger than
ACCESS SHARE is taken on the real object.
"""

from __future__ import annotations

from dataclasses import dataclass

from app_schema import pinned
from app_schema.ddl.spelling import FOLD, equal, may_differ
from app_schema.ddl.sql import dollar, ident, literal, qualified

DIFFERENT = "AS001"
"""SQLSTATE of a refusal. Class AS is not used by PostgreSQL."""
ABSENT = "AS004"
"""SQLSTATE of a refusal to change what is absent."""
NOTED = "AS003"
"""SQLSTATE of a warning that whoever migrates is to read."""
SEARCHED = "app_schema.schemas"
"""Setting: the schemas in which an unqualified name was looked for before a comparison emptied the path."""
_TWIN_DONE = "AS009"
"""SQLSTATE. One that ends with 000 names a class: PL/pgSQL would take a refusal in the twin for it."""
_TWIN = "pg_temp.app_schema_twin"
_PATH = "app_schema.path"
"""Setting: the path under which a twin is made, for what changes it later."""
_TWIN_LAST = "concat_ws(', ', nullif(current_setting('search_path'), ''), 'pg_temp')"
_USED = "app_schema.used"
"""Setting: why something was not dropped, for the refusal of the statement that would make it again."""
_AHEAD = (
    "if these values are to go, upgrade to the revision that drops them alone: alembic upgrade <revision>; "
    "if the version table was lost, say which revision the database is at: alembic stamp <revision>"
)
_ABSENT = "what is changed must exist: an earlier revision, or a statement above this one, creates it"


@dataclass(frozen=True, slots=True)
class Side:
    """How the definition of one side is obtained: printed from a twin, or given as an SQL expression."""

    twin: tuple[str, ...] = ()
    value: str | None = None
    qualified: bool = False
    """The value has every name qualified, so the found side is printed in that way too."""
    exact: bool = False
    """Every character counts, as in the body of a function."""
    like: str | None = None
    """The table that ``twin[0]`` copies. Guards of one table that follow each other may share this copy."""


@dataclass(frozen=True, slots=True)
class Guard:
    """All that one guarded statement needs to know about its object.

    :param label: the object in words, as errors name it.
    :param namespace: SQL expression: the OID of the object's schema.
    :param definition: query of one text; ``$1`` is the OID of a schema, the real one or ``pg_temp``.
        NULL: absent.
    :param exists: a cheaper query for "is it there", where the definition needs the twin.
    :param new: the declared side.
    :param old: what may be replaced by it. None: with ``different`` given, anything may.
    :param absent: statements for an absent object; None refuses.
    :param different: statements for a different one; None refuses.
    :param remedy: the line to write instead.
    :param unfit: what is refused where PostgreSQL cannot carry out ``different`` because of the rows.
    :param unfit_remedy: and the line to write then.
    :param noted: said where neither side is there: it is altered all the same, instead of being refused.
    :param ineffective: what is refused where a statement was carried out and changed nothing: PostgreSQL only
        warns of a GRANT by a role that may not grant.
    :param later: statements that the same revision carries out afterwards, on the twin of ``new``; each state
        that they make counts as equal.
    :param shared: the copy of the table stays for the guards that follow; :data:`DROP_TWIN` drops it.
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
    shared: bool = False

    def render(self) -> str:
        """The ``DO`` block.

        PL/pgSQL reads a block as a whole before it runs. Where nothing has the name, what compares is no more
        than a text in it.
        """
        if self.exists is None:
            return self._compared()
        return block(
            [
                "DECLARE",
                "  found text;",
                "BEGIN",
                f"  EXECUTE {dollar(self.exists, 'def')} INTO found USING {self.namespace};",
                *self._made_if_absent(),
                f"  EXECUTE {dollar(self._compared(), 'compare')};",
                "END",
            ]
        )

    def _made_if_absent(self) -> list[str]:
        made = (
            [refuse(f"{self.label} is absent", _ABSENT, state=ABSENT)]
            if self.absent is None
            else _create(self)
        )
        return ["  IF found IS NULL THEN", *made, "    RETURN;", "  END IF;"]

    def _compared(self) -> str:
        """The block that prints both sides. Something with the name may still be another object."""
        comparing = _compare(self.new, shared=self.shared, later=self.later)
        if self.exists is None:
            lookup = "  EXECUTE definition INTO found USING ns;"
            comparing = [lookup, "  IF found IS NOT NULL THEN", *comparing, "  END IF;"]
        lines = [
            *self._head(),
            *comparing,
            *self._made_if_absent(),
            *self.alike("expected"),
            "  IF alike THEN RETURN; END IF;",
        ]
        if self.different is None:
            lines.append(_different(self))
        else:
            if self.old is not None:
                lines[4:4] = ["  before text;", "  wanted text;"]
                lines += _compare_before(self, self.old)
            lines += _change(self, self.different)
            lines += _confirmed(self, "found IS DISTINCT FROM expected")
        return block([*lines, "END"])

    def unless_equal(self, statement: str, *, holds: str = "") -> str:
        """A block that carries a statement out, unless the object is there and equal.

        :param holds: a query; where the object is there and equal, it is refused to drop the rows found, and
            without any the statement is carried out.
        """
        kept = "RETURN;"
        if holds:
            words = f"{self.label} is already as a later revision of this run creates it, and holds values"
            kept = f"IF EXISTS ({holds}) THEN\n{refuse(words, _AHEAD)}\n  END IF;"
        return block(
            [
                *self._head(),
                "  EXECUTE definition INTO found USING ns;",
                "  IF found IS NOT NULL THEN",
                "  BEGIN",
                *_compare(self.new, shared=False, later=self.later),
                # a later statement may make first what the declared side needs
                "  EXCEPTION WHEN OTHERS THEN expected := NULL;",
                "  END;",
                "  END IF;",
                *self.alike("expected"),
                f"  IF found IS NOT NULL AND alike THEN {kept} END IF;",
                f"  EXECUTE {dollar(statement)};",
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
            *_remember_path(self),
        ]

    def _spelled(self) -> bool:
        """Whether a side is printed from a parse tree that may print in two ways."""
        sides = [side for side in (self.new, self.old) if side is not None and not side.exact]
        return any(may_differ(*side.twin) for side in sides)

    def alike(self, other: str) -> list[str]:
        """PL/pgSQL: whether what is found is equal to a variable."""
        if self._spelled():
            return equal("found", other)
        return [f"  alike := found IS NOT DISTINCT FROM {other};"]


def _compare_before(guard: Guard, old: Side) -> list[str]:
    """What else may be there: the stated old side. Another one is refused; where asked for, only noted."""
    comparing = [*_compare(old, shared=guard.shared), "  before := expected;"]
    if guard.noted:
        # a stated side that cannot even be made is one that is not there
        comparing = ["  BEGIN", *comparing, "  EXCEPTION WHEN OTHERS THEN before := NULL;", "  END;"]
        sides = "ltrim(found), ', stated ', coalesce(ltrim(before), 'what cannot be')"
        detail = f"concat({literal(guard.noted + ': found ')}, {sides})"
        otherwise = [f"    RAISE WARNING USING ERRCODE = '{NOTED}', MESSAGE = {detail};"]
    else:
        both = "  expected := concat(expected, E'\\n  or before: ', before);"
        otherwise = [both, _different(guard)]
    return [
        "  wanted := expected;",
        *comparing,
        "  expected := wanted;",
        *guard.alike("before"),
        "  IF NOT alike THEN",
        *otherwise,
        "  END IF;",
    ]


def drop(
    label: str,
    namespace: str,
    exists: str,
    kind: str,
    statements: tuple[str, ...],
    *,
    keep: str = "",
    made_again: bool = False,
) -> str:
    """A ``DO`` block that drops what is there.

    :param exists: query of one text, ``$1`` the schema's OID: the kind of what is there under the name.
        NULL: absent.
    :param kind: the kind that may be dropped; another one is refused.
    :param keep: PL/pgSQL run before, which may RETURN to keep the object.
    :param made_again: where other objects hang on it, it stays; a later statement compares it.
    """
    detail = f"'found: ' || found || E'\\nexpected: ' || {literal(kind)}"
    return block(
        [
            "DECLARE",
            f"  ns oid := {namespace};",
            "  found text;",
            "BEGIN",
            f"  EXECUTE {dollar(exists, 'def')} INTO found USING ns;",
            "  IF found IS NULL THEN RETURN; END IF;",
            f"  IF found <> {literal(kind)} THEN",
            refuse(f"{label} cannot be dropped", detail=detail),
            "  END IF;",
            *([keep] if keep else []),
            *(_drop_unless_used(statements) if made_again else _execute(statements)),
            "END",
        ]
    )


def _execute(statements: tuple[str, ...]) -> list[str]:
    return [f"  EXECUTE {dollar(statement)};" for statement in statements]


def _drop_unless_used(statements: tuple[str, ...]) -> list[str]:
    return [
        "  BEGIN",
        *_execute(statements),
        "  EXCEPTION WHEN dependent_objects_still_exist THEN",
        "    GET STACKED DIAGNOSTICS found = PG_EXCEPTION_DETAIL;",
        f"    PERFORM set_config({literal(_USED)}, concat(SQLERRM, ': ', found), true);",
        "  END;",
    ]


def block(lines: list[str]) -> str:
    """One anonymous block, quoted so that nothing in it can end it."""
    return "DO " + dollar("\n" + "\n".join(lines) + "\n", "guard")


def schema_oid(schema: str) -> str:
    """SQL expression: the OID of a schema, NULL where there is none.

    No query: PL/pgSQL evaluates a lone function call without planning one.
    """
    return f"to_regnamespace({literal(ident(schema))})"


def there(*names: str) -> str:
    """Query of one text: NULL where none of the SQL expressions, such as a call of to_regclass, finds any.

    Such a call costs less than the plan of a query of the catalog.
    """
    return f"SELECT ''::text WHERE num_nonnulls({', '.join(names)}) > 0"


def regclass(name: str, schema: str | None) -> str:
    """SQL expression: the relation of this name, NULL where there is none."""
    return f"to_regclass({literal(qualified(name, schema))})"


def creation_schema(schema: str | None) -> str:
    """SQL expression: the OID of the schema in which an object would be created."""
    return schema_oid(schema) if schema else "to_regnamespace(quote_ident(current_schema()))"


def table_schema(table: str, schema: str | None) -> str:
    """SQL expression: the OID of the schema in which a table is found."""
    if schema:
        return schema_oid(schema)
    return f"(SELECT c.relnamespace FROM pg_catalog.pg_class AS c WHERE c.oid = {regclass(table, None)})"


def _remember_path(guard: Guard) -> list[str]:
    """Where an unqualified name is looked for, for definitions that ask when there is no path."""
    values = [side.value or "" for side in (guard.new, guard.old) if side is not None]
    if not any(SEARCHED in text for text in (guard.definition, *values)):
        return []
    return [f"  found := set_config({literal(SEARCHED)}, current_schemas(false)::text, true);"]


def _create(guard: Guard) -> list[str]:
    assert guard.absent is not None
    return [
        "    BEGIN",
        *(f"      EXECUTE {dollar(statement)};" for statement in guard.absent),
        *_confirmed(guard, "found IS NULL"),
        "    EXCEPTION",
        "      WHEN duplicate_table OR duplicate_object OR duplicate_function OR duplicate_schema THEN",
        refuse(f"{guard.label} cannot be created, its name is taken", detail="SQLERRM"),
        "    END;",
    ]


def _confirmed(guard: Guard, otherwise: str) -> list[str]:
    if not guard.ineffective:
        return []
    look = "  EXECUTE definition INTO found USING ns;"
    return [look, f"  IF {otherwise} THEN", refuse(guard.ineffective, guard.remedy), "  END IF;"]


def _change(guard: Guard, statements: tuple[str, ...]) -> list[str]:
    lines = _execute(statements)
    if not guard.unfit:
        return lines
    return [
        "  BEGIN",
        *(f"  {line}" for line in lines),
        "  EXCEPTION WHEN data_exception OR cannot_coerce OR datatype_mismatch OR check_violation THEN",
        refuse(guard.unfit, guard.unfit_remedy, detail="concat('found: ', found, E'\\n', SQLERRM)"),
        "  END;",
    ]


# The session has all the settings of app_schema.pinned. A console that sends each statement of a script in a
# session of its own has not, and there this one would change texts that are replaced in a print.
_UNQUOTED = f"PERFORM {pinned.calls({'quote_all_identifiers': 'off'}, local=True)};"


def _compare(side: Side, *, shared: bool, later: tuple[str, ...] = ()) -> list[str]:
    if side.value is not None and not side.qualified:
        return [f"  {_UNQUOTED}", "  EXECUTE definition INTO found USING ns;", f"  expected := {side.value};"]
    # pg_temp last: an unqualified name in the statement means the real table, not its twin. Then no path at
    # all: both sides are printed with every name qualified.
    kept, twin = _shared_twin(side) if shared and side.like else ([], side.twin)
    return [
        *kept,
        "  BEGIN",
        f"    PERFORM set_config({literal(_PATH)}, {_TWIN_LAST}, true);",
        f"    PERFORM set_config('search_path', current_setting({literal(_PATH)}), true);",
        "    PERFORM set_config('check_function_bodies', 'off', true);",
        f"    {_UNQUOTED}",
        *(f"    EXECUTE {dollar(statement)};" for statement in twin),
        "    PERFORM set_config('search_path', '', true);",
        "    EXECUTE definition INTO found USING ns;",
        f"    expected := {side.value};"
        if side.value is not None
        else "    EXECUTE definition INTO expected USING pg_my_temp_schema();",
        *(line for change in later for line in _changed_later(change)),
        f"    RAISE SQLSTATE '{_TWIN_DONE}';",
        f"  EXCEPTION WHEN SQLSTATE '{_TWIN_DONE}' THEN NULL;",
        "  END;",
    ]


def _changed_later(change: str) -> list[str]:
    """What the twin becomes by a later statement of the revision; one that fails here makes no state."""
    return [
        "    IF found IS DISTINCT FROM expected THEN",
        "      DECLARE",
        "        there text;",
        "        made text;",
        "      BEGIN",
        f"        PERFORM set_config('search_path', current_setting({literal(_PATH)}), true);",
        f"        EXECUTE {dollar(change)};",
        "        PERFORM set_config('search_path', '', true);",
        "        EXECUTE definition INTO there USING ns;",
        "        EXECUTE definition INTO made USING pg_my_temp_schema();",
        "        IF there = made THEN found := there; expected := made; END IF;",
        "      EXCEPTION WHEN OTHERS THEN NULL;",
        "      END;",
        "    END IF;",
    ]


def _shared_twin(side: Side) -> tuple[list[str], tuple[str, ...]]:
    """The statements that make the shared copy, and those that make the twin of it.

    Outside of the subtransaction the copy has a name of its own: under the table's name it would shadow the
    table for whoever names that without a schema.
    """
    assert side.like is not None
    copy = f"CREATE TABLE {_TWIN} (LIKE {side.like})"
    name = side.twin[0].removeprefix("CREATE TABLE pg_temp.").removesuffix(f" (LIKE {side.like})")
    once = f"  IF to_regclass('{_TWIN}') IS NULL THEN EXECUTE {dollar(copy)}; END IF;"
    return [once], (f"ALTER TABLE {_TWIN} RENAME TO {name}", *side.twin[1:])


def _different(guard: Guard) -> str:
    used = f"nullif(current_setting({literal(_USED)}, true), '')"
    detail = f"concat('found: ', found, E'\\nexpected: ', expected, E'\\n' || {used})"
    return refuse(f"{guard.label} already exists with a different definition", guard.remedy, detail=detail)


def refuse(message: str, hint: str = "", *, detail: str = "''", state: str = DIFFERENT) -> str:
    """PL/pgSQL that refuses.

    :param detail: SQL expression of a text.
    """
    options = [f"ERRCODE = '{state}'", f"MESSAGE = {literal(message)}", f"DETAIL = {detail}"]
    if hint:
        options.append(f"HINT = {literal(hint)}")
    return f"    RAISE EXCEPTION USING {', '.join(options)};"


DROP_TWIN = block(
    ["BEGIN", f"  IF to_regclass('{_TWIN}') IS NOT NULL THEN DROP TABLE {_TWIN}; END IF;", "END"]
)
"""The statement after the last of the guards that share a twin."""
