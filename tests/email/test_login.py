"""AUTH: PLAIN (RFC 4616) and LOGIN, said at once or when asked, and all that is no login."""

from base64 import b64encode

import pytest

from interfaces.email.login import MECHANISMS, Login
from interfaces.shared.errors import PeerError


def begun(words: bytes) -> Login:
    """A login that the words behind AUTH begin."""
    return Login(words, MECHANISMS)


def code(error: pytest.ExceptionInfo[PeerError]) -> str:
    """The code and enhanced code of what the client is told."""
    assert isinstance(error.value.answer, bytes)
    return error.value.answer[:9].decode()


@pytest.mark.parametrize("words", [b"PLAIN AGEAcw==", b" plain  AGEAcw==  "])
def test_plain_with_an_initial_response(words: bytes) -> None:
    """RFC 4954 §4: the words may come with the command; the mechanism's case is no matter."""
    login = begun(words)
    assert login.initial == b"AGEAcw=="
    assert login.said(login.initial)
    assert (login.mechanism, login.user, login.password) == ("PLAIN", "a", "s")


def test_plain_without_an_initial_response_is_asked_with_nothing() -> None:
    """RFC 4616: the client speaks first, so the challenge is empty."""
    login = begun(b"PLAIN")
    assert login.initial is None
    assert login.challenge == b"334 \r\n"
    assert login.said(b64encode(b"a\0a\0s"))
    assert (login.user, login.password) == ("a", "s")


def test_login_asks_for_a_name_and_a_password() -> None:
    """As clients know it: two challenges."""
    login = begun(b"LOGIN")
    assert login.challenge == b"334 VXNlcm5hbWU6\r\n"
    assert not login.said(b64encode("jürgen".encode()))
    assert login.challenge == b"334 UGFzc3dvcmQ6\r\n"
    assert login.said(b64encode("€".encode()))
    assert (login.user, login.password) == ("jürgen", "€")


def test_login_with_the_name_at_once_asks_for_the_password() -> None:
    """An initial response of LOGIN is the name."""
    login = begun(b"LOGIN YQ==")
    assert login.initial == b"YQ=="
    assert not login.said(login.initial)
    assert login.challenge == b"334 UGFzc3dvcmQ6\r\n"


def test_an_equals_sign_alone_is_an_empty_initial_response() -> None:
    """RFC 4954 §4; as an answer it is no base64."""
    assert begun(b"PLAIN =").initial == b""
    with pytest.raises(PeerError) as error:
        begun(b"PLAIN").said(b"=")
    assert code(error) == "501 5.5.2"


@pytest.mark.parametrize("words", [b"", b" ", b"PLAIN !", b"PLAIN a b", b"\xff", b"PLAIN\tAA==", b"A" * 21])
def test_what_is_no_auth_is_501(words: bytes) -> None:
    """RFC 4954 §4: malformed."""
    with pytest.raises(PeerError) as error:
        begun(words)
    assert code(error) == "501 5.5.4"


@pytest.mark.parametrize("words", [b"CRAM-MD5", b"GSSAPI", b"LOGIN AA=="])
def test_a_mechanism_that_is_not_offered_is_504(words: bytes) -> None:
    """RFC 4954 §4: 504 5.5.4."""
    with pytest.raises(PeerError) as error:
        Login(words, ("PLAIN",))
    assert code(error) == "504 5.5.4"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"*", "501 5.7.0"),
        (b"!", "501 5.5.2"),
        (b"AGEAcw=", "501 5.5.2"),
        (b"AGEAcw==\n", "501 5.5.2"),
        (b"AGEA cw==", "501 5.5.2"),
        (b64encode(b"\0\xff\0s"), "501 5.5.2"),
        (b"\xc3\xa4", "501 5.5.2"),
        (b"", "535 5.7.8"),
        (b64encode(b"a"), "535 5.7.8"),
        (b64encode(b"a\0s"), "535 5.7.8"),
        (b64encode(b"\0a\0s\0"), "535 5.7.8"),
        (b64encode(b"\0\0s"), "535 5.7.8"),
        (b64encode(b"other\0a\0s"), "535 5.7.8"),
    ],
)
def test_plain_that_says_nothing_of_use_is_refused(line: bytes, answer: str) -> None:
    """Given up, no base64, no UTF-8, not three parts, no name, or somebody else to act as."""
    with pytest.raises(PeerError) as error:
        begun(b"PLAIN").said(line)
    assert code(error) == answer


@pytest.mark.parametrize(
    "lines", [[b""], [b64encode(b"a\0b")], [b"YQ==", b64encode(b"s\0")], [b"YQ==", b"*"]]
)
def test_login_that_says_nothing_of_use_is_refused(lines: list[bytes]) -> None:
    """An empty name, a NUL anywhere, or given up at the password."""
    login = begun(b"LOGIN")
    with pytest.raises(PeerError) as error:
        [login.said(line) for line in lines]
    assert code(error) in ("535 5.7.8", "501 5.7.0")


def test_a_password_is_shown_nowhere() -> None:
    """What is logged of a login or its event has no password in it."""
    login = begun(b"PLAIN AGEAc2VjcmV0")
    assert login.initial is not None
    login.said(login.initial)
    assert "secret" not in repr(login)
