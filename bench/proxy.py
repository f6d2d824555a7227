"""A TCP proxy that makes a PostgreSQL server far away, and counts what passes.

    python bench/proxy.py --rtt 20 127.0.0.1:5432      # or a socket: /run/postgresql/.s.PGSQL.5432

It prints where it listens; stop it with Ctrl-C, and it prints what it counted.
"""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import argparse
import asyncio
import selectors
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

CHUNK = 1 << 16
_TLS_HANDSHAKE = 0x16
_PROTOCOL = 3  # in the upper half of the first number sent; other numbers ask for encryption


@dataclass(frozen=True)
class Counts:
    """What passed so far, over all connections.

    A round trip is a flight of the client that the server answered; opening a connection takes some, too.
    A query is one message that makes the server execute: of the simple protocol (whatever statements it
    holds) or of the extended one. BEGIN and COMMIT are queries too. Inside TLS none is seen.
    """

    connections: int = 0
    round_trips: int = 0
    queries: int = 0
    sent: int = 0
    received: int = 0

    def __str__(self) -> str:
        return (
            f"{self.connections} connections, {self.round_trips} round trips, {self.queries} queries, "
            f"{self.sent} bytes to the server, {self.received} bytes to the client"
        )


class Proxy:
    """Listens on 127.0.0.1 in a thread of its own, from `with` to the end of the block.

    Every byte is held for half of `rtt` (seconds) on its way, in each direction. Order is kept, and
    bandwidth is not limited: what is on its way waits in memory.
    """

    def __init__(self, target: str, rtt: float = 0.0, port: int = 0) -> None:
        self.target = target
        self.rtt = rtt
        self.host = "127.0.0.1"
        self.port = port
        self.error: OSError | None = None
        self._connections: list[_Connection] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def counts(self) -> Counts:
        seen = list(self._connections)
        return Counts(
            len(seen),
            sum(one.round_trips for one in seen),
            sum(one.statements.count for one in seen),
            sum(one.sent for one in seen),
            sum(one.received for one in seen),
        )

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self.error is not None:
            raise self.error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        # epoll rounds every delay up to a whole millisecond; select does not
        selector = selectors.SelectSelector()
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        try:
            server = await asyncio.start_server(self._accept, self.host, self.port)
            self.port = server.sockets[0].getsockname()[1]
        except OSError as error:
            self.error = error
            return
        finally:
            self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection()
        self._connections.append(connection)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            if self.target.startswith("/"):
                far_reader, far_writer = await asyncio.open_unix_connection(self.target)
            else:
                host, _, port = self.target.rpartition(":")
                far_reader, far_writer = await asyncio.open_connection(host.strip("[]"), int(port))
        except OSError as error:
            sys.stderr.write(f"proxy: {self.target} cannot be reached: {error}\n")
            writer.close()
            return
        half = self.rtt / 2
        try:
            await asyncio.gather(
                _carry(reader, far_writer, half, at_start=connection.client_sent),
                _carry(far_reader, writer, half, at_end=connection.client_got),
            )
        except (ConnectionError, asyncio.CancelledError):
            pass  # one side is gone, so the other must learn of it
        finally:
            for one in (writer, far_writer):
                one.close()


class _Connection:
    """Counted where the client is, who alone knows whether it has waited for an answer."""

    def __init__(self) -> None:
        self.round_trips = self.sent = self.received = 0
        self.statements = Statements()
        self._unanswered = False

    def client_sent(self, data: bytes) -> None:
        self.sent += len(data)
        self._unanswered = True
        self.statements.feed(data)

    def client_got(self, data: bytes) -> None:
        self.received += len(data)
        self.round_trips += self._unanswered
        self._unanswered = False


class Statements:
    """Counts the queries in what a client sends: Query and Execute messages of the protocol."""

    def __init__(self) -> None:
        self.count = 0
        self._buffer = bytearray()
        self._started = False
        self._hidden = False

    def feed(self, data: bytes) -> None:
        if self._hidden:
            return
        self._buffer += data
        if not self._started and self._buffer[0] == _TLS_HANDSHAKE:
            self._hidden = True
            return
        while message := self._next():
            if not self._started:
                self._started = int.from_bytes(message[4:6], "big") == _PROTOCOL
            elif message[:1] in b"QE":
                self.count += 1

    def _next(self) -> bytes:
        """The next whole message; the first ones have no letter before their length."""
        letter = 1 if self._started else 0
        if len(self._buffer) < letter + 4:
            return b""
        length = letter + int.from_bytes(self._buffer[letter : letter + 4], "big")
        if len(self._buffer) < length:
            return b""
        message = bytes(self._buffer[:length])
        del self._buffer[:length]
        return message


async def _carry(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    delay: float,
    at_start: Callable[[bytes], None] = lambda _: None,
    at_end: Callable[[bytes], None] = lambda _: None,
) -> None:
    """One direction: a reader that never waits for the writer, and a writer that waits for the time."""
    loop = asyncio.get_running_loop()
    underway: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def take() -> None:
        data = b"begun"
        while data:
            try:
                data = await reader.read(CHUNK)
            except ConnectionError:
                data = b""
            if data:
                at_start(data)
            underway.put_nowait((loop.time() + delay, data))

    async def give() -> None:
        while True:
            due, data = await underway.get()
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            if not data:
                break
            at_end(data)
            writer.write(data)
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()

    await asyncio.gather(take(), give())


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target", help="host:port, or the path of a socket")
    parser.add_argument("--rtt", type=float, default=0.0, help="round trip in milliseconds")
    parser.add_argument("--port", type=int, default=0, help="where to listen (a free port)")
    arguments = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with Proxy(arguments.target, arguments.rtt / 1000, arguments.port) as proxy:
            print(f"{proxy.host}:{proxy.port}", flush=True)
            stop.wait()
            print(proxy.counts())
    except OSError as error:
        sys.stderr.write(f"proxy: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
