import asyncio
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from interfaces.email import envelope
from interfaces.email.auth.sign import sign
from interfaces.email.auth.zone import Zone
from interfaces.email.body import content
from interfaces.email.envelope import Address, Recipient
from interfaces.email.headers import split
from interfaces.email.options import EmailOptions
from interfaces.email.policies.screen import Screen
from interfaces.email.translate import Place, Transaction
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import ConfigError
from tests.email.auth.keys import rsa
from tests.email.harness import Bench

RECORDS = {
    "r._domainkey.example.org": {"TXT": [rsa().record]},
    "example.org": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
    "_dmarc.example.org": {"TXT": ["v=DMARC1; p=reject"]},
    "1.2.0.192.in-addr.arpa": {"PTR": ["mx.example.org"]},
    "mx.example.org": {"A": ["192.0.2.1"]},
}
RECEIVED = b"Received: from x ([192.0.2.1])\r\n\tby us.example; now\r\n"
MAIL = b"From: a@example.org\r\nSubject: x\r\n\r\nHello\r\n"
ALL = ("spf", "dkim", "dmarc", "arc", "iprev")


class Passed:
    """A message that went through: its ``verdict``, else the ``event`` that the application gets, and its content."""

    def __init__(
        self, content_: bytes = MAIL, *, memory: int = 1 << 20, broken: Any = (), place: Any = (),
        gone: Path | None = None, **options: Any,
    ) -> None:  # fmt: skip
        self.content_ = content_
        self.memory = memory
        self.broken = broken
        self.gone = gone
        self.place = Place(
            **{"protocol": "smtp", "client": ("192.0.2.1", 4000), "server": None, "helo": "mx.example.org"}
            | dict(place)
        )  # fmt: skip
        self.options = {"hostname": "us.example", "authenticate": ALL, **options}
        self.event: dict[str, Any] = {}
        asyncio.run(self._run())

    async def _run(self) -> None:
        async with Bench(**self.options) as bench:
            service = bench.service
            body = service.body(RECEIVED)
            body.memory = self.memory
            service.in_flight += body.held
            assert service.add(body, self.content_) == b""
            if self.gone is not None:
                self.gone.rmdir()
            mail = envelope.mail(b"MAIL FROM:<a@example.org>", extended=True, max_size=0, tls=False)
            transaction = Transaction(
                "id", self.place, mail, [Recipient(Address("b", "b.example"), {})], 0.0, body
            )
            headers = transaction.headers(1000)
            assert headers is not None
            more: dict[str, Any] = {}
            screen = Screen(service, Zone(RECORDS, self.broken))
            try:
                self.verdict: Verdict | None = await screen(transaction, headers, more)
            except OSError:
                service.let_go(body)
                raise
            self.counted = bench.counted("email.unproven")
            self.event = {**transaction.event(headers), **more}
            self.content = content(self.event)
            assert self.event["size"] == len(self.content) == body.size
            service.let_go(body)
            assert service.spooled == 0

    @property
    def words(self) -> dict[str, Any]:
        """The word of each result."""
        return {
            method: [one["result"] for one in said] if method == "dkim" else said and said["result"]
            for method, said in self.event["authentication"].items()
        }


def test_results_come_with_the_event() -> None:
    """The application is told what was found, and what the client's name is; nothing else has changed."""
    passed = Passed(sign(MAIL, rsa()))
    assert passed.words == {"spf": "pass", "dkim": ["pass"], "dmarc": "pass", "arc": "none", "iprev": "pass"}
    assert passed.place.client_name == "mx.example.org"
    assert passed.content == RECEIVED + sign(MAIL, rsa())
    assert passed.verdict is None


def test_a_large_message_is_checked_in_its_file() -> None:
    """What is in a file is read from there."""
    passed = Passed(sign(MAIL, rsa()), memory=len(RECEIVED) + 10)
    assert passed.event["body_ref"] is not None
    assert passed.words["dkim"] == ["pass"]


@pytest.mark.parametrize("memory", [1 << 20, 100])
@pytest.mark.parametrize("large", [b"X: " + b"\r\n y" * 100_000 + b"\r\n", b"X: " + b"y" * 300_000 + b"\r\n"])
def test_a_header_without_end(memory: int, large: bytes) -> None:
    """A header that is too large is not looked at; where something depends on what is in it, it is refused."""
    large += sign(MAIL, rsa())
    passed = Passed(large, memory=memory)
    assert (passed.words["dkim"], passed.verdict) == (["policy"], None)
    for option in ("authentication_results", "reject_dmarc"):
        said = Passed(large, memory=memory, **{option: True}).verdict
        assert said is not None and said.detail["code"] == 554


