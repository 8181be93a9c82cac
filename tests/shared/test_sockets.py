"""Sockets from binds, on the loopback and in temporary folders."""

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from interfaces.shared.bind import Address, parse_bind
from interfaces.shared.errors import ConfigError
from interfaces.shared.sockets import address_of, open_sockets, take_socket


def has_ipv6() -> bool:
    """Whether ::1 is there."""
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="needs IPv6 on this machine")


@pytest.fixture
def opened() -> Iterator[list[socket.socket]]:
    """Where a test puts what is to be closed."""
    sockets: list[socket.socket] = []
    yield sockets
    for sock in sockets:
        sock.close()


def opening(text: str, into: list[socket.socket], **more: object) -> list[socket.socket]:
    """Open a bind for the length of the test."""
    found = open_sockets(parse_bind(text, 0), **more)
    into += found
    return found


def refusal(text: str, **more: object) -> str:
    """The one line that the bind is refused with."""
    with pytest.raises(ConfigError) as caught:
        open_sockets(parse_bind(text, 0), **more)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_tcp_socket_listens_does_not_block_and_is_not_inherited(opened: list) -> None:
    """One address gives one socket that a client reaches, with the flags a server needs."""
    (sock,) = opening("127.0.0.1:0", opened)
    assert sock.getblocking() is False
    assert sock.get_inheritable() is False
    assert address_of(sock, tls=True) == Address(
        kind="tcp", host="127.0.0.1", port=sock.getsockname()[1], tls=True
    )
    with socket.create_connection(sock.getsockname()):
        pass


@needs_ipv6
@pytest.mark.parametrize("text", ["localhost:0", ":0"])
def test_names_and_every_address_mean_both_families_on_one_port(text: str, opened: list) -> None:
    """Port 0 becomes the same port for IPv4 and IPv6, and the IPv6 socket takes no IPv4."""
    found = opening(text, opened)
    assert [sock.family for sock in found] == [socket.AF_INET, socket.AF_INET6]
    assert len({sock.getsockname()[1] for sock in found}) == 1
    assert found[1].getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 1


@needs_ipv6
def test_a_port_that_one_family_lacks_is_sought_again(opened: list, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the first free port of IPv4 is taken for IPv6, another one is found for both."""
    (taken,) = opening("[::1]:0", opened)
    once = [taken.getsockname()[1]]

    class First(socket.socket):
        def bind(self, address: tuple) -> None:
            if self.family == socket.AF_INET and once:
                address = (address[0], once.pop())
            super().bind(address)

    monkeypatch.setattr(socket, "socket", First)
    found = opening("localhost:0", opened)
    assert not once
    assert len({sock.getsockname()[1] for sock in found} - {taken.getsockname()[1]}) == 1


def test_a_port_in_use_is_told_with_its_number(opened: list) -> None:
    """The commonest mistake has the clearest line."""
    (sock,) = opening("127.0.0.1:0", opened)
    port = sock.getsockname()[1]
    assert f"port {port} on 127.0.0.1 is in use" in refusal(f"127.0.0.1:{port}")


def test_two_sockets_share_a_port_when_asked(opened: list) -> None:
    """SO_REUSEPORT lets each worker have its own socket."""
    (first,) = opening("127.0.0.1:0", opened, reuse_port=True)
    (second,) = opening(f"127.0.0.1:{first.getsockname()[1]}", opened, reuse_port=True)
    assert first.getsockname() == second.getsockname()


def test_an_address_of_another_machine_is_refused() -> None:
    """RFC 5737's addresses are nobody's."""
    assert "no address of this machine" in refusal("192.0.2.1:8000")


def test_a_port_that_is_not_allowed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the right to low ports the line says which ones there is a right to."""

    class Forbidden(socket.socket):
        def bind(self, address: object) -> None:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "socket", Forbidden)
    assert "above 1023" in refusal("127.0.0.1:80")


