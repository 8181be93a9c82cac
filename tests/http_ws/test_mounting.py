"""Applications of interfaces over HTTP: in front of the project's own, or on a listener of their own."""

import asyncio
from typing import Any

import aiohttp
import pytest

from interfaces.http_ws.mounting import PORT, mounted
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.interface import Context
from interfaces.shared.webhook import Mounts

Sent = list[dict[str, Any]]


async def hook(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Says where it was asked, and how much was sent there."""
    event = await receive()
    body = f"{scope['path']} {len(event.get('body', b''))}".encode()
    headers = [(b"content-length", b"%d" % len(body)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def project(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The application of the project."""
    await send({"type": "http.response.start", "status": 404, "headers": []})


async def asked(app: Any, path: str, kind: str = "http") -> Sent:
    """What an application answers to a request."""
    sent: Sent = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"abc", "more_body": False}

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    await app({"type": kind, "path": path}, receive, send)
    return sent


def context_of(mounts: Mounts | None = None, told: Any = None) -> Context:
    """Of a process that serves HTTP, or does not."""
    return Context(
        names=("slack",),
        mounts=mounts,
        drain=2.0,
        on_ready=lambda *said: told.append(said) if told is not None else None,
    )


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("/hook", True),
        ("/hook/", True),
        ("/hook/events", True),
        ("/hook/a/b", True),
        ("/hooks", False),
        ("/hoo", False),
        ("/", False),
        ("/a/hook", False),
    ],
)
def test_it_answers_its_path_and_all_below(path: str, ours: bool) -> None:
    """And nothing else, which is the project's; it listens nowhere."""

    async def main() -> None:
        mounts, told = Mounts(project, ("/hook",)), []
        async with mounted(
            hook, "/hook", context_of(mounts, told), bind=("127.0.0.1:1",), max_body=9, name="slack"
        ) as found:
            assert found == []
            answer = await asked(mounts, path)
            assert answer[0]["status"] == (200 if ours else 404)
            if ours:
                assert answer[1]["body"] == f"{path} 3".encode()
        assert told == []

    asyncio.run(main())


async def failing(mounts: Mounts) -> None:
    """Something is served beside it, and fails."""
    async with mounted(hook, "/hook", context_of(mounts), bind=(), max_body=9, name="slack"):
        assert (await asked(mounts, "/hook"))[0]["status"] == 200
        raise ConfigError("something else")


def test_before_and_after_the_client_is_to_come_again() -> None:
    """Also when what was served beside it has failed."""

    async def main() -> None:
        mounts = Mounts(project, ("/hook",))
        with pytest.raises(Unavailable):
            await asked(mounts, "/hook")
        with pytest.raises(ConfigError, match="something else"):
            await failing(mounts)
        with pytest.raises(Unavailable):
            await asked(mounts, "/hook")

    asyncio.run(main())


def test_several_stand_side_by_side() -> None:
    """Each at its own path; one that has gone takes no other with it."""

    async def main() -> None:
        mounts = Mounts(project, ("/a", "/b"))
        words: dict[str, Any] = {"bind": (), "max_body": 9}
        async with mounted(hook, "/a", context_of(mounts), name="a", **words):
            async with mounted(hook, "/b", context_of(mounts), name="b", **words):
                assert [(await asked(mounts, path))[0]["status"] for path in ("/a", "/b")] == [200, 200]
            assert (await asked(mounts, "/a"))[0]["status"] == 200
            with pytest.raises(Unavailable):
                await asked(mounts, "/b")

    asyncio.run(main())


def test_a_websocket_is_the_projects() -> None:
    """Whatever its path."""

    async def main() -> None:
        mounts = Mounts(project, ("/hook",))
        async with mounted(hook, "/hook", context_of(mounts), bind=(), max_body=9, name="slack"):
            assert (await asked(mounts, "/hook", "websocket"))[0]["status"] == 404

    asyncio.run(main())


def test_without_http_it_listens() -> None:
    """All paths are its own; a body that is too large never comes to it; readiness has the name that was given."""

    async def main() -> None:
        told: list[tuple[str, bool, str]] = []
        context = context_of(None, told)
        async with mounted(
            hook, "/hook", context, bind=("127.0.0.1:0", "127.0.0.1:0"), max_body=1024, name="slack"
        ) as addresses:
            assert len({address.port for address in addresses}) == 2
            async with aiohttp.ClientSession() as session:
                for address in addresses:
                    url = f"http://127.0.0.1:{address.port}/any"
                    async with session.post(url, data=b"abc") as answer:
                        assert (answer.status, await answer.text()) == (200, "/any 3")
                async with session.post(url, data=b"x" * 1025) as answer:
                    assert answer.status == 413
            assert told == [("slack", True, "")]
        assert {name for name, _, _ in told} == {"slack"}

    asyncio.run(main())


def test_a_bind_without_a_port_has_the_port_of_interfaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not that of HTTP, which the project may have."""
    seen: list[Any] = []

    class Listening:
        def __init__(self, options: Any) -> None:
            self.options = options
            self.port = 8000

        def serve(self, app: Any, context: Context) -> Any:
            seen.append((self.port, self.options.bind, self.options.max_body, app, context.names))
            raise ConfigError("in use")

    monkeypatch.setattr("interfaces.http_ws.mounting.HttpWs", Listening)

    async def main() -> None:
        with pytest.raises(ConfigError, match="in use"):
            async with mounted(hook, "/hook", context_of(), bind=("localhost",), max_body=77, name="slack"):
                pytest.fail("it listens")

    asyncio.run(main())
    assert seen == [(PORT, ("localhost",), 77, hook, ("http",))]
