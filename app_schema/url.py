"""Connection URLs: converts libpq's URLs to SQLAlchemy's, refuses any other text, and prints no secret."""

from __future__ import annotations

import re

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL

from app_schema.errors import ConfigurationError

DRIVER = "postgresql+psycopg"
SECRETS = frozenset(
    # parameters of later versions of libpq, and those that this libpq marks as secret
    {"password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"}
    | {option.keyword.decode() for option in pq.Conninfo.get_defaults() if option.dispchar == b"*"}
)

_SCHEME = re.compile(r"postgres(?:ql)?(?:\+\w+)?://", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNKNOWN_PARAMETER = re.compile(r'invalid URI query parameter: "([a-z_]+)"')
_POOLER = re.compile(r"(?P<endpoint>\bep-[a-z0-9-]+?)-pooler(?=\.|$)")
_LAST_PORT = 65535
_REASONS = (
    ("unexpected spaces", "write a space as %20"),
    ("%00", "%00 is not allowed"),
    ("IPv6", "an IPv6 address must be in brackets"),
    ("key/value separator", "a parameter after the ? lacks its ="),
    ("unterminated quoted", "a quoted value does not end"),
)
_ESCAPE = "write @ as %40, / as %2F, ? as %3F and : as %3A in user and password"


class SecretURL(URL):
    """A URL whose text shows no secret: SQLAlchemy's hides only the password.

    URLs derived by `set()` and similar methods, and the `url` of an engine, are SecretURLs too.
    """

    __slots__ = ()

    def render_as_string(self, hide_password: bool = True) -> str:  # noqa: FBT001, FBT002 - SQLAlchemy's signature
        """The text; `hide_password` hides each of `SECRETS`."""
        if not hide_password:
            return super().render_as_string(hide_password=False)
        query = {name: "hidden" if name in SECRETS else value for name, value in self.query.items()}
        return URL.create(*self[:-1], query=query).render_as_string(hide_password=True)

    def __repr__(self) -> str:
        return self.render_as_string()

    __str__ = __repr__


def hiding(url: URL) -> SecretURL:
    """The same URL as a SecretURL."""
    return url if isinstance(url, SecretURL) else SecretURL(*url)


def parse(text: str, origin: str = "the database URL") -> SecretURL:
    """Read any libpq URL (or keyword string); `postgres://` and `postgresql+driver://` mean psycopg too.

    A `%` that begins no escape is a literal `%`. Several hosts and socket directories are in the query of the
    result, where SQLAlchemy reads them. Raises ConfigurationError, which names `origin` but never repeats the
    text, because any part of a misspelt URL may be a password.
    """
    text = text.strip()
    if not text.isprintable():
        raise ConfigurationError(f"{origin} holds a line break or another control character.")
    scheme = _SCHEME.match(text)
    if scheme:
        rest = text[scheme.end() :]
        _refuse_bare_separators(rest, origin)
        text = "postgresql://" + _STRAY_PERCENT.sub("%25", rest)
    elif other := _OTHER_SCHEME.match(text):
        raise ConfigurationError(f"{origin} begins with {other[1]}://, but must begin with postgresql://.")
    elif "=" not in text:
        raise ConfigurationError(f"{origin} is not a URL: it must look like postgresql://user@host/database.")
    try:
        parsed = conninfo_to_dict(text)
    except UnicodeDecodeError:
        raise ConfigurationError(f"{origin} cannot be understood: write % in a password as %25.") from None
    except psycopg.Error as error:
        raise ConfigurationError(f"{origin} cannot be understood: {_reason(str(error), text)}.") from None
    parameters = {name: str(value) for name, value in parsed.items() if value is not None}
    return _build(parameters, origin)


def show(url: URL) -> str:
    """The URL for people: every secret replaced."""
    return str(hiding(url).set(drivername="postgresql")).replace("%2F", "/")


def direct(url: URL) -> URL:
    """The direct twin of a pooled Neon endpoint (`ep-x-123-pooler` -> `ep-x-123`); other URLs unchanged."""
    host = _POOLER.sub(r"\g<endpoint>", url.host) if url.host else url.host
    query = {
        name: _POOLER.sub(r"\g<endpoint>", value) if name == "options" and isinstance(value, str) else value
        for name, value in url.query.items()
    }
    return url.set(host=host, query=query)


def _refuse_bare_separators(rest: str, origin: str) -> None:
    """Refuse a text that libpq would split within a password, and read the rest as a host or database.

    libpq reads the text before the first `@` as user and password, unless a `/` precedes the `@`.
    """
    head, _, tail = rest.partition("/")
    user, at, hosts = head.rpartition("@")
    query_begins = "?" in hosts
    path, _, query = ("", "", tail) if query_begins else tail.partition("?")
    port = hosts.rpartition(":")[2]
    if (
        "@" in user
        or ("@" in path and "/" in path.rpartition("@")[2])
        or (not at and ":" in hosts and ("@" in path or ("@" in query and not port.isdecimal())))
    ):
        raise ConfigurationError(f"{origin} cannot be understood: {_ESCAPE}.")


def _build(parameters: dict[str, str], origin: str) -> SecretURL:
    user, password, database = (parameters.pop(name, None) for name in ("user", "password", "dbname"))
    host, port = parameters.pop("host", ""), parameters.pop("port", "")
    hosts, ports = host.split(","), port.split(",")
    if any(number and not (number.isdecimal() and 0 < int(number) <= _LAST_PORT) for number in ports):
        raise ConfigurationError(f"{origin} cannot be understood: the port is no number from 1 to 65535.")
    if len(hosts) > 1 and len(ports) == 1:
        ports *= len(hosts)
    if len(hosts) != len(ports):
        raise ConfigurationError(f"{origin} names {len(hosts)} hosts but {len(ports)} ports.")
    several = len(hosts) > 1 or "/" in host
    if several:
        parameters["host"] = host
        if any(ports):
            parameters["port"] = ",".join(ports)
    built = URL.create(
        DRIVER,
        username=user,
        password=password,
        host=None if several else host or None,
        port=None if several or not port else int(port),
        database=database,
        query=parameters,
    )
    return hiding(built)


def _reason(message: str, text: str) -> str:
    """libpq's reason without its text: libpq quotes the URL, and a wrong split exposes the password."""
    parameter = _UNKNOWN_PARAMETER.match(message)
    if parameter and "@" not in text.rpartition("?")[2]:
        return f"libpq knows no parameter {parameter[1]}"
    for fragment, reason in _REASONS:
        if fragment in message:
            return reason
    return "it is no legal PostgreSQL URL"
