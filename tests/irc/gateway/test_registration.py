"""From connecting to being a user: NICK, USER, PASS, and what the application says to it."""

import pytest

from interfaces.irc.gateway.registration import LINES
from interfaces.shared.errors import ApplicationError, Unavailable
from tests.irc.gateway.support import NOW, Bench, accept, scene

HOST = "ehwbaorq.po76idei.6af3epo2.ip"
"""127.0.0.1, as the bench cloaks it."""


def silent(event):
    """An application that never decides."""
    return ()


@scene
async def test_the_application_is_asked_once_all_is_said() -> None:
    """It gets what the client has said of itself; then the client is welcome."""
    async with Bench() as bench:
        ann = bench.connect()
        assert await ann.say("PASS secret", "NICK ann") == []
        assert bench.calls == []
        assert (await ann.codes("USER a!nn@ 0 * :Ann A."))[:4] == ["001", "002", "003", "004"]
        assert ann.heard == [
            {
                "type": "irc.connect", "nick": "ann", "user": "~ann", "realname": "Ann A.", "host": HOST,
                "password": "secret", "account": None, "resumed": False, "channels": [], "id": "id-1",
                "dedupe_key": "irc:test:id-1", "attempt": 1, "received_at": NOW,
            }
        ]  # fmt: skip
        scope = ann.call.scope
        assert scope["server"] == ("127.0.0.1", 80) and scope["client"] == ("127.0.0.1", 4000)
        assert scope["path"] == "gateway/test" and scope["conversation"] == "test/ann"
        assert scope["isupport"]["NETWORK"] == "test" and scope["tls"] is None
        assert bench.counted("irc.gateway.connected") == 1


@scene
async def test_the_order_of_nick_and_user_is_free() -> None:
    """And a nick may be changed until it is over."""
    async with Bench() as bench:
        ann = bench.connect()
        assert await ann.say("USER ann 0 * :Ann", "CAP LS", "NICK first") != []
        assert "001" in await ann.codes("NICK ann", "CAP END")
        assert ann.heard[0]["nick"] == "ann"
        assert bench.gateway.roster.user("first") is None


@pytest.mark.parametrize(
    ("nick", "answer"),
    [
        ("", "431 * :No nickname given"),
        ("0ann", "432 * 0ann :Erroneous nickname"),
        ("a@b", "432 * a@b :Erroneous nickname"),
        ("x" * 31, f"432 * {'x' * 31} :Erroneous nickname"),
        (":a b", "432 * a :Erroneous nickname"),
        ("APP", "433 * APP :Nickname is already in use"),
        ("BOB", "433 * BOB :Nickname is already in use"),
    ],
)
@scene
async def test_a_nick_that_cannot_be_is_refused(nick: str, answer: str) -> None:
    """None, one that is no nick, that of the gateway, that of somebody else."""
    async with Bench() as bench:
        await bench.member("bob")
        ann = bench.connect()
        assert await ann.say(f"NICK {nick}", "USER ann 0 * :Ann") == [f":irc.test {answer}"]
        assert "001" in await ann.codes("NICK ann")


@scene
async def test_a_nick_may_have_letters_of_any_script() -> None:
    """As texts may."""
    async with Bench() as bench:
        ann = await bench.member("Zoë")
        assert ann.client.user.nick == "Zoë"


@scene
async def test_a_nick_is_held_while_the_application_decides() -> None:
    """Nobody else gets it, and nobody sees it."""
    async with Bench(silent) as bench:
        ann, bob = bench.connect(), bench.connect()
        await ann.say("NICK ann", "USER ann 0 * :Ann")
        assert await bob.codes("NICK Ann") == ["433"]
        assert bench.gateway.roster.present("ann") is None
        await ann.leave()
        assert await bob.codes("NICK Ann") == []


@pytest.mark.parametrize(
    "line", ["USER", "USER ann 0 *", "USER : 0 * :Ann", "USER ann 0 * :", "USER ann 0 * : "]
)
@scene
async def test_user_needs_all_its_parameters(line: str) -> None:
    """A user name and a real name among them."""
    async with Bench() as bench:
        assert await bench.connect().codes(line) == ["461"]


@scene
async def test_a_user_name_is_made_fit() -> None:
    """What cannot stand in a source falls away, and what is too long."""
    async with Bench() as bench:
        ann, bob = bench.connect(), bench.connect()
        await ann.say("NICK ann", "USER @!: 0 * :Ann")
        await bob.say("NICK bob", f"USER {'ä' * 40} 0 * :{'b' * 200}")
        assert ann.client.user.user == "~user"
        assert bob.client.user.user == "~" + "ä" * 17 and len(bob.client.user.realname) == 150


