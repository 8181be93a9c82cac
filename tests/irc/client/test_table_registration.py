"""Registrations as scripts: what the server says, what we say to each of its lines, and how it ends."""

import pytest

from interfaces.irc.client.identity import Identity
from interfaces.irc.client.registration import LATER, Registration
from interfaces.irc.client.sts import Policies, Upgrade
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.upstream_link import NotNow
from tests.irc.client.lines import read

PLAIN = "Ym90AGJvdABwdw=="
LOGIN = {"sasl": "plain", "account_password": "pw"}
WELCOME = [("001 bot :Welcome", ""), ("376 bot :End", "")]
TO_LOGIN = [("CAP * LS :sasl", "CAP REQ sasl"), ("CAP * ACK :sasl", "AUTHENTICATE PLAIN")]


def registration(**more):
    """One that has begun."""
    usual = {"name": "net", "nicks": ("bot", "alt"), "user": "u", "realname": "A bot", "account": "bot"}
    found = Registration(Identity(**{**usual, **more}), "nonce", Policies())
    found.begin()
    return found


def played(script, **more):
    """It, after a script of (what the server says, what is said to it)."""
    found = registration(**more)
    for line, expected in script:
        said = ["|".join(words) for words in found.feed(read(f":s {line}" if line[:1] != "@" else line))]
        assert said == [expected.replace(" ", "|")] if expected else said == [], line
    return found


SCRIPTS = {
    "no capabilities: 421": ({}, [("421 * CAP :Unknown", ""), *WELCOME]),
    "no capabilities: 451": ({}, [("451 * CAP :Register first", ""), *WELCOME]),
    "no capabilities: 410": ({}, [("410 * CAP :Unknown", ""), *WELCOME]),
    "no word of them": ({}, WELCOME),
    "no message of the day": ({}, [("001 bot :Welcome", ""), ("422 bot :None", "")]),
    "nothing is offered": ({}, [("CAP * LS :", "CAP END"), *WELCOME]),
    "nothing of use is offered": ({}, [("CAP * LS :x y=z", "CAP END"), *WELCOME]),
    "all is refused": (
        {}, [("CAP * LS :batch", "CAP REQ batch"), ("CAP * NAK :batch", "CAP END"), *WELCOME],
    ),
    "an offer in three lines": (
        {},
        [
            ("CAP * LS * :x", ""), ("CAP * LS * :batch=1", ""), ("CAP * LS :y", "CAP REQ batch"),
            ("CAP bot ACK :batch ", "CAP END"), *WELCOME,
        ],
    ),
    "a ping before, between and behind": (
        {},
        [
            ("PING :1", "PONG 1"), ("CAP * LS :batch", "CAP REQ batch"), ("PING 2", "PONG 2"),
            ("CAP * ACK :batch", "CAP END"), ("001 bot :Welcome", ""), ("PING 3", "PONG 3"), ("376 bot :End", ""),
        ],
    ),
    "notices and the like": (
        {},
        [
            ("NOTICE * :*** Ident", ""), ("020 * :wait", ""), ("439 * :wait", ""), ("CAP * LS :", "CAP END"), *WELCOME,
        ],
    ),
    "a capability in the middle of the welcome": (
        {},
        [
            ("CAP * LS :", "CAP END"), ("001 bot :Welcome", ""), ("CAP bot NEW :batch", "CAP REQ batch"),
            ("CAP bot ACK :batch", ""), ("376 bot :End", ""),
        ],
    ),
    "a nick that is taken": (
        {}, [("CAP * LS :", "CAP END"), ("433 * bot :In use", "NICK alt"), ("436 * alt :Taken", "NICK bot_"), *WELCOME],
    ),
    "a nick that is none, and one that is taken": (
        {},
        [
            ("432 * bot :No", "NICK alt"), ("433 * alt :In use", "NICK bot_"), ("437 * bot_ :Held", "NICK bot__"),
            *WELCOME,
        ],
    ),
    "a nick that is taken while capabilities are asked": (
        {},
        [
            ("433 * bot :In use", "NICK alt"), ("CAP * LS :batch", "CAP REQ batch"), ("CAP * ACK :batch", "CAP END"),
            *WELCOME,
        ],
    ),
    "a login": (
        LOGIN,
        [
            *TO_LOGIN, ("AUTHENTICATE +", f"AUTHENTICATE {PLAIN}"), ("900 bot x bot :In", ""),
            ("903 bot :Yes", "CAP END"), *WELCOME,
        ],
    ),
    "a login whose offer names its mechanisms": (
        LOGIN,
        [
            ("CAP * LS :sasl=EXTERNAL,PLAIN", "CAP REQ sasl"), ("CAP * ACK :sasl", "AUTHENTICATE PLAIN"),
            ("AUTHENTICATE +", f"AUTHENTICATE {PLAIN}"), ("903 bot :Yes", "CAP END"), *WELCOME,
        ],
    ),
    "a login for which there is no mechanism": (
        LOGIN, [("CAP * LS :sasl=EXTERNAL", "CAP REQ sasl"), ("CAP * ACK :sasl", "CAP END"), *WELCOME],
    ),
    "a login that is refused": (LOGIN, [*TO_LOGIN, ("904 * :No", "CAP END"), *WELCOME]),
    "a login with a nick that is locked": (LOGIN, [*TO_LOGIN, ("902 * :Locked", "CAP END"), *WELCOME]),
    "a login that is aborted": (LOGIN, [*TO_LOGIN, ("906 * :Aborted", "CAP END"), *WELCOME]),
    "a mechanism that is not there": (
        LOGIN, [*TO_LOGIN, ("908 * EXTERNAL :only", ""), ("904 * :No", "CAP END"), *WELCOME],
    ),
    "a login by certificate": (
        {"sasl": "external", "certificate": True},
        [
            ("CAP * LS :sasl", "CAP REQ sasl"), ("CAP * ACK :sasl", "AUTHENTICATE EXTERNAL"),
            ("AUTHENTICATE +", "AUTHENTICATE +"), ("903 * :Yes", "CAP END"), *WELCOME,
        ],
    ),
    "a login that the options leave out": (
        {**LOGIN, "without": frozenset({"sasl"})}, [("CAP * LS :sasl", "CAP END"), *WELCOME],
    ),
    "a login that the server does not wait for": (LOGIN, [*TO_LOGIN, *WELCOME]),
}  # fmt: skip


