"""interfaces.shared.fetching: https alone, to its end, and not elsewhere."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import trustme

from interfaces.shared.errors import Unavailable
from interfaces.shared.fetching import LARGEST, fetch


class Handler(BaseHTTPRequestHandler):
    """The path says what is answered."""

    def do_GET(self) -> None:
        status = {"/moved": 302, "/away": 503}.get(self.path, 200)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/fine")
        self.end_headers()
        self.wfile.write(b"x" * (LARGEST + (self.path == "/large")) if self.path != "/fine" else b"fine")

    def log_message(self, format: str, *arguments: object) -> None:
        """Nobody reads it."""


class Server(HTTPServer):
    """One whose clients may go away."""

    def handle_error(self, request: object, client_address: object) -> None:
        """They had read enough."""


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of https whose authority is trusted."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(file)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(file))
        yield f"https://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_is_there_is_fetched(where: str) -> None:
    """All of it."""
    assert asyncio.run(fetch(where + "/fine")) == b"fine"
    assert len(asyncio.run(fetch(where + "/"))) == LARGEST


@pytest.mark.parametrize("path", ["/moved", "/away", "/large"])
def test_what_is_elsewhere_or_too_much_is_not(where: str, path: str) -> None:
    """A redirection would lead away from the address that was checked."""
    with pytest.raises(Unavailable):
        asyncio.run(fetch(where + path))


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "file:///etc/passwd", "https://127.0.0.1:1/"])
def test_nothing_but_https(url: str) -> None:
    """And nobody there is Unavailable, too."""
    with pytest.raises(Unavailable):
        asyncio.run(fetch(url))
