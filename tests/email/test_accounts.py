"""interfaces.email.accounts: logging in, by functions of both kinds, and what only users may do."""

import asyncio
import base64

import pytest

from interfaces.email import secure
from interfaces.email.accounts import Accounts
from interfaces.email.scram import stored
from interfaces.shared.errors import ConfigError
from tests.email.harness import EHLO, ENVELOPE, Bench, mail, scene
from tests.email.test_scram import Client

HERE = "tests.email.test_accounts"
ASKED = []


@pytest.fixture(autouse=True)
def fixture_at_once(monkeypatch):
    """No pause after a login that failed, and nobody asked yet."""
    monkeypatch.setattr(secure, "PAUSE", 0)
    ASKED.clear()


def blocking(user, password):
    """A plain function, as Django's."""
    ASKED.append((user, password))
    return password == "secret"


async def waiting(user, password):
    """A coroutine function."""
    return blocking(user, password)


class Wrapped:
    """A coroutine function in disguise."""

    def __call__(self, user, password):
        return waiting(user, password)


disguised = Wrapped()


def broken(user, password):
    """Its database is away."""
    raise OSError("no database")


def plain(user="me", password="secret"):
    """AUTH PLAIN at once."""
    return b"AUTH PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode()) + b"\r\n"


def bench_of(name="blocking", **options):
    """A service that knows accounts, where the network is trusted."""
    return Bench(auth=f"{HERE}:{name}", auth_unencrypted=True, **options)


async def answered(peer, data):
    """The codes of what comes back, once something does."""
    found = await peer.codes(data)
    while not found:
        found = await peer.codes()
    return found


@pytest.mark.parametrize("name", ["blocking", "waiting", "disguised"])
def test_a_function_of_any_kind_is_asked(name):
    """What it says decides, and the scope says who is there and how."""

    @scene
    async def main():
        async with bench_of(name) as bench:
            peer = await bench.greeted()
            assert await answered(peer, plain(password="wrong")) == [535]
            assert await answered(peer, plain()) == [235]
            assert ASKED == [("me", "wrong"), ("me", "secret")]
            assert bench.counted("email.logins_failed") == 1
            call = await bench.call(peer, mail())
            assert call.scope["auth"] == {"user": "me", "mechanism": "PLAIN"}
            await call.finish()
            assert await peer.codes(plain()) == [250, 503]

    main()


@scene
async def test_a_function_that_raises_is_a_temporary_failure():
    """The client may try again; it is not told why."""
    async with bench_of("broken") as bench:
        peer = await bench.greeted()
        assert await answered(peer, plain()) == [454]
        assert await peer.codes(ENVELOPE) == [250, 250]


@scene
async def test_without_tls_nobody_is_asked_for_a_password():
    """AUTH is neither offered nor taken."""
    async with Bench(auth=f"{HERE}:blocking") as bench:
        peer = bench.connect()
        assert b"AUTH" not in await peer.send(EHLO)
        assert await peer.codes(plain()) == [500]
        assert ASKED == []


@scene
async def test_only_who_has_logged_in_may_submit():
    """MAIL is refused until then."""
    async with bench_of(submission_bind=("127.0.0.1:0",)) as bench:
        peer = bench.connect(users=True)
        assert await peer.codes(EHLO) == [220, 250]
        assert await peer.codes(ENVELOPE) == [530, 503]
        assert await answered(peer, plain()) == [235]
        assert await peer.codes(ENVELOPE) == [250, 250]


@scene
async def test_a_client_that_leaves_while_it_is_asked_for_is_forgotten():
    """Nothing is said to nobody."""
    async with bench_of("waiting") as bench:
        peer = await bench.greeted()
        peer.feed(plain())
        peer.transport.protocol.connection_lost(None)
        while not ASKED:
            await bench.settle()
        assert peer.take() == b""


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("no.such.module:ask", "No module named"),
        (f"{HERE}:nothing", "has no attribute"),
        (f"{HERE}:ASKED", "list cannot be called"),
        (":ask", "module:function"),
        (HERE, "module:function"),
    ],
)
def test_a_function_that_is_not_there_is_said_in_one_line(spec, words):
    """And how to write it."""
    with pytest.raises(ConfigError, match=words) as caught:
        Accounts(spec)
    assert "\n" not in str(caught.value)


