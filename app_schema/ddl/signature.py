"""The types of a function's arguments, by which PostgreSQL tells functions of one name apart.

Only PostgreSQL reads a declaration for certain. What is read here serves to notice, before any server is
asked, that two declarations are one function: ``f(a int)`` and ``f(b integer)``.
"""

from __future__ import annotations

import re

_SAME = {
    "int": "integer",
    "int4": "integer",
    "int2": "smallint",
    "int8": "bigint",
    "bool": "boolean",
    "float": "double precision",
    "float8": "double precision",
    "float4": "real",
    "decimal": "numeric",
    "varchar": "character varying",
    "char": "character",
    "bpchar": "character",
    "timestamptz": "timestamp with time zone",
    "timestamp without time zone": "timestamp",
    "timetz": "time with time zone",
    "time without time zone": "time",
}
_OF_SEVERAL_WORDS = re.compile(
    r"(double precision|(?:national )?char(?:acter)?(?: varying)?|bit varying"
    r"|time(?:stamp)?(?: with(?:out)? time zone)?|interval .*)",
    re.IGNORECASE,
)
_MODES = re.compile(r"(IN\s+OUT|INOUT|IN|VARIADIC)\s+", re.IGNORECASE)
_OUT = re.compile(r"OUT\s", re.IGNORECASE)
_WORD = re.compile(r'"(?:[^"]|"")*"|\S+')
_FLOAT = re.compile(r"\bfloat\s*\(\s*(\d+)\s*\)", re.IGNORECASE)
_REAL_DIGITS = 24
"""Of a float of so many binary digits PostgreSQL makes a real, of more a double precision."""
_NAME = re.compile(r'^(?:"(?:[^"]|"")*"|[^\s."]+)\s+(?=\S)')


def argument_types(arguments: str) -> tuple[str, ...]:
    """The types of arguments that are given without their defaults, each in one spelling."""
    return tuple(_type(one) for one in _parts(arguments) if not _OUT.match(one))


def _parts(arguments: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for match in re.finditer(r'"(?:[^"]|"")*"|[(),]', arguments):
        depth += (match[0] == "(") - (match[0] == ")")
        if match[0] == "," and depth == 0:
            parts.append(arguments[start : match.start()])
            start = match.end()
    return [one.strip() for one in [*parts, arguments[start:]] if one.strip()]


def _type(argument: str) -> str:
    text = _MODES.sub("", argument, count=1)
    text = _FLOAT.sub(lambda one: "real" if int(one[1]) <= _REAL_DIGITS else "float8", text)
    text = re.sub(r"\s*\([^)]*\)", "", text)  # nothing else is kept of a precision
    text = " ".join(_WORD.findall(text))
    bare, array = re.match(r"(.*?)((?: ?\[\d*\]| array)*)$", text, re.IGNORECASE | re.DOTALL).groups()  # type: ignore[union-attr]
    if not _OF_SEVERAL_WORDS.fullmatch(bare):
        bare = _NAME.sub("", bare)
    low = bare if '"' in bare else bare.lower()
    return _SAME.get(low, low) + ("[]" if array else "")
