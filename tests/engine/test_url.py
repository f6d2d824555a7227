from __future__ import annotations

import copy
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import pq
from sqlalchemy import create_engine

from app_schema import database, url
from app_schema.errors import ConfigurationError
from app_schema.target import Target

NEON = "ep-cool-darkness-123456"


def arguments(text: str) -> dict[str, object]:
    """What psycopg would be called with."""
    parsed = url.parse(text)
    _, found = create_engine(parsed).dialect.create_connect_args(parsed)
    return {name: value for name, value in found.items() if name != "context"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://h", {"host": "h"}),
        ("postgres://u@h/d", {"user": "u", "host": "h", "dbname": "d"}),
        ("postgresql+psycopg://u@h:5433/d", {"user": "u", "host": "h", "port": 5433, "dbname": "d"}),
        ("postgresql+asyncpg://h/d", {"host": "h", "dbname": "d"}),
        ("postgresql://u:a%25b@h", {"user": "u", "password": "a%b", "host": "h"}),
        ("postgresql://u:100%@h", {"user": "u", "password": "100%", "host": "h"}),
        ("postgresql://u:50%zz%40@h", {"user": "u", "password": "50%zz@", "host": "h"}),
        ("postgresql://u:a?b=c@h/d", {"user": "u", "password": "a?b=c", "host": "h", "dbname": "d"}),
        (
            "postgresql://localhost:5432/d?application_name=a@b",
            {"host": "localhost", "port": 5432, "dbname": "d", "application_name": "a@b"},
        ),
        ("postgresql://u:p#x@h", {"user": "u", "password": "p#x", "host": "h"}),
        (
            f"postgresql://h/d?sslmode=require&options=endpoint%3D{NEON}",
            {"host": "h", "dbname": "d", "sslmode": "require", "options": f"endpoint={NEON}"},
        ),
        (
            "postgresql:///d?host=/var/run/pg&port=5433",
            {"dbname": "d", "host": "/var/run/pg", "port": "5433"},
        ),
        ("postgresql://%2Fvar%2Frun%2Fpg/d", {"host": "/var/run/pg", "dbname": "d"}),
        ("postgresql://postgres:@/d?host=/run", {"user": "postgres", "dbname": "d", "host": "/run"}),
        ("postgresql://u@[::1]:5433/d", {"user": "u", "host": "::1", "port": 5433, "dbname": "d"}),
        (
            "postgresql://h1:1,h2:2/d?target_session_attrs=any",
            {"host": "h1,h2", "port": "1,2", "dbname": "d", "target_session_attrs": "any"},
        ),
        ("postgresql://h1,h2:2/d", {"host": "h1,h2", "port": ",2", "dbname": "d"}),
        ("postgresql://h1,h2/d?port=7", {"host": "h1,h2", "port": "7,7", "dbname": "d"}),
        ("host=/run dbname='a b'", {"host": "/run", "dbname": "a b"}),
        ("  postgresql://h/d\n", {"host": "h", "dbname": "d"}),
    ],
)
def test_parse_legal_url_reaches_psycopg_whole(text: str, expected: dict[str, object]) -> None:
    assert arguments(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("mysql://u:s3cret@h/d", "begins with mysql://, but must begin with postgresql://"),
        ("s3cret", "is not a URL"),
        ("postgresql://u:s3cret@h:port/d", "the port is no number"),
        ("postgresql://u:s3cret@h:70000/d", "the port is no number"),
        ("postgresql://u:s3cret@h/d?sslmod=require", "libpq knows no parameter sslmod"),
        ("postgresql://u:p@s3cret@h/d", "write @ as %40"),
        ("postgresql://u:p/s3cret@h/d", "/ as %2F"),
        ("postgresql://u:1/s3cret@h/d", "/ as %2F"),
        ("postgresql://u:p@a/s3cret@h/d", "/ as %2F"),
        ("postgresql://u:s3%a7@h/d", "write % in a password as %25"),
        ("postgresql://u:p?/s3cret@h/d", "? as %3F"),
        ("postgresql://u:1/?secret=s3cret@h/d", "cannot be understood"),
        ("postgresql://u:s3 cret@h/d", "a space as %20"),
        ("postgresql://u:s3cret@[::1/d", "IPv6"),
        ("postgresql://u:s3cret\x00@h/d", "control character"),
        ("postgresql://u:s3cret@h1,h2,h3/d?port=1,2", "3 hosts but 2 ports"),
        ("host=h password='s3cret", "does not end"),
    ],
)
def test_parse_wrong_url_is_one_sentence_without_the_password(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        url.parse(text, "DATABASE_URL")
    message = str(caught.value)
    assert reason in message
    assert message.startswith("DATABASE_URL ")
    assert "s3" not in message
    assert "\n" not in message
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@settings(deadline=None)
@given(user=texts, password=texts, database=texts)
def test_parse_any_escaped_text_comes_back(user: str, password: str, database: str) -> None:
    text = f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@h/{quote(database, safe='')}"
    assert arguments(text) == {"user": user, "password": password, "host": "h", "dbname": database}


@settings(deadline=None)
@given(password=st.text(st.sampled_from("@:/?#%&= aZ7[],'\"\\"), min_size=1))
def test_parse_unescaped_password_is_never_repeated(password: str) -> None:
    text = f"postgresql://u:<{password}<s3cret@h/d"
    try:
        shown = url.show(url.parse(text))
    except ConfigurationError as error:
        shown = str(error)
    assert "s3cret" not in shown


SECRET_PARAMETERS = sorted(
    {default.keyword.decode() for default in pq.Conninfo.get_defaults() if default.dispchar == b"*"}
    - {"password"}
)


@pytest.mark.parametrize("parameter", SECRET_PARAMETERS)
def test_nothing_that_is_printed_shows_a_secret(parameter: str) -> None:
    text = f"postgresql://u:s3cret@h/d?{parameter}=s3cret&sslmode=require"
    parsed = url.parse(text)
    target = Target(parsed, "DATABASE_URL")
    engines = [
        database.engine(text),
        database.engine(parsed, direct=True),
        database.engine(sa.URL.create(*parsed)),
    ]
    derived = [copy.deepcopy(parsed), parsed.set(host="other"), parsed.update_query_dict({"a": "b"})]
    settings = database.Settings(text, text)
    for shown in (parsed, target, *engines, *(other.url for other in engines), *derived, settings, [parsed]):
        assert "s3cret" not in f"{shown} {shown!r}"
    assert "s3cret" not in url.show(sa.URL.create(*parsed))
    for engine in engines:
        given = engine.dialect.create_connect_args(engine.url)[1]
        assert given["password"] == given[parameter] == "s3cret", "libpq gets it nevertheless"


def test_show_tells_all_that_is_no_secret() -> None:
    shown = url.show(url.parse("postgresql://u:s3cret@h/d?sslpassword=s3cret&sslmode=require"))
    assert shown == "postgresql://u:***@h/d?sslmode=require&sslpassword=hidden"


@pytest.mark.parametrize(
    ("pooled", "direct"),
    [
        (f"postgresql://u@{NEON}-pooler.eu.neon.tech/d", f"postgresql://u@{NEON}.eu.neon.tech/d"),
        (f"postgresql://u@{NEON}-pooler/d", f"postgresql://u@{NEON}/d"),
        (
            f"postgresql://h/d?options=endpoint%3D{NEON}-pooler",
            f"postgresql://h/d?options=endpoint%3D{NEON}",
        ),
        (f"postgresql://u@{NEON}.eu.neon.tech/d", f"postgresql://u@{NEON}.eu.neon.tech/d"),
        ("postgresql://u@my-pooler.example.com/d", "postgresql://u@my-pooler.example.com/d"),
        ("postgresql:///d?host=/run/ep-x-pooler", "postgresql:///d?host=/run/ep-x-pooler"),
    ],
)
def test_direct_is_the_twin_of_a_pooled_endpoint(pooled: str, direct: str) -> None:
    assert url.direct(url.parse(pooled)) == url.parse(direct)