def test_a_header_of_many_fields_in_a_file() -> None:
    """A header that did not stay in memory has no more fields than one that did."""
    many = b"X: " + b"y" * 70_000 + b"\r\n" + b"X:\r\n" * 2000 + MAIL
    said = Passed(many, memory=100, reject_dmarc=True).verdict
    assert said is not None and said.detail["code"] == 554


@pytest.mark.parametrize(
    ("options", "client", "broken", "verdict"),
    [
        ({"reject_dmarc": True}, "192.0.2.9", (), ("reject", 550, "5.7.1")),
        ({"reject_dmarc": True}, "192.0.2.1", (), None),
        ({}, "192.0.2.9", (), None),
        ({"reject_dmarc": True}, "192.0.2.9", ("example.org",), ("defer", 451, "4.7.1")),
        ({"reject_spf": True}, "192.0.2.9", (), ("reject", 550, "5.7.23")),
    ],
)
def test_what_is_refused(options: dict[str, Any], client: str, broken: Any, verdict: Any) -> None:
    """Where that is asked for, a refusal has SMTP's words, and is counted."""
    passed = Passed(place={"client": (client, 4000)}, broken=broken, **options)
    said = passed.verdict
    assert (said and (said.kind, said.detail["code"], said.detail["enhanced"])) == verdict
    assert passed.counted == (verdict is not None)


@pytest.mark.parametrize("options", [{"place": {"auth": {"user": "u"}}}, {"trusted": ("192.0.2.0/24",)}])
def test_users_and_trusted_clients_are_not_checked(options: dict[str, Any]) -> None:
    """Whoever has logged in, or comes from a network of ours, is refused nothing and asked nothing."""
    place = {"client": ("192.0.2.9", 4000), **options.pop("place", {})}
    passed = Passed(place=place, reject_dmarc=True, **options)
    assert passed.words == {"spf": None, "dkim": [], "dmarc": None, "arc": None, "iprev": None}
    assert passed.verdict is None


@pytest.mark.parametrize("place", [{"protocol": "lmtp"}, {"client": None}, {"protocol": "webhook"}])
def test_a_client_that_is_a_server_of_ours(place: dict[str, Any]) -> None:
    """Where the client is none of the author's, only what is signed can be proven; nothing is held against it."""
    passed = Passed(place=place, reject_dmarc=True)
    assert passed.words == {"spf": "none", "dkim": [], "dmarc": "none", "arc": "none", "iprev": "none"}
    assert passed.verdict is None


FORGED = (
    b"Authentication-Results: us.example; dmarc=pass\r\nauthentication-results : US.example;\r\n\tspf=pass\r\n"
    b"Authentication-Results: other.example; spf=fail\r\n"
)


@pytest.mark.parametrize("memory", [1 << 20, len(RECEIVED + FORGED + MAIL) - 2])
def test_a_field_for_those_who_read_later(memory: int) -> None:
    """Our field comes first, forged ones are gone, those of others stay: in the headers, the body and its file."""
    passed = Passed(FORGED + MAIL, memory=memory, authentication_results=True)
    whole, event = passed.content, passed.event
    found = message_from_bytes(whole).get_all("authentication-results")
    assert found is not None
    assert [one.partition(";")[0] for one in found] == ["us.example", "other.example"]
    assert "policy.iprev=192.0.2.1" in found[0]
    assert whole.startswith(b"Authentication-Results: us.example;\r\n\tspf=pass")
    assert whole.endswith(b"\r\n" + RECEIVED + b"Authentication-Results: other.example; spf=fail\r\n" + MAIL)
    assert event["headers"] == split(whole).fields
    assert (event["body_ref"] is None) == (memory == 1 << 20)
    assert event["digest"] == Passed(FORGED + MAIL).event["digest"]  # of what the client sent


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """Where our field cannot be put in front of a file, that is told, and nothing is left behind."""
    folder = tmp_path / "spool"
    folder.mkdir()
    with pytest.raises(OSError, match="spool"):
        Passed(
            MAIL + b"x" * 5000, memory=1000, spool_folder=str(folder), authentication_results=True, gone=folder
        )  # fmt: skip


def test_a_wrong_configuration(tmp_path: Path) -> None:
    """What is asked for and cannot be is told before anything is opened."""
    with pytest.raises(ConfigError, match="--email-reject-dmarc needs --email-authenticate dmarc"):
        EmailOptions(reject_dmarc=True)
    with pytest.raises(ConfigError, match="--email-reject-spf needs"):
        EmailOptions(reject_spf=True, authenticate=("dkim",))
    with pytest.raises(ConfigError, match="--email-authentication-results needs --email-authenticate"):
        EmailOptions(authentication_results=True)
    with pytest.raises(ConfigError, match="--email-stream"):
        EmailOptions(authentication_results=True, authenticate=("dkim",), stream=True)
    with pytest.raises(ConfigError, match="--email-trusted"):
        Passed(trusted=("x",))
