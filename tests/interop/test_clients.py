"""Clients of other people against our server."""

import asyncio
import http.client
import os
import shutil
import subprocess
import sys

import aiohttp
import httpx
import pytest
import websockets
from websockets.asyncio.client import connect

from tests.abuse.server import Abused

BODY = bytes(range(256)) * 4096


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Our server with the application that the abuse has, which echoes and counts."""
    with Abused(tmp_path_factory.mktemp("clients"), env={}) as server:
        yield server
        assert "ERROR" not in server.said, server.said


@pytest.fixture(scope="module")
def url(server):
    """Where it is."""
    return f"http://127.0.0.1:{server.port}"


def program(name):
    """A program, without which the test is skipped (with CI=true: fails)."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(*words, **options):
    """What a program writes; it has to succeed."""
    done = subprocess.run([*map(str, words)], capture_output=True, timeout=60, check=False, **options)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def curl(*words, **options):
    """curl, with our answer's body."""
    return run(program("curl"), "-sS", "--fail", "--noproxy", "*", "--max-time", "30", *words, **options)


def test_curl_uploads_with_an_expectation(url, tmp_path):
    """It sends Expect: 100-continue by itself, and waits for our 100."""
    file = tmp_path / "file"
    file.write_bytes(BODY * 2)
    done = subprocess.run(
        [program("curl"), "-sSv", "--noproxy", "*", "-H", "Expect: 100-continue", "--expect100-timeout", "20",
         "--data-binary", f"@{file}", f"{url}/read"], capture_output=True, timeout=15, check=True,
    )  # fmt: skip
    assert b"< HTTP/1.1 100 Continue" in done.stderr and done.stdout == b"%d" % len(BODY * 2)


def test_curl_uploads_from_a_pipe(url):
    """Chunked, since curl does not know the size."""
    assert curl("-T", "-", f"{url}/read", input=BODY) == b"%d" % len(BODY)


def test_curl_keeps_the_connection(url):
    """Several addresses on one command line share one connection, also after a HEAD and a POST."""
    words = ["-w", "%{num_connects}", f"{url}/", f"{url}/"]
    assert curl(*words) == b"hello1hello0"
    assert curl("-d", "abc", *words[:2], f"{url}/read", "--next", f"{url}/", *words[:2]) == b"31hello0"


@pytest.mark.parametrize("flag", ["--http1.0", "--http1.1", "--http2", "--compressed", "-I", "--path-as-is"])
def test_curl_with_flags(url, flag):
    """Older and newer versions, HEAD, an upgrade to h2c that we let pass by."""
    assert curl(flag, f"{url}/a/../b").endswith(b"hello" if flag != "-I" else b"\r\n\r\n")


def test_curl_asks_for_a_range(url):
    """The application ignores it; the whole is a right answer."""
    assert curl("-r", "1-2", f"{url}/") == b"hello"


def test_the_standard_library(server):
    """http.client: one connection, many requests, one of them with a body left unread by the application."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    for size in (0, 10, 100_000):
        connection.request("POST", "/read", body=BODY[:size])
        assert connection.getresponse().read() == b"%d" % size
        connection.request("POST", "/", body=BODY[:1000])
        assert connection.getresponse().read() == b"hello"
    connection.close()


def test_httpx_in_parallel(url):
    """Fifty at once over ten connections."""

    async def main():
        limits = httpx.Limits(max_connections=10)
        async with httpx.AsyncClient(base_url=url, limits=limits, trust_env=False, timeout=20) as client:
            sizes = range(0, 50_000, 1000)
            answers = await asyncio.gather(*(client.post("/read", content=BODY[:n]) for n in sizes))
        assert [answer.text for answer in answers] == [str(n) for n in sizes]

    asyncio.run(main())


def test_aiohttp(url):
    """Sized, chunked, and a WebSocket with compression."""

    async def parts():
        for at in range(0, len(BODY), 10_000):
            yield BODY[at : at + 10_000]

    async def main():
        async with aiohttp.ClientSession(url) as session:
            for data in (BODY, parts()):
                async with session.post("/read", data=data) as answer:
                    assert await answer.text() == str(len(BODY))
            async with session.ws_connect("/ws/echo", compress=15, autoping=False) as client:
                await client.send_str("ä" * 5000)
                assert await client.receive_str() == "ä" * 5000
                await client.ping(b"there?")
                assert (await client.receive()).data == b"there?"
                await client.close(code=4000)
                assert client.close_code == 4000

    asyncio.run(main())


@pytest.mark.parametrize("compression", ["deflate", None])
def test_websockets(url, compression):
    """Messages of all sizes, fragments, pings, a close with code and reason, with and without compression."""

    async def main():
        address = url.replace("http", "ws") + "/ws/echo"
        async with connect(address, compression=compression, max_size=None, proxy=None) as client:
            for message in ("", "ä", "x" * 126, "y" * 65536, b"", BODY, "z" * 3_000_000):
                await client.send(message)
                assert await client.recv() == message
            await client.send(["frag", "men", "", "ts"])
            assert await client.recv() == "fragments"
            await (await client.ping(b"there?"))
            await client.close(4001, "enough")
            assert (client.close_code, client.close_reason) == (4001, "")

    asyncio.run(main())


def test_websockets_with_takeover(tmp_path):
    """Windows kept from message to message on both sides."""

    async def main(port):
        async with connect(f"ws://127.0.0.1:{port}/ws/echo", proxy=None) as client:
            for number in range(50):
                await client.send(f"message {number} " * 50)
                assert await client.recv() == f"message {number} " * 50

    with Abused(tmp_path, "--ws-deflate-takeover") as server:
        asyncio.run(main(server.port))


def test_websockets_meets_a_refusal(url):
    """A path that no application accepts: the status is the client's to see."""

    async def main():
        async with connect(url.replace("http", "ws") + "/ws/refuse", proxy=None):
            pass

    with pytest.raises(websockets.exceptions.InvalidStatus, match="403"):
        asyncio.run(main())


