"""interfaces.sms.providers.signing: what several providers sign by."""

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.sms.providers.signing import (
    any_fits,
    bare_jwt,
    basic_header,
    hmac_base64,
    jwt_claims,
    unbase64,
)

TOKEN = (  # RFC 7515, appendix A.1, whose key is of 64 bytes that are no text; so this one is jwt.io's
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
    ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
)
CLAIMS = {"sub": "1234567890", "name": "John Doe", "iat": 1516239022}


def test_an_hmac_in_base64():
    """RFC 2202, case 2; and SHA-256 unless another is said (RFC 4231, case 2)."""
    said = "what do ya want for nothing?"
    assert (
        hmac_base64("Jefe", said, "sha1")
        == base64.b64encode(bytes.fromhex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")).decode()
    )
    assert base64.b64decode(hmac_base64("Jefe", said)).hex().startswith("5bdcc146bf60754e6a042426089575c7")


def test_one_of_several_fits():
    """None does where nothing is said, whatever is right."""
    assert any_fits("b", ["a", "b"])
    assert not any_fits("c", ["a", "b"])
    assert not any_fits("", [""])
    assert not any_fits("a", [])


def test_base64_that_is_none_is_nothing():
    """No error comes of what a peer says."""
    assert unbase64("aGk=") == b"hi"
    for said in ("aGk", "a b=", "ä", "=", "*"):
        assert unbase64(said) == b""


def test_basic_is_written_as_utf_8():
    """RFC 7617."""
    assert basic_header("ü", "p:w") == "Basic " + base64.b64encode("ü:p:w".encode()).decode()


@pytest.mark.parametrize(
    ("header", "token"),
    [("Bearer a.b.c", "a.b.c"), ("bearer  x ", "x"), ("Basic x", ""), ("Bearer", ""), ("", "")],
)
def test_the_token_of_a_header(header, token):
    """Of the scheme Bearer alone."""
    assert bare_jwt(header) == token


def test_the_claims_of_a_token():
    """By the right key, beside another."""
    assert jwt_claims(TOKEN, ["other", "your-256-bit-secret"]) == CLAIMS
    assert jwt_claims(TOKEN, ["other"]) is None
    assert jwt_claims(TOKEN, []) is None


@pytest.mark.parametrize("number", range(len(TOKEN)))
def test_no_letter_of_a_token_may_be_another(number):
    """But for bits of base64 that mean nothing, at its ends."""
    other = "A" if TOKEN[number] != "A" else "B"
    changed = TOKEN[:number] + other + TOKEN[number + 1 :]
    assert jwt_claims(changed, ["your-256-bit-secret"]) in (None, CLAIMS)
    if TOKEN[number] == "." or number not in (35, len(TOKEN) - 1):
        assert jwt_claims(changed, ["your-256-bit-secret"]) is None


def made(head, body, key="k"):
    """A token whose signature is right."""
    text = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (head, body))
    signature = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


@pytest.mark.parametrize(
    "head", [b'{"alg": "none"}', b'{"alg": "HS512"}', b"{}", b"[]", b"x", b'{"alg": ["HS256"]}']
)
def test_another_algorithm_is_none(head):
    """Though the signature fits."""
    assert jwt_claims(made(head, b"{}"), ["k"]) is None


def test_claims_that_are_no_object_are_empty():
    """So nothing is claimed."""
    for body in (b"[]", b"x", b"null", b""):
        assert jwt_claims(made(b'{"alg": "HS256"}', body), ["k"]) == {}
    assert jwt_claims(made(b'{"alg": "HS256"}', json.dumps({"a": 1}).encode()), ["k"]) == {"a": 1}


@given(st.text(max_size=60))
def test_whatever_a_token_is_nothing_is_raised(token):
    """A stranger's text is no token."""
    assert jwt_claims(token, ["k"]) is None
