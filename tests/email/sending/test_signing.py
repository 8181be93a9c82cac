"""Signatures on what is sent."""

import asyncio

import dkim
import pytest

from interfaces.email.sending.signing import signer
from interfaces.shared.errors import ConfigError
from tests.email.auth.keys import answers, ed25519, rsa, written
from tests.email.sending.transports.peer import mail
from tests.email.sending.ways import MAIL, attempt, way


@pytest.fixture
def keys(tmp_path):
    """Options for an RSA and an Ed25519 key of example.org."""
    return [written(key, tmp_path) for key in (rsa(), ed25519())]


def sent(message, keys):
    """The content that leaves."""
    found = way(sign=signer(keys))
    said = asyncio.run(found.attempt(attempt(message)))
    assert said.state == "sent", said
    return found.transport.mails[0].content


def signatures(content):
    """How many there are, all of them believed by another implementation."""
    count = content.partition(b"\r\n\r\n")[0].count(b"DKIM-Signature:")
    checked = dkim.DKIM(content)
    assert all(checked.verify(n, dnsfunc=answers(rsa(), ed25519())) for n in range(count))
    return count


def test_each_key_of_the_author_signs(keys):
    """RSA for all, Ed25519 for those who know it; the same message has the same signatures each time."""
    content = sent(MAIL, keys)
    assert signatures(content) == 2
    assert sent(MAIL, keys) == content


def test_a_domain_below_is_signed_by_the_one_above(keys):
    """As alignment has it; another domain is not ours to sign for, and a longer name that ends alike is another."""
    assert signatures(sent({**MAIL, "from_address": "a@mail.example.org"}, keys)) == 2
    assert signatures(sent({**MAIL, "from_address": "a@notexample.org"}, keys)) == 0
    assert signatures(sent({**MAIL, "from_address": "a@EXAMPLE.org"}, keys)) == 2


def test_a_message_may_ask_for_none(keys):
    """It is sent as it is."""
    assert signatures(sent({**MAIL, "dkim": False}, keys)) == 0


@pytest.mark.parametrize(
    ("field", "count"),
    [
        (b"From: Ann <ann@example.org>", 2),
        (b"From: b@example.net, ann@example.org", 0),
        (b"X-From: ann@example.org", 0),
        (b"From: " + b"(" * 900 + b"ann@example.org", 0),
    ],
    ids=["ours", "not the first", "none", "hostile"],
)
def test_what_is_raw_is_signed_by_its_from(keys, field, count):
    """The author that a reader is shown decides, whatever else it says; one that cannot be read is nobody."""
    raw = field + b"\r\nSubject: raw\r\n\r\nText\r\n"
    message = {"type": "email.send", "to": "a@example.net", "mail_from": "x@example.net", "raw": raw}
    assert signatures(sent(message, keys)) == count


def test_without_keys_nothing_is_signed():
    """Nor is anything imported for it."""
    assert signer([]) is None


@pytest.mark.parametrize("text", ["example.org", "example.org:s:/nowhere.pem"])
def test_a_key_that_is_none(text):
    """One line says which."""
    with pytest.raises(ConfigError, match="DKIM"):
        signer([text])


@pytest.mark.parametrize(
    ("author", "count"),
    [
        (b"From: desk@example.org\r\n", 2),
        (b"From: Desk <desk@example.org>, x@other.example\r\n", 2),
        (b"From: x@other.example, desk@example.org\r\n", 0),
        (b"From: undisclosed:;\r\n", 0),
        (b"From: nobody\r\n", 0),
        (b"From: " + b",".join(b"desk@example.org" for _ in range(20_000)) + b"\r\n", 0),
    ],
)
def test_the_first_author_says_whose_mail_it_is(keys, author, count):
    """Of a complete message, too; one without an author, or with more than are read, is sent as it is."""
    sign = signer(keys)
    signed = sign(mail("b@b.example", content=author + b"To: b@b.example\r\n\r\nx\r\n"), 1e9)
    assert signed.content.count(b"DKIM-Signature:") == count
    assert signed.content.endswith(b"To: b@b.example\r\n\r\nx\r\n")
