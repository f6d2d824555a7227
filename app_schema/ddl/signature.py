"""The argument types of a function, by which PostgreSQL distinguishes functions of the same name.

Only PostgreSQL parses a declaration reliably. This parser reports without a server that two declarations are
the same function: ``f(a int)`` and ``f(b integer)``.
"""

from __future__ import annotations

import re

from app_schema.ddl.brackets import between_commas

_CHARACTER = ("character", "char", "national character", "national char", "nchar")
_WORDS = {
    **dict.fromkeys(_CHARACTER, "bpchar"),
    **{f"{word} varying": "varchar" for word in _CHARACTER},
    "int": "int4",
    "integer": "int4",
    "smallint": "int2",
    "bigint": "int8",
    "boolean": "bool",
    "float": "float8",
    "double precision": "float8",
    "real": "float4",
    "dec": "numeric",
    "decimal": "numeric",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time with time zone": "timetz",
    "time without time zone": "time",
    "bit varying": "varbit",
}
"""SQL's words for types -> names in the catalog. A quoted name is no such word: ``"char"`` is another
type."""
_IDENT = r'(?:"(?:[^"]|"")*"|[^\s."]+)'
_MODE = re.compile(rf"^({_IDENT}\s+)?(?:IN\s+OUT|INOUT|IN|VARIADIC)\s+", re.IGNORECASE)
_OUT = re.compile(rf"(?:(?!IN\s){_IDENT}\s+)?OUT\s", re.IGNORECASE)
_NAME = re.compile(rf"^{_IDENT}\s+(?=\S)")
_ARRAY = re.compile(r"(?:\s*\[\d*\]|\s+array)+$", re.IGNORECASE)
_SPACE = re.compile(r'"(?:[^"]|"")*"|\s*\.\s*|\s+')
_FLOAT = re.compile(r"\bfloat\s*\(\s*(\d+)\s*\)", re.IGNORECASE)
_REAL_DIGITS = 24
"""PostgreSQL resolves float(n) to real for n up to this number of binary digits, else to double precision."""


def argument_types(arguments: str) -> tuple[str, ...]:
    """The types of arguments, without defaults, in a canonical spelling."""
    return tuple(
        _type(argument) for argument in between_commas(arguments) if argument and not _OUT.match(argument)
    )


def in_one_spelling(name: str) -> str:
    """A name with types, such as ``=>(integer,text)`` or ``int AS text``, with the types in a canonical
    spelling."""
    bare, bracket, types = name.partition("(")
    if not bracket:
        return " AS ".join(map(_type, name.split(" AS ")))
    return f"{bare.rstrip()}({', '.join(argument_types(types.removesuffix(')')))})"


def _type(argument: str) -> str:
    text = _MODE.sub(lambda match: match[1] or "", argument)
    text = _FLOAT.sub(lambda match: "real" if int(match[1]) <= _REAL_DIGITS else "float8", text)
    text = re.sub(r"\s*\([^)]*\)", "", text)  # an argument type has no precision
    element = _ARRAY.sub("", text)
    spaced = _SPACE.sub(lambda match: match[0] if '"' in match[0] else match[0].strip() or " ", element)
    named = _of_words(spaced) or _of_words(_NAME.sub("", spaced)) or _of_name(_NAME.sub("", spaced))
    return named + ("[]" if element != text else "")


def _of_words(text: str) -> str | None:
    low = text.lower()
    name = "interval" if low.startswith("interval ") else _WORDS.get(low)  # interval fields are a precision
    return name and f'"{name}"'


def _of_name(text: str) -> str:
    parts = (part if part[0] == '"' else f'"{part.lower()}"' for part in re.findall(_IDENT, text))
    return ".".join(parts).removeprefix('"pg_catalog".')  # PostgreSQL searches pg_catalog first
