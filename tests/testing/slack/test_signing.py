"""Signatures, right and wrong."""

from slack_sdk.signature import SignatureVerifier

from interfaces.testing.slack import Forged, sign
from interfaces.testing.slack.signing import signed


def test_the_example_of_slacks_documentation_comes_out():
    """Secret, body and signature as api.slack.com prints them."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
        b"channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
        b"response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F"
        b"96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert sign("8f742231b10e8888abcd99yyyzzz85a5", 1531420618, body) == expected


def test_the_sdks_verifier_agrees():
    """The same timestamp and body, the same signature."""
    headers = signed("secret", 1_700_000_000.9, b"body")
    assert headers["X-Slack-Request-Timestamp"] == "1700000000"
    made = SignatureVerifier("secret").generate_signature(timestamp="1700000000", body=b"body")
    assert headers["X-Slack-Signature"] == made


def test_what_is_forged_takes_the_place_of_what_is_right():
    """Another secret, an old time, a signature of one's own, none at all, further headers."""
    right = signed("secret", 1.0, b"body")
    other = signed("secret", 1.0, b"body", Forged(secret="other"))
    assert other["X-Slack-Signature"] == sign("other", "1", b"body") != right["X-Slack-Signature"]
    old = signed("secret", 1000.0, b"body", Forged(timestamp=1))
    assert old == right
    assert signed("secret", 1.0, b"", Forged(signature="v0=nonsense"))["X-Slack-Signature"] == "v0=nonsense"
    assert "X-Slack-Signature" not in signed("secret", 1.0, b"", Forged(signature=""))
    assert "X-Slack-Request-Timestamp" not in signed("secret", 1.0, b"", Forged(timestamp=""))
    assert signed("secret", 1.0, b"", Forged(headers={"X-More": "1"}))["X-More"] == "1"


def test_a_secret_stands_in_no_repr():
    """Neither the forged one."""
    assert "other" not in repr(Forged(secret="other"))
