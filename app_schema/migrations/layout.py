"""Generated code, laid out as ``ruff format`` would: one call a line where it fits, else one argument a
line."""

from __future__ import annotations

import ast
import inspect

WIDTH = 110
_INDENT = 4


def layout(code: str, *, indent: int = _INDENT) -> str:
    """The statements of a body, wrapped, without the comments of the template; ``pass`` for an empty body."""
    lines: list[str] = []
    for statement in ast.parse(inspect.cleandoc(code)).body:
        if (
            isinstance(statement, ast.Expr)
            and isinstance(statement.value, ast.Constant)
            and isinstance(statement.value.value, str)
        ):
            lines += [f"# {line}" for line in statement.value.value.splitlines()]
        elif isinstance(statement, ast.Expr):
            lines.append(_wrapped(statement.value, indent))
        else:
            lines.append(ast.unparse(statement))
    if not any(not line.startswith("#") for line in lines):
        lines.append("pass")
    text = "\n".join(lines)
    return "\n".join(
        (" " * indent + line if number else line) for number, line in enumerate(text.split("\n"))
    )


def _wrapped(node: ast.expr, indent: int, name: str = "", tail: str = "") -> str:
    """The expression after ``name``, split over several lines if it is too long for one."""
    flat = _flat(node)
    if indent + len(name) + len(flat) + len(tail) <= WIDTH:
        return flat
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return "\n".join(_quoted(line) for line in _lines(node.value, indent))
    if isinstance(node, ast.Call):
        parts: list[tuple[str, ast.expr]] = [("", argument) for argument in node.args]
        parts += [(f"{keyword.arg}=", keyword.value) for keyword in node.keywords]
        return _broken(f"{_flat(node.func)}(", parts, ")", indent)
    if isinstance(node, (ast.List, ast.Tuple)):
        opening, closing = ("[", "]") if isinstance(node, ast.List) else ("(", ")")
        return _broken(opening, [("", element) for element in node.elts], closing, indent)
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return _broken("{", [(f"{_flat(key)}: " if key else "**", item) for key, item in pairs], "}", indent)
    return flat


def _broken(opening: str, parts: list[tuple[str, ast.expr]], closing: str, indent: int) -> str:
    inner = indent + _INDENT
    lines = [opening]
    for name, node in parts:
        text = _wrapped(node, inner, name, ",")
        if name and isinstance(node, ast.Constant) and "\n" in text:
            flat = _flat(node)  # in brackets, on a line of its own, it may fit
            text = flat if inner + _INDENT + len(flat) <= WIDTH else text
            pieces = "\n".join(" " * _INDENT + line for line in text.split("\n"))
            text = f"(\n{pieces}\n)"
        lines += [" " * _INDENT + line for line in f"{name}{text},".split("\n")]
    return "\n".join([*lines, closing])


def _lines(text: str, indent: int) -> list[str]:
    """A long text in pieces: by its own lines, and a line that is still too long at spaces."""
    room = WIDTH - indent - 2 * _INDENT
    pieces: list[str] = []
    for line in text.splitlines(keepends=True):
        rest = line
        while len(_quoted(rest)) > room and " " in rest[20:room]:
            cut = rest.rindex(" ", 20, room - 10) + 1 if " " in rest[20 : room - 10] else len(rest)
            if cut >= len(rest):
                break
            pieces.append(rest[:cut])
            rest = rest[cut:]
        pieces.append(rest)
    return pieces


def _flat(node: ast.expr) -> str:  # noqa: PLR0911 - a list of cases
    """The expression on one line, strings in double quotes."""
    match node:
        case ast.Constant(value=str() as text):
            return _quoted(text)
        case ast.Call():
            arguments = [_flat(argument) for argument in node.args] + [
                f"{keyword.arg}={_flat(keyword.value)}" for keyword in node.keywords
            ]
            return f"{_flat(node.func)}({', '.join(arguments)})"
        case ast.Attribute():
            return f"{_flat(node.value)}.{node.attr}"
        case ast.List():
            return f"[{', '.join(map(_flat, node.elts))}]"
        case ast.Tuple():
            return f"({', '.join(map(_flat, node.elts))}{',' if len(node.elts) == 1 else ''})"
        case ast.Dict():
            pairs = zip(node.keys, node.values, strict=True)
            return (
                "{"
                + ", ".join(f"{_flat(key)}: {_flat(item)}" for key, item in pairs if key is not None)
                + "}"
            )
    return ast.unparse(node)


def _quoted(text: str) -> str:
    """A string literal as the formatter prefers it: in double quotes, unless more of them than of the others
    had to be escaped."""
    body = repr('"' + text)[2:-1].replace("\\'", "'")  # repr chooses single quotes
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + body.replace(quote, "\\" + quote) + quote


def literal(value: object) -> str:
    """A plain value as the formatter would write it."""
    return _flat(ast.parse(repr(value), mode="eval").body)