@scene
async def test_user_and_pass_come_once() -> None:
    """Not again afterwards, nor USER twice before."""
    async with Bench() as bench:
        ann = bench.connect()
        assert await ann.codes("USER ann 0 * :Ann", "USER ann 0 * :Ann") == ["462"]
        await ann.say("NICK ann")
        assert await ann.codes("USER ann 0 * :Ann", "PASS x", "PASS") == ["462", "462", "461"]


@scene
async def test_before_it_nothing_else_is_done() -> None:
    """irssi says an empty JOIN to find out whether that is so; PING is answered."""
    async with Bench() as bench:
        ann = bench.connect()
        assert await ann.say("JOIN :", "WHATEVER", "NICK ann", "PRIVMSG bob :hi") == [
            ":irc.test 451 * :You have not registered",
            ":irc.test 451 * :You have not registered",
            ":irc.test 451 ann :You have not registered",
        ]
        assert await ann.say("PING :a b", "PING", "PONG") == [
            ":irc.test PONG irc.test :a b",
            ":irc.test 409 ann :No origin specified",
        ]
        assert await ann.codes("QUIT") == ["ERROR"]
        assert ann.closed and bench.calls == []


@pytest.mark.parametrize("line", ["GET / HTTP/1.1", "post /x HTTP/1.0", "HELO there"])
@scene
async def test_other_protocols_are_hung_up_on(line: str) -> None:
    """So that no page can have its reader's browser speak IRC."""
    async with Bench() as bench:
        ann = bench.connect()
        assert await ann.codes(line, "NICK ann", "USER ann 0 * :Ann") == ["ERROR"]
        assert ann.closed


# --- passwords -------------------------------------------------------------------------------------


@scene
async def test_the_password_of_the_operator_has_to_fit() -> None:
    """The application is not told it then; who says another is hung up on."""
    async with Bench(password="pä") as bench:
        ann, bob, eve = bench.connect(), bench.connect(), bench.connect()
        assert "001" in await ann.codes("PASS pä", "NICK ann", "USER ann 0 * :Ann")
        assert ann.heard[0]["password"] == ""
        assert await bob.codes("PASS pa", "NICK bob", "USER bob 0 * :Bob") == ["464", "ERROR"]
        assert await eve.codes("NICK eve", "USER eve 0 * :Eve") == ["464", "ERROR"]
        assert bob.closed and eve.closed and len(bench.calls) == 1


# --- what the application says ---------------------------------------------------------------------


@scene
async def test_the_application_may_name_it_otherwise() -> None:
    """Another nick, an account and with it a host; its own message of the day, and more tokens."""
    said = {
        "nick": "Ann2",
        "account": "anna",
        "motd": "one\n\ntwo",
        "isupport": {"NETWORK": "net", "X": "a b"},
    }
    async with Bench(
        lambda event: [{"type": "irc.accept", **said}] if event["type"] == "irc.connect" else []
    ) as bench:
        ann = bench.connect()
        lines = await ann.say("NICK ann", "USER ann 0 * :Ann")
        assert lines[0] == ":irc.test 001 Ann2 :Welcome to the test network, Ann2!~ann@user/anna"
        tokens = " ".join(line for line in lines if " 005 " in line).split()
        assert "NETWORK=net" in tokens and "X=a\\x20b" in tokens
        assert [line for line in lines if " 372 " in line] == [
            ":irc.test 372 Ann2 :- one",
            ":irc.test 372 Ann2 :- ",
            ":irc.test 372 Ann2 :- two",
        ]
        assert lines[-1] == ":irc.test MODE Ann2 +r"
        assert ann.client.user.account == "anna"
        assert await ann.codes("MOTD") == ["375", "372", "372", "372", "376"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"nick": "bob"}, "somebody is called bob already"),
        ({"nick": "a b"}, "nobody may be called 'a b'"),
        ({"account": "a b"}, "no account can be called 'a b'"),
        ({"isupport": {"=": ""}}, "no name of a token"),
        ({"motd": "x" * 100_000}, "at most 100 messages"),
    ],
)
@scene
async def test_what_cannot_be_accepted_is_told_to_the_application(said: dict, why: str) -> None:
    """It may say something else then."""
    async with Bench() as bench:
        await bench.member("bob")
        bench.script = silent
        ann = bench.connect()
        await ann.say("NICK ann", "USER ann 0 * :Ann")
        with pytest.raises(ApplicationError, match=why):
            await ann.tell({"type": "irc.accept", **said})
        assert (await ann.tell({"type": "irc.accept"}))[0].startswith(":irc.test 001 ann ")
        for word in ("irc.accept", "irc.reject"):
            with pytest.raises(ApplicationError, match="nobody asks to connect"):
                await ann.tell({"type": word})


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ({}, ["ERROR :Closing Link: {} (You may not connect)"]),
        ({"text": "Not today"}, ["ERROR :Closing Link: {} (Not today)"]),
        (
            {"code": 465},
            [
                "465 ann :You are banned from this server",
                "ERROR :Closing Link: {} (You are banned from this server)",
            ],
        ),
        ({"code": 464, "text": "Who?"}, ["464 ann Who?", "ERROR :Closing Link: {} (Who?)"]),
    ],
)
@scene
async def test_the_application_may_refuse(said: dict, lines: list[str]) -> None:
    """With a numeric, and in its own words."""
    async with Bench(lambda event: [{"type": "irc.reject", **said}]) as bench:
        ann = bench.connect()
        found = await ann.say("NICK ann", "USER ann 0 * :Ann")
        assert found == [f":irc.test {line.format(HOST)}" for line in lines]
        assert ann.closed and bench.counted("irc.gateway.refused") == 1
        assert ann.heard[-1]["type"] == "irc.disconnect" and ann.heard[-1]["code"] == 1008


