import asyncio
import re
import time
from collections.abc import Mapping
from typing import Any

import dkim as dkimpy
import pytest

from interfaces.email.auth import dkim
from interfaces.email.auth.results import Result
from interfaces.email.auth.sign import sign
from interfaces.email.auth.zone import Zone
from tests.email.auth.keys import ed25519, pem, rsa
from tests.email.auth.mails import ED25519, KEYS, RSA, message

NOW = 1_700_000_000.0
MAIL = b"From: A <a@example.org>\r\nTo: b@b.example\r\nSubject: two\r\n\twords\r\n\r\nHello  you\r\n\r\n"
TXT = {f"{key.selector}._domainkey.example.org": {"TXT": [key.record]} for key in (rsa(), ed25519())}


def checked(
    content: bytes, records: Mapping[str, Any] = TXT, now: float = NOW, **broken: Any
) -> list[Result]:
    """The results for a message."""
    return asyncio.run(dkim.check(message(content), Zone(records, **broken), now))


def words(content: bytes, records: Mapping[str, Any] = TXT, now: float = NOW, **broken: Any) -> list[str]:
    """Their words alone."""
    return [one.result for one in checked(content, records, now, **broken)]


@pytest.mark.parametrize(("content", "domain"), [(RSA, "example.com"), (ED25519, "football.example.com")])
def test_the_examples_of_the_rfcs(content: bytes, domain: str) -> None:
    """The signed messages of RFC 6376 and RFC 8463 pass, and fail once a letter is another."""
    assert checked(content, KEYS) == [Result("pass", domain, "", {"selector": "brisbane"})]
    assert words(content.replace(b"hungry", b"angry!"), KEYS) == ["fail"]
    assert words(content.replace(b"ready?", b"ready!"), KEYS) == ["fail"]


@pytest.mark.parametrize("header", [b"simple", b"relaxed"])
@pytest.mark.parametrize("body", [b"simple", b"relaxed"])
@pytest.mark.parametrize("key", [rsa(1024), ed25519()], ids=["rsa", "ed25519"])
def test_what_another_implementation_signs(key: Any, header: bytes, body: bytes) -> None:
    """dkimpy's signatures pass, in every canonical form."""
    private = pem(key) if key.selector == "r" else _seed(key)
    signed = dkimpy.sign(
        MAIL, key.selector.encode(), b"example.org", private, canonicalize=(header, body),
        signature_algorithm=key.algorithm.encode(),
    )  # fmt: skip
    records = {f"{key.selector}._domainkey.example.org": {"TXT": [key.record]}}
    assert words(signed + MAIL, records) == ["pass"]
    assert words(signed + MAIL.replace(b"Hello", b"Hallo"), records) == ["fail"]


def _seed(key: Any) -> bytes:
    """An Ed25519 key as dkimpy wants it."""
    import base64

    return base64.b64encode(key.private.private_bytes_raw())


def test_several_signatures_each_have_a_result() -> None:
    """Of two signatures one may fail: the other is none the worse for it."""
    signed = sign(sign(MAIL, ed25519()), rsa())
    assert words(signed) == ["pass", "pass"]
    results = checked(signed, {"e._domainkey.example.org": TXT["e._domainkey.example.org"]})
    assert [(one.result, one.reason) for one in results] == [("permerror", "there is no key"), ("pass", "")]
    assert words(MAIL) == []


def changed(old: str, new: str, **options: Any) -> Result:
    """The result once the signature says something else."""
    signed = sign(MAIL, rsa(), at=NOW)
    assert re.search(old.encode(), signed)
    (found,) = checked(re.sub(old.encode(), new.encode(), signed, count=1), **options)
    return found