@pytest.mark.parametrize(("more", "script"), SCRIPTS.values(), ids=[*SCRIPTS])
def test_a_script_ends_with_a_user(more, script):
    """Each line has the answer that stands beside it, and no other."""
    found = played(script, **more)
    assert (found.done, found.nick, found.welcome) == (True, "bot", "Welcome")
    assert found.lines[0].command == "001" and all(line.command != "376" for line in found.lines)


@pytest.mark.parametrize(
    ("name", "account", "refused"),
    [
        ("a login", "bot", False),
        ("a login that is refused", None, True),
        ("a login with a nick that is locked", None, True),
        ("a login that is aborted", None, False),
        ("a login for which there is no mechanism", None, False),
        ("a login by certificate", "bot", False),
    ],
)
def test_it_is_known_what_became_of_the_login(name, account, refused):
    """Whose we are, and whether a secret was refused."""
    more, script = SCRIPTS[name]
    login = played(script, **more).login
    assert (login.over, login.account, login.refused) == (True, account, refused)
    assert bool(login.error) == (account is None)


WHERE = "irc.networks net: "
MEND = "; account and account_password, or cert_file, have to be what the network knows"
ENDS = [
    # the operator has to mend it
    ({}, ["464 * :Bad"], ConfigError, f"{WHERE}a password is wanted: 464 Bad; it is that of the server, password = …"),
    (
        {"password": "geheim"}, ["464 * :Bad"], ConfigError,
        f"{WHERE}a password is refused: 464 Bad; it is that of the server, password = …",
    ),
    ({}, ["465 * :Out"], ConfigError, f"{WHERE}we are banned: 465 Out; the network has to be asked to lift that"),
    ({}, ["468 * :Odd"], ConfigError, f"{WHERE}user 'u' is refused: 468 Odd"),
    ({}, ["432 * x :No"] * 4, ConfigError, f"{WHERE}nick bot, alt is none there: 432 No"),
    ({"nicks": ("1",)}, ["432 * x :No"] * 3, ConfigError, f"{WHERE}nick 1 is none there: 432 No"),
    (
        {**LOGIN, "sasl_required": True}, [*(line for line, _ in TO_LOGIN), "904 * :No"], ConfigError,
        f"{WHERE}the login of 'bot' is refused: 904 No{MEND}",
    ),
    (
        {**LOGIN, "sasl_required": True}, [*(line for line, _ in TO_LOGIN), "902 * :Locked"], ConfigError,
        f"{WHERE}the login of 'bot' is refused: 902 Locked{MEND}",
    ),
    # it may be another day
    ({}, ["433 * x :In use"] * 54, NotNow, "all nicks are taken: 433 In use"),
    ({}, ["465 * :Temporary ban"], NotNow, "465 Temporary ban"),
    ({}, ["ERROR :Throttled"], NotNow, "the server has ended it: Throttled"),
    ({}, ["001 bot :Hi", "ERROR :Session limit"], NotNow, "the server has ended it: Session limit"),
    (
        {**LOGIN, "sasl_required": True}, ["CAP * LS :batch", "CAP * ACK :batch"], NotNow,
        "we cannot log in: the server offers no SASL",
    ),
    ({**LOGIN, "sasl_required": True}, ["421 * CAP :No"], NotNow, "we cannot log in: the server offers no SASL"),
    (
        {**LOGIN, "sasl_required": True}, [*(line for line, _ in TO_LOGIN), "906 * :Aborted"], NotNow,
        "we cannot log in: 906 Aborted",
    ),
    (
        {**LOGIN, "sasl_required": True}, ["CAP * LS :sasl=EXTERNAL", "CAP * ACK :sasl"], NotNow,
        "we cannot log in: the server has no way to log in that there is a secret for",
    ),
    # it is tried again at once
    ({}, ["ERROR :Bye"], Unavailable, "the server has ended it: Bye"),
    ({}, ["ERROR"], Unavailable, "the server has ended it: "),
    ({}, ["001 bot :Hi", "ERROR :Killed"], Unavailable, "the server has ended it: Killed"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "lines", "kind", "said"), ENDS)
