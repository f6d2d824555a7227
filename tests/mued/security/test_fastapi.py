"""The dependency yields a session of the caller, and leaves nothing behind whatever happens in a request."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import httpx
import pytest
import sqlalchemy as sa
from asking import TITLES, WHO
from fastapi import BackgroundTasks, Depends, FastAPI, Header, HTTPException
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, sessionmaker

from app_schema.ext.fastapi import acting_session
from app_schema.models import Session as MusicSession


def caller(x_user: Annotated[str | None, Header()] = None) -> str | None:
    """Stands for the check of a token."""
    return x_user


def application(engine: sa.Engine, seen: list[Any]) -> FastAPI:
    app = FastAPI()
    session_of_caller = acting_session(sessionmaker(engine), caller)
    service_session = acting_session(sessionmaker(engine), role="service_account")
    Caller = Annotated[Session, Depends(session_of_caller)]  # noqa: N806 - a type

    @app.get("/titles")
    def titles(session: Caller) -> list[str]:
        return list(session.scalars(TITLES))

    @app.get("/all-titles")
    def all_titles(session: Annotated[Session, Depends(service_session)]) -> list[str]:
        return list(session.scalars(TITLES))

    @app.post("/rename")
    def rename(session: Caller, title: str, fail: str = "") -> None:
        session.execute(sa.update(MusicSession).values(title=title))
        if fail == "http":
            raise HTTPException(409)
        if fail:
            raise RuntimeError(fail)

    @app.get("/background")
    def background(session: Caller, tasks: BackgroundTasks) -> None:
        def later() -> None:
            try:
                seen.append(session.execute(WHO).one()[:])
            except InvalidRequestError as error:
                seen.append(str(error))

        session.execute(WHO)
        tasks.add_task(later)

    return app


@pytest.fixture
def seen() -> list[Any]:
    return []


class Client:
    """Sends requests to an application, one after the other."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def __call__(self, method: str, path: str, user: str | None = None, **params: str) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                headers = {} if user is None else {"x-user": user}
                return await client.request(method, path, params=params, headers=headers)

        return asyncio.run(send())


@pytest.fixture
def client(web_engine: sa.Engine, seen: list[Any]) -> Iterator[Client]:
    """A client of an application with one pooled connection: what a request leaves, the next one meets."""
    yield Client(application(web_engine, seen))
    assert web_engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    with web_engine.connect() as connection:
        role, person = connection.execute(WHO).one()
        assert (role, person or "") == (web_engine.url.username, "")


def titles(client: Client, user: str | None) -> list[str]:
    found = client("GET", "/titles", user)
    assert found.status_code == 200
    return list(found.json())


def test_each_request_sees_the_rows_of_its_caller(client: Client) -> None:
    for user in ("user_ann", "user_bob", "user_ann"):
        assert titles(client, user) == [user]
    assert titles(client, None) == []
    assert client("GET", "/all-titles").json() == ["user_admin", "user_ann", "user_bob"]


def test_a_request_costs_one_statement_more(client: Client, web_engine: sa.Engine) -> None:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    sa.event.listen(web_engine, "before_cursor_execute", note)
    titles(client, "user_ann")
    sa.event.remove(web_engine, "before_cursor_execute", note)
    assert ["set_config" in statement for statement in sent] == [True, False]


@pytest.mark.parametrize(("fail", "status"), [("", 200), ("http", 409), ("crash", 500)])
def test_what_is_not_committed_is_rolled_back(client: Client, fail: str, status: int) -> None:
    sent = client("POST", "/rename", "user_ann", title="renamed", fail=fail)
    assert sent.status_code == status
    assert titles(client, "user_ann") == ["user_ann"]
    assert titles(client, None) == []


def test_an_unusable_id_is_an_error_and_no_anonymous_request(client: Client) -> None:
    assert client("GET", "/titles", "").status_code == 500


def test_a_background_task_never_has_the_session_without_its_caller(client: Client, seen: list[Any]) -> None:
    assert client("GET", "/background", "user_ann").status_code == 200
    [found] = seen
    assert found == ("app_user", "user_ann") or "permanently closed" in found
    assert titles(client, None) == []


def test_a_closed_session_stays_closed(web_engine: sa.Engine) -> None:
    dependency = acting_session(sessionmaker(web_engine), caller)("user_ann")
    session = next(dependency)
    assert session.execute(WHO).one() == ("app_user", "user_ann")
    dependency.close()  # type: ignore[attr-defined]  # a generator
    with pytest.raises(InvalidRequestError, match="permanently closed"):
        session.execute(WHO)


@pytest.fixture
def async_app(web_engine: sa.Engine) -> tuple[FastAPI, AsyncEngine]:
    engine = create_async_engine(web_engine.url, pool_size=1, max_overflow=0, pool_timeout=5)
    app = FastAPI()
    session_of_caller = acting_session(async_sessionmaker(engine), caller)
    Caller = Annotated[AsyncSession, Depends(session_of_caller)]  # noqa: N806 - a type

    @app.get("/titles")
    async def titles(session: Caller) -> list[str]:
        return list(await session.scalars(TITLES))

    @app.get("/stream")
    async def stream(session: Caller) -> StreamingResponse:
        async def lines() -> AsyncIterator[str]:
            while True:
                for title in await session.scalars(TITLES):
                    yield f"{title}\n"
                await session.execute(sa.text("SELECT pg_sleep(0.02)"))

        return StreamingResponse(lines())

    return app, engine


async def request(app: FastAPI, path: str, user: str, *, disconnect_after: int | None = None) -> bytes:
    """One request by hand, so that the client can go away in the middle of the answer."""
    body = b""
    chunks = 0
    asked, gone = asyncio.Event(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        if not asked.is_set():
            asked.set()
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal body, chunks
        body += message.get("body", b"")
        chunks += 1
        if disconnect_after is not None and chunks > disconnect_after:
            gone.set()

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"x-user", user.encode())],
    }
    await app(scope, receive, send)
    return body


def test_async_requests_see_the_rows_of_their_callers(async_app: tuple[FastAPI, AsyncEngine]) -> None:
    app, engine = async_app

    async def run() -> list[bytes]:
        users = ("user_ann", "user_bob", "user_ann", "user_nobody")
        found = await asyncio.gather(*(request(app, "/titles", user) for user in users))
        await engine.dispose()
        return found

    assert asyncio.run(run()) == [b'["user_ann"]', b'["user_bob"]', b'["user_ann"]', b"[]"]


def test_a_client_that_goes_away_leaves_nothing(async_app: tuple[FastAPI, AsyncEngine]) -> None:
    app, engine = async_app

    async def run() -> None:
        found = await request(app, "/stream", "user_ann", disconnect_after=3)
        assert set(found.splitlines()) == {b"user_ann"}
        async with engine.connect() as connection:
            role, person = (await connection.execute(WHO)).one()
            assert (role, person or "") == (engine.url.username, "")
        await engine.dispose()

    asyncio.run(run())


def test_a_cancelled_task_leaves_nothing(async_app: tuple[FastAPI, AsyncEngine]) -> None:
    app, engine = async_app

    async def run() -> None:
        task = asyncio.create_task(request(app, "/stream", "user_ann"))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await request(app, "/titles", "user_bob") == b'["user_bob"]'
        await engine.dispose()

    asyncio.run(run())
