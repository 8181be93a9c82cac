"""Lines of the wire and what limits them: their length, and how much of them helps nobody."""

import pytest

from interfaces.email.events_smtp import Limits
from interfaces.email.wire_smtp import LINE
from tests.email.talks import ENVELOPE, LATER, Talk, bytewise, greeted, ready

HELO, MAIL, RCPT, DATA, RSET, BODY = (
    b"EHLO a\r\n",
    b"MAIL FROM:<a@a>\r\n",
    b"RCPT TO:<b@b>\r\n",
    b"DATA\r\n",
    b"RSET\r\n",
    b"x\r\n.\r\n",
)

# --- §4.5.3: limits ---


def test_a_command_is_as_long_as_its_limit_at_most() -> None:
    """§4.5.3.1.4: LINE octets with CRLF; more of them, with an end or without, end the connection."""
    line = b"NOOP " + b"x" * (LINE - 7) + b"\r\n"
    assert len(line) == LINE
    for data, codes in ((line, [250]), (b"x" + line, [500]), (b"x" * LINE, [500]), (b"x" * 10**6, [500])):
        for pieces in ([data], [data[:LINE], data[LINE:]], bytewise(data[: LINE + 1])):
            talk = Talk()
            assert talk.codes(*pieces) == codes
            assert talk.wire.closing is (codes == [500])
            assert talk.wire.pending == 0


def test_more_recipients_than_the_limit_are_put_off() -> None:
    """§4.5.3.1.10: 452, those before them stand, and it is no error."""
    talk = greeted(limits=Limits(max_recipients=2, max_errors=0))
    assert talk.codes(MAIL, RCPT * 5, DATA, BODY) == [250, 250, 250, 452, 452, 452, 354, 250]
    assert len(talk.messages[0].recipients) == 2


def test_too_many_errors_end_the_connection() -> None:
    """421 for the one too many; a message that is taken forgives them."""
    limits = Limits(max_errors=3)
    talk = greeted(limits=limits)
    assert talk.codes(b"X\r\n" * 5) == [500, 500, 500, 421]
    assert talk.wire.closing
    talk = greeted(limits=limits)
    assert talk.codes(b"X\r\n" * 3 + ENVELOPE + DATA + BODY + b"X\r\n" * 4)[-4:] == [500, 500, 500, 421]
    talk = greeted(limits=limits, verdict=(LATER,))
    assert talk.codes(b"X\r\n" * 3 + ENVELOPE + DATA + BODY + b"X\r\n")[-2:] == [451, 421]


def test_faults_of_messages_and_chunks_are_errors() -> None:
    """Nobody sends one bad message after another for ever."""
    talk = greeted(limits=Limits(max_errors=2))
    assert talk.codes((ENVELOPE + DATA + b"\n" + BODY) * 3) == [250, 250, 354, 550] * 2 + [250, 250, 354, 421]
    talk = ready(limits=Limits(max_errors=2))
    assert talk.codes(b"BDAT 1\r\n\n" * 5) == [550, 550, 421]
    assert [each.abandoned for each in talk.messages] == [True]


def test_commands_that_bring_no_mail_are_counted() -> None:
    """421 after so many in a row; a sender and recipients without a message are no mail."""
    limits = Limits(max_junk=4)
    talk = Talk(limits=limits)
    assert talk.codes(HELO, *[b"NOOP\r\n"] * 5) == [250, 250, 250, 250, 421]
    talk = Talk(limits=limits)
    assert talk.codes(HELO, *[MAIL, RSET] * 4)[-1] == 421
    talk = Talk(limits=limits)
    assert 421 not in talk.codes(HELO, *[ENVELOPE, DATA, BODY, RSET] * 9)


@pytest.mark.parametrize(
    "line", [b"NOOP\n", b"NOOP a\rb\r\n", b"NOOP\r\r\n", b"NOOP\0\r\n", b"\n", b"NOOP\n\r\n"]
)
def test_a_command_ends_with_crlf_and_has_no_other(line: bytes) -> None:
    """§2.3.8, §4.1.1: 500, and it is not done."""
    for pieces in ([line], bytewise(line)):
        assert Talk().say(*pieces)[0].startswith("500 ")


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"POST / HTTP/1.1\r\n", b"OPTIONS * HTTP/1.1\r\n",
        b"CONNECT a:25 HTTP/1.1\r\n",
        b"PRI * HTTP/2.0\r\n", b"host: a\r\n", b"GET / HTTP/1.0\n\n",
    ],
)  # fmt: skip
def test_http_is_hung_up_on(data: bytes) -> None:
    """A browser made to post to this port cannot send mail with its body."""
    talk = Talk()
    assert talk.codes(data + HELO + MAIL) == [421]
    assert talk.wire.closing
