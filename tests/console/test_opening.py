"""Opening the console: never unasked, on a loopback address alone, one process; which options are secret."""

import base64
from dataclasses import dataclass
from typing import Any

import pytest

from interfaces import registry
from interfaces.console.opening import secrets_in
from interfaces.runner.api import Server
from interfaces.runner.options import ServeOptions, WorkerOptions
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import option
from interfaces.testing import Recorder
from interfaces.testing.raw import RawClient
from tests.console.kit import run, served


@dataclass(frozen=True)
class Inner:
    """A row of a table."""

    key: str = option("", "a key", secret=True)
    name: str = option("", "no secret")


@dataclass(frozen=True)
class Outer:
    """Options with everything."""

    token: str = option("", "one", secret=True)
    several: tuple[str, ...] = option((), "several", secret=True)
    url: str = option("", "a URL", secret=True)
    plain: str = option("", "no secret")
    number: int = option(0, "a number", secret=True)
    rows: tuple[Inner, ...] = option((), "rows")


def test_secrets_of_options() -> None:
    """All that are marked, those of tables too; of a URL only its password."""
    options = Outer(token="t1", several=("s1", "s2"), plain="p", url="redis://u:pw@h,rediss://h2", number=3,
                    rows=(Inner(key="k1", name="n"), Inner(key="k2")))  # fmt: skip
    assert list(secrets_in(options)) == ["t1", "s1", "s2", "pw", "k1", "k2"]


@pytest.mark.parametrize(
    ("said", "secrets"),
    [
        ("local:", []),
        ("embedded:/x", []),
        ("memory:", []),
        ("redis://h", []),
        ("user:password", ["user:password"]),
    ],
)
def test_places_are_no_secrets(said: str, secrets: list[str]) -> None:
    """They would mask what everybody may see."""
    assert list(secrets_in(Outer(url=said))) == secrets


def test_never_unasked() -> None:
    """Without the option nothing of it is there."""

    async def check() -> None:
        async with Server(Recorder(), "http", http_bind=("127.0.0.1:0",)) as server:
            assert server.beside == []

    run(check)
    assert ServeOptions().console == ""


@pytest.mark.parametrize("where", ["0.0.0.0:0", "unix:/tmp/x", "example.org:1", ":0"])
def test_loopback_alone(where: str) -> None:
    """All else is the operator's mistake, before anything is served."""

    async def check() -> None:
        with pytest.raises(ConfigError, match="loopback"):
            async with served(Recorder(), console=where):
                pass

    run(check)


def test_one_process() -> None:
    """And where the interfaces are, not in a worker."""
    with pytest.raises(ConfigError, match="one process"):
        ServeOptions(console="127.0.0.1:0", workers=2)
    with pytest.raises(ConfigError, match="interfaces serve"):
        WorkerOptions(console="127.0.0.1:0", layer="local:")


def test_a_port_that_is_taken_is_told() -> None:
    """In one line."""

    async def check() -> None:
        async with served(Recorder()) as here:
            with pytest.raises(ConfigError, match=str(here.client.address.port)):
                async with served(Recorder(), console=f"127.0.0.1:{here.client.address.port}"):
                    pass

    run(check)


def test_secrets_of_the_process_are_masked_everywhere() -> None:
    """An option's secret that turns up in a request is nobody's to see."""

    async def check() -> None:
        async with served(Recorder(), relay_token="geheim-token-12") as here:
            await here.client.post("simulate/http", {"path": "/geheim-token-12", "body": "geheim-token-12"})
            for path in (
                "messages",
                "messages/1",
                "messages/2",
                "conversations",
                "state",
                "messages/1/pytest",
            ):
                answer = await here.client.ask("GET", f"/api/{path}")
                assert answer.status == 200 and b"geheim-token-12" not in answer.body

    run(check)


LEAKS = ("geheim-token-12", "lovelace1815", "abcdefgh12345", "hunter2222", "xoxb-1-abcdef", "Z2VoZWlt")


def test_a_secret_never_leaves_by_any_way() -> None:
    """Of a request that an application repeats in its answer and in its error: not by one endpoint, nor the stream."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            body = (await receive())["body"]
            told = b"".join(value for _, value in scope["headers"]) + body + scope["query_string"]
            await send({"type": "http.response.start", "status": 200, "headers": [(b"set-cookie", told)]})
            await send({"type": "http.response.body", "body": told})
            raise ValueError(told.decode("latin-1"))

    async def check() -> None:
        async with served(app, relay_token="geheim-token-12") as here:
            basic = base64.b64encode(b"ada:lovelace1815").decode()
            said = {
                "method": "POST", "path": "/p?access_token=hunter2222",
                "body": "lovelace1815 password=hunter2222 xoxb-1-abcdef",
                "headers": {"Authorization": f"Basic {basic}", "Cookie": "sid=abcdefgh12345", "X-Y": "geheim-token-12"},
            }  # fmt: skip
            await here.client.post("simulate/http", said)
            await here.client.post("messages/1/replay")
            await here.client.got("wait?type=http.response.start&after=2&timeout=5")
            last = (await here.client.got("state"))["last"]
            paths = ["state", "messages", "conversations", "wait?after=0", "chaos", "layer", "simulate/ws"]
            paths += [f"messages/{one}{rest}" for one in range(1, last + 1) for rest in ("", "/pytest")]
            bodies = [(await here.client.ask("GET", f"/api/{path}")).body for path in paths]
            async with await RawClient.connect(here.client.address) as raw:
                host = f"127.0.0.1:{here.client.address.port}"
                await raw.send(f"GET /api/stream?after=0 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                bodies.append(await raw.read_until(f"id: {last}\n".encode()))
            assert len(b"".join(bodies)) > 5000
            for secret in (*LEAKS, basic):
                assert [
                    path
                    for path, body in zip([*paths, "stream"], bodies, strict=True)
                    if secret.encode() in body
                ] == []

    run(check)


def test_lifespan_passes_it() -> None:
    """The application starts and ends as without a console."""

    async def check() -> None:
        app = Recorder()
        async with served(app):
            pass
        assert [event["type"] for event in app.calls[0].events] == ["lifespan.startup", "lifespan.shutdown"]

    run(check)


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    monkeypatch.setattr(registry, "CONSOLE", "no_such_module_here:opened")
    with pytest.raises(ConfigError, match="no_such_module_here"):
        registry.console()
