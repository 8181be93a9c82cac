"""Certificates, with real handshakes over the loopback."""

import asyncio
import contextlib
import datetime as dt
import logging
import os
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
import uvloop

from interfaces.shared.errors import ConfigError
from interfaces.shared.listen import Listeners, Listening
from interfaces.shared.tls import ServerTls, TlsFiles, tls_extension

LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]
AUTHORITY = trustme.CA()
PASSWORD = "throw-away"


def write(folder: Path, name: str, *hosts: str, authority: trustme.CA = AUTHORITY, **more: Any) -> TlsFiles:
    """A new certificate and key in ``folder``, replacing those of the same name at once."""
    cert = authority.issue_cert(*hosts, **more)
    for suffix, blobs in (("crt", cert.cert_chain_pems), ("key", [cert.private_key_pem])):
        fresh = folder / f"{name}.{suffix}.new"
        fresh.write_bytes(b"".join(blob.bytes() for blob in blobs))
        fresh.rename(folder / f"{name}.{suffix}")
    return TlsFiles(cert=str(folder / f"{name}.crt"), key=str(folder / f"{name}.key"))


def client_context(**more: Any) -> ssl.SSLContext:
    """A client that trusts AUTHORITY."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    AUTHORITY.configure_trust(context)
    for name, value in more.items():
        setattr(context, name, value)
    return context


class Teller(asyncio.Protocol):
    """Answers each line with it, and keeps what the handshake gave."""

    seen: list[dict[str, Any]]

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        connection = transport.get_extra_info("ssl_object")
        self.seen.append(tls_extension(connection) | {"alpn": connection.selected_alpn_protocol()})

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


def serve(
    files: TlsFiles, talk: Callable[[Listeners], Any], loop: Callable[[], Any] = asyncio.new_event_loop
) -> list[dict[str, Any]]:
    """Serve with ``files`` while ``talk(listeners)`` runs in a thread; gives what each connection knew."""
    seen: list[dict[str, Any]] = []
    protocol = type("Bound", (Teller,), {"seen": seen})

    async def main() -> None:
        async with Listening(tls=files).open(protocol, ["127.0.0.1:0"], 0) as listeners:
            await asyncio.to_thread(talk, listeners)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(main())
    return seen


def connect(
    listeners: Listeners, name: str = "site.example", context: ssl.SSLContext | None = None
) -> ssl.SSLSocket:
    """A finished handshake that asked for ``name``."""
    (address,) = listeners.addresses
    assert address.tls
    plain = socket.create_connection((address.host, address.port), timeout=10)
    return (context or client_context()).wrap_socket(plain, server_hostname=name)


def exchange(connection: ssl.SSLSocket) -> str:
    """A round trip, and the serial number of the certificate that was shown."""
    connection.sendall(b"hello\n")
    if connection.recv(20) != b"hello\n":
        raise ConnectionError("refused after the handshake, as TLS 1.3 has it")
    found = connection.getpeercert()
    assert found
    return str(found["serialNumber"])


@pytest.mark.parametrize("loop", LOOPS)
def test_a_handshake_gives_asgis_extension(tmp_path: Path, loop: Callable[[], Any]) -> None:
    """The dictionary tells certificate, version and cipher suite as the specification has them."""
    files = write(tmp_path, "site", "site.example")

    def talk(listeners: Listeners) -> None:
        context = client_context(maximum_version=ssl.TLSVersion.TLSv1_2)
        context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256")
        context.set_alpn_protocols(["h2", "http/1.1"])
        for each in (context, client_context()):
            with connect(listeners, context=each) as connection:
                exchange(connection)

    old, new = serve(files, talk, loop)
    leaf = Path(files.cert).read_text().partition("-----END CERTIFICATE-----\n")
    assert old == {
        "server_cert": leaf[0] + leaf[1],
        "client_cert_chain": [],
        "client_cert_name": None,
        "client_cert_error": None,
        "tls_version": 0x0303,
        "cipher_suite": old["cipher_suite"],
        "alpn": "http/1.1",
    }
    assert old["cipher_suite"] in (0xC02F, 0xC02B)  # RFC 5289 §3.2
    assert new["tls_version"] == 0x0304
    assert new["cipher_suite"] in (0x1301, 0x1302, 0x1303)  # RFC 8446 §B.4
    assert new["alpn"] is None


@pytest.mark.parametrize("loop", LOOPS)
def test_a_client_certificate_is_asked_for_and_told(tmp_path: Path, loop: Callable[[], Any]) -> None:
    """Its chain and name reach the application; without one, or with a stranger's, nobody gets in."""
    files = write(tmp_path, "site", "site.example")
    (tmp_path / "ca.pem").write_bytes(AUTHORITY.cert_pem.bytes())
    authority = str(tmp_path / "ca.pem")
    asking = TlsFiles(cert=files.cert, key=files.key, client_ca=authority, client_required=True)
    known = AUTHORITY.issue_cert("me@site.example", common_name="Me, myself", organization_name="#1 +")

    def talk(listeners: Listeners) -> None:
        context = client_context()
        known.configure_cert(context)
        with connect(listeners, context=context) as connection:
            exchange(connection)
        stranger = client_context()
        trustme.CA().issue_cert("me@site.example").configure_cert(stranger)
        for refused in (client_context(), stranger):
            with pytest.raises(OSError), connect(listeners, context=refused) as connection:
                exchange(connection)

    (told,) = serve(asking, talk, loop)
    assert told["client_cert_chain"][0] == known.cert_chain_pems[0].bytes().decode()
    assert told["client_cert_name"].startswith("CN=Me\\, myself,")
    assert "O=\\#1 \\+" in told["client_cert_name"]