@scene
async def test_one_that_does_not_decide_in_time_is_too_slow() -> None:
    """The client is told to come again."""
    async with Bench(silent, decide_timeout=5.0, register_timeout=60.0) as bench:
        ann = bench.connect()
        await ann.say("NICK ann", "USER ann 0 * :Ann")
        assert not ann.transport.reading
        await bench.after(4.5)
        assert not ann.closed
        await bench.after(1.0)
        (line,) = await ann.lines()
        assert line.startswith(":irc.test ERROR ") and "try again later" in line
        assert ann.closed and bench.counted("irc.gateway.undecided") == 1


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (None, "Closed by the application"),
        (ValueError("no"), "Internal error, try again later"),
        (Unavailable("the broker is down"), "The server cannot take you for now, try again later"),
    ],
)
@scene
async def test_one_that_ends_ends_the_connection(error: Exception | None, why: str, caplog) -> None:
    """The client hears why, but nothing of what was raised."""
    async with Bench(silent) as bench:
        ann = bench.connect()
        await ann.say("NICK ann", "USER ann 0 * :Ann")
        await ann.call.finish(error)
        assert await ann.lines() == [f":irc.test ERROR :Closing Link: {HOST} ({why})"]
        assert ann.closed
        assert bench.counted("irc.gateway.app_errors") == (error is not None)


# --- limits ----------------------------------------------------------------------------------------


@scene
async def test_who_is_not_registered_in_time_is_hung_up_on() -> None:
    """However much it says meanwhile."""
    async with Bench(register_timeout=10.0) as bench:
        ann = bench.connect()
        for _ in range(9):
            await ann.say("CAP LS 302", "NICK ann", "PING x")
            await bench.after(1.0)
        await bench.after(1.0)
        assert "Registration timed out" in (await ann.lines())[-1]
        assert ann.closed and bench.gateway.roster.user("ann") is None


@scene
async def test_lines_before_it_have_a_limit() -> None:
    """A loop of CAP ends."""
    async with Bench() as bench:
        ann = bench.connect()
        found = await ann.codes(*["CAP LS 302"] * LINES)
        assert found == ["CAP"] * LINES and not ann.closed
        assert await ann.codes("CAP LIST", "CAP LIST") == ["ERROR"]
        assert ann.closed


@scene
async def test_what_is_said_meanwhile_waits_its_turn() -> None:
    """A client may say all at once: it is done once the application has decided."""
    async with Bench() as bench:
        ann = bench.connect()
        found = await ann.codes("NICK ann", "USER ann 0 * :Ann", "JOIN #a", "PRIVMSG #a :hi")
        assert found[0] == "001" and found[-3:] == ["JOIN", "353", "366"]
        assert [event["type"] for event in ann.heard] == ["irc.connect", "irc.join", "irc.message"]


@scene
async def test_one_that_goes_meanwhile_is_no_user() -> None:
    """An answer that comes too late does nothing."""
    async with Bench(silent) as bench:
        ann = bench.connect()
        await ann.say("NICK ann", "USER ann 0 * :Ann")
        call = ann.call
        ann.transport.lose()
        await call.send({"type": "irc.accept"})
        await call.send({"type": "irc.reject"})
        assert not bench.gateway.roster.users and bench.gateway.roster.arrived == 0


@scene
async def test_the_scripts_of_tests_answer_joins_too() -> None:
    """So that asking before a JOIN needs no script of its own."""
    assert list(accept({"type": "irc.join", "asked": True, "channel": "#a"})) == [
        {"type": "irc.accept", "channel": "#a"}
    ]
