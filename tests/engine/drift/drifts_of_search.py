"""Drift of text search."""
# ruff: noqa: E501 - statements of SQL

from __future__ import annotations

from drift import NAMED, Drift

from app_schema import ddl

_MAPPED = ddl.TextSearchConfiguration(
    "words",
    mappings={
        "asciihword, asciiword, email, file, float, host, hword, hword_asciipart, hword_numpart, hword_part, int, "
        "numhword, numword, sfloat, uint, url, url_path, version, word": "pg_catalog.simple"
    },
    schema="public",
)
_CONFIG = "CREATE TEXT SEARCH CONFIGURATION words (COPY = simple)"
_DICTIONARY = "CREATE TEXT SEARCH DICTIONARY stem (TEMPLATE = snowball, LANGUAGE = english)"
SEARCH = {
    "configuration extra": Drift("CREATE TEXT SEARCH CONFIGURATION stray (COPY = simple)", "stray"),
    "configuration missing": Drift("DROP TEXT SEARCH CONFIGURATION words", "words", _CONFIG, (_MAPPED,)),
    "configuration mapping": Drift(
        "ALTER TEXT SEARCH CONFIGURATION words ALTER MAPPING FOR asciiword WITH english_stem, simple",
        "words",
        _CONFIG,
        (_MAPPED,),
    ),
    "configuration mapping dropped": Drift(
        "ALTER TEXT SEARCH CONFIGURATION words DROP MAPPING FOR email", "words", _CONFIG, (_MAPPED,)
    ),
    "dictionary extra": Drift("CREATE TEXT SEARCH DICTIONARY stray (TEMPLATE = simple)", "stray"),
    "dictionary missing": Drift(
        "DROP TEXT SEARCH DICTIONARY stem",
        "stem",
        _DICTIONARY,
        (
            ddl.TextSearchDictionary(
                "stem", "(TEMPLATE = pg_catalog.snowball, LANGUAGE = english)", schema="public"
            ),
        ),
    ),
    "dictionary option": Drift(
        "ALTER TEXT SEARCH DICTIONARY stem (LANGUAGE = german)",
        "stem",
        _DICTIONARY,
        (
            ddl.TextSearchDictionary(
                "stem", "(TEMPLATE = pg_catalog.snowball, LANGUAGE = english)", schema="public"
            ),
        ),
    ),
    "parser extra": Drift(
        "CREATE TEXT SEARCH PARSER stray (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)",
        "stray",
        unmended=NAMED,
    ),
    "template extra": Drift(
        "CREATE TEXT SEARCH TEMPLATE stray (LEXIZE = dsimple_lexize)", "stray", unmended=NAMED
    ),
}
