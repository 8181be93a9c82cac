"""What the tests of Twisted's endpoints share: fixtures, an asyncio protocol that remembers, clients."""

import asyncio
import shutil
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
import twisted.internet
import twisted.plugins
import uvloop

from interfaces.shared.listen import Listeners

PLUGIN = Path(__file__).with_name("twisted_plugin.py")
AUTHORITY = trustme.CA()
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]
PLAIN = "endpoint:plain:tcp:0:interface=127.0.0.1"
PROXIED = "endpoint:haproxy:tcp:0:interface=127.0.0.1"
MIB = 2**20
V1 = b"PROXY TCP4 192.0.2.1 198.51.100.2 4000 80\r\n"

TWISTED_TLS = pytest.mark.filterwarnings("ignore:.*pyOpenSSL:DeprecationWarning")
"""Twisted uses what pyOpenSSL would rather not have used."""


@pytest.fixture(autouse=True)
def twisted_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The plug-in is found, and whatever reactor there was is there again afterwards."""
    home = tmp_path / "twisted" / "plugins"
    home.mkdir(parents=True)
    shutil.copy(PLUGIN, home / "interfaces_plugin.py")
    monkeypatch.setattr(twisted.plugins, "__path__", [*twisted.plugins.__path__, str(home)])
    monkeypatch.setitem(sys.modules, "twisted.internet.reactor", None)
    monkeypatch.delitem(sys.modules, "twisted.internet.reactor")
    monkeypatch.setattr(twisted.internet, "reactor", None, raising=False)
    yield
    sys.modules.pop("twisted.plugins.interfaces_plugin", None)


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Awaitable[None]], None]:
    """Runs a coroutine on a loop of either kind, for 20 seconds at most."""

    def run(steps: Awaitable[None]) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(20):
                await steps

        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(bounded())

    return run


class Talker(asyncio.Protocol):
    """Echoes, and keeps all that was said to it; ``made`` holds every one."""

    made: list["Talker"]
    proxied: Any = None
    half_open = False
    echo = True

    def __init__(self) -> None:
        self.made.append(self)
        self.got = b""
        self.calls: list[Any] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.calls.append("made")

    def data_received(self, data: bytes) -> None:
        self.got += data
        if self.echo:
            self.transport.write(data)

    def eof_received(self) -> bool:
        self.calls.append("eof")
        return self.half_open

    def pause_writing(self) -> None:
        self.calls.append("pause")

    def resume_writing(self) -> None:
        self.calls.append("resume")

    def connection_lost(self, error: Exception | None) -> None:
        self.calls.append(("lost", error))


def talker(**more: Any) -> type[Talker]:
    """A class of its own for one test."""
    return type("Talker", (Talker,), {"made": [], **more})


async def until(true: Callable[[], Any]) -> None:
    """Let the loop turn until ``true``."""
    while not true():
        await asyncio.sleep(0)


Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(listeners: Listeners, first: bytes = b"", **more: Any) -> Client:
    """A connection to the last address, with what it says first."""
    text = str(listeners.addresses[-1])
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", int(text.partition(":")[2].partition(" ")[0]), **more
    )
    writer.write(first)
    return reader, writer


async def close(*clients: Client) -> None:
    """Close; that the server may have done so before does not matter."""
    for _, writer in clients:
        writer.close()
        try:
            await writer.wait_closed()
        except (ConnectionError, ssl.SSLError):
            pass


async def rest(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the end, however that comes."""
    got = b""
    try:
        while data := await reader.read(65536):
            got += data
    except ConnectionError:
        pass
    return got


def pem(folder: Path, *blobs: trustme.Blob) -> str:
    """A file with certificates and keys."""
    path = folder / f"{len(list(folder.iterdir()))}.pem"
    path.write_bytes(b"".join(blob.bytes() for blob in blobs))
    return str(path)


@pytest.fixture
def tls(tmp_path: Path) -> tuple[str, ssl.SSLContext]:
    """A bind with TLS by Twisted, and the context of a client that trusts it."""
    cert = AUTHORITY.issue_cert("127.0.0.1")
    own = pem(tmp_path, cert.private_key_pem, *cert.cert_chain_pems)
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return f"endpoint:plain:ssl:0:interface=127.0.0.1:privateKey={own}:certKey={own}", context
