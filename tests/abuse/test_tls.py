"""The TLS port: what is no handshake, and answers that are not read, cost as little as elsewhere."""

import socket
import ssl
import time

import pytest
import trustme

from tests.abuse.server import MIB, PATIENCE, Abused, Client, until

GET = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"


class Secure(Abused):
    """Reached with a certificate."""

    authority: trustme.CA

    def __enter__(self):
        assert self.port
        return self

    def context(self):
        """A client's that trusts the server."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context

    def greet(self):
        """Be a client that does nothing wrong."""
        plain = socket.create_connection(("127.0.0.1", self.port), 10)
        with self.context().wrap_socket(plain, server_hostname="localhost") as client:
            client.sendall(GET)
            assert b" 200 " in client.recv(65536)


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """A server with TLS."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    with Secure(folder, "--tls-cert", str(folder / "server.pem")) as server:
        server.authority = authority
        server.polite()
        yield server
        assert "Traceback" not in server.said and server.said.count("\n") < 10, server.said


@pytest.mark.parametrize(
    "data", [GET, b"\0" * 1000, b"\x16\x03\x01\xff\xff" + bytes(100_000), b"\x15\x03\x01\0\x02\x02\x28"]
)
def test_what_is_no_handshake_is_closed(secure, data):
    """Plain HTTP and garbage at the TLS port: closed, nobody else notices."""
    with Client(secure.port, data) as client:
        client.end()
        assert client.closed() < PATIENCE
    assert secure.polite() < 0.5


def test_handshakes_that_go_no_further_hinder_nobody(secure):
    """A hundred clients that connect and say half a hello; a polite one is answered meanwhile."""
    clients = [Client(secure.port, b"\x16\x03\x01\x01") for _ in range(100)]
    assert secure.polite() < 0.5
    for client in clients:
        client.reset()


def test_a_response_of_a_gib_that_is_not_read(secure):
    """The two buffers of TLS are bounded as well, and the application gets its OSError."""
    before = secure.rss()
    plain = socket.create_connection(("127.0.0.1", secure.port), 10)
    with secure.context().wrap_socket(plain, server_hostname="localhost") as client:
        client.sendall(GET.replace(b"/ ", b"/gib "))
        time.sleep(1)
        assert secure.rss() - before < 16 * MIB
        until(lambda: b'"/gib OSError": 1' in ask(secure, b"/calls"))


def test_an_upload_that_is_not_read(secure):
    """Reading stops under TLS, too."""
    before, taken = secure.rss(), 0
    plain = socket.create_connection(("127.0.0.1", secure.port), 10)
    with secure.context().wrap_socket(plain, server_hostname="localhost") as client:
        client.sendall(b"POST /never HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1073741824\r\n\r\n")
        client.settimeout(0.3)
        try:
            while taken < 200 * MIB:
                taken += client.send(bytes(16384))
        except TimeoutError:
            pass
        assert taken < 64 * MIB and secure.rss() - before < 16 * MIB


def ask(secure, path):
    """What the server answers for ``path``."""
    plain = socket.create_connection(("127.0.0.1", secure.port), 10)
    with secure.context().wrap_socket(plain, server_hostname="localhost") as client:
        client.sendall(b"GET %b HTTP/1.1\r\nhost: localhost\r\n\r\n" % path)
        return client.recv(65536)
