"""A server that says it is any PostgreSQL, or refuses every login: enough of the protocol to be asked."""

from __future__ import annotations

import socket
import struct
import threading
from typing import Self

_SSL_REQUEST, _GSS_REQUEST = 80877103, 80877104


class FakeServer:
    """Answers on `port` as `version`, or with the error `refusal` = (SQLSTATE, message)."""

    def __init__(self, version: str = "14.11", refusal: tuple[str, str] | None = None, port: int = 0) -> None:
        self.version = version
        self.refusal = refusal
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    @property
    def url(self) -> str:
        return f"postgresql://someone:s3cret@127.0.0.1:{self.port}/somewhere"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed: the test is over
                return
            with client:
                try:
                    self._talk(client)
                except (ConnectionError, struct.error):
                    continue

    def _talk(self, client: socket.socket) -> None:
        while True:
            (length,) = struct.unpack("!I", client.recv(4))
            startup = client.recv(length - 4)
            if struct.unpack("!I", startup[:4])[0] not in {_SSL_REQUEST, _GSS_REQUEST}:
                break
            client.sendall(b"N")
        if self.refusal:
            code, message = self.refusal
            client.sendall(_message(b"E", f"SFATAL\0VFATAL\0C{code}\0M{message}\0\0".encode()))
            return
        settings = {"server_version": self.version, "client_encoding": "UTF8", "integer_datetimes": "on"}
        hello = _message(b"R", struct.pack("!I", 0))
        for name, value in settings.items():
            hello += _message(b"S", f"{name}\0{value}\0".encode())
        client.sendall(hello + _message(b"K", struct.pack("!II", 1, 1)) + _message(b"Z", b"I"))
        while (kind := client.recv(1)) and kind != b"X":
            (length,) = struct.unpack("!I", client.recv(4))
            body = client.recv(length - 4)
            client.sendall(self._simple(body.rstrip(b"\0").decode()) if kind == b"Q" else _extended(kind))

    def _simple(self, query: str) -> bytes:
        verb = query.split(maxsplit=1)[0].upper()
        if verb in {"BEGIN", "ROLLBACK", "COMMIT"}:
            return _message(b"C", f"{verb}\0".encode()) + _message(b"Z", b"T" if verb == "BEGIN" else b"I")
        value = f"PostgreSQL {self.version} on x86_64" if "version()" in query else "on"
        row = struct.pack("!hI", 1, len(value)) + value.encode()
        return _COLUMN + _message(b"D", row) + _message(b"C", b"SELECT 1\0") + _message(b"Z", b"T")


def _extended(kind: bytes) -> bytes:
    """Every query with parameters finds nothing."""
    answers = {b"P": b"1", b"B": b"2", b"S": b"Z"}
    if kind == b"D":
        return _COLUMN
    if kind == b"E":
        return _message(b"C", b"SELECT 0\0")
    return _message(answers[kind], b"T" if kind == b"S" else b"")


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


_COLUMN = _message(b"T", struct.pack("!h", 1) + b"answer\0" + struct.pack("!IhIhih", 0, 0, 25, -1, -1, 0))
