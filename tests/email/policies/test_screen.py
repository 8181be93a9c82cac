import asyncio
from collections.abc import Mapping
from email import message_from_bytes
from typing import Any

import pytest

from interfaces.email.auth.sign import sign
from interfaces.email.auth.zone import Zone
from interfaces.email.body import Body, content
from interfaces.email.headers import split
from interfaces.email.options import EmailOptions
from interfaces.email.policies.screen import Screen
from interfaces.shared.errors import ConfigError
from tests.email.auth.keys import rsa

Said = list[dict[str, Any]]
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


async def through(
    content_: bytes = MAIL,
    *,
    client: Any = ("192.0.2.1", 4000),
    memory: int = 1 << 20,
    broken: Any = (),
    scope: Mapping[str, Any] = {},
    **options: Any,
) -> tuple[dict[str, Any], Said, bytes]:
    """Send a message through a screen: what the application gets, what is sent, and the content it reads."""
    seen: dict[str, Any] = {}
    said: Said = []
    body = Body(memory, head=RECEIVED)
    body.add(content_)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        event = await receive()
        seen.update({**scope, "event": event, "content": content(event)})
        await send({"type": "email.accept"})

    async def receive() -> dict[str, Any]:
        whole = b"" if body.reference else body.whole
        return {"type": "email.receive", "headers": split(RECEIVED + content_).fields, "body": whole,
                "body_ref": body.reference, "size": body.size}  # fmt: skip

    async def send(event: dict[str, Any]) -> None:
        said.append(event)

    asked = EmailOptions(hostname="us.example", **{"authenticate": ALL, **options})
    screen = Screen(app, asked, Zone(RECORDS, broken), lambda name: seen.update(counted=name))
    whole = {"type": "email", "protocol": "smtp", "client": client, "client_name": None, "helo": "mx.example.org",
             "auth": None, "mail_from": "a@example.org", **scope}  # fmt: skip
    await screen(whole, receive, send)
    body.close()
    return seen, said, seen.get("content", b"")


def passed(*arguments: Any, **named: Any) -> tuple[dict[str, Any], Said, bytes]:
    """As :func:`through`, from outside of a loop."""
    return asyncio.run(through(*arguments, **named))


def words(seen: Mapping[str, Any]) -> dict[str, Any]:
    """The word of each result."""
    found = seen["event"]["authentication"]
    return {
        method: [one["result"] for one in said] if method == "dkim" else said and said["result"]
        for method, said in found.items()
    }


def test_results_come_with_the_event() -> None:
    """The application is told what was found, and what the client's name is; nothing else has changed."""
    seen, said, whole = passed(sign(MAIL, rsa()))
    assert words(seen) == {"spf": "pass", "dkim": ["pass"], "dmarc": "pass", "arc": "none", "iprev": "pass"}
    assert seen["client_name"] == "mx.example.org"
    assert whole == RECEIVED + sign(MAIL, rsa())
    assert said == [{"type": "email.accept"}]


def test_a_large_message_is_checked_in_its_file() -> None:
    """What is in a file is read from there."""
    seen, _, _ = passed(sign(MAIL + b"x" * 70 + b"\r\n", rsa()), memory=50)
    assert seen["event"]["body_ref"] is not None
    assert words(seen)["dkim"] == ["pass"]


@pytest.mark.parametrize("memory", [1 << 20, 100])
def test_a_header_without_end(memory: int) -> None:
    """A header that is too large is not looked at, in memory or in a file."""
    seen, _, _ = passed(b"X: " + b"\r\n y" * 100_000 + b"\r\n" + sign(MAIL, rsa()), memory=memory)
    assert words(seen)["dkim"] == ["policy"]


