"""TLS end to end: https and wss, client certificates, server names, a certificate replaced while serving."""

import asyncio
import json
import signal
import socket
import ssl
import time

import httpx
import pytest
import trustme
from websockets.sync.client import connect

from tests.process.server import Server, until

APP = "tests.interop.apps.scope_app:app"


@pytest.fixture(scope="module")
def authority():
    """Who signs all certificates."""
    return trustme.CA()


@pytest.fixture(scope="module")
def trusting(authority):
    """A client's context."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture(scope="module")
def server(authority, tmp_path_factory):
    """A server with a certificate, another for one name, and client certificates wanted."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("localhost", "other.test"):
        authority.issue_cert(name, common_name=name).private_key_and_cert_chain_pem.write_to_path(
            folder / f"{name}.pem"
        )
    authority.cert_pem.write_to_path(folder / "ca.pem")
    other = str(folder / "other.test.pem")
    sni = json.dumps([{"hostname": "other.test", "cert": other, "key": other}])
    with Server(
        folder,
        f"--tls-cert={folder / 'localhost.pem'}",
        f"--tls-client-ca={folder / 'ca.pem'}",
        f"--tls-sni={sni}",
        app=APP,
    ) as server:
        yield server
        assert "Traceback" not in server.said, server.said


def shown(port, context, name="localhost"):
    """The certificate that a client who asks for ``name`` is shown: its serial number and names."""
    plain = socket.create_connection(("127.0.0.1", port), 10)
    with context.wrap_socket(plain, server_hostname=name) as client:
        certificate = client.getpeercert()
    return certificate["serialNumber"], [value for _, value in certificate["subjectAltName"]]


def test_https(server, trusting):
    """Keep-alive over TLS; the scope says so, and has the tls extension."""
    with httpx.Client(
        base_url=f"https://localhost:{server.port}", verify=trusting, trust_env=False
    ) as client:
        for size in (0, 300_000):
            scope = client.post("/x", content=b"a" * size).json()
            assert scope["scheme"] == "https" and len(scope["body"]) == size
            tls = scope["extensions"]["tls"]
            assert tls["tls_version"] in {0x303, 0x304} and tls["client_cert_chain"] == []
            assert tls["server_cert"].startswith("-----BEGIN CERTIFICATE")


def test_wss(server, trusting):
    """A WebSocket over TLS, its scope alike."""
    with connect(f"wss://localhost:{server.port}/ws", ssl=trusting, proxy=None) as client:
        scope = json.loads(client.recv(10))
        assert scope["scheme"] == "wss" and scope["extensions"]["tls"]["client_cert_name"] is None


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate(server, authority, version):
    """Its subject and its chain are in the scope, in TLS 1.2 and 1.3."""
    context = ssl.create_default_context()
    context.minimum_version = context.maximum_version = version
    authority.configure_trust(context)
    authority.issue_cert("ada@example.org", common_name="ada").configure_cert(context)
    with httpx.Client(verify=context, trust_env=False) as client:
        tls = client.get(f"https://localhost:{server.port}/").json()["extensions"]["tls"]
    assert "CN=ada" in tls["client_cert_name"] and tls["client_cert_chain"][0].startswith("-----BEGIN")
    assert tls["client_cert_error"] is None


def test_a_client_certificate_of_somebody_else(server, trusting, authority):
    """Signed by an authority we do not know: the handshake fails, and the others go on."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    trustme.CA().issue_cert("eve@example.org").configure_cert(context)
    with httpx.Client(verify=context, trust_env=False) as client, pytest.raises(httpx.TransportError):
        client.get(f"https://localhost:{server.port}/")
    assert shown(server.port, trusting)


def test_the_certificate_for_a_name(server, trusting):
    """SNI chooses; who asks for no known name gets the first one."""
    assert shown(server.port, trusting, "other.test")[1] == ["other.test"]
    assert shown(server.port, trusting)[1] == ["localhost"]


def test_a_certificate_that_is_replaced(tmp_path, authority, trusting):
    """After SIGHUP new connections are shown the new one; an open connection and a slow request go on."""
    file = tmp_path / "cert.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(file)
    with Server(tmp_path, f"--tls-cert={file}", app=APP) as server:
        first = shown(server.port, trusting)[0]
        with connect(f"wss://localhost:{server.port}/ws", ssl=trusting, proxy=None) as client:
            client.recv(10)
            authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(file)
            server.signal(signal.SIGHUP)
            until(lambda: shown(server.port, trusting)[0] != first, 5)
            file.write_text("no certificate")
            server.signal(signal.SIGHUP)
            server.wait_for("the old one stays")
            assert shown(server.port, trusting)[0] != first
            client.ping().wait(5)


def test_a_client_certificate_that_is_required(tmp_path, authority, trusting):
    """Without one there is no answer."""
    file, ca = tmp_path / "cert.pem", tmp_path / "ca.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(file)
    authority.cert_pem.write_to_path(ca)
    options = [f"--tls-cert={file}", f"--tls-client-ca={ca}", "--tls-client-required"]
    with Server(tmp_path, *options, app=APP) as server:
        address = f"https://localhost:{server.port}/"
        with pytest.raises(httpx.TransportError):
            httpx.get(address, verify=trusting, trust_env=False)


def test_a_large_answer_and_a_clean_end(tmp_path, authority, trusting):
    """A client that reads slowly gets all of it, then close_notify: no truncation that it could not tell."""
    file = tmp_path / "cert.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(file)

    async def main(port):
        reader, writer = await asyncio.open_connection("localhost", port, ssl=trusting)
        writer.write(
            b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 8000000\r\n\r\n"
            + b"a" * 8_000_000
        )
        size = 0
        while data := await reader.read(100_000):
            size += len(data)
            await asyncio.sleep(0)
        writer.close()
        return size

    with Server(tmp_path, f"--tls-cert={file}", app=APP) as server:
        assert server.port
        start = time.monotonic()
        assert asyncio.run(main(server.port)) > 8_000_000
        assert time.monotonic() - start < 10
