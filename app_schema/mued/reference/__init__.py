"""Texts of MUED for the reference: introduction, titles, phrases for conditions, pages."""

from __future__ import annotations

from app_schema.application import Reference
from app_schema.mued.reference import names

_ROW = r"EXISTS \(SELECT 1 FROM (?:\w+\.)?(\w+) AS (\w+) WHERE \2\.id = (?:\w+\.)?(\w+)"

REFERENCE = Reference(
    about=(
        "Row-level security is enabled on every table: a\n"
        'role sees and writes only the rows that a policy admits. "The caller" is the person whom '
        "`app.current_user_id` names."
    ),
    titles={
        "core": "Core: people, lessons, materials",
        "session": "Sessions, interviews, journal",
        "chat": "Chat and memories of the assistant",
        "rag": "Retrieval, provenance, metrics",
        "muednote": "MUEDnote: fragments, tags, projects",
    },
    phrases=(
        (
            r"\(SELECT app\.current_user_role\(\)\) IN \('mentor', 'admin'\)",
            "the caller is a mentor or an admin",
        ),
        (
            r"coalesce\((\w+), '0{8}-0{4}-0{4}-0{4}-0{12}'::uuid\) BETWEEN",
            r"\1 BETWEEN",
        ),
        (
            r"(\w+) BETWEEN \(SELECT app\.first_\w+\(\)\) AND \(SELECT app\.last_visible_owner\(\)\)",
            r"(`\1` is the caller OR the caller is an admin)",
        ),
        (r"enabled >= \(SELECT NOT app\.is_admin\(\)\)", "(enabled OR the caller is an admin)"),
        (r"\(SELECT app\.is_admin\(\)\)|app\.is_admin\(\)", "the caller is an admin"),
        (r"\(SELECT app\.current_user_id\(\)\)|app\.current_user_id\(\)", "the caller"),
        (r"the caller IS NOT NULL", "somebody is signed in"),
        (rf"{_ROW} AND \2\.user_id = the caller\)", r"the row of `\1` that `\3` names is the caller's"),
        (rf"{_ROW}\)", r"the caller can see the row of `\1` that `\3` names"),
        (r"(\w+) = the caller", r"`\1` is the caller"),
    ),
    pages={"names.md": names.names},
)
