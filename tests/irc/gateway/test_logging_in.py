"""AUTHENTICATE, and all of a login."""

import asyncio
from base64 import b64encode

import pytest

from interfaces.irc.gateway.login import ATTEMPTS
from interfaces.irc.sasl import chunks, plain
from tests.irc.gateway.support import Bench, Certificate, Peer, scene

asked: list[tuple[str, str]] = []
"""What the function below was asked."""


def fits(account: str, password: str) -> bool:
    """The operator's: it may block."""
    asked.append((account, password))
    return password == f"{account}'s"


async def never(account: str, password: str) -> bool:
    """One that gives no answer."""
    await asyncio.Event().wait()
    return True


def raises(account: str, password: str) -> bool:
    """One that fails."""
    raise RuntimeError("the database is down")


HERE = "tests.irc.gateway.test_logging_in"
OPTIONS = {"auth": f"{HERE}:fits", "auth_unencrypted": True}


async def open_for(bench: Bench, **transport: object) -> Peer:
    """A client that has asked for SASL."""
    ann = bench.connect(**transport)
    assert await ann.codes("CAP REQ sasl", "NICK ann", "USER ann 0 * :Ann") == ["CAP"]
    return ann


async def login(peer: Peer, account: str, password: str) -> list[str]:
    """By PLAIN: what is answered at last."""
    assert await peer.say("AUTHENTICATE PLAIN") in ([":irc.test AUTHENTICATE +"], ["AUTHENTICATE +"])
    said = [f"AUTHENTICATE {piece}" for piece in chunks(plain(account, password))]
    return [*await peer.say(*said), *await threads(peer)]


async def threads(peer: Peer) -> list[str]:
    """Let what blocks in a thread come to its end."""
    for _ in range(500):
        if not peer.client.login.busy:
            break
        await asyncio.sleep(0.002)
    return await peer.lines()


@scene
async def test_who_proves_an_account_has_it() -> None:
    """With a host by its name; the application hears of it."""
    async with Bench(**OPTIONS) as bench:
        ann = await open_for(bench)
        assert await login(ann, "anna", "anna's") == [
            ":irc.test 900 ann ann!*@user/anna anna :You are now logged in as anna",
            ":irc.test 903 ann :SASL authentication successful",
        ]
        lines = await ann.say("CAP END")
        assert lines[0].endswith("ann!~ann@user/anna") and lines[-1] == ":irc.test MODE ann +r"
        assert ann.heard[0]["account"] == "anna" and ann.heard[0]["host"] == "user/anna"
        assert ann.call.scope["account"] == "test/anna"


@scene
async def test_a_long_password_comes_in_pieces() -> None:
    """Also where the last one is full."""
    async with Bench(**OPTIONS) as bench:
        for length in (283, 300, 583):
            ann = bench.connect()
            await ann.say("CAP REQ sasl")
            assert [line.split()[1] for line in await login(ann, "anna", "x" * length)] == ["904"]
            assert asked[-1] == ("anna", "x" * length)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b64encode(b"anna\0anna\0wrong").decode(), "904"),
        (b64encode(b"other\0anna\0anna's").decode(), "904"),
        (b64encode(b"no plain").decode(), "904"),
        (b64encode(b"\0a b\0a b's").decode(), "904"),
        (b64encode(b"\0*\0*'s").decode(), "904"),
        ("no base64", "904"),
        ("A" * 401, "905"),
        ("*", "906"),
    ],
)
@scene
async def test_who_does_not_is_told_why(said: str, code: str) -> None:
    """A client may try again."""
    async with Bench(**OPTIONS) as bench:
        ann = await open_for(bench)
        await ann.say("AUTHENTICATE PLAIN")
        found = [*await ann.say(f"AUTHENTICATE :{said}"), *await threads(ann)]
        assert [line.split()[1] for line in found] == [code]
        assert [line.split()[1] for line in await login(ann, "anna", "anna's")] == ["900", "903"]


@scene
async def test_endless_pieces_are_too_many() -> None:
    """A whole has a limit."""
    async with Bench(**OPTIONS) as bench:
        ann = await open_for(bench)
        await ann.say("AUTHENTICATE PLAIN")
        assert await ann.codes(*[f"AUTHENTICATE {'A' * 400}"] * 6) == ["905"]


@scene
async def test_another_mechanism_is_none() -> None:
    """The client hears of those there are."""
    async with Bench(**OPTIONS) as bench:
        ann = await open_for(bench)
        assert await ann.say("AUTHENTICATE SCRAM-SHA-256", "AUTHENTICATE EXTERNAL", "AUTHENTICATE") == [
            ":irc.test 908 ann PLAIN :are available SASL mechanisms",
            ":irc.test 904 ann :SASL authentication failed",
            ":irc.test 908 ann PLAIN :are available SASL mechanisms",
            ":irc.test 904 ann :SASL authentication failed",
            ":irc.test 461 ann AUTHENTICATE :Not enough parameters",
        ]


@scene
async def test_it_has_to_be_agreed_on() -> None:
    """And where nobody may log in there is no such command."""
    async with Bench(**OPTIONS) as bench, Bench() as other:
        assert await bench.connect().codes("AUTHENTICATE PLAIN") == ["904"]
        assert await other.connect().codes("AUTHENTICATE PLAIN") == ["421"]


@pytest.mark.parametrize("line", ["AUTHENTICATE FOO", "AUTHENTICATE *"])
@scene
async def test_who_fails_too_often_is_hung_up_on(line: str) -> None:
    """A password is not guessed here; nor is there a loop of aborts."""
    async with Bench(**OPTIONS) as bench:
        ann = await open_for(bench)
        lines = await ann.say(*[line] * 20)
        assert lines[-1].endswith("(Too many failed logins)") and ann.closed
        assert bench.counted("irc.gateway.unproved") == ATTEMPTS


