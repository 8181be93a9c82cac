"""interfaces.email.auth.signatures: what a signature says of itself, and whose key it may be checked with."""

import asyncio
import base64
import hashlib
from typing import Any

import pytest

from interfaces.email.auth import tags
from interfaces.email.auth.canonical import fields
from interfaces.email.auth.keys import PublicKey
from interfaces.email.auth.results import Result
from interfaces.email.auth.signatures import NAMES, RECORDS, Broken, Signature, key_of
from interfaces.email.auth.zone import Zone
from tests.email.auth.keys import ed25519, rsa

NOW = 1000.0
DIGEST = hashlib.sha256(b"body\r\n").digest()
SAID = {
    "v": "1", "d": "example.org", "s": "e", "a": "ed25519-sha256", "h": "From:To", "b": "AAAA",
    "bh": base64.b64encode(DIGEST).decode(),
}  # fmt: skip
FIELD = (b"dkim-signature", b"DKIM-Signature: v=1; b=AAAA\r\n")
NAME = "e._domainkey.example.org"


def read(**said: str | None) -> Signature:
    """A signature of a message with these tags in place of SAID's; None: without it."""
    found = {name: value for name, value in {**SAID, **said}.items() if value is not None}
    return Signature.of_message(FIELD, found, now=NOW)


def broken(signature: Any, *steps: Any, **said: str | None) -> tuple[str, str]:
    """The word and the reason by which something comes to nothing."""
    with pytest.raises(Broken) as told:
        signature(*steps, **said)
    return told.value.result, told.value.reason


def test_what_a_signature_says() -> None:
    """RFC 6376 §3.5: names and domain in lower case, canonical forms "simple" unless said."""
    said = read(d="Example.ORG", s="E", c="relaxed", t="999", x="1001", q="dns/txt", h=" From :\r\n\tTO ")
    assert (said.domain, said.selector, said.algorithm) == ("example.org", "e", "ed25519-sha256")
    assert said.names == (b"from", b"to")
    assert (said.relaxed_header, said.relaxed_body, said.length) == (True, False, None)
    assert (said.value, said.body) == (b"\0\0\0", DIGEST)


@pytest.mark.parametrize(
    ("form", "header", "body"),
    [
        ("simple", False, False),
        ("relaxed", True, False),
        ("simple/relaxed", False, True),
        ("Relaxed/Simple", True, False),
        ("relaxed / relaxed", True, True),
        ("relaxed/", True, False),
    ],
)
def test_canonical_forms(form: str, header: bool, body: bool) -> None:
    """RFC 6376 §3.5, c=: of the header, then of the body, which is simple when nothing is said."""
    said = read(c=form)
    assert (said.relaxed_header, said.relaxed_body) == (header, body)


@pytest.mark.parametrize(
    ("said", "word", "reason"),
    [
        ({"d": None}, "permerror", "there is no d="),
        ({"s": ""}, "permerror", "there is no s="),
        ({"a": None}, "permerror", "there is no a="),
        ({"b": ""}, "permerror", "there is no b="),
        ({"bh": None}, "permerror", "there is no bh="),
        ({"h": None}, "permerror", "there is no h="),
        ({"a": "rsa-sha1"}, "policy", "no algorithm for us: rsa-sha1"),
        ({"a": "rsa-sha512" + "x" * 99}, "permerror", f"no algorithm for us: rsa-sha512{'x' * 30}"),
        ({"d": "a..b"}, "permerror", "no name for a key"),
        ({"d": "x" * 64 + ".example"}, "permerror", "no name for a key"),
        ({"s": "." * 300}, "permerror", "no name for a key"),
        ({"x": "999"}, "fail", "the signature has expired"),
        ({"x": "2000", "t": "2001"}, "fail", "the signature has expired"),
        ({"x": "never"}, "permerror", "'never' is no number"),
        ({"x": "2000", "t": "-1"}, "permerror", "'-1' is no number"),
        ({"x": "9" * 77}, "permerror", f"'{'9' * 20}' is no number"),
        ({"x": "²"}, "permerror", "'²' is no number"),
        ({"q": "http/json"}, "permerror", "the key is nowhere that we know"),
        ({"b": "A"}, "permerror", "that is no base64"),
        ({"b": "AA*A"}, "permerror", "that is no base64"),
        ({"bh": "AAA"}, "permerror", "that is no base64"),
        ({"h": "to:subject"}, "permerror", "From is not signed"),
        ({"h": "from" + ":to" * NAMES}, "permerror", f"more than {NAMES} fields are named"),
        ({"c": "nofws"}, "permerror", "no canonical form for us"),
        ({"c": "simple/nofws"}, "permerror", "no canonical form for us"),
        ({"c": "simple/simple/simple"}, "permerror", "no canonical form for us"),
        ({"l": "all"}, "permerror", "'all' is no number"),
    ],
)
def test_a_signature_that_comes_to_nothing_says_why(said: dict[str, str], word: str, reason: str) -> None:
    """RFC 6376 §6.1.1 and RFC 8301: before any question is asked of the DNS."""
    assert broken(read, **said) == (word, reason)