def test_a_client_certificate_may_be_optional(tmp_path: Path) -> None:
    """With an authority named but none required, a client without one gets in."""
    files = write(tmp_path, "site", "site.example")
    (tmp_path / "ca.pem").write_bytes(AUTHORITY.cert_pem.bytes())
    asking = TlsFiles(cert=files.cert, key=files.key, client_ca=str(tmp_path / "ca.pem"))

    def talk(listeners: Listeners) -> None:
        with connect(listeners) as connection:
            exchange(connection)

    assert [told["client_cert_name"] for told in serve(asking, talk)] == [None]


@pytest.mark.parametrize("loop", LOOPS)
def test_each_name_shows_its_own_certificate(tmp_path: Path, loop: Callable[[], Any]) -> None:
    """SNI: the exact name, then the wildcard of one label, else the default."""
    default = write(tmp_path, "site", "site.example")
    other, wild = write(tmp_path, "other", "other.example"), write(tmp_path, "wild", "*.wild.example")
    sni = (("Other.example", other.cert, other.key), ("*.wild.example", wild.cert, wild.key))
    files = TlsFiles(cert=default.cert, key=default.key, sni=sni)

    def talk(listeners: Listeners) -> None:
        for name in ("site.example", "other.example", "a.wild.example"):
            with connect(listeners, name) as connection:
                exchange(connection)
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(listeners, "a.b.wild.example")

    seen = [told["server_cert"] for told in serve(files, talk, loop)][:3]
    for shown, wanted in zip(seen, (default, other, wild), strict=True):
        assert Path(wanted.cert).read_text().startswith(shown)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_new_certificate_is_shown_without_closing_connections(
    tmp_path: Path, loop: Callable[[], Any]
) -> None:
    """After a reload an open connection goes on with the old certificate and a new one gets the new."""
    files = write(tmp_path, "site", "site.example")

    def talk(listeners: Listeners) -> None:
        with connect(listeners) as before:
            old = exchange(before)
            write(tmp_path, "site", "site.example")
            assert listeners.listening.reload()
            with connect(listeners) as after:
                new = exchange(after)
            assert exchange(before) == old != new

    serve(files, talk, loop)


def test_new_files_are_shown_without_being_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each connection has the files looked at, where their time has come again."""
    monkeypatch.setattr("interfaces.shared.tls._LOOK", 0.0)
    files = write(tmp_path, "site", "site.example")

    def talk(listeners: Listeners) -> None:
        with connect(listeners) as before:
            old = exchange(before)
        write(tmp_path, "site", "site.example")
        with connect(listeners) as after:
            assert exchange(after) != old

    serve(files, talk)


def test_files_are_looked_at_every_ten_seconds(tmp_path: Path) -> None:
    """A changed file is noticed by its inode, time or size, and not more often than that."""
    tls = ServerTls(write(tmp_path, "site", "site.example"))
    first = tls.current(100.0)
    write(tmp_path, "site", "site.example")
    assert tls.current(109.9) is first
    second = tls.current(110.0)
    assert second is not first
    assert tls.current(120.0) is second


def test_a_broken_certificate_leaves_the_old_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is taken over by half, and the log has one line until the files change again."""
    files = write(tmp_path, "site", "site.example")
    tls = ServerTls(files)
    first = tls.current(0.0)
    Path(files.cert).write_text("half a certif")
    assert [tls.current(now) for now in (10.0, 20.0, 30.0)] == [first] * 3
    assert not tls.reload()
    Path(files.cert).unlink()
    assert tls.current(40.0) is first
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 3
    write(tmp_path, "site", "site.example")
    assert tls.current(50.0) is not first


def mismatch(folder: Path) -> TlsFiles:
    """A certificate with the key of another."""
    one, two = write(folder, "one", "site.example"), write(folder, "two", "site.example")
    return TlsFiles(cert=one.cert, key=two.key)


