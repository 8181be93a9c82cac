"""Checks and policies as options switch them on, from a socket to the reply."""

import asyncio
import smtplib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interfaces.email.auth.zone import Zone
from interfaces.email.interface import Email, EmailOptions
from interfaces.email.policies.guard import resolver_of
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context
from tests.email.auth.dns_server import serving

ZONE = """\
example.org. TXT "v=spf1 ip4:127.0.0.1 -all"
_dmarc.example.net. TXT "v=DMARC1; p=reject"
1.0.0.127.in-addr.arpa. PTR mx.example.org.
mx.example.org. A 127.0.0.1
1.0.0.127.bl.example. A 127.0.0.2
fail.example. TXT "v=spf1 -all"
"""
Talk = Callable[[smtplib.SMTP], Any]


def served(
    folder: Path, talk: Talk, app: Any = None, context: Context | None = None, **options: Any
) -> Any:  # fmt: skip
    """What ``talk`` says that a client hears of a server with these options and a DNS of ZONE."""
    (folder / "zone").write_text(ZONE)

    async def accept(scope: Any, receive: Any, send: Any) -> None:
        await receive()

    def client(port: int) -> Any:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as found:
            return talk(found)

    async def run() -> Any:
        asked = EmailOptions(
            bind=("127.0.0.1:0",), hostname="us.example", dns=(f"file:{folder / 'zone'}",), **options
        )
        around = context or Context(names=("email",), state={})
        async with Email(asked).serve(app or accept, around) as addresses:
            return await asyncio.to_thread(client, int(str(addresses[0]).rpartition(":")[2]))

    return asyncio.run(run())


def sent(client: smtplib.SMTP, domain: str) -> Any:
    """The code of a message of that domain, with what was said if it was refused."""
    try:
        client.sendmail(f"a@{domain}", ["b@b.example"], f"From: a@{domain}\r\n\r\nHello\r\n")
    except smtplib.SMTPDataError as error:
        return error.smtp_code, error.smtp_error
    except smtplib.SMTPRecipientsRefused as error:
        return error.recipients["b@b.example"]
    return 250


def test_what_is_not_proven_is_refused(tmp_path: Path) -> None:
    """What fails is 550 and the application never hears of it, what passes or has no policy is its to decide."""
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        event = await receive()
        seen.append((event["authentication"]["dmarc"]["result"], scope["client_name"]))
        assert b"from client.example (mx.example.org [127.0.0.1])" in event["body"]

    def talk(client: smtplib.SMTP) -> list[Any]:
        client.ehlo("client.example")
        return [sent(client, domain) for domain in ("example.org", "example.net")]

    context = Context(names=("email",), state={})
    said = served(tmp_path, talk, app, context, authenticate=("dmarc, iprev",), reject_dmarc=True)
    refusal = (550, b"5.7.1 example.net asks to refuse what is not proven to be from it (DMARC)")
    assert said == [250, refusal]
    assert seen == [("none", "mx.example.org")]
    assert context.telemetry.counts["email.unproven"] == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"dnsbl": ("bl.example",)}, (550, b"5.7.1 127.0.0.1 is listed at bl.example")),
        ({"reject_spf": True, "authenticate": ("spf",)}, (550, b"5.7.23 SPF: all of fail.example")),
        ({"greylist": 300.0}, (451, b"4.7.1 Greylisted, come again in 300 seconds")),
        ({"dnsbl": ("bl.example",), "trusted": ("127.0.0.0/8",)}, 250),
    ],
)
def test_a_recipient_is_refused_before_there_is_content(
    tmp_path: Path, options: dict[str, Any], said: Any
) -> None:
    """RCPT is answered with the policy's words."""
    assert served(tmp_path, lambda client: sent(client, "fail.example"), **options) == said


def test_too_many_recipients_a_minute(tmp_path: Path) -> None:
    """What comes too fast is put off, and what came before is taken."""

    def talk(client: smtplib.SMTP) -> list[Any]:
        return [sent(client, "a.example") for _ in range(3)]

    said = served(tmp_path, talk, recipients_per_minute=2)
    assert said == [250, 250, (450, b"4.7.1 Too fast, come again in 30 seconds")]


def test_a_wrong_configuration(tmp_path: Path) -> None:
    """What cannot be switched on is told before anything is opened."""
    with pytest.raises(ConfigError, match="zone file"):
        resolver_of(EmailOptions(dns=("file:/nowhere",)))
    with pytest.raises(ConfigError, match="--email-authenticate bimi"):
        served(tmp_path, lambda client: None, authenticate=("spf,bimi",))


def test_a_streamed_message_is_checked_at_its_end(tmp_path: Path) -> None:
    """With --email-stream the last event has the results; what is refused then is told to the application."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while True:
            event = await receive()
            if event["type"] == "email.disconnect" or not event["more_body"]:
                break
        found = event.get("authentication")
        seen.append(event["code"] if found is None else found["dmarc"]["result"])

    def talk(client: smtplib.SMTP) -> list[Any]:
        return [sent(client, domain) for domain in ("example.org", "example.net")]

    said = served(tmp_path, talk, app, authenticate=("dmarc",), reject_dmarc=True, stream=True)
    assert (said[0], said[1][0]) == (250, 550)
    assert seen == ["none", 550]


def test_a_real_resolver(tmp_path: Path) -> None:
    """The same over the network: a DNS server that answers, and one that fails."""
    zone = Zone({"_dmarc.example.net": {"TXT": ["v=DMARC1; p=reject"]}}, broken=["example.com"])

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()

    def talk(port: int) -> list[Any]:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            return [sent(client, domain) for domain in ("example.org", "example.net", "example.com")]

    async def run() -> Any:
        async with serving(zone) as server:
            options = EmailOptions(
                bind=("127.0.0.1:0",), authenticate=("dmarc",), reject_dmarc=True, dns=(server.address,)
            )
            async with Email(options).serve(app, Context(names=("email",), state={})) as addresses:
                return await asyncio.to_thread(talk, int(str(addresses[0]).rpartition(":")[2]))

    said = asyncio.run(run())
    assert [one if one == 250 else one[0] for one in said] == [250, 550, 451]


def test_what_is_off_is_not_there() -> None:
    """A server that checks nothing imports nothing for it."""
    code = (
        "import sys, interfaces.email.interface as found\n"
        "found.EmailOptions()\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} & {'dns', 'cryptography', 'redis'}),"
        " *[name for name in sys.modules if name.startswith(('interfaces.email.auth', 'interfaces.email.policies'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