AUTOBAHN = """
import asyncio, sys
from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol
class Client(WebSocketClientProtocol):
    def onOpen(self):
        self.left = [b"a", b"x" * 70000, "text \\u00e4".encode()]
        self.step()
    def step(self):
        if self.left: self.sendMessage(self.left[0], isBinary=len(self.left) > 1)
        else: self.sendClose(1000, "bye")
    def onMessage(self, payload, isBinary):
        assert payload == self.left.pop(0)
        self.step()
    def onClose(self, clean, code, reason):
        print(clean, code); asyncio.get_running_loop().stop()
loop = asyncio.new_event_loop(); asyncio.set_event_loop(loop)
factory = WebSocketClientFactory(sys.argv[1]); factory.protocol = Client
loop.run_until_complete(loop.create_connection(factory, "127.0.0.1", int(sys.argv[2])))
loop.run_forever()
"""


def test_autobahns_client(server):
    """In a process of its own, since it insists on a loop of its own."""
    pytest.importorskip("autobahn")
    words = [sys.executable, "-c", AUTOBAHN, f"ws://127.0.0.1:{server.port}/ws/echo", server.port]
    assert run(*words) == b"True 1000\n"


NODE = """
const base = process.argv[1];
const body = new Uint8Array(300000).fill(65);
let text = await (await fetch(base + "/")).text();
let size = await (await fetch(base + "/read", {method: "POST", body})).text();
const parts = new ReadableStream({start(c) { for (let i = 0; i < 10; i++) c.enqueue(body); c.close(); }});
let streamed = await (await fetch(base + "/read", {method: "POST", body: parts, duplex: "half"})).text();
console.log(text, size, streamed);
if (typeof WebSocket !== "undefined") {
  const ws = new WebSocket(base.replace("http", "ws") + "/ws/echo");
  ws.onopen = () => ws.send("from node");
  ws.onmessage = (event) => { console.log(event.data); ws.close(4002, "done"); };
  ws.onclose = (event) => { console.log(event.code); process.exit(0); };
}
"""


def test_node(url):
    """fetch with a body of known and of unknown size; a WebSocket where this Node has one (22 and later)."""
    said = run(program("node"), "--input-type=module", "-e", NODE, url).decode().splitlines()
    assert said[0] == "hello 300000 3000000" and said[1:] in ([], ["from node", "4002"])


WS = """
import {createRequire} from "module";
const {WebSocket} = createRequire(process.argv[2] + "/")("ws");
const ws = new WebSocket(process.argv[1], {perMessageDeflate: true});
const big = "ä".repeat(100000);
ws.on("open", () => {
  ws.ping("x"); ws.send("one", {fin: false}); ws.send("two", {fin: true}); ws.send(big);
});
let count = 0;
ws.on("pong", (data) => console.log("pong", data.toString()));
ws.on("message", (data) => {
  count += 1; console.log(data.length); if (count === 2) ws.close(4003, "ok");
});
ws.on("close", (code) => console.log("close", code));
"""


def test_nodes_ws(url, tmp_path):
    """The ws package, with compression, a fragmented message and a ping."""
    modules = os.environ.get("NODE_WS", "")
    if not modules:
        npm = program("npm")
        words = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(tmp_path), "ws@8"]
        if subprocess.run(words, capture_output=True, timeout=120, check=False).returncode:
            pytest.skip("the npm package ws cannot be installed")
        modules = str(tmp_path / "node_modules")
    address = url.replace("http", "ws") + "/ws/echo"
    said = run(program("node"), "--input-type=module", "-e", WS, address, modules).decode().splitlines()
    assert sorted(said) == sorted(["pong x", "6", "200000", "close 4003"])


def test_wrk(url):
    """A second of load, pipelining none, without a single error."""
    said = run(program("wrk"), "-t1", "-c20", "-d1s", f"{url}/").decode()
    assert "Requests/sec" in said and "errors" not in said and "Non-2xx" not in said