@pytest.mark.parametrize(
    "said",
    [
        {"x": "1000"},
        {"x": "1000", "t": "1000"},
        {"x": "9" * 76},
        {"q": "x509 : DNS/txt"},
        {"b": "AA\r\n\t AA"},
        {"h": "from" + ":to" * (NAMES - 1)},
        {"h": "from:from:to:x"},
        {"i": "someone@sub.example.org"},
    ],
)
def test_a_signature_at_the_edge_is_one(said: dict[str, str]) -> None:
    """In its last second, with the most names, with a key in one of several places, folded."""
    assert read(**said).domain == "example.org"


@pytest.mark.parametrize(
    ("length", "digest", "size", "said"),
    [
        (None, DIGEST, 6, None),
        ("6", DIGEST, 6, None),
        ("5", DIGEST, 6, ("policy", "only 5 of 6 bytes of the body are signed")),
        ("0", DIGEST, 6, ("policy", "only 0 of 6 bytes of the body are signed")),
        ("7", DIGEST, 6, ("fail", "the body has been changed")),
        (None, b"", 6, ("fail", "the body has been changed")),
        ("6", b"other", 6, ("fail", "the body has been changed")),
    ],
)
def test_the_whole_body_is_to_be_signed(
    length: str | None, digest: bytes, size: int, said: tuple[str, str] | None
) -> None:
    """To what is signed in part (l=) anybody may add; what is shorter than was signed has been cut."""
    signature = read(l=length)
    if said is None:
        signature.covers(digest, size)
    else:
        assert broken(signature.covers, digest, size) == said


@pytest.mark.parametrize(
    ("raw", "unsigned"),
    [
        (b"DKIM-Signature: v=1; b=AA; d=x\r\n", b"DKIM-Signature: v=1; b=; d=x\r\n"),
        (b"DKIM-Signature: v=1; bh=AA; b=BB\r\n", b"DKIM-Signature: v=1; bh=AA; b=\r\n"),
        (b"DKIM-Signature: b=AA\r\n BB;\r\n\td=x\r\n", b"DKIM-Signature: b=;\r\n\td=x\r\n"),
        (b"DKIM-Signature: v=1;\r\n b\t= AA\r\n", b"DKIM-Signature: v=1;\r\n b\t=\r\n"),
        (b"DKIM-Signature: z=b=1; b=AA\r\n", b"DKIM-Signature: z=b=1; b=\r\n"),
    ],
)
def test_a_field_without_its_signature(raw: bytes, unsigned: bytes) -> None:
    """RFC 6376 §3.5: b= is empty for what is signed, and nothing else is another: not bh=, nor a b= within a value."""
    one = Signature(field=(b"dkim-signature", raw), domain="d", selector="s", algorithm="a", value=b"")
    assert one.unsigned == (b"dkim-signature", unsigned)


