import asyncio
import re
from typing import Any

import dkim as dkimpy
import pytest

from interfaces.email.auth import arc
from interfaces.email.auth.results import Result
from interfaces.email.auth.zone import Zone
from tests.email.auth.keys import pem, rsa
from tests.email.auth.mails import message

MAIL = b"From: A <a@example.org>\r\nTo: b@b.example\r\nSubject: two\r\n\r\nHello  you\r\n"
RESULTS = b"Authentication-Results: %b; arc=%b; spf=pass smtp.mailfrom=a@example.org\r\n"
TXT = {"r._domainkey.example.org": {"TXT": [rsa().record]}}


def sealed(content: bytes, host: bytes = b"mx.example") -> bytes:
    """``content`` with one more set, made by dkimpy."""
    key = rsa()
    cv = dkimpy.arc_verify(content, dnsfunc=lambda name, timeout=5: key.record.encode())[0]
    assert cv in (dkimpy.CV_Pass, dkimpy.CV_None)
    content = RESULTS % (host, cv) + content
    return b"".join(dkimpy.arc_sign(content, b"r", b"example.org", pem(key), host, timestamp=1)) + content


def checked(content: bytes, **broken: Any) -> Result:
    """The result for a message."""
    return asyncio.run(arc.check(message(content), Zone(TXT, **broken), 1_700_000_000))


ONE = sealed(MAIL)
THREE = sealed(sealed(ONE, b"list.example"), b"last.example")


def test_chains_of_another_implementation() -> None:
    """Chains that dkimpy makes hold, and name who sealed them last."""
    assert checked(MAIL) == Result("none")
    assert checked(ONE) == Result("pass", "example.org", "", {"sets": "1", "dmarc": "none"})
    assert checked(THREE) == Result("pass", "example.org", "", {"sets": "3", "dmarc": "none"})


@pytest.mark.parametrize(
    ("said", "dmarc"),
    [
        (b"dmarc=pass header.from=x", "pass"), (b"spf=pass; DMARC = fail (p=reject)", "fail"),
        (b'spf=pass reason="; dmarc=pass"', "none"), (b"spf=pass (; dmarc=pass)", "none"), (b"x-dmarc=pass", "none"),
    ],
)  # fmt: skip
def test_what_the_last_server_found(said: bytes, dmarc: str) -> None:
    """Its word on DMARC is its own, and not what somebody made it quote."""
    content = b"Authentication-Results: mx.example; arc=none; %b\r\n" % said + MAIL
    sets = dkimpy.arc_sign(content, b"r", b"example.org", pem(rsa()), b"mx.example", timestamp=1)
    if (
        b"Authentication-Results: i=1; mx.example" in b"".join(sets)
        and b"dmarc" not in b"".join(sets).lower()
    ):
        dmarc = "none"  # dkimpy has left out what it cannot read
    found = checked(b"".join(sets) + MAIL)
    assert (found.result, found.more["dmarc"]) == ("pass", dmarc)


def test_what_a_list_adds_breaks_only_the_older_signatures() -> None:
    """A footer that was added before the last server sealed does no harm: the last signature counts (§5.2)."""
    key, footer = rsa(), b"-- \r\nthe list\r\n"
    results = RESULTS % (b"list.example", b"pass")
    new = dkimpy.arc_sign(results + ONE + footer, b"r", b"example.org", pem(key), b"list.example")
    assert checked(b"".join(new) + ONE + footer).result == "pass"
    assert checked(ONE + footer).result == "fail"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"Hello", b"Hallo", "body"), (b"From: A", b"From: B", "not fit"),
        (b"(ARC-Authentication-Results: i=1;.*?)spf=pass", rb"\1spf=fail", "not fit"),
        (b"ARC-Seal: i=2", b"ARC-Seal: i=1", "twice"), (b"ARC-Seal: i=2", b"X-Seal: i=2", "missing"),
        (b"ARC-Seal: i=3", b"ARC-Seal: i=4", "missing"), (b"ARC-Seal: i=3", b"ARC-Seal: i=51", "beyond 50"),
        (b"ARC-Seal: i=3", b"ARC-Seal: i=x", "no number"), (b"(ARC-Seal: i=3; )cv=pass", rb"\1cv=fail", "says fail"),
        (b"(ARC-Seal: i=1; )cv=none", rb"\1cv=pass", "says pass"),
        (b"(ARC-Seal: i=3; )", rb"\1h=from; ", "names fields"),
        (b"(ARC-Seal: i=3; )", rb"\1i=3; ", "twice"), (b"(ARC-Message-Signature: i=3; )", rb"\1l=2; ", "only 2 of"),
        (b"(ARC-Message-Signature: i=3; .*?)h=", rb"\1h=arc-seal : ", "seals"),
        (b"ARC-Authentication-Results: i=3;", b"ARC-Authentication-Results: 3;", "no number"),
    ],
)  # fmt: skip
def test_chains_that_do_not_hold(old: bytes, new: bytes, says: str) -> None:
    """Whatever of a chain is changed, missing, there twice or said to have failed makes it fail."""
    changed, count = re.subn(old, new, THREE, count=1, flags=re.DOTALL)
    assert count == 1
    found = checked(changed)
    assert (found.result, says in found.reason) == ("fail", True), found


def test_the_dns_is_broken() -> None:
    """A key that cannot be asked for is an error that may pass; one that is not there is none."""
    assert checked(THREE, broken=["example.org"]).result == "temperror"
    missing = asyncio.run(arc.check(message(THREE), Zone({}), 0))
    assert (missing.result, missing.reason) == ("fail", "there is no key")


def test_a_key_is_asked_for_once() -> None:
    """However often a server signed, its key costs one question."""
    zone = Zone(TXT)
    asyncio.run(arc.check(message(THREE), zone, 0))
    assert zone.asked == [("r._domainkey.example.org", "TXT")]


def test_a_flood_of_sets() -> None:
    """A thousand fields of a chain end it without a question."""
    zone = Zone(TXT)
    flood = b"".join(
        b"ARC-Seal: i=%d; a=rsa-sha256; cv=pass; d=x.example; s=r; b=AAAA\r\n" % n for n in range(1, 1000)
    )
    found = asyncio.run(arc.check(message(flood + MAIL), zone, 0))
    assert (found.result, zone.asked) == ("fail", [])