def test_a_refusal_is_of_its_kind(more, lines, kind, said):
    """With its last line, not before: for the operator, for later, or for the next try; and no secret is in it."""
    found = registration(**more)
    for line in lines[:-1]:
        found.feed(read(f":s {line}"))
    with pytest.raises(kind) as raised:
        found.feed(read(f":s {lines[-1]}"))
    assert type(raised.value) is kind and str(raised.value) == said
    assert getattr(raised.value, "after", LATER) == LATER and "geheim" not in said


@pytest.mark.parametrize(
    ("secure", "value", "port"),
    [
        (False, "port=6697", 6697),
        (False, "duration=1,port=1", 1),
        (True, "port=6697", None),
        (False, "port=x", None),
    ],
)
def test_a_server_may_want_tls(secure, value, port):
    """Then nothing of us is said without it; what names no port is no such wish."""
    found = registration(secure=secure)
    if port is None:
        assert found.feed(read(f":s CAP * LS :sts={value}")) == [("CAP", "END")]
        return
    with pytest.raises(Upgrade) as raised:
        found.feed(read(f":s CAP * LS :sts={value}"))
    assert raised.value.port == port


@pytest.mark.parametrize(
    ("more", "lines"),
    [
        ({}, ["CAP LS 302", "NICK bot", "USER u 0 * A bot"]),
        ({"password": "p w"}, ["CAP LS 302", "PASS p w", "NICK bot", "USER u 0 * A bot"]),
        ({"nicks": ("x",), "user": "y", "realname": "z"}, ["CAP LS 302", "NICK x", "USER y 0 * z"]),
    ],
)
def test_what_is_said_before_the_server_says_anything(more, lines):
    """In the order that servers ask for: PASS before NICK, capabilities first of all."""
    usual = {"name": "net", "nicks": ("bot", "alt"), "user": "u", "realname": "A bot"}
    first = Registration(Identity(**{**usual, **more}), "nonce", Policies()).begin()
    assert [" ".join(words) for words in first] == lines
