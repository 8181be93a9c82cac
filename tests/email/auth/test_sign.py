import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.auth.keys import Key
from interfaces.email.auth.sign import sign
from tests.email.auth.keys import answers, ed25519, rsa

MAIL = b"From: A <a@example.org>\r\nTo: b@b.example\r\nSubject:  two\r\n\twords \r\n\r\nHello  \t you \r\n\r\n\r\n"
KEYS = [rsa(), ed25519()]


def good(content: bytes, *keys: Key) -> bool:
    """Whether dkimpy believes the first signature."""
    return bool(dkim.verify(content, dnsfunc=answers(*keys)))


@pytest.mark.parametrize("key", KEYS, ids=["rsa", "ed25519"])
def test_another_implementation_believes_it(key: Key) -> None:
    """What is signed is believed by dkimpy, with either kind of key."""
    signed = sign(MAIL, key, at=1_700_000_000)
    assert signed.endswith(b"\r\n" + MAIL)
    assert b" t=1700000000;" in signed
    assert good(signed, key)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Hello", b"Hallo"), (b"Subject:  two", b"Subject: three"), (b"From: A", b"From: B"),
        (b"To: b@", b"To: c@"), (b"From: A", b"Cc: c@c.example\r\nFrom: A"),
        (b"From: A", b"From: x@x.example\r\nFrom: A"),
        (b"Subject:", b"Subject: one more\r\nSubject:"), (b"To:", b"Content-Type: text/html\r\nTo:"),
        (b"d=example.org", b"d=example.com"),
    ],
)  # fmt: skip
def test_what_is_changed_or_added_is_noticed(before: bytes, after: bytes) -> None:
    """No field that a reader looks at, and nothing of the body, can be changed or added behind the signature."""
    changed = sign(MAIL, rsa()).replace(before, after)
    assert not good(changed, rsa(), Key("example.com", "r", "rsa-sha256", rsa().private))


def test_what_servers_add_and_fold_does_no_harm() -> None:
    """Trace fields, other folding and blanks leave the signature as good as it was."""
    signed = sign(MAIL, rsa()).replace(b"two\r\n\twords", b"two  words").replace(b"Hello  \t", b"Hello ")
    assert good(signed + b"\r\n", rsa())
    at = signed.index(b"From: A")
    assert good(signed[:at] + b"Received: from x\r\nX-Any: y\r\n" + signed[at:], rsa())


def test_two_signatures() -> None:
    """A message may be signed by several keys, one after the other."""
    signed = sign(sign(MAIL, ed25519()), rsa())
    checked = dkim.DKIM(signed)
    assert checked.verify(0, dnsfunc=answers(*KEYS))
    assert checked.verify(1, dnsfunc=answers(*KEYS))


def test_lines_are_short() -> None:
    """No line of the field is longer than RFC 5322 recommends, whatever is signed."""
    many = b"".join(b"List-Archive: %d\r\n" % n for n in range(50)) + MAIL
    signed = sign(many, rsa())
    head = signed.removesuffix(many)
    assert max(map(len, head.split(b"\r\n"))) <= 80
    assert good(signed, rsa())


def test_a_message_without_an_author() -> None:
    """Without a From field there is nothing to sign (RFC 6376 §5.4): a ValueError says so."""
    with pytest.raises(ValueError, match="From"):
        sign(b"Subject: x\r\n\r\n", rsa())


BODIES = st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"x", b"=C3", b"\xc3\xa4"]), max_size=30).map(
    b"".join
)


@given(BODIES)
def test_any_body(body: bytes) -> None:
    """Whatever blanks and empty lines a body has, dkimpy's canonical form is ours."""
    assert good(sign(b"From: a@example.org\r\n\r\n" + body + b"\r\n", ed25519()), ed25519())