@scene
async def test_once_is_enough() -> None:
    """Who is logged in stays so."""
    async with Bench(**OPTIONS) as bench:
        ann = await open_for(bench)
        await login(ann, "anna", "anna's")
        assert await ann.codes("AUTHENTICATE PLAIN", "AUTHENTICATE *") == ["907", "907"]


# --- the operator's function -----------------------------------------------------------------------


@scene
async def test_nothing_else_is_read_while_it_is_asked() -> None:
    """The end of the negotiation waits for it; so no client is in before it has failed."""
    async with Bench(**OPTIONS) as bench:
        ann = await open_for(bench)
        await ann.say("AUTHENTICATE PLAIN")
        said = chunks(plain("anna", "anna's"))[0]
        ann.feed(f"AUTHENTICATE {said}\r\nCAP END\r\n".encode())
        assert not ann.transport.reading and ann.client.login.busy
        codes = [line.split()[1] for line in await threads(ann)]
        assert codes[:3] == ["900", "903", "001"] and ann.transport.reading


@scene
async def test_one_that_raises_is_no_mistake_of_the_client(caplog: pytest.LogCaptureFixture) -> None:
    """Which may try later; the operator has it in the log."""
    async with Bench(auth=f"{HERE}:raises", auth_unencrypted=True) as bench:
        ann = await open_for(bench)
        assert await login(ann, "anna", "anna's") == [
            ":irc.test 904 ann :SASL authentication failed, try again later"
        ]
        assert "--irc-auth raised" in caplog.text


@scene
async def test_one_that_does_not_answer_is_not_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    """Longer than for the application."""
    async with Bench(auth=f"{HERE}:never", auth_unencrypted=True, decide_timeout=0.1) as bench:
        ann = await open_for(bench)
        await ann.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {chunks(plain('anna', 'x'))[0]}")
        (line,) = await threads(ann)
        assert line.endswith("try again later") and "has not answered within 0.1 s" in caplog.text


@scene
async def test_one_that_goes_meanwhile_is_not_waited_for() -> None:
    """Its task ends with it."""
    async with Bench(auth=f"{HERE}:never", auth_unencrypted=True) as bench:
        ann = await open_for(bench)
        await ann.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {chunks(plain('anna', 'x'))[0]}")
        assert ann.client.login.busy
        await ann.leave()
        assert not ann.client.login.busy


# --- certificates ----------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["+", b64encode(b"ann").decode()])
@scene
async def test_a_certificate_is_an_account(said: str) -> None:
    """Its common name, which the client may say."""
    async with Bench(**OPTIONS) as bench:
        ann = await open_for(bench, tls=Certificate("ann"))
        assert await ann.codes("AUTHENTICATE EXTERNAL", f"AUTHENTICATE {said}") == [
            "AUTHENTICATE",
            "900",
            "903",
        ]
        await ann.say("CAP END")
        assert ann.heard[0]["account"] == "ann"
        tls = ann.call.scope["tls"]
        assert tls["client_subject"] == "commonName=ann" and tls["version"] == "TLSv1.3"


@scene
async def test_a_certificate_is_no_other_account() -> None:
    """It proves what it says."""
    async with Bench(**OPTIONS) as bench:
        ann = await open_for(bench, tls=Certificate("ann"))
        said = b64encode(b"bob").decode()
        assert await ann.codes("AUTHENTICATE EXTERNAL", f"AUTHENTICATE {said}") == ["AUTHENTICATE", "904"]
        assert ann.client.user.account is None


# --- who has to, and later -------------------------------------------------------------------------


@scene
async def test_who_has_to_log_in_may_not_connect_without() -> None:
    """The application is not asked."""
    async with Bench(**OPTIONS, auth_required=True) as bench:
        ann, bob = await open_for(bench), bench.connect()
        await login(ann, "anna", "anna's")
        assert "001" in await ann.codes("CAP END")
        lines = await bob.say("NICK bob", "USER bob 0 * :Bob")
        assert lines[0] == (
            ":irc.test FAIL * ACCOUNT_REQUIRED_TO_CONNECT :You have to log in by SASL to connect"
        )
        assert bob.closed and len(bench.calls) == 1


@scene
async def test_a_user_may_log_in_later() -> None:
    """Who shares a channel and wants to know hears of it, and so does the application."""
    async with Bench(**OPTIONS) as bench:
        ann = await bench.member("ann", "#a", caps="sasl account-notify")
        bob = await bench.member("bob", "#a", caps="account-notify")
        eve = await bench.member("eve", "#a")
        said = await login(ann, "anna", "anna's")
        assert [line.split()[1] for line in said][:2] == ["900", "903"]
        assert [line.split()[1:] for line in await bob.lines()] == [["ACCOUNT", "anna"]]
        assert await eve.lines() == []
        (event,) = ann.events("irc.account")
        assert event["account"] == event["source"]["account"] == "anna" and event["realname"] is None


@scene
async def test_its_answer_has_the_label_of_its_line() -> None:
    """Though it comes later."""
    async with Bench(**OPTIONS) as bench:
        ann = await bench.member("ann", caps="sasl batch labeled-response")
        await ann.say("AUTHENTICATE PLAIN")
        ann.feed(f"@label=7 AUTHENTICATE {chunks(plain('anna', 'no'))[0]}\r\n".encode())
        assert await threads(ann) == ["@label=7 :irc.test 904 ann :SASL authentication failed"]