# --- keys ---

MINE = stored("secret", b"salt", 4096)


def keys(user):
    """What is stored of one user; of another, nonsense."""
    ASKED.append(user)
    return {"me": MINE, "odd": "nonsense"}.get(user)


async def keys_later(user):
    """The same by a coroutine function."""
    return keys(user)


def keys_away(user):
    """Its database is away."""
    raise OSError("no database")


def bench_of_keys(name="keys", **options):
    """A service that knows keys."""
    return Bench(auth_keys=f"{HERE}:{name}", auth_unencrypted=True, **options)


async def by_scram(peer, user="me", password="secret"):
    """Log in by SCRAM; the codes of the two last replies."""
    client = Client(user, password)
    said = await peer.send(b"AUTH SCRAM-SHA-256 " + base64.b64encode(client.first.encode()) + b"\r\n")
    while not said:
        await asyncio.sleep(0.001)
        said = peer.take()
    if not said.startswith(b"334"):
        return [int(said[:3])]
    final = client.final(base64.b64decode(said[4:]).decode())
    codes = await answered(peer, base64.b64encode(final.encode()) + b"\r\n")
    return codes + await answered(peer, b"\r\n") if codes == [334] else codes


@pytest.mark.parametrize("name", ["keys", "keys_later"])
@scene
async def test_a_password_is_proven_by_a_key(name):
    """EHLO offers it first; the scope names the mechanism; the password was never said."""
    async with bench_of_keys(name) as bench:
        peer = bench.connect()
        assert b"AUTH SCRAM-SHA-256 PLAIN LOGIN" in await peer.send(EHLO)
        assert await by_scram(peer) == [334, 235]
        call = await bench.call(peer)
        assert call.scope["auth"] == {"user": "me", "mechanism": "SCRAM-SHA-256"}
        await call.finish()


@pytest.mark.parametrize(
    ("user", "password", "code"), [("me", "wrong", 535), ("nobody", "secret", 535), ("odd", "secret", 454)]
)
@scene
async def test_who_cannot_prove_it_is_refused(user, password, code):
    """One who has no key at the same place as one who is wrong; a key that is none is nobody's fault but ours."""
    async with bench_of_keys() as bench:
        peer = await bench.greeted()
        assert await by_scram(peer, user, password) == [code]
        assert await peer.codes(ENVELOPE) == [250, 250]
        assert bench.counted("email.logins_failed") == (code == 535)


@scene
async def test_keys_are_enough_for_passwords_that_are_said():
    """PLAIN is compared with the key when no other function is there."""
    async with bench_of_keys() as bench:
        for password, code in (("secret", 235), ("wrong", 535)):
            assert await answered(await bench.greeted(), plain("me", password)) == [code]
        assert await answered(await bench.greeted(), plain("nobody")) == [535]


@scene
async def test_keys_that_cannot_be_had_are_try_again():
    """454, and the error is logged."""
    async with bench_of_keys("keys_away") as bench:
        assert await by_scram(await bench.greeted()) == [454]
        assert await answered(await bench.greeted(), plain()) == [454]


def known_to_postgresql(user):
    """A key as PostgreSQL makes it, with fewer iterations than ours."""
    return stored("secret", b"0123456789abcdef", 4096) if user == "me" else None


@scene
async def test_who_is_unknown_has_as_many_iterations_as_the_others():
    """The client is told them, and would know by them who has a key."""
    accounts = Accounts(keys=f"{HERE}:known_to_postgresql")
    assert (await accounts.key("me")).iterations == 4096
    assert (await accounts.key("you")).iterations == 4096