def encrypted(folder: Path, password: str | None) -> TlsFiles:
    """A key locked with PASSWORD, and ``password`` to open it."""
    files = write(folder, "site", "site.example")
    from cryptography.hazmat.primitives import serialization as form

    key = form.load_pem_private_key(Path(files.key or "").read_bytes(), None)
    locked = key.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.BestAvailableEncryption(PASSWORD.encode())
    )
    Path(files.key or "").write_bytes(locked)
    return TlsFiles(cert=files.cert, key=files.key, password=password)


def nonsense(folder: Path) -> TlsFiles:
    """A file that is no certificate."""
    (folder / "site.crt").write_text("no certificate")
    return TlsFiles(cert=str(folder / "site.crt"))


def with_more(folder: Path, **more: Any) -> TlsFiles:
    """A good certificate, and something else."""
    files = write(folder, "site", "site.example")
    return TlsFiles(cert=files.cert, key=files.key, **more)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda folder: TlsFiles(cert=str(folder / "none.crt")), "none.crt is not there"),
        (lambda folder: TlsFiles(cert=str(folder)), "is a directory"),
        (lambda folder: with_more(folder, sni=(("x", f"{folder}/x.crt", None),)), "x.crt is not there"),
        (nonsense, "are no certificate and key in PEM"),
        (mismatch, "two.key does not belong to the certificate"),
        (lambda folder: encrypted(folder, None), "is encrypted; give its password"),
        (lambda folder: encrypted(folder, "wrong"), "the password does not open the key"),
        (lambda folder: with_more(folder, ciphers="NOTHING"), "no cipher suite of 'NOTHING'"),
        (lambda folder: with_more(folder, client_ca=f"{folder}/ca.pem"), "holds no client authorities"),
    ],
)
def test_files_that_cannot_be_used_are_a_mistake_in_one_line(
    tmp_path: Path, make: Callable[[Path], TlsFiles], why: str
) -> None:
    """Each says which file it is and what is wrong with it; nothing waits for a password at the terminal."""
    with pytest.raises(ConfigError) as caught:
        ServerTls(make(tmp_path))
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs Linux: root, to give up its rights")
def test_a_file_that_may_not_be_read_is_told_as_such(tmp_path: Path) -> None:
    """Keys belong to root more often than not."""
    files = write(tmp_path, "site", "site.example")
    for path in (tmp_path, *tmp_path.parents[:-2]):
        with contextlib.suppress(PermissionError):
            path.chmod(0o755)
    Path(files.key or "").chmod(0o600)
    child = os.fork()
    if child == 0:
        os.setresuid(65534, 65534, 65534)
        try:
            ServerTls(files)
        except ConfigError as error:
            os._exit(0 if "site.key may not be read by this user" in str(error) else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_password_opens_the_key(tmp_path: Path) -> None:
    """An encrypted key with the right password is a key like any other; no repr tells the password."""
    files = encrypted(tmp_path, PASSWORD)
    ServerTls(files)
    assert PASSWORD not in repr(files)


@pytest.mark.parametrize(
    ("first", "last", "complaint"), [(-3, -1, "has expired"), (1, 3, "is not valid yet"), (-1, 1, None)]
)
def test_dates_that_clients_refuse_are_warned_about(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, first: int, last: int, complaint: str | None
) -> None:
    """An expired certificate serves (there may be no other), with a warning."""
    now = dt.datetime.now(dt.UTC)
    begin, end = (now + dt.timedelta(days=days) for days in (first, last))
    ServerTls(write(tmp_path, "site", "site.example", not_before=begin, not_after=end))
    assert [record.getMessage() for record in caplog.records] == (
        [f"the certificate {tmp_path}/site.crt {complaint}"] if complaint else []
    )


def test_old_versions_are_refused(tmp_path: Path) -> None:
    """Below TLS 1.2 there is no handshake."""
    context = ServerTls(write(tmp_path, "site", "site.example")).context
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert ssl.OP_NO_RENEGOTIATION in context.options
    assert ssl.OP_NO_COMPRESSION in context.options


def test_a_connection_of_another_context_has_no_certificate_to_tell() -> None:
    """The extension's None: somebody else's context does not say what it showed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("site.example").configure_cert(context)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(to_server, to_client, server_side=True)
    client = client_context().wrap_bio(to_client, to_server, server_hostname="site.example")
    for end in (client, server) * 2:
        with contextlib.suppress(ssl.SSLWantReadError):
            end.do_handshake()
    assert tls_extension(server) == {
        "server_cert": None,
        "client_cert_chain": [],
        "client_cert_name": None,
        "client_cert_error": None,
        "tls_version": 0x0304,
        "cipher_suite": None,
    }
