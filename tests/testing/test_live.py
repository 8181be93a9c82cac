"""A server in a thread, and the fixtures around it."""

import http.client

import pytest

from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.testing import Recorder
from interfaces.testing.live import LiveServer


def get(address):
    """The status and the body of a request, by the standard library's client."""
    connection = http.client.HTTPConnection(address.host, address.port, timeout=10)
    connection.request("GET", "/")
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


def test_it_serves_while_the_block_runs(interfaces_recorder):
    """Lifespan included; afterwards nobody listens."""
    with LiveServer(interfaces_recorder, "http", http_bind=("127.0.0.1:0",)) as server:
        address = server.address
        assert get(address) == (200, b"ok")
    assert [call.scope["type"] for call in interfaces_recorder.calls] == ["lifespan", "http"]
    assert [event["type"] for event in interfaces_recorder.calls[0].events][-1] == "lifespan.shutdown"
    with pytest.raises(OSError):
        get(address)


def test_what_keeps_it_from_starting_is_raised():
    """In the test's own thread."""
    with pytest.raises(ConfigError, match="no such option"):
        LiveServer(Recorder(), "http", nonsense=1)
    failed = Recorder({"lifespan.startup": {"type": "lifespan.startup.failed", "message": "no database"}})
    with pytest.raises(ApplicationError, match="no database"), LiveServer(failed, http_bind=("127.0.0.1:0",)):
        pass


def test_the_fixture_takes_a_free_port(interfaces_server, interfaces_recorder):
    """As many servers as a test wants, each its own."""
    one, other = interfaces_server(interfaces_recorder), interfaces_server(interfaces_recorder, "http")
    assert one.address.port != other.address.port
    assert get(one.address) == get(other.address) == (200, b"ok")
