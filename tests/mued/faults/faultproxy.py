"""A proxy that reads PostgreSQL's protocol, and lets something happen before or after one statement."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import psycopg

PATIENCE = 20.0
"""Seconds after which the server does not answer any more."""

_SSL_REQUEST, _GSS_REQUEST = 80877103, 80877104
_QUERY, _PARSE, _BIND, _EXECUTE = b"Q", b"P", b"B", b"E"
_FLUSH = b"H" + struct.pack("!I", 4)
_ENDS = b"CIEs"
"""CommandComplete, EmptyQueryResponse, ErrorResponse, PortalSuspended."""


@dataclass(frozen=True)
class Fault:
    """The fault at one statement of a run.

    :param number: of the statement, from 0, over all connections of the run.
    :param act: what happens: a function of the connection.
    :param after: the server has done the statement, and the client does not get to know. Else the server
        has not got it.
    :param instead: SQL that the server gets instead of the statement. ``act`` runs while it is at it.
    """

    number: int
    act: Callable[[Session], object] = lambda _: None
    after: bool = False
    instead: str | None = None


class FaultProxy:
    """Listens on 127.0.0.1 from ``with`` to the end of the block.

    :param target: conninfo of the server.
    """

    def __init__(self, target: str, fault: Fault | None = None) -> None:
        self.target = target
        self.fault = fault
        self.fired = False
        self.statements: list[str] = []
        """The statements that the server received or would have received, in order."""
        self._lock = threading.Lock()
        self._sessions: list[Session] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def url(self, database: str) -> str:
        """Of a database of the server, as the client is to see it."""
        given = psycopg.conninfo.conninfo_to_dict(self.target)
        secret = f":{given['password']}" if given.get("password") else ""
        return f"postgresql://{given['user']}{secret}@127.0.0.1:{self.port}/{database}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for session in self._sessions:
            session.close()
            session.join()

    def due(self, text: str) -> Fault | None:
        """Counts a statement; the fault, if it is to happen now."""
        with self._lock:
            self.statements.append(text)
            fault = self.fault
            if fault is None or self.fired or len(self.statements) <= fault.number:
                return None
            self.fired = True
            return fault

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            try:
                server = _connect(self.target)
            except OSError:  # it is down: the client finds that out as it would without a proxy
                client.close()
                continue
            for item in (client, server):
                if item.family != socket.AF_UNIX:
                    item.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = Session(self, client, server)
            self._sessions.append(session)
            session.start()


class Session:
    """One connection that passes through."""

    def __init__(self, proxy: FaultProxy, client: socket.socket, server: socket.socket) -> None:
        self.proxy = proxy
        self.pid: int | None = None
        """Of the backend."""
        self._client, self._server = client, server
        self._muted = False
        self._waiting: Fault | None = None
        """Comes true with the Execute of the statement that was parsed last."""
        self._answered = threading.Condition()
        self._sent = self._done = 0
        self._failed = self._gone = False
        self._threads = [threading.Thread(target=item, daemon=True) for item in (self._up, self._down)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(PATIENCE)

    def close(self) -> None:
        """Cuts the connection, on both sides."""
        for item in (self._client, self._server):
            with suppress(OSError):
                item.shutdown(socket.SHUT_RDWR)
            item.close()

    def _up(self) -> None:
        try:
            with suppress(OSError):
                self._hello()
                for kind, raw in _messages(self._client):
                    self._forward(kind, raw)
        finally:
            self.close()  # also where a fault of ours failed: the client must not wait for ever

    def _hello(self) -> None:
        """Start-up messages have no letter. Encryption is declined: inside it nothing can be seen."""
        while True:
            size = _exactly(self._client, 4)
            body = _exactly(self._client, struct.unpack("!I", size)[0] - 4)
            if struct.unpack("!I", body[:4])[0] not in {_SSL_REQUEST, _GSS_REQUEST}:
                self._server.sendall(size + body)
                return
            self._client.sendall(b"N")

    def _forward(self, kind: bytes, raw: bytes) -> None:
        if kind in {_QUERY, _PARSE}:
            raw = self._statement(kind, raw)
        elif kind == _BIND and self._waiting is not None and self._waiting.instead is not None:
            raw = _without_parameters(raw)
        executes = kind in {_QUERY, _EXECUTE}
        self._sent += executes
        self._server.sendall(raw)
        if executes and self._waiting is not None:
            fault, self._waiting = self._waiting, None
            if fault.after:
                if kind == _EXECUTE:
                    self._server.sendall(_FLUSH)
                self._wait()
            fault.act(self)
            if fault.after:
                self.close()  # the answer was kept back

    def _statement(self, kind: bytes, raw: bytes) -> bytes:
        """The message to send for one that brings a statement."""
        body = raw[5:]
        name, text = (b"", body) if kind == _QUERY else body.split(b"\0", 1)
        fault = self.proxy.due(text.split(b"\0", 1)[0].decode())
        if fault is None:
            return raw
        if fault.instead is not None:
            self._waiting = fault
            text = fault.instead.encode() + b"\0"
            return _message(kind, text if kind == _QUERY else name + b"\0" + text + b"\0\0")
        if fault.after:
            self._waiting = fault
            self._muted = True
        else:
            fault.act(self)
        return raw

    def settle(self) -> None:
        """Until the server has done everything before the statement that is held back."""
        self._server.sendall(_FLUSH)
        self._wait()

    def _wait(self) -> None:
        """Until the server has done everything that it was sent; what follows an error is skipped."""
        with self._answered:
            self._answered.wait_for(lambda: self._done >= self._sent or self._failed or self._gone, PATIENCE)

    def _down(self) -> None:
        with suppress(OSError):
            for kind, raw in _messages(self._server):
                if kind == b"K":
                    self.pid = struct.unpack("!I", raw[5:9])[0]
                with self._answered:
                    self._done += kind in _ENDS
                    self._failed = kind == b"E" or (self._failed and kind != b"Z")
                    self._answered.notify_all()
                if not self._muted:
                    self._client.sendall(raw)
        with self._answered:
            self._gone = True
            self._answered.notify_all()
        self.close()


def _connect(target: str) -> socket.socket:
    given = psycopg.conninfo.conninfo_to_dict(target)
    host, port = str(given.get("host") or "localhost"), int(given.get("port") or 5432)
    if not host.startswith("/"):
        return socket.create_connection((host, port))
    found = socket.socket(socket.AF_UNIX)
    found.connect(f"{host}/.s.PGSQL.{port}")
    return found


def _exactly(source: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = source.recv(size - len(data))
        if not more:
            raise ConnectionResetError
        data += more
    return data


def _messages(source: socket.socket) -> Iterator[tuple[bytes, bytes]]:
    """Letter and whole message, one by one."""
    buffer = bytearray()
    while data := source.recv(1 << 16):
        buffer += data
        while len(buffer) >= 5 and len(buffer) > (size := struct.unpack("!I", buffer[1:5])[0]):
            yield bytes(buffer[:1]), bytes(buffer[: size + 1])
            del buffer[: size + 1]


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def _without_parameters(bind: bytes) -> bytes:
    portal, statement, _ = bind[5:].split(b"\0", 2)
    return _message(_BIND, portal + b"\0" + statement + b"\0" + struct.pack("!hhh", 0, 0, 0))
