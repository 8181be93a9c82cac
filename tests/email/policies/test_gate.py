import asyncio
from typing import Any

import pytest

from interfaces.email.auth.resolver import Answer, Kind
from interfaces.email.auth.zone import Zone
from interfaces.email.envelope import Address, Mail, Recipient
from interfaces.email.options import EmailOptions, machine
from interfaces.email.policies import gate as module
from interfaces.email.policies.gate import Gate
from interfaces.email.policies.greylist import Memory
from interfaces.email.translate import Place
from interfaces.shared.errors import ConfigError, Unavailable

RECORDS = {"1.2.0.192.bl.example": {"A": ["127.0.0.2"]}, "a.example": {"TXT": ["v=spf1 ip4:192.0.2.7 -all"]}}


class Clock:
    """Time that a test sets."""

    now = 1000.0

    def time(self) -> float:
        return self.now

    monotonic = time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of the policies."""
    found = Clock()
    monkeypatch.setattr(module, "time", found)
    return found


def gate(counted: list[str] | None = None, **options: Any) -> Gate:
    """The policies of these options."""
    count = (counted if counted is not None else []).append
    return Gate(EmailOptions(**options), lambda: Zone(RECORDS), count, Memory())


def asked(one: Gate, client: Any = ("192.0.2.1", 4000), to: str = "b", **place: Any) -> Any:
    """Code and enhanced code of what is said of a recipient, or None."""
    where = Place(**{"protocol": "smtp", "client": client, "server": None, **place})
    said = asyncio.run(
        one(where, Mail(Address("a", "a.example"), {}), Recipient(Address(to, "b.example"), {}))
    )
    return said and (said.detail["code"], said.detail["enhanced"])


def test_each_policy_has_its_reply(clock: Clock) -> None:
    """Lists refuse, rates and greylisting put off; each is counted by its name."""
    counted: list[str] = []
    assert asked(gate(counted, dnsbl=("bl.example",))) == (550, "5.7.1")
    assert asked(gate(counted, greylist=300)) == (451, "4.7.1")
    fast = gate(counted, recipients_per_minute=1)
    assert [asked(fast), asked(fast)] == [None, (450, "4.7.1")]
    assert counted == ["email.listed", "email.greylisted", "email.too_fast"]
    assert asked(gate()) is None


def test_the_first_decides(clock: Clock) -> None:
    """Who comes too fast costs no lookup, and who is listed is not remembered by greylisting."""
    one = gate(recipients_per_minute=2, dnsbl=("bl.example",), greylist=300)
    assert [asked(one), asked(one), asked(one)] == [(550, "5.7.1"), (550, "5.7.1"), (450, "4.7.1")]
    assert asked(one, ("192.0.2.2", 1)) == (451, "4.7.1")
    clock.now += 300
    assert asked(one, ("192.0.2.2", 1)) is None


@pytest.mark.parametrize(
    "place",
    [
        {"auth": {"user": "u"}},
        {"protocol": "lmtp"},
        {"protocol": "webhook"},
        {"client": None},
        {"client": ("192.0.2.7", 1)},
    ],
)
def test_whom_nothing_is_asked_about(place: dict[str, Any], clock: Clock) -> None:
    """Users, servers of ours and trusted networks are neither refused nor put off."""
    one = gate(dnsbl=("bl.example",), greylist=300, recipients_per_minute=1, trusted=("192.0.2.7",))
    for _ in range(3):
        assert asked(one, **place) is None


@pytest.mark.parametrize(
    ("client", "options", "said"),
    [
        ("192.0.2.9", {}, (550, "5.7.23")),
        ("192.0.2.7", {}, None),
        ("192.0.2.9", {"trusted": ("192.0.2.9",)}, None),
        ("192.0.2.9", {"arc_trusted": ("list.example",)}, None),
    ],
)
def test_spf_is_asked_before_there_is_content(
    client: str, options: dict[str, Any], said: Any, clock: Clock
) -> None:
    """Who may not send is told so at RCPT, unless a seal in the content may speak for the message."""
    one = gate(reject_spf=True, authenticate=("spf", "arc"), **options)
    assert asked(one, (client, 1)) == said


class Deaf(Zone):
    """Never answers."""

    async def ask(self, name: str, kind: Kind) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError


def test_our_own_name_is_looked_up_at_the_start_alone(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver of the system blocks: no message, and no recipient, waits for it."""
    machine.cache_clear()
    looked: list[int] = []
    monkeypatch.setattr("socket.getfqdn", lambda: looked.append(1) or "mx.example")
    one = gate(reject_spf=True, authenticate=("spf",))
    assert asked(one) == (550, "5.7.23") == asked(one, to="c")
    assert looked == [1]
    machine.cache_clear()


def test_spf_that_cannot_be_asked_puts_off(clock: Clock) -> None:
    """No answer in time is 451."""
    options = EmailOptions(reject_spf=True, authenticate=("spf",), authenticate_timeout=0.1)
    assert asked(Gate(options, lambda: Deaf({}), print, Memory())) == (451, "4.7.24")


class Away(Memory):
    """A store whose broker does not answer."""

    async def known(self, key: str, now: float) -> bool:
        raise Unavailable("greylisting: nobody there")


def test_a_store_that_is_away_puts_nobody_off(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be remembered is let through, and the log says so in one line."""
    one = Gate(EmailOptions(greylist=300), lambda: Zone(RECORDS), print, Away())
    assert asked(one) is None
    assert caplog.messages == ["greylisting: nobody there"]


def test_a_wrong_configuration() -> None:
    """A list or a network that is none is told before anything is opened; without lists no resolver is made."""
    with pytest.raises(ConfigError, match="--email-dnsbl"):
        gate(dnsbl=("bl",))
    with pytest.raises(ConfigError, match="--email-trusted"):
        gate(trusted=("bl",))
    Gate(EmailOptions(greylist=1), lambda: 1 / 0, print, Memory())  # type: ignore[arg-type, return-value]
