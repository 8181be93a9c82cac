"""interfaces.email.webhooks.mailgun: what a route posts, signed and not."""

import pytest

from interfaces.email.webhooks.mailgun import WINDOW, Mailgun
from interfaces.shared.errors import PeerError
from tests.email.webhooks.signing import KEY, MESSAGE, NOW, mailgun


def status(request, now=NOW, *, of=None):
    """The status of a refusal."""
    with pytest.raises(PeerError) as caught:
        (of or Mailgun([KEY])).read(request, now)
    return caught.value.answer.status


@pytest.mark.parametrize("multipart", [False, True])
def test_a_message_is_read_as_it_came(multipart):
    """Envelope and raw bytes, from either kind of form."""
    posted = Mailgun([KEY]).read(mailgun(multipart=multipart), NOW)
    assert (posted.sender, posted.recipients, posted.content) == ("me@a.example", ("you@b.example",), MESSAGE)


def test_several_recipients_and_none_who_sent_it():
    """A bounce has no sender."""
    posted = Mailgun([KEY]).read(mailgun(recipient="a@b.example, c@d.example", sender=""), NOW)
    assert (posted.sender, posted.recipients) == ("", ("a@b.example", "c@d.example"))


def test_a_new_key_beside_the_old_one():
    """Either signs, while one replaces the other."""
    assert Mailgun(["new", KEY]).read(mailgun(), NOW)
    assert Mailgun(["new", KEY]).read(mailgun(key="new"), NOW)


@pytest.mark.parametrize(
    "fields",
    [
        {"key": "another"},
        {"signature": ""},
        {"signature": "ä"},
        {"token": "t", "signature": "0" * 64},
        {"timestamp": "1"},
    ],
)
def test_what_does_not_fit_is_to_be_tried_again(fields):
    """401, so that no message is lost where the option has the wrong key."""
    assert status(mailgun(**fields)) == 401


@pytest.mark.parametrize("at", [NOW - WINDOW - 1, NOW + 301])
def test_a_signature_has_its_time(at):
    """One from long ago, or from the future, is none."""
    assert status(mailgun(at=at)) == 401
    assert Mailgun([KEY]).read(mailgun(at=NOW - WINDOW), NOW)


def test_a_token_carries_one_message():
    """Its repeat is read again, for the verdict it may not have heard; another content is not."""
    provider = Mailgun([KEY])
    assert provider.read(mailgun(), NOW) == provider.read(mailgun(), NOW + 600)
    assert status(mailgun(b"Subject: other\r\n\r\n"), of=provider) == 401
    assert provider.read(mailgun(b"Subject: other\r\n\r\n", token="next"), NOW)


def test_a_route_that_posts_no_raw_message():
    """The answer says what to change."""
    request = mailgun()
    bare = request.body.replace(b"body-mime", b"body-plain")
    with pytest.raises(PeerError, match="has to end with /mime"):
        Mailgun([KEY]).read(type(request)("/", b"", request.headers, bare), NOW)


def test_without_a_key_nobody_may():
    """The options do not allow that; nor is it a way in."""
    assert status(mailgun(), of=Mailgun([])) == 401