@pytest.mark.parametrize("key", [rsa(1024), ed25519()], ids=["rsa", "ed25519"])
@pytest.mark.parametrize("form", ["simple", "relaxed"])
def test_a_signature_fits_what_was_signed_and_nothing_else(key: Any, form: str) -> None:
    """Made by hand as RFC 6376 §3.7 says; one letter, or one field that is put above another, is told."""
    head = fields(b"From: a@example.org\r\nTo:  b\r\nTo: c\r\n")
    raw = f"DKIM-Signature: v=1; a={key.algorithm}; d=example.org; s={key.selector}; c={form}; h=from:to; bh=AAAA; b="
    name, colon, value = raw.partition(":")
    lines = {
        "simple": f"From: a@example.org\r\nTo: c\r\n{raw}",
        "relaxed": f"from:a@example.org\r\nto:c\r\n{name.lower()}{colon}{value.strip()}",
    }
    data = lines[form].encode()
    signed = base64.b64encode(key.sign(data, hashlib.sha256(data).digest())).decode()
    field = (b"dkim-signature", f"{raw}{signed}\r\n".encode())
    signature = Signature.of_message(field, tags.read((raw + signed).partition(":")[2]), now=NOW)
    public = PublicKey.of(key.record)
    signature.fits(public, head)
    signature.fits(public, [(b"to", b"To: another\r\n"), *head])
    for changed in (
        [*head, (b"to", b"To: another\r\n")],
        fields(b"From: A@example.org\r\nTo: c\r\n"),
        head[:1],
    ):
        assert broken(signature.fits, public, changed) == ("fail", "the signature does not fit")


def key(signature: Signature, *records: str, **more: Any) -> PublicKey:
    """The key that a signature finds among these records."""
    return asyncio.run(key_of(signature, Zone({NAME: {"TXT": list(records)}}, **more)))


RECORD = ed25519().record


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ((), "there is no key"),
        ((RECORD + "; h=sha1",), "the key is not for SHA-256"),
        ((RECORD + "; s=tlsrpt",), "the key is not for mail"),
        ((rsa(1024).record,), "the key is of another kind"),
        (("v=DKIM1; k=ed25519; p=",) * RECORDS + (RECORD,), "the key is revoked"),
    ],
)
def test_a_key_that_may_not_be_used(records: tuple[str, ...], reason: str) -> None:
    """RFC 6376 §6.1.2: not found, for something else, or behind more records than are looked at."""
    assert broken(lambda: key(read(), *records)) == ("permerror", reason)


@pytest.mark.parametrize(
    "records",
    [
        (RECORD,),
        (RECORD + "; h=sha1:sha256; s=other:email",),
        (RECORD + "; s=*; t=y",),
        ("v=spf1 -all",) * (RECORDS - 1) + (RECORD,),
    ],
)
def test_a_key_that_may_be_used(records: tuple[str, ...]) -> None:
    """Among records that are none, one that may be used is found."""
    assert key(read(), *records).kind == "ed25519"


@pytest.mark.parametrize(
    ("identity", "strict"), [("", True), ("example.org", True), ("a.example.org", False)]
)
def test_a_key_may_be_for_its_domain_alone(identity: str, strict: bool) -> None:
    """t=s: the identity's domain has to be the signature's own (RFC 6376 §3.6.1)."""
    signature = Signature(
        field=FIELD, domain="example.org", selector="e", algorithm="ed25519-sha256", value=b"", identity=identity
    )  # fmt: skip
    if strict:
        assert key(signature, RECORD + "; t=y:s").flags
    else:
        assert broken(lambda: key(signature, RECORD + "; t=s")) == (
            "permerror",
            "the key is not for subdomains",
        )
        assert key(signature, RECORD + "; t=y").kind == "ed25519"


def test_a_dns_that_is_away_says_nothing_of_a_signature() -> None:
    """What may be asked again is temperror, and no reason to refuse anybody."""
    with pytest.raises(Broken) as told:
        key(read(), RECORD, broken={NAME})
    assert told.value.result == "temperror"


def test_a_result_names_the_signature() -> None:
    """By its domain and selector, as Authentication-Results does (RFC 8601 §2.7.1)."""
    found = read().result("fail", "why")
    assert found == Result("fail", "example.org", "why", {"selector": "e"})
    assert found.plain == {"result": "fail", "domain": "example.org", "reason": "why", "selector": "e"}
    assert read().result("pass").plain["reason"] == ""
