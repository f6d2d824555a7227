"""The rules, each a function of a revision's syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from app_schema.errors import ConfigurationError
from app_schema.lint.finding import LintFinding
from app_schema.lint.statement import Verdict, text, verdicts

Found = Iterator[tuple[int, str]]
Rule = Callable[["Code"], Found]

_IGNORE = re.compile(r"#\s*lint:\s*ignore\[([\w\s,-]+)\]:?[ \t]*(\S.*)?$", re.MULTILINE)
_TIMELESS = {"app_schema.op", "app_schema.ddl.PrintedType"}
"""A type by its SQL, which generated revisions import: the same next year."""
_DIRECTIONS = ("upgrade", "downgrade")
_BY_NAME = (
    "this looks at the name only, and keeps, replaces or drops another object of that name: write the "
    "operation of its kind, which compares (op.create_index, op.replace_function, ...)"
)


class Code:
    """A revision: its syntax tree, the constants of the module, and the calls of `op` in each direction."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        self.constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def calls(self, direction: str) -> Iterator[tuple[str, ast.Call]]:
        """The operations of a direction, with those of the functions that it calls."""
        yield from self._calls(direction, set())

    def _calls(self, name: str, seen: set[str]) -> Iterator[tuple[str, ast.Call]]:
        function = self.functions.get(name)
        if function is None or name in seen:
            return
        seen.add(name)
        for node in ast.walk(function):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name):
                yield from self._calls(node.func.id, seen)
            elif isinstance(node.func, ast.Attribute) and _is_op(node.func.value):
                yield node.func.attr, node


def bare_data(code: Code) -> Found:
    """A data statement would change the data again on a second run."""
    for name, call in _all(code):
        if name == "bulk_insert":
            yield call.lineno, "op.bulk_insert inserts again on a second run: write op.run_once(key, sql)"
        elif "data" in _executed(code, name, call):
            yield call.lineno, "a data statement runs again on a second run: write op.run_once(key, sql)"


def unguarded(code: Code) -> Found:
    """Statements of `op.execute` have no guard; statements of a connection bypass the impl."""
    for name, call in _all(code):
        kinds = _executed(code, name, call)
        if "unguarded" in kinds:
            yield (
                call.lineno,
                "op.execute is not guarded: write the operation of its kind (op.create_trigger, ...)",
            )
        elif "unreadable" in kinds:
            yield call.lineno, "op.execute of a computed text is not guarded: write the statement out"
        elif name in {"get_bind", "get_context"}:
            yield call.lineno, f"op.{name} bypasses the guard: write operations, or op.run_once(key, sql)"


def by_name(code: Code) -> Found:
    """`IF NOT EXISTS`, `IF EXISTS`, `OR REPLACE` and a caught duplicate_object see no definition."""
    for name, call in _all(code):
        if "by-name" in _executed(code, name, call):
            yield call.lineno, _BY_NAME


def one_statement(code: Code) -> Found:
    """Some drivers, and the extended protocol, refuse two statements in one string."""
    for name, call in _all(code):
        if len(kinds := _executed(code, name, call)) > 1:
            yield call.lineno, f"an op.execute has {len(kinds)} statements: write a call for each"


def rename_alone(code: Code) -> Found:
    """Beside a rename, another operation finds the table or column under the wrong name on a second run."""
    for direction in _DIRECTIONS:
        calls = list(code.calls(direction))
        of_table = any(name == "rename_table" for name, _ in calls)
        renamings = [
            (name, call)
            for name, call in calls
            if renames(name, call) or (name.startswith("rename_") and not of_table)
        ]
        if any(renames(name, call) for name, call in renamings) and len(calls) > len(renamings):
            line = renamings[0][1].lineno
            yield (
                line,
                f"a rename must be alone: move the other operations of {direction} to another revision",
            )


def no_models(code: Code) -> Found:
    """A revision must mean the same next year; the models will not."""
    for node in ast.walk(code.tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        if any(name.split(".")[0] == "app_schema" and name not in _TIMELESS for name in names):
            line = getattr(node, "lineno", 1)
            yield line, "a revision imports op and sa, never the package: write tables and columns out"


def has_downgrade(code: Code) -> Found:
    """Without a way back, a rollback stops here."""
    if "upgrade" not in code.functions:
        return
    function = code.functions.get("downgrade")
    if function is None:
        yield 1, "the downgrade is absent: write downgrade(), or let it raise with the reason"
    elif all(map(_does_nothing, function.body)) and any(code.calls("upgrade")):
        yield function.lineno, "the downgrade is empty: undo the upgrade, or raise with the reason"


RULES: dict[str, Rule] = {
    "bare-data": bare_data,
    "unguarded-execute": unguarded,
    "by-name": by_name,
    "one-statement": one_statement,
    "rename-alone": rename_alone,
    "no-models": no_models,
    "has-downgrade": has_downgrade,
}


def lint(file: Path) -> list[LintFinding]:
    """The findings in a revision file, by line.

    `# lint: ignore[rule]: reason` anywhere in the file disables a rule; the reason is required.

    :raises ConfigurationError: if the file cannot be read, or is not Python.
    """
    source = read(file)
    try:
        code = Code(ast.parse(source))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise ConfigurationError(f"{file}, line {line}: this is no Python: {error.args[0]}.") from None
    skipped = ignored(source)
    findings = [
        LintFinding(str(file), line, name, message)
        for name, rule in RULES.items()
        if name not in skipped
        for line, message in rule(code)
    ]
    return sorted(findings, key=lambda finding: (finding.line, finding.rule))


def ignored(source: str) -> set[str]:
    """The rules that a file disables with a reason."""
    return {rule.strip() for rules, reason in _IGNORE.findall(source) if reason for rule in rules.split(",")}


def read(file: Path) -> str:
    """The text of a file; raises ConfigurationError if it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"{file} cannot be read: {reason}.") from None


def _all(code: Code) -> Iterator[tuple[str, ast.Call]]:
    seen: set[ast.Call] = set()
    for direction in _DIRECTIONS:
        for name, call in code.calls(direction):
            if call not in seen:
                seen.add(call)
                yield name, call


def _executed(code: Code, name: str, call: ast.Call) -> list[Verdict]:
    """The kinds of the statements of an `op.execute`."""
    return verdicts(text(call.args[0], code.constants)) if name == "execute" and call.args else []


def renames(name: str, call: ast.Call) -> bool:
    """True if a call renames a table or a column."""
    return name == "rename_table" or (
        name == "alter_column" and any(keyword.arg == "new_column_name" for keyword in call.keywords)
    )


def _is_op(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "op"


def _does_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
