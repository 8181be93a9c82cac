"""Whose word about clients is taken, and what of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.shared.errors import ConfigError
from interfaces.shared.proxy import Origin, Trusted, forwarded

PEER = ("10.0.0.1", 40000)
NEAR = Trusted.parse(["10.0.0.0/8", "2001:db8::/32"])
RFC7239 = Trusted.parse(["10.0.0.0/8", "2001:db8::/32"], "forwarded")


def asked(trusted: Trusted, *headers: tuple[str, str], scheme: str = "http") -> Origin:
    """What is known of a request that PEER passed on."""
    pairs = [(name.encode(), value.encode()) for name, value in headers]
    return forwarded(pairs, PEER, scheme, trusted)


@pytest.mark.parametrize(
    ("texts", "host", "answer"),
    [
        ([], "127.0.0.1", False),
        (["127.0.0.1"], "127.0.0.1", True),
        (["127.0.0.1"], "127.0.0.2", False),
        ([" 10.0.0.0/8 "], "10.255.0.1", True),
        (["10.0.0.0/8"], "::ffff:10.0.0.1", True),
        (["10.0.0.0/8"], "nonsense", False),
        (["10.0.0.0/8"], None, False),
        (["::1"], "::1", True),
        (["fe80::/10"], "fe80::1%eth0", True),
        (["unix"], None, True),
        (["unix"], "", True),
        (["unix"], "/run/x.sock", True),
        (["unix"], "127.0.0.1", False),
        (["*"], "203.0.113.5", True),
        (["*"], None, True),
    ],
)
def test_trust_is_by_address_network_unix_socket_or_for_everyone(
    texts: list, host: str | None, answer: bool
) -> None:
    """Nobody is trusted until named; an IPv4 address counts in its IPv6 dress, too."""
    trusted = Trusted.parse(texts)
    assert (host in trusted) is answer
    assert bool(trusted) is bool(texts)


@pytest.mark.parametrize("text", ["10.0.0.1/8", "localhost", "10.0.0.0/33", ""])
def test_trust_in_nonsense_is_a_mistake(text: str) -> None:
    """A network with host bits, a name or nothing is told, not ignored."""
    with pytest.raises(ConfigError, match="trusted proxies"):
        Trusted.parse([text])


def test_an_untrusted_peer_is_not_listened_to() -> None:
    """Headers of anybody else change nothing."""
    headers = [
        (b"x-forwarded-for", b"1.2.3.4"),
        (b"x-forwarded-proto", b"https"),
        (b"forwarded", b"for=1.2.3.4"),
    ]
    for trusted in (Trusted(), Trusted.parse(["10.9.9.9"]), Trusted.parse(["*"], "off")):
        assert forwarded(headers, PEER, "http", trusted) == Origin(client=PEER, scheme="http")


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        ("203.0.113.5", ("203.0.113.5", 0)),
        ("203.0.113.5:1234", ("203.0.113.5", 1234)),
        ("2001:db9::1", ("2001:db9::1", 0)),
        ("[2001:db9::1]:1234", ("2001:db9::1", 1234)),
        ("6.6.6.6, 203.0.113.5", ("203.0.113.5", 0)),
        ("6.6.6.6, 203.0.113.5, 10.0.0.2", ("203.0.113.5", 0)),
        ("6.6.6.6,10.0.0.3,10.0.0.2", ("6.6.6.6", 0)),
        ("10.0.0.3, 10.0.0.2", ("10.0.0.3", 0)),
        ("203.0.113.5, unknown, 10.0.0.2", ("10.0.0.2", 0)),
        ("203.0.113.5, ", PEER),
        ("<script>", PEER),
        ("", PEER),
    ],
)
def test_the_client_is_the_rightmost_address_that_is_not_trusted(chain: str, client: tuple) -> None:
    """What a client writes itself stands left of what our proxies write, and is never reached."""
    assert asked(NEAR, ("x-forwarded-for", chain)).client == client


def test_lines_of_one_header_are_one_list() -> None:
    """RFC 9110 §5.3: repeated lines join in order."""
    headers = [("x-forwarded-for", chain) for chain in ("6.6.6.6", "203.0.113.5", "10.0.0.2")]
    assert asked(NEAR, *headers).client == ("203.0.113.5", 0)


@pytest.mark.parametrize(
    ("headers", "scheme", "host"),
    [
        ([("x-forwarded-proto", "https")], "https", None),
        ([("x-forwarded-proto", "HTTPS"), ("x-forwarded-host", "example.org")], "https", "example.org"),
        ([("x-forwarded-proto", "javascript"), ("x-forwarded-host", "a b")], "http", None),
        ([("x-forwarded-host", "example.org"), ("x-forwarded-port", "8443")], "http", "example.org:8443"),
        ([("x-forwarded-host", "example.org"), ("x-forwarded-port", "443")], "http", "example.org"),
        ([("x-forwarded-host", "example.org:81"), ("x-forwarded-port", "8443")], "http", "example.org:81"),
        ([("x-forwarded-host", "[2001:db8::1]"), ("x-forwarded-port", "81")], "http", "[2001:db8::1]:81"),
        ([("x-forwarded-host", "example.org"), ("x-forwarded-port", "x")], "http", "example.org"),
        ([("x-forwarded-for", "9.9.9.9"), ("x-forwarded-proto", "https, http")], "http", None),
        ([("x-forwarded-for", "9.9.9.9, 10.0.0.2"), ("x-forwarded-proto", "https, http")], "https", None),
        ([("x-forwarded-for", "9.9.9.9, 10.0.0.2"), ("x-forwarded-proto", "https")], "https", None),
    ],
)
def test_scheme_and_host_come_from_the_farthest_trusted_hop(headers: list, scheme: str, host: object) -> None:
    """Lists are walked beside that of the addresses; what is no scheme or host counts as absent."""
    origin = asked(NEAR, *headers)
    assert (origin.scheme, origin.host) == (scheme, host)


@pytest.mark.parametrize(
    ("scheme", "said", "answer"),
    [
        ("ws", "https", "wss"),
        ("wss", "http", "ws"),
        ("ws", "wss", "wss"),
        ("ws", "", "ws"),
        ("http", "wss", "https"),
        ("https", "ws", "http"),
    ],
)
def test_a_websocket_stays_one_and_a_request_too(scheme: str, said: str, answer: str) -> None:
    """Proxies say http and https for WebSockets, some ws and wss; only whether it is secure is taken over."""
    assert asked(NEAR, ("x-forwarded-proto", said), scheme=scheme).scheme == answer


@pytest.mark.parametrize(
    ("lines", "client", "scheme", "host"),
    [
        (["for=203.0.113.5"], ("203.0.113.5", 0), "http", None),
        (['For="[2001:db9::1]:4711";Proto=https'], ("2001:db9::1", 4711), "https", None),
        (['for=9.9.9.9; proto=https ;host="a.example:81"'], ("9.9.9.9", 0), "https", "a.example:81"),
        (["for=6.6.6.6, for=203.0.113.5, for=10.0.0.2"], ("203.0.113.5", 0), "http", None),
        (["for=6.6.6.6", "for=203.0.113.5"], ("203.0.113.5", 0), "http", None),
        (["for=9.9.9.9;proto=https, for=10.0.0.2;proto=http"], ("9.9.9.9", 0), "https", None),
        (["for=9.9.9.9, for=10.0.0.2;proto=https"], ("9.9.9.9", 0), "https", None),
        (["for=9.9.9.9, for=_hidden"], PEER, "http", None),
        (["for=unknown;proto=https"], PEER, "https", None),
        (["proto=https;host=example.org"], PEER, "https", "example.org"),
        (['for="\\203.0.113.5"'], ("203.0.113.5", 0), "http", None),
        (['for=6.6.6.6;by="', "for=203.0.113.5"], ("203.0.113.5", 0), "http", None),
        (['for=6.6.6.6;by=", for=203.0.113.5'], PEER, "http", None),
        (["for=203.0.113.5 proto=https"], PEER, "http", None),
        (["for=203.0.113.5;for=6.6.6.6"], PEER, "http", None),
        (["for"], PEER, "http", None),
        ([""], PEER, "http", None),
    ],
)
def test_forwarded_is_read_as_rfc_7239_has_it(lines: list, client: tuple, scheme: str, host: object) -> None:
    """Quoted strings, brackets and hidden names; a line that breaks the grammar hides what is left of it."""
    origin = asked(RFC7239, *[("forwarded", line) for line in lines])
    assert origin == Origin(client=client, scheme=scheme, host=host)


def test_the_two_families_are_never_mixed() -> None:
    """A proxy that sets one family passes the other through as a client wrote it, so that one is not read."""
    both = [("x-forwarded-for", "203.0.113.5"), ("forwarded", "for=6.6.6.6;proto=https;host=evil.example")]
    assert asked(NEAR, *both) == Origin(client=("203.0.113.5", 0), scheme="http")
    both = [("forwarded", "for=203.0.113.5"), ("x-forwarded-for", "6.6.6.6"), ("x-forwarded-proto", "https")]
    assert asked(RFC7239, *both) == Origin(client=("203.0.113.5", 0), scheme="http")


@given(st.text(alphabet='fFor=;,"\\ 12.:[]_prot', max_size=60), st.sampled_from([NEAR, RFC7239]))
def test_what_a_client_writes_never_hides_what_our_proxy_adds(written: str, trusted: Trusted) -> None:
    """Whatever line comes from outside, the line of our proxy after it decides."""
    name, line = ("forwarded", "for=9.9.9.9") if trusted is RFC7239 else ("x-forwarded-for", "9.9.9.9")
    assert asked(trusted, (name, written), (name, line)).client == ("9.9.9.9", 0)