@pytest.mark.parametrize(
    ("old", "new", "result", "says"),
    [
        ("v=1", "v=2", "permerror", "version"), ("v=1;", "", "permerror", "version"),
        ("a=rsa-sha256", "a=rsa-sha1", "policy", "rsa-sha1"),
        ("a=rsa-sha256", "a=rsa-sha512", "permerror", "rsa-sha512"),
        ("a=rsa-sha256", "a=ed25519-sha256", "permerror", "another kind"),
        ("d=example.org", "d=example.net", "permerror", "no key"),
        ("d=example.org", "d=-..x", "permerror", "no name"),
        ("s=r;", "s=r; s=r;", "permerror", "twice"), ("s=r;", "", "permerror", "no s="),
        ("h=from:from:", "h=", "permerror", "From"), ("bh=....", "bh=&&&&", "permerror", "base64"),
        ("bh=....", "bh=AAAA", "fail", "body"), ("c=relaxed/relaxed", "c=nofws", "permerror", "canonical"),
        ("t=", "l=3; t=", "policy", "only 3 of 11 bytes"), ("t=", "l=99; t=", "fail", "body"),
        ("t=", "x=1699999999; t=", "fail", "expired"), ("t=", "x=1700000001; t=", "fail", "not fit"),
        ("h=", "h=" + "from:" * 1000, "permerror", "more than 1000"),
        ("t=", "x=no; t=", "permerror", "number"), ("t=", "q=http; t=", "permerror", "nowhere"),
        ("t=", "i=x@elsewhere.example; t=", "permerror", "identity"),
        ("t=", "i=x@sub.example.org; t=", "fail", "not fit"),
        ("t=", "i=x@notexample.org; t=", "permerror", "identity"),
    ],
)  # fmt: skip
def test_signatures_that_come_to_nothing(old: str, new: str, result: str, says: str) -> None:
    """Each rule of RFC 6376 §6.1.1 and RFC 8301 has a word and a reason."""
    found = changed(old, new)
    assert (found.result, says in found.reason) == (result, True), found


@pytest.mark.parametrize(
    ("record", "result", "says"),
    [
        ("v=DKIM1; p=", "permerror", "revoked"), ("v=DKIM1; h=sha1; " + rsa().record[9:], "permerror", "SHA-256"),
        ("v=DKIM1; s=tlsrpt; " + rsa().record[9:], "permerror", "not for mail"), ("hello", "permerror", "no tag"),
        ("v=DKIM1; t=y; " + rsa().record[9:], "pass", "trying"), (rsa(1024).record, "fail", "not fit"),
    ],
)  # fmt: skip
def test_records_of_keys(record: str, result: str, says: str) -> None:
    """What the owner says of the key is kept to (§3.6.1)."""
    (found,) = checked(sign(MAIL, rsa()), {"r._domainkey.example.org": {"TXT": [record]}})
    assert (found.result, says in found.reason) == (result, True), found


def test_a_key_without_subdomains() -> None:
    """A key with the flag s is no key for identities below its domain."""
    record = {"r._domainkey.example.org": {"TXT": ["v=DKIM1; t=s; " + rsa().record[9:]]}}
    assert "subdomains" in changed("t=", "i=x@sub.example.org; t=", records=record).reason
    assert "not fit" in changed("t=", "i=x@example.org; t=", records=record).reason


def test_the_dns_is_broken() -> None:
    """A key that cannot be asked for is an error that may pass."""
    (found,) = checked(sign(MAIL, rsa()), broken=["example.org"])
    assert found.result == "temperror"


def test_copied_fields_do_not_hide_the_signature() -> None:
    """A tag z that copies ":b=" of a field is not taken for the signature itself."""
    signed = dkimpy.DKIM(MAIL.replace(b"Subject: two", b"Subject: x:b=1;b=2"))
    head = signed.sign(b"r", b"example.org", pem(rsa()))
    assert words(head + MAIL.replace(b"Subject: two", b"Subject: x:b=1;b=2")) == ["pass"]
    found = changed("t=", "z=Subject:b=2Ctwo; t=")
    assert found.reason == "the signature does not fit"


def test_a_thousand_signatures_are_looked_at_no_further_than_ten() -> None:
    """However many there are, ten cost something; that there are more is told."""
    zone = Zone(TXT)
    content = b"".join(b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s%d; h=from; bh=; b=AAAA\r\n" % n
                       for n in range(990)) + sign(MAIL, rsa())  # fmt: skip
    results = asyncio.run(dkim.check(message(content), zone, NOW))
    assert len(results) == dkim.SIGNATURES + 1
    assert results[-1].reason == "981 more signatures were not looked at"
    assert zone.asked == []  # none of them was worth it


def test_large_messages_are_read_beside_the_loop() -> None:
    """While a body of 10 MB is read, the event loop has its turns."""
    content = sign(MAIL + b"word \t word\r\n" * 800_000, rsa())
    turns = 0

    async def turning() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def both() -> list[Result]:
        task = asyncio.ensure_future(turning())
        try:
            return await dkim.check(message(content), Zone(TXT), time.time())
        finally:
            task.cancel()

    assert [one.result for one in asyncio.run(both())] == ["pass"]
    assert turns > 10


def test_a_signature_may_name_others() -> None:
    """A signature that signs another is not asked to have signed itself."""
    first = sign(MAIL, ed25519())
    signer = dkimpy.DKIM(first)
    signer.should_not_sign = set()
    head = signer.sign(b"r", b"example.org", pem(rsa()), include_headers=[b"from", b"dkim-signature"])
    assert words(head + first) == ["pass", "pass"]