@pytest.mark.parametrize(
    ("options", "client", "broken", "verdict"),
    [
        ({"reject_dmarc": True}, "192.0.2.9", (), {"type": "email.reject", "code": 550, "enhanced": "5.7.1"}),
        ({"reject_dmarc": True}, "192.0.2.1", (), {"type": "email.accept"}),
        ({}, "192.0.2.9", (), {"type": "email.accept"}),
        ({"reject_dmarc": True}, "192.0.2.9", ("example.org",), {"type": "email.defer",
        "code": 451, "enhanced": "4.7.1"}),
        ({"reject_spf": True}, "192.0.2.9", (), {"type": "email.reject", "code": 550, "enhanced": "5.7.23"}),
    ],
)  # fmt: skip
def test_what_is_refused_never_reaches_the_application(
    options: dict[str, Any], client: str, broken: Any, verdict: dict[str, Any]
) -> None:
    """Where that is asked for, a refusal is said in SMTP's words, and counted, and the application is not called."""
    seen, said, _ = passed(client=(client, 4000), broken=broken, **options)
    assert len(said) == 1 and said[0].items() >= verdict.items()
    assert ("event" in seen) == (verdict["type"] == "email.accept")
    assert seen.get("counted") == (None if "event" in seen else "email.unproven")


@pytest.mark.parametrize(
    ("named", "client"),
    [({"scope": {"auth": {"user": "u"}}}, "192.0.2.9"), ({"trusted": ("192.0.2.0/24",)}, "192.0.2.9")],
)
def test_users_and_trusted_clients_are_not_checked(named: dict[str, Any], client: str) -> None:
    """Whoever has logged in, or comes from a network of ours, is refused nothing and asked nothing."""
    seen, said, _ = passed(client=(client, 4000), reject_dmarc=True, **named)
    assert words(seen) == {"spf": None, "dkim": [], "dmarc": None, "arc": None, "iprev": None}
    assert said == [{"type": "email.accept"}]


@pytest.mark.parametrize("named", [{"scope": {"protocol": "lmtp"}}, {"client": None}])
def test_a_client_that_is_a_server_of_ours(named: dict[str, Any]) -> None:
    """Over LMTP, and on a unix socket, only what is signed can be proven, and nothing else is held against anybody."""
    seen, said, _ = passed(reject_dmarc=True, **named)
    assert words(seen) == {"spf": "none", "dkim": [], "dmarc": "none", "arc": "none", "iprev": "none"}
    assert said == [{"type": "email.accept"}]


FORGED = (
    b"Authentication-Results: us.example; dmarc=pass\r\nauthentication-results : US.example;\r\n\tspf=pass\r\n"
    b"Authentication-Results: other.example; spf=fail\r\n"
)


@pytest.mark.parametrize("memory", [1 << 20, 50])
def test_a_field_for_those_who_read_later(memory: int) -> None:
    """Our field comes first, forged ones are gone, those of others stay: in the headers, the body and its file."""
    seen, _, whole = passed(FORGED + MAIL, memory=memory, authentication_results=True)
    found = message_from_bytes(whole).get_all("authentication-results")
    assert found is not None
    assert [one.partition(";")[0] for one in found] == ["us.example", "other.example"]
    assert "spf=pass" in found[0] and "policy.iprev=192.0.2.1" in found[0]
    assert whole.startswith(b"Authentication-Results: us.example;\r\n\tspf=pass")
    assert whole.endswith(b"\r\n" + RECEIVED + b"Authentication-Results: other.example; spf=fail\r\n" + MAIL)
    event = seen["event"]
    assert event["size"] == len(whole)
    assert event["headers"] == split(whole).fields
    assert (event["body_ref"] is not None) == (memory == 50)


def test_other_scopes_pass() -> None:
    """What is no message is not looked at."""

    async def run() -> list[Any]:
        seen = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            seen.extend([scope["type"], await receive()])

        async def receive() -> dict[str, Any]:
            return {"type": "email.bounce"}

        screen = Screen(app, EmailOptions(authenticate=("dkim",)), Zone({}), lambda name: None)
        await screen({"type": "email"}, receive, app)
        return seen

    assert asyncio.run(run()) == ["email", {"type": "email.bounce"}]


def test_a_wrong_configuration() -> None:
    """What is asked for and cannot be is told before anything is opened."""
    with pytest.raises(ConfigError, match="--email-reject-dmarc needs --email-authenticate dmarc"):
        EmailOptions(reject_dmarc=True)
    with pytest.raises(ConfigError, match="--email-reject-spf needs"):
        EmailOptions(reject_spf=True, authenticate=("dkim",))
    with pytest.raises(ConfigError, match="--email-trusted"):
        Screen(None, EmailOptions(authenticate=("spf",), trusted=("x",)), Zone({}), print)  # type: ignore[arg-type]