class Limited(socket.socket):
    """A socket whose bind fails as if the machine were another one."""

    fails: dict[int, int]
    """Address family → errno."""

    def bind(self, address: object) -> None:
        if self.family in self.fails:
            raise OSError(self.fails[self.family], os.strerror(self.fails[self.family]))
        super().bind(address)


@pytest.mark.parametrize("text", ["localhost:0", ":0"])
def test_a_family_that_is_not_there_is_left_out(
    text: str, opened: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without IPv6 serves IPv4."""
    fails = {socket.AF_INET6: errno.EADDRNOTAVAIL}
    monkeypatch.setattr(socket, "socket", type("NoIPv6", (Limited,), {"fails": fails}))
    assert [sock.family for sock in opening(text, opened)] == [socket.AF_INET]


@pytest.mark.parametrize(
    ("text", "number", "why"),
    [
        ("localhost:0", errno.EADDRINUSE, "no port that is free for IPv4 and IPv6 alike"),
        ("127.0.0.1:80", errno.EIO, "cannot be had"),
    ],
)
def test_other_failures_are_told_too(
    text: str, number: int, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No port for both families after many tries, and what nobody has thought of."""
    monkeypatch.setattr(socket, "socket", type("No", (Limited,), {"fails": {socket.AF_INET: number}}))
    assert why in refusal(text)


def test_a_host_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that does not resolve is the operator's mistake."""

    def unknown(*_args: object, **_more: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "nowhere.invalid is not known here" in refusal("nowhere.invalid:80")


def test_datagrams_are_bound_and_not_listened_on(opened: list) -> None:
    """A udp bind receives datagrams."""
    (sock,) = opening("udp:127.0.0.1:0", opened)
    assert address_of(sock).kind == "udp"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"hello", sock.getsockname())
    sock.setblocking(True)
    assert sock.recv(10) == b"hello"


def test_a_unix_socket_has_its_mode_and_goes_with_its_maker(tmp_path: Path, opened: list) -> None:
    """The file is there with the permissions asked for while the socket is open, and not after."""
    path = tmp_path / "x.sock"
    (sock,) = opening(f"unix:{path}?mode=620", opened)
    assert path.stat().st_mode & 0o777 == 0o620
    assert address_of(sock) == Address(kind="unix", path=str(path))
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    sock.close()
    assert not path.exists()


def test_a_unix_socket_is_not_taken_away_by_a_fork(tmp_path: Path, opened: list) -> None:
    """A child process that closes its copy leaves the file to the one that made it."""
    path = tmp_path / "x.sock"
    (sock,) = opening(f"unix:{path}", opened)
    child = os.fork()
    if child == 0:
        sock.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert path.exists()


def test_a_file_put_in_the_place_of_the_socket_stays(tmp_path: Path, opened: list) -> None:
    """Closing removes what we made, never what somebody made after us."""
    path = tmp_path / "x.sock"
    (sock,) = opening(f"unix:{path}", opened)
    (tmp_path / "other").write_text("precious")
    (tmp_path / "other").rename(path)
    sock.close()
    assert path.read_text() == "precious"


def test_a_socket_whose_file_is_gone_closes(tmp_path: Path, opened: list) -> None:
    """Somebody has cleaned up before us."""
    (sock,) = opening(f"unix:{tmp_path}/x.sock", opened)
    (tmp_path / "x.sock").unlink()
    sock.close()
    assert sock.fileno() == -1


def test_a_unix_socket_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    """A datagram socket such as /dev/log cannot be tried as a stream, and stays."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(f"{tmp_path}/x.sock")
        assert "cannot tell whether" in refusal(f"unix:{tmp_path}/x.sock")
    assert (tmp_path / "x.sock").exists()


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="needs Linux: netlink")
def test_a_socket_of_a_strange_family_is_known_by_its_number() -> None:
    """What has neither port nor path prints as the descriptor it was given as."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as sock:
        assert str(address_of(sock)) == f"fd:{sock.fileno()}"


def test_a_stale_unix_socket_is_replaced(tmp_path: Path, opened: list) -> None:
    """What a killed server left behind does not keep the next one from starting."""
    path = tmp_path / "x.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    opening(f"unix:{path}", opened)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_a_unix_socket_in_use_is_left_alone(tmp_path: Path, opened: list) -> None:
    """A live server keeps its path."""
    opening(f"unix:{tmp_path}/x.sock", opened)
    assert "another process listens" in refusal(f"unix:{tmp_path}/x.sock")


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    """A path that was mistyped costs nobody a file."""
    (tmp_path / "settings.py").write_text("precious")
    assert "is no socket" in refusal(f"unix:{tmp_path}/settings.py")
    assert (tmp_path / "settings.py").read_text() == "precious"


@pytest.mark.parametrize("path", ["missing/x.sock", "x" * 200])
def test_an_impossible_path_is_told(path: str, tmp_path: Path) -> None:
    """A folder that is not there, or a path over the 108 bytes of AF_UNIX."""
    assert "cannot be made" in refusal(f"unix:{tmp_path}/{path}")


def test_an_endpoint_of_twisted_has_no_sockets() -> None:
    """Whoever wants to hand sockets on is told that a kind that is not ours gives none."""
    assert "through Twisted" in refusal("endpoint:onion:80")


def test_a_descriptor_is_taken_over() -> None:
    """A socket that another process bound is listened on, whether it was before or not."""
    with closing(socket.socket()) as made:
        made.bind(("127.0.0.1", 0))
        with take_socket(os.dup(made.fileno())) as sock:
            assert sock.getsockname() == made.getsockname()
            assert sock.get_inheritable() is False
            with socket.create_connection(sock.getsockname()):
                pass


def test_descriptors_that_cannot_listen_are_refused_and_stay_open(tmp_path: Path) -> None:
    """A file, an end of a connection, a socket bound to nothing and a closed number are mistakes."""
    left, right = socket.socketpair()
    with (tmp_path / "file").open("w") as file, left, right, socket.socket() as loose:
        for fd in (file.fileno(), left.fileno(), loose.fileno(), 4095):
            assert f"fd:{fd}: no socket that can listen" in refusal(f"fd:{fd}")
        right.sendall(b"still here")
        assert left.recv(20) == b"still here"


ACTIVATED = """
import os, sys
from interfaces.shared.bind import parse_bind
from interfaces.shared.sockets import open_sockets
for text in sys.argv[1:]:
    print(*[sock.getsockname()[1] for sock in open_sockets(parse_bind(text, 0))])
"""


def test_systemd_passes_sockets_by_number_and_name() -> None:
    """A process started with LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES finds its sockets from number 3 on."""
    with socket.create_server(("127.0.0.1", 0)) as web, socket.create_server(("127.0.0.1", 0)) as mail:
        script = (
            f"exec 3<&{web.fileno()} 4<&{mail.fileno()}; "
            'export LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=web:mail; exec "$0" -c "$@"'
        )
        for binds, wanted in (
            (["systemd:mail", "systemd:web"], [[mail], [web]]),
            (["systemd:"], [[web, mail]]),
            (["systemd:domain=INET:index=1"], [[mail]]),
        ):
            done = subprocess.run(
                ["bash", "-c", script, sys.executable, ACTIVATED, *binds],
                pass_fds=(web.fileno(), mail.fileno()),
                capture_output=True,
                text=True,
                check=True,
                timeout=30,
            )
            ports = [[sock.getsockname()[1] for sock in sockets] for sockets in wanted]
            assert [[int(port) for port in line.split()] for line in done.stdout.splitlines()] == ports


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({}, "passed no sockets"),
        ({"LISTEN_PID": "1", "LISTEN_FDS": "1"}, "passed no sockets"),
        ({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "x"}, "passed no sockets"),
        ({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "mail"}, "(mail)"),
        ({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "0"}, "not among"),
    ],
)
def test_sockets_that_systemd_did_not_pass_are_a_mistake(environ: dict, why: str) -> None:
    """Variables meant for another process, or another name, are told apart."""
    assert why in refusal("systemd:web", environ=environ)
