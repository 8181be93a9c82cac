"""The sockets a supervisor holds for its workers."""

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from interfaces.email.interface import Email, EmailOptions
from interfaces.irc.interface import Irc, IrcOptions
from interfaces.runner.binds import Held, binds_of
from interfaces.runner.options import ServeOptions
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import option


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """Options with several binds."""

    bind: tuple[str, ...] = option(("127.0.0.1:8025",), "where")


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """Options with one."""

    bind: str = option("127.0.0.1:8025", "where")


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """Options of an interface that dials."""

    server: str = option("", "whom to dial")


class Fake:
    """An interface, as far as its binds are concerned."""

    single = ""
    together = ""

    def __init__(self, options: Any, *more: tuple[str, int], alone: bool = True, beside: bool = True) -> None:
        self.options = options
        self.more = list(more)
        self.listening = {False: alone, True: beside}

    def listens(self, *, http: bool) -> bool:
        return self.listening[http]

    def more_binds(self, *, http: bool) -> list[tuple[str, int]]:
        return [] if http else self.more


def held(*binds: str, **options: Any) -> Held:
    """What is held for these binds."""
    return Held([Fake(Several(bind=binds))], ServeOptions(**options))


def ports(held: Held, number: int) -> list[int]:
    """The ports of one worker."""
    found = []
    for fds in held.of(number).values():
        for fd in fds:
            sock = socket.socket(fileno=fd)
            found.append(sock.getsockname()[1])
            sock.detach()
    return found


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (Several(bind=("a", "b:1")), [("a", 8025), ("b:1", 8025)]),
        (One(bind="unix:/x"), [("unix:/x", 8025)]),
        (One(bind=""), []),
        (Without(), []),
    ],
)
def test_binds_come_with_the_port_of_the_default(options: Any, found: list[tuple[str, int]]) -> None:
    """Whatever shape the option has; none where there is no such option, or nothing in it."""
    assert binds_of(Fake(options)) == found


def test_an_interface_may_listen_elsewhere_too() -> None:
    """Workers share that as well, unless HTTP takes its place."""
    fake = Fake(Several(bind=("127.0.0.1:0",)), ("localhost:0", 8024))
    assert binds_of(fake) == [("127.0.0.1:0", 8025), ("localhost:0", 8024)]
    assert binds_of(fake, http=True) == [("127.0.0.1:0", 8025)]
    with Held([fake], ServeOptions(workers=2)) as sockets:
        assert {*sockets.of(1)} == {"127.0.0.1:0", "localhost:0"} and sockets.of(1) == sockets.of(2)
    with Held([fake], ServeOptions(workers=2), http=True) as sockets:
        assert {*sockets.of(1)} == {"127.0.0.1:0"}


@pytest.mark.parametrize(("alone", "beside"), [(True, True), (True, False), (False, True), (False, False)])
def test_an_interface_says_whether_it_listens_on_its_bind(alone: bool, beside: bool) -> None:
    """By itself and beside HTTP, which may answer its paths; where else it listens is another matter."""
    fake = Fake(Several(bind=("127.0.0.1:0",)), ("localhost:0", 8024), alone=alone, beside=beside)
    own, more = [("127.0.0.1:0", 8025)], [("localhost:0", 8024)]
    assert binds_of(fake) == (own if alone else []) + more
    assert binds_of(fake, http=True) == (own if beside else [])
    with Held([fake], ServeOptions(workers=2), http=True) as sockets:
        assert [*sockets.of(1)] == [*sockets.of(2)] == (["127.0.0.1:0"] if beside else [])


def test_a_port_that_nobody_listens_on_is_not_taken() -> None:
    """Several workers of an interface that is mounted hold no socket for it, though its bind is in use."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        fake = Fake(Several(bind=(bind,)), beside=False)
        with Held([fake], ServeOptions(workers=2), http=True) as sockets:
            assert sockets.of(1) == {}
        with pytest.raises(ConfigError, match="in use"):
            Held([fake], ServeOptions(workers=2))


def test_all_workers_share_the_same_sockets() -> None:
    """One port for all, open until they are closed."""
    with held("127.0.0.1:0", workers=3) as sockets:
        assert sockets.of(1) == sockets.of(2) == sockets.of(3)
        (port,) = ports(sockets, 1)
        socket.create_connection(("127.0.0.1", port)).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_reuse_port_gives_each_a_socket_on_the_same_port() -> None:
    """Port 0 is chosen once; descriptors differ."""
    with held("127.0.0.1:0", workers=3, reuse_port=True) as sockets:
        assert len({sockets.of(number)["127.0.0.1:0"] for number in (1, 2, 3)}) == 3
        assert len({port for number in (1, 2, 3) for port in ports(sockets, number)}) == 1


def test_a_unix_socket_is_shared_even_then(tmp_path: Path) -> None:
    """There is no second socket for one path."""
    text = f"unix:{tmp_path / 's'}"
    with held(text, "127.0.0.1:0", workers=2, reuse_port=True) as sockets:
        assert sockets.of(1)[text] == sockets.of(2)[text]
        assert sockets.of(1)["127.0.0.1:0"] != sockets.of(2)["127.0.0.1:0"]
    assert not (tmp_path / "s").exists()


def test_one_address_twice_is_refused() -> None:
    """Two listeners on "127.0.0.1:0" could not be told apart by their workers."""
    with pytest.raises(ConfigError, match="need each address once"):
        held("127.0.0.1:0", "127.0.0.1:0")


def test_what_twisted_listens_on_cannot_be_shared() -> None:
    """Such an endpoint is no socket that could be handed over; one worker alone opens it itself."""
    with pytest.raises(ConfigError, match="workers cannot share what Twisted listens on"):
        held("endpoint:onion:80", workers=2)
    with held("endpoint:onion:80", reload=True) as sockets:
        assert sockets.of(1) == {}


@pytest.mark.parametrize("layer", ["", "local:", "local:?capacity=9"])
def test_what_processes_do_together_needs_a_broker(layer: str) -> None:
    """A gateway of IRC in two processes has one list of who is there: by a layer that they share."""
    gateway = Irc(IrcOptions(bind=("127.0.0.1:0",)))
    with pytest.raises(ConfigError, match="one list of who is there: use --workers 1, or a --layer with a"):
        Held([gateway], ServeOptions(workers=2, layer=layer))
    for options in (ServeOptions(workers=2, layer="redis://host"), ServeOptions(layer=layer)):
        Held([gateway], options).close()


def test_what_one_process_does_alone_is_told_at_the_start() -> None:
    """Else the second worker would end again and again; one worker may have it."""
    options = EmailOptions(bind=("127.0.0.1:0",), hostname="mx.example", send="memory:x", send_spool="sp")
    with pytest.raises(ConfigError, match="--email-send-spool is of one process: use --workers 1"):
        Held([Email(options)], ServeOptions(workers=2))
    with Held([Email(options)], ServeOptions(reload=True)) as sockets:
        assert len(sockets.of(1)) == 1


def test_what_cannot_be_opened_leaves_nothing_open() -> None:
    """A port in use is a ConfigError, and the sockets before it are closed."""
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as free:
        first, second = free.getsockname()[1], taken.getsockname()[1]
        free.close()
        with pytest.raises(ConfigError, match="in use"):
            held(f"127.0.0.1:{first}", f"127.0.0.1:{second}")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", first))
