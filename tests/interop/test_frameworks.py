"""Applications of other people, unmodified: each does the same things, each is asked the same questions."""

import hashlib
import socket

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.process.server import until

APPS = "tests.interop.apps."
SOON = "--http-half-close-timeout=0.3"
FRAMEWORKS = {
    "django": (APPS + "django_app:app", SOON),
    "channels": (APPS + "django_app:channels",),
    "starlette": (APPS + "starlette_app:app", SOON),
    "fastapi": (APPS + "fastapi_app:app", SOON),
    "litestar": (APPS + "litestar_app:app", SOON),
    "quart": (APPS + "quart_app:app", SOON),
    "flask": (APPS + "flask_app:app", "--wsgi"),
}
SOCKETS = ["channels", "starlette", "fastapi", "litestar", "quart"]


@pytest.fixture(params=FRAMEWORKS)
def client(request, serve):
    """An HTTP client of each framework's server, which logs no error meanwhile."""
    server = serve(*FRAMEWORKS[request.param])
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=20, trust_env=False) as client:
        yield client
    assert "ERROR" not in server.said and "Traceback" not in server.said, server.said


def ask(serve, name, path):
    """The text at ``path``."""
    return httpx.get(f"http://127.0.0.1:{serve(*FRAMEWORKS[name]).port}{path}", trust_env=False).text


def test_a_page_with_a_query(client):
    """The query arrives decoded once, blanks and UTF-8 in it."""
    for name in ("ada", "a b+c", "ädä&=%"):
        answer = client.get("/hello", params={"name": name})
        assert (answer.status_code, answer.text) == (200, f"hello {name}")
        assert answer.headers["date"] and "server" not in answer.headers


def test_bodies_of_all_sizes(client):
    """None, small and 5 MiB, sized and chunked, come back as they went."""
    kind = {"content-type": "application/octet-stream"}
    for size in (0, 1, 1000, 65536, 1_000_000):
        body = bytes(range(256)) * (size // 256 + 1)
        assert client.post("/echo", content=body[:size], headers=kind).content == body[:size]
        parts = (body[at : at + 5000] for at in range(0, len(body), 5000))
        assert client.post("/echo", content=parts, headers=kind).content == body


def test_an_upload_of_a_form(client):
    """Three MiB in a form, larger than what is kept in memory."""
    data = bytes(range(256)) * 12288
    answer = client.post("/upload", files={"file": ("f.bin", data)})
    assert answer.text == f"f.bin {len(data)} {hashlib.sha256(data).hexdigest()}"


def test_a_streamed_response(client):
    """A hundred parts, in order, then the end; and the connection is kept."""
    for _ in range(2):
        with client.stream("GET", "/stream") as answer:
            assert "".join(answer.iter_text()) == "".join(f"part {n}\n" for n in range(100))


def test_head_is_answered_without_a_body(client):
    """Also where the framework sends one: the next answer on the connection is its own."""
    answer = client.head("/hello")
    assert answer.status_code in {200, 405} and answer.content == b""
    assert client.get("/hello").text == "hello "


def test_an_unknown_page(client):
    """The framework's own 404."""
    assert client.get("/nowhere").status_code == 404


@pytest.mark.parametrize("name", ["django", "starlette", "quart"])
def test_a_client_that_leaves(name, serve):
    """The framework learns it: Django and Quart cancel the view, Starlette tells when asked."""
    before = int(ask(serve, name, "/gone"))
    port = serve(*FRAMEWORKS[name]).port
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.sendall(b"GET /wait HTTP/1.1\r\nhost: test\r\n\r\n")
        plain.settimeout(0.2)
        with pytest.raises(TimeoutError):
            plain.recv(1)
    until(lambda: int(ask(serve, name, "/gone")) == before + 1, 5)


@pytest.mark.parametrize("name", ["starlette", "fastapi", "litestar", "quart"])
def test_the_state_of_the_lifespan(name, serve):
    """What was made at the start is there for requests."""
    assert ask(serve, name, "/state") == "from the lifespan"


@pytest.mark.parametrize("name", ["starlette", "quart"])
def test_background_tasks_run_after_the_answer(name, serve):
    """They are neither lost nor waited for."""
    before = int(ask(serve, name, "/background"))
    ask(serve, name, "/hello")
    until(lambda: int(ask(serve, name, "/background")) == before + 1, 5)


@pytest.mark.parametrize("name", SOCKETS)
def test_a_websocket(name, serve):
    """Text, bytes, empty and large ones come back; subprotocol and close code are the application's."""
    server = serve(*FRAMEWORKS[name])
    address = f"ws://127.0.0.1:{server.port}/ws"
    with connect(address, subprotocols=["chat", "other"], proxy=None) as client:
        assert client.subprotocol == "chat"
        empty = "" if name == "quart" else b""  # Quart looks for text where there are no bytes
        for message in ("hello", "ädä " * 1000, empty, b"\0\xff", bytes(100_000)):
            client.send(message)
            assert client.recv(10) == message
        client.send("bye")
        with pytest.raises(ConnectionClosed):
            client.recv(10)
        assert client.protocol.close_code == 4001
    assert "ERROR" not in server.said, server.said


@pytest.mark.parametrize("name", SOCKETS)
def test_websockets_that_are_simply_dropped(name, serve):
    """Neither a clean close nor a cut connection is an error of the application."""
    server = serve(*FRAMEWORKS[name])
    for how in ("close", "cut"):
        with connect(f"ws://127.0.0.1:{server.port}/ws", proxy=None) as client:
            client.send("x")
            client.recv(10)
            if how == "cut":
                client.socket.shutdown(socket.SHUT_RDWR)
    assert ask(serve, name, "/hello") == "hello " and "ERROR" not in server.said, server.said


def test_a_group_of_sync_consumers(serve):
    """Channels: a group message reaches every member, sync consumers on threads."""
    port = serve(*FRAMEWORKS["channels"]).port
    with (
        connect(f"ws://127.0.0.1:{port}/room", proxy=None) as one,
        connect(f"ws://127.0.0.1:{port}/room", proxy=None) as two,
    ):
        one.send("to all")
        assert (one.recv(10), two.recv(10)) == ("to all", "to all")


def test_an_http_consumer(serve):
    """Channels: a consumer answers HTTP, in parts."""
    port = serve(*FRAMEWORKS["channels"]).port
    body = bytes(range(256)) * 40
    assert httpx.post(f"http://127.0.0.1:{port}/consumer", content=body, trust_env=False).content == body


def test_a_websocket_where_there_is_none(serve):
    """Django has no WebSockets: the handshake is refused, and the log says why in the application's words."""
    server = serve(*FRAMEWORKS["flask"])
    plain = socket.create_connection(("127.0.0.1", server.port), 10)
    with plain:
        plain.sendall(
            b"GET /ws HTTP/1.1\r\nhost: test\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert plain.recv(65536).split(b" ")[1] in {b"403", b"404", b"500"}
