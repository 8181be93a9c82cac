"""interfaces.email.webhooks.postmark: what the inbound webhook posts, with its password and without."""

import pytest

from interfaces.email.webhooks.postmark import Postmark
from interfaces.shared.errors import PeerError
from tests.email.webhooks.signing import NOW, USER, postmark, request


def status(request):
    """The status of a refusal."""
    with pytest.raises(PeerError) as caught:
        Postmark([USER]).read(request, NOW)
    return caught.value.answer.status


def test_a_message_is_read_as_it_came():
    """The sender is that of its Return-Path; what JSON can hold comes back as UTF-8."""
    posted = Postmark([USER]).read(postmark(), NOW)
    assert (posted.sender, posted.recipients) == ("bounce@a.example", ("you@b.example",))
    assert posted.content.endswith("\r\n\r\nGrüße\r\n".encode())


@pytest.mark.parametrize(
    ("beginning", "sender"),
    [
        ("Return-Path: <>\n", ""),
        ("X: 1\nReturn-Path:\n <b@c.example>\n", "b@c.example"),
        ("", "me@a.example"),
        ("Subject: x\n\nReturn-Path: <b@c.example>\n", "me@a.example"),
    ],
)
def test_who_sent_it(beginning, sender):
    """A bounce is from nobody; without a Return-Path it is who the message says."""
    assert Postmark([USER]).read(postmark(beginning + "\nx"), NOW).sender == sender


def test_two_users():
    """While one password replaces another."""
    assert Postmark(["a:b", USER]).read(postmark(user="a:b"), NOW)


@pytest.mark.parametrize("user", ["mail:wrong", "", "mail"])
def test_a_wrong_password_is_tried_again(user):
    """401: anything but 200 and 403 is."""
    assert status(postmark(user=user)) == 401


def test_the_password_comes_first():
    """Nothing is read of who has none."""
    assert status(request(b"{", "application/json")) == 401


@pytest.mark.parametrize("fields", [{"RawEmail": None}, {"OriginalRecipient": 1}, {"FromFull": "x"}])
def test_what_is_no_raw_message(fields):
    """400, and its text says what to tick where that is it."""
    assert status(postmark(**fields)) == 400


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"RawEmail":"\xff"}', b'{"x":' * 50_000])
def test_what_is_no_json(body):
    """400, whatever it is."""
    whole = postmark()
    assert status(type(whole)("/", b"", whole.headers, body)) == 400
