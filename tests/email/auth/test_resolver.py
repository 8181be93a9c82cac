import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from interfaces.email.auth import resolver
from interfaces.email.auth.resolver import NOTHING, Answer, Dns, Unanswered, labels
from interfaces.email.auth.zone import Zone
from interfaces.shared.errors import ConfigError
from tests.email.auth.dns_server import Server, serving

LONG = "v=DKIM1; p=" + "A" * 3000
ZONE = {
    "example.org": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"], "MX": ["b.example.org",
    "a.example.org"], "TXT": ["one", "t\u00e4xt"]},
    "1.2.0.192.in-addr.arpa": {"PTR": ["mx.example.org"]},
    "long.example.org": {"TXT": [LONG]},
    "null.example.org": {"MX": [""]},
    "xn--bcher-kva.example": {"A": ["192.0.2.9"]},
    "odd\\label.example.org": {"A": ["192.0.2.8"]},
}  # fmt: skip


def with_dns(test: Callable[[Dns, Server], Coroutine[Any, Any, None]], timeout: float = 20.0) -> None:
    """Run ``test`` with a resolver that asks a server of ZONE."""

    async def run() -> None:
        async with serving(Zone(ZONE, broken=["broken.example"])) as server:
            await test(Dns([server.address], timeout), server)

    asyncio.run(run())


def test_answers() -> None:
    """Records come as text, names without a dot at their end; a name without such records exists, another does not."""

    async def ask(dns: Dns, server: Server) -> None:
        assert await dns.ask("example.org", "A") == Answer(("192.0.2.1",))
        assert await dns.ask("Example.ORG.", "AAAA") == Answer(("2001:db8::1",))
        assert {*(await dns.ask("example.org", "MX")).records} == {"b.example.org", "a.example.org"}
        assert {*(await dns.ask("example.org", "TXT")).records} == {"one", "t\u00e4xt"}
        assert await dns.ask("1.2.0.192.in-addr.arpa", "PTR") == Answer(("mx.example.org",))
        assert await dns.ask("null.example.org", "MX") == Answer(("",))
        assert await dns.ask("b\u00fccher.example", "A") == Answer(("192.0.2.9",))
        assert await dns.ask("long.example.org", "A") == Answer()
        assert await dns.ask("nobody.example.org", "A") == NOTHING

    with_dns(ask)


def test_what_is_no_name_is_not_asked() -> None:
    """Empty and long labels, long names and what IDNA refuses exist nowhere."""

    async def ask(dns: Dns, server: Server) -> None:
        for name in (
            "",
            "a..b",
            "x" * 64 + ".example",
            "a." * 127 + "example",
            "\u00e4" * 200,
            ".",
            "\u00ad.example",
        ):
            assert await dns.ask(name, "A") == NOTHING
        assert server.asked == []

    with_dns(ask)


def test_an_answer_is_remembered() -> None:
    """The same question within its time to live is asked once."""

    async def ask(dns: Dns, server: Server) -> None:
        for _ in range(3):
            await dns.ask("example.org", "A")
        assert server.asked == ["A example.org"]

    with_dns(ask)


def test_a_large_answer_comes_over_tcp() -> None:
    """What does not fit into a datagram is asked for again over TCP."""

    async def ask(dns: Dns, server: Server) -> None:
        assert await dns.ask("long.example.org", "TXT") == Answer((LONG,))
        assert server.tcp == 1

    with_dns(ask)


@pytest.mark.parametrize("kind", ["deaf", "mad"])
def test_a_server_that_says_nothing_or_garbage(kind: str) -> None:
    """No answer, or one that is none, is told as such once its time is over."""

    async def ask(dns: Dns, server: Server) -> None:
        setattr(server, kind, (".bad.example",))
        with pytest.raises(Unanswered, match=r"A x\.bad\.example"):
            await dns.ask("x.bad.example", "A")

    with_dns(ask, 0.2)


def test_a_server_that_cannot() -> None:
    """SERVFAIL is no answer, in one line."""

    async def ask(dns: Dns, server: Server) -> None:
        with pytest.raises(Unanswered) as raised:
            await dns.ask("x.broken.example", "TXT")
        assert "\n" not in str(raised.value)

    with_dns(ask)


@pytest.mark.parametrize(
    "text", ["localhost", "127.0.0.1:0", "127.0.0.1:x", "[::1", "127.0.0.1:65536", "", ":53"]
)
def test_servers_that_are_none(text: str) -> None:
    """A server is an address, with a port or not."""
    with pytest.raises(ConfigError, match="--email-dns"):
        Dns([text])


def test_ways_to_write_a_server() -> None:
    """Addresses of both versions, with and without a port; none means those of the system."""
    found = Dns(["192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:5353"])._resolver.nameservers
    assert [(one.address, one.port) for one in found] == [
        ("192.0.2.1", 53), ("192.0.2.1", 5353), ("2001:db8::1", 53), ("2001:db8::1", 5353),
    ]  # fmt: skip


def test_the_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without dnspython, whoever needs it is told what to install."""
    monkeypatch.setitem(sys.modules, "dns.name", None)
    with pytest.raises(ConfigError, match=r"asgi-interfaces\[email-auth\]"):
        Dns()


def test_a_system_without_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system names none, they have to be named."""
    import dns.resolver

    def none(*_: Any, **__: Any) -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr("dns.asyncresolver.Resolver", none)
    with pytest.raises(ConfigError, match="name some"):
        Dns()


def test_questions_are_bounded() -> None:
    """No more are on their way at once than the limit; a thousand at once are answered all the same."""

    async def ask(dns: Dns, server: Server) -> None:
        assert dns._turns._value == resolver.AT_ONCE
        found = await asyncio.gather(*(dns.ask(f"n{n}.example.org", "A") for n in range(400)))
        assert found == [NOTHING] * 400

    with_dns(ask)


def test_labels() -> None:
    """Labels are bytes as the DNS has them."""
    assert labels("a_b.Example.org.") == [b"a_b", b"Example", b"org"]
    assert labels(".".join(["x" * 49] * 5) + ".abc") is not None  # 253 characters
    assert labels(".".join(["x" * 49] * 5) + ".abcd") is None
