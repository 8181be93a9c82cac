"""A browser's WebSockets over the connection of HTTP/2 that it has anyway (RFC 8441)."""

import pytest
import trustme

from tests.process.server import Server

APP = "tests.interop.apps.socket_app:app"
OPEN = """url => new Promise((resolve, reject) => {
  const socket = new WebSocket(url, ["chat", "super"])
  const found = {protocol: "", extensions: "", messages: [], closed: null}
  socket.binaryType = "arraybuffer"
  const sent = ["é".repeat(100000), "short", new Uint8Array(70000).fill(7), "close 4001 bye"]
  socket.onopen = () => { found.protocol = socket.protocol; found.extensions = socket.extensions }
  socket.onmessage = event => {
    const data = event.data
    found.messages.push(typeof data === "string" ? data : [data.byteLength, new Uint8Array(data)[69999]])
    socket.send(sent.shift())
  }
  socket.onclose = event => { found.closed = [event.code, event.reason, event.wasClean]; resolve(found) }
})"""
CLOSE = """url => new Promise(resolve => {
  const socket = new WebSocket(url)
  socket.onmessage = () => socket.close(3000, "enough")
  socket.onclose = event => resolve([event.code, event.reason, event.wasClean])
})"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with a certificate that nobody knows."""
    folder = tmp_path_factory.mktemp("tls")
    chain = trustme.CA().issue_cert("localhost").private_key_and_cert_chain_pem
    chain.write_to_path(str(folder / "cert.pem"))
    with Server(folder, f"--tls-cert={folder / 'cert.pem'}", app=APP) as server:
        yield server
        assert "Traceback" not in server.said, server.said


@pytest.fixture
def page(chromium, server):
    """A page of that server, which came over HTTP/2."""
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    answer = page.goto(f"https://localhost:{server.port}/")
    assert answer.headers["x-version"] == "2"
    yield page
    context.close()


def test_sockets_share_the_connection_of_the_page(page, server):
    """Three at once: each is told that it came over HTTP/2; large messages, deflate, a subprotocol, our close."""
    url = f"wss://localhost:{server.port}/chat"
    found = page.evaluate(f"url => Promise.all([1, 2, 3].map(() => ({OPEN})(url)))", url)
    for one in found:
        assert one["protocol"] == "super" and one["extensions"].startswith("permessage-deflate")
        assert one["messages"] == ["HTTP/2", "é" * 100_000, "short", [70_000, 7]]
        assert one["closed"] == [4001, "bye", True]


def test_the_browser_closes(page, server):
    """Its code comes back, and the end is a clean one."""
    assert page.evaluate(CLOSE, f"wss://localhost:{server.port}/") == [3000, "", True]


def test_the_browser_is_denied(page, server):
    """A denial is no WebSocket, and the connection is still good for one."""
    assert page.evaluate(CLOSE, f"wss://localhost:{server.port}/denied") == [1006, "", False]
    assert page.evaluate(CLOSE, f"wss://localhost:{server.port}/") == [3000, "", True]
