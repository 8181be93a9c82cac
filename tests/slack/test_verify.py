"""Whether a request is Slack's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import Clock, SignatureVerifier

from interfaces.slack.verify import WINDOW, genuine, signature

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TIME = "1531420618"
NOW = 1531420618.0
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNED = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
"""Of Slack's page "Verifying requests from Slack"."""
ODD = ("", " ", "x", "1e9", "-1531420618", "+1531420618", " 1531420618", "1_531_420_618", "1531420618.0", "١٥٣١٤٢٠٦١٨",
       "²", "nan", "9" * 13, "9" * 5000, "\udc80", "é", "\0", "1531420618\r\n")  # fmt: skip


class Fixed(Clock):
    """The time of Slack's example."""

    def now(self) -> float:
        """As of that request."""
        return NOW


def test_slacks_own_example_is_genuine() -> None:
    """The request and the signature of its documentation."""
    assert signature(SECRET, TIME, BODY) == SIGNED
    assert genuine([SECRET], TIME, SIGNED, BODY, NOW) == ""


@pytest.mark.parametrize("off", [-WINDOW, -1, 0, 1.5, WINDOW])
def test_a_clock_may_be_five_minutes_off(off: float) -> None:
    """On either side, the last second included."""
    assert genuine([SECRET], TIME, SIGNED, BODY, NOW + off) == ""


@pytest.mark.parametrize("off", [-WINDOW - 0.1, WINDOW + 0.1, 86_400, -86_400, -NOW])
def test_a_replay_is_refused(off: float) -> None:
    """Also one that is dated ahead, to be replayed later."""
    assert genuine([SECRET], TIME, SIGNED, BODY, NOW + off) == "its time is more than five minutes off"


@pytest.mark.parametrize("secrets", [("old", SECRET), (SECRET, "new"), ("", SECRET), ("a", "b", SECRET)])
def test_any_of_several_secrets_will_do(secrets: tuple[str, ...]) -> None:
    """While one replaces another both are good."""
    assert genuine(secrets, TIME, SIGNED, BODY, NOW) == ""


@pytest.mark.parametrize("secrets", [(), ("other",), (SECRET[:-1],), (SECRET + " ",), (SECRET.upper(),)])
def test_another_secret_is_none(secrets: tuple[str, ...]) -> None:
    """Nor is none at all."""
    assert genuine(secrets, TIME, SIGNED, BODY, NOW) == "its signature is of another secret"


def test_an_empty_secret_signs_nothing() -> None:
    """A variable that was left empty must not let everybody in."""
    assert genuine([""], TIME, signature("", TIME, BODY), BODY, NOW) == "its signature is of another secret"


@pytest.mark.parametrize(
    ("time", "signed", "body"),
    [
        (TIME, SIGNED, BODY + b"&"),
        (TIME, SIGNED, BODY.replace(b"%2F", b"%2f")),
        (TIME, SIGNED, b""),
        ("1531420619", SIGNED, BODY),
        ("01531420618", SIGNED, BODY),
        (TIME, SIGNED.upper(), BODY),
        (TIME, SIGNED.removeprefix("v0="), BODY),
        (TIME, SIGNED.replace("v0=", "v1="), BODY),
        (TIME, SIGNED[:-1], BODY),
        (TIME, SIGNED + "0", BODY),
        (TIME, SIGNED + "," + SIGNED, BODY),
    ],
)
def test_it_covers_every_byte(time: str, signed: str, body: bytes) -> None:
    """The raw body, the time, and the version: another spelling of the same is another request."""
    assert genuine([SECRET], time, signed, body, NOW) == "its signature is of another secret"


@pytest.mark.parametrize(("time", "signed"), [("", SIGNED), (TIME, ""), ("", "")])
def test_without_a_header_it_is_not_signed(time: str, signed: str) -> None:
    """Either is needed."""
    assert genuine([SECRET], time, signed, BODY, NOW) == "it is not signed"


@pytest.mark.parametrize("time", ODD[1:])
def test_a_time_is_digits(time: str) -> None:
    """Of ASCII alone, few of them: int() takes blanks, signs, underscores, other scripts' digits."""
    assert genuine([SECRET], time, signature(SECRET, time, BODY), BODY, NOW) == "its time is no number"


@pytest.mark.parametrize("time", ["x", "1531420618.0", "²", "9" * 5000])
def test_the_verifier_of_slack_sdk_raises_where_we_refuse(time: str) -> None:
    """Defect of slack_sdk's SignatureVerifier (EVIDENCE.md): a time that is no number is an error, and a 500."""
    with pytest.raises(ValueError):
        SignatureVerifier(SECRET, Fixed()).is_valid(BODY, time, SIGNED)
    assert genuine([SECRET], time, SIGNED, BODY, NOW) != ""


def test_the_verifier_of_slack_sdk_raises_for_a_signature_that_is_not_ascii() -> None:
    """Defect of slack_sdk's SignatureVerifier (EVIDENCE.md): compare_digest wants ASCII texts."""
    with pytest.raises(TypeError):
        SignatureVerifier(SECRET, Fixed()).is_valid(BODY, TIME, "v0=é")
    assert genuine([SECRET], TIME, "v0=é", BODY, NOW) == "its signature is of another secret"


def test_the_verifier_of_slack_sdk_raises_for_bytes_that_are_no_utf_8() -> None:
    """Defect of slack_sdk's SignatureVerifier (EVIDENCE.md): it decodes the body before it knows whose it is."""
    body = b"text=\xff\xfe\x80"
    with pytest.raises(UnicodeDecodeError):
        SignatureVerifier(SECRET, Fixed()).is_valid(body, TIME, SIGNED)
    assert genuine([SECRET], TIME, SIGNED, body, NOW) == "its signature is of another secret"
    assert genuine([SECRET], TIME, signature(SECRET, TIME, body), body, NOW) == ""


@given(secret=st.text(min_size=1).filter(str.strip), body=st.text())
def test_it_is_what_slack_sdk_signs(secret: str, body: str) -> None:
    """For any secret and any text the same signature, which either takes."""
    verifier = SignatureVerifier(secret, Fixed())
    signed = verifier.generate_signature(timestamp=TIME, body=body)
    assert signature(secret, TIME, body.encode()) == signed
    assert genuine(["x", secret], TIME, signed, body.encode(), NOW) == ""
    assert verifier.is_valid(body, TIME, signature(secret, TIME, body.encode()))


ANY = st.text(st.characters(), max_size=40) | st.sampled_from(ODD)


@given(secret=ANY, time=ANY | st.just(TIME), signed=ANY | st.just(SIGNED), body=st.binary(max_size=40))
def test_it_never_raises(secret: str, time: str, signed: str, body: bytes) -> None:
    """Whatever the headers, the body and even the secret are; and nothing of it is genuine."""
    assert genuine([secret, SECRET], time, signed, body, NOW) != ""
