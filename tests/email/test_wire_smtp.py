"""The wire of SMTP and LMTP: RFC 5321 command by command, its extensions, limits, smuggling, any split of the bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.email.envelope import Address
from interfaces.email.events_smtp import Limits, Rcpt
from interfaces.email.wire_smtp import Wire
from tests.email.talks import ENVELOPE, GREETING, LATER, OK, Talk, bytewise, cut, greeted, ready

# --- RFC 5321 §3.1, §4.1.1: the session and its commands ---


@pytest.mark.parametrize(("lmtp", "word"), [(False, b"ESMTP"), (True, b"LMTP")])
def test_the_server_speaks_first(lmtp: bool, word: bytes) -> None:
    """§3.1 and §4.3.1: 220 and its name; RFC 2033."""
    assert Wire("mx.example", Limits(), lmtp=lmtp).out == [b"220 mx.example %b\r\n" % word]


def test_ehlo_tells_what_may_be_used() -> None:
    """§4.1.1.1, one extension a line."""
    (reply,) = Talk().say(GREETING)
    name, *words = reply.removeprefix("250 ").split("|")
    assert name == "mx.example"
    assert words == [
        "PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "ENHANCEDSTATUSCODES", "DSN", "SIZE 52428800",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "word", "told"),
    [
        ({"offer_tls": True}, "STARTTLS", True),
        ({}, "STARTTLS", False),
        ({"tls": True}, "REQUIRETLS", True),
        ({}, "REQUIRETLS", False),
        ({"mechanisms": ("PLAIN", "LOGIN")}, "AUTH PLAIN LOGIN", True),
        ({"mechanisms": ("PLAIN",), "limits": Limits(require_tls=True)}, "AUTH PLAIN", False),
        ({"mechanisms": ("PLAIN",), "limits": Limits(require_tls=True), "tls": True}, "AUTH PLAIN", True),
        ({"limits": Limits(max_size=0)}, "SIZE", True),
        ({"limits": Limits(max_size=7)}, "SIZE 7", True),
    ],
)
def test_ehlo_tells_no_more_than_that(options: dict[str, object], word: str, told: bool) -> None:
    """RFC 3207 §4, RFC 8689 §2, RFC 4954 §4, RFC 1870 §4: as it stands now."""
    (reply,) = Talk(**options).say(GREETING)  # type: ignore[arg-type]
    assert (word in reply.split("|")) is told


def test_helo_tells_nothing_more() -> None:
    """§4.1.1.1: one line, and no parameters afterwards."""
    talk = Talk()
    assert talk.say(b"HELO a\r\n") == ["250 mx.example"]
    assert talk.codes(b"MAIL FROM:<a@b> SIZE=1\r\n", b"MAIL FROM:<a@b>\r\n") == [555, 250]


def test_what_was_said_is_kept() -> None:
    """The greeting, and whether it knew of extensions."""
    talk = Talk()
    talk.say(b"HELO  old \r\n")
    assert (talk.wire.greeting, talk.wire.extended) == ("old", False)
    talk.say(b"ehlo [192.0.2.1]\r\n")
    assert (talk.wire.greeting, talk.wire.extended) == ("[192.0.2.1]", True)


@pytest.mark.parametrize("words", [b"", b" ", b" a b", b" \xc3\xa4", b" a\x01", b" " + b"x" * 256])
def test_a_greeting_has_one_name_of_ascii(words: bytes) -> None:
    """§4.1.1.1: 501 without one."""
    assert Talk().codes(b"EHLO%b\r\n" % words) == [501]


@pytest.mark.parametrize(("lmtp", "verb"), [(False, b"LHLO"), (True, b"HELO"), (True, b"EHLO")])
def test_each_protocol_has_its_own_greeting(lmtp: bool, verb: bytes) -> None:
    """RFC 2033 §4.1: 500."""
    assert Talk(lmtp=lmtp).codes(verb + b" a\r\n") == [500]


HELO, MAIL, RCPT = b"EHLO a\r\n", b"MAIL FROM:<a@a>\r\n", b"RCPT TO:<b@b>\r\n"
DATA, RSET, BODY = b"DATA\r\n", b"RSET\r\n", b"x\r\n.\r\n"


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ([MAIL], [503]),
        ([RCPT], [503]),
        ([DATA], [503]),
        ([b"BDAT 0 LAST\r\n"], [503]),
        ([HELO, RCPT], [250, 503]),
        ([HELO, DATA], [250, 503]),
        ([HELO, MAIL, DATA], [250, 250, 503]),
        ([HELO, MAIL, MAIL], [250, 250, 503]),
        ([HELO, MAIL, b"RCPT TO:<>\r\n", DATA], [250, 250, 501, 503]),
        ([HELO, MAIL, RCPT, DATA, BODY], [250, 250, 250, 354, 250]),
        ([HELO, MAIL, RCPT, DATA, BODY, RCPT], [250, 250, 250, 354, 250, 503]),
        (
            [HELO, MAIL, RCPT, DATA, BODY, MAIL, RCPT, DATA, BODY],
            [250, 250, 250, 354, 250, 250, 250, 354, 250],
        ),
        ([HELO, MAIL, RCPT, RSET, RCPT], [250, 250, 250, 250, 503]),
        ([HELO, MAIL, RCPT, RSET, DATA], [250, 250, 250, 250, 503]),
        ([HELO, MAIL, RCPT, HELO, DATA], [250, 250, 250, 250, 503]),
        ([RSET, b"NOOP\r\n", b"NOOP a b\r\n", b"HELP\r\n", b"HELP x\r\n"], [250, 250, 250, 214, 214]),
        ([b"VRFY a\r\n", b"EXPN a\r\n"], [252, 502]),
        ([HELO, MAIL, b"NOOP\r\n", RCPT, b"VRFY x\r\n", DATA], [250, 250, 250, 250, 252, 354]),
        ([b"RSET x\r\n", b"QUIT x\r\n", b"DATA x\r\n"], [501, 501, 501]),
        ([b"FOO\r\n", b"\r\n", b" NOOP\r\n", b"EHLOX a\r\n", b"TURN\r\n"], [500] * 5),
        ([b"NOOP \xc3\xa4\r\n", b"\xff\r\n", b"MAIL\xff\r\n"], [501, 501, 503]),
        (
            [b"noop\r\n", b"hElO a\r\n", b"mAiL fRoM:<>\r\n", b"rcpt tO:<a@b>\r\n", b"dAtA \r\n"],
            [250] * 4 + [354],
        ),
        ([b"STARTTLS\r\n", b"AUTH PLAIN AGEAcw==\r\n"], [500, 500]),
    ],
)
def test_sequences(said: list[bytes], codes: list[int]) -> None:
    """§4.1.4, §4.3.2: what may follow what; one by one, in one write, and byte by byte."""
    assert Talk().codes(*said) == codes
    assert Talk().codes(b"".join(said)) == codes
    assert Talk().codes(*bytewise(b"".join(said))) == codes


def test_quit_ends_the_connection() -> None:
    """§4.1.1.10: 221, and nothing behind it is read."""
    talk = Talk()
    assert talk.codes(b"QUIT\r\nNOOP\r\n", b"NOOP\r\n") == [221]
    assert talk.wire.closing
    assert talk.wire.pending == 0


def test_a_message_has_its_envelope_and_its_content() -> None:
    """§3.3: sender, recipients in their order with their parameters, content."""
    talk = greeted()
    talk.say(
        b"MAIL FROM:<a@a> BODY=8BITMIME\r\nRCPT TO:<b@b> NOTIFY=NEVER\r\nRCPT TO:<c@c>\r\nDATA\r\n",
        b"..x\r\n.\r\n",
    )
    (message,) = talk.messages
    assert message.mail is not None
    assert (message.mail.sender, message.mail.parameters) == (Address("a", "a"), {"BODY": "8BITMIME"})
    assert [(str(each.address), each.parameters) for each in message.recipients] == [
        ("b@b", {"NOTIFY": "NEVER"}),
        ("c@c", {}),
    ]
    assert (message.content, message.ended) == (b".x\r\n", True)
    assert (talk.wire.mail, talk.wire.recipients) == (None, [])


def test_the_answer_is_the_applications() -> None:
    """§4.2.5: what it says of the message is what the client is told."""
    assert ready(verdict=(b"550 5.7.1 No\r\n",)).say(DATA + BODY)[1:] == ["550 5.7.1 No"]


# --- RFC 2920: pipelining ---


def test_everything_in_one_write_is_answered_in_its_order() -> None:
    """§3.1, and more: DATA, its content and the next message may come at once."""
    talk = Talk()
    data = HELO + (MAIL + RCPT + b"RCPT TO:<no\r\n" + DATA + BODY) * 3 + b"QUIT\r\n"
    assert talk.codes(data) == [250] + [250, 250, 501, 354, 250] * 3 + [221]
    assert talk.taken == [b"x\r\n"] * 3


def test_what_waits_behind_a_message_is_read_when_it_is_answered() -> None:
    """While a verdict is due nothing more is read, and 256 KB in small pieces are only kept, each once."""
    wire = Wire("mx", Limits(max_junk=10**6))
    wire.feed(HELO + MAIL + RCPT + DATA + BODY)
    kinds = []
    while (event := wire.next()) is not None:
        kinds.append(type(event).__name__)
    assert kinds == ["Begun", "Ended"]
    wire.out.clear()
    buffer = wire._buffer
    pieces = bytewise(b"NOOP\r\n" * (256 * 1024 // 6))
    for piece in pieces:
        wire.feed(piece)
        assert wire.next() is None
    assert wire._buffer is buffer  # nothing was joined, so nothing is copied again and again
    assert (wire.pending, wire.out) == (len(pieces), [])
    wire.answer(LATER)
    assert wire.next() is None
    assert len(wire.out) == 1 + len(pieces) // 6
    assert wire.pending == 0


def test_recipients_are_asked_one_by_one() -> None:
    """With ask_recipients each RCPT waits for its answer, and counts when that begins with 2."""
    talk = greeted(limits=Limits(ask_recipients=True))
    assert talk.codes(MAIL + b"RCPT TO:<no@b>\r\n" + RCPT + b"RCPT TO:<nobody@b>\r\n" + DATA + BODY) == [
        250, 550, 250, 550, 354, 250,
    ]  # fmt: skip
    assert [str(each.recipient.address) for each in talk.happened if isinstance(each, Rcpt)] == [
        "no@b",
        "b@b",
        "nobody@b",
    ]
    assert [str(each.address) for each in talk.messages[0].recipients] == ["b@b"]


# --- RFC 2033: LMTP ---


def three(talk: Talk) -> Talk:
    """A sender and three recipients."""
    assert talk.codes(MAIL + RCPT + b"RCPT TO:<c@c>\r\nRCPT TO:<d@d>\r\n") == [250] * 4
    return talk


def test_lmtp_answers_each_recipient() -> None:
    """§4.2: one reply for each RCPT that was taken, in their order."""
    talk = three(greeted(lmtp=True, verdict=(OK, LATER, b"550 5.1.1 No\r\n")))
    assert talk.codes(DATA + BODY + RSET) == [354, 250, 451, 550, 250]


def test_lmtp_repeats_one_answer_for_all() -> None:
    """An answer alone is everybody's."""
    assert three(greeted(lmtp=True)).codes(DATA + BODY) == [354, 250, 250, 250]


@pytest.mark.parametrize("lmtp", [False, True])
@pytest.mark.parametrize("count", [0, 2, 4])
def test_a_wrong_number_of_answers_is_a_mistake(lmtp: bool, count: int) -> None:
    """It would put the client out of step."""
    wire = Wire("mx", Limits(), lmtp=lmtp)
    wire.feed((b"LHLO a\r\n" if lmtp else HELO) + MAIL + RCPT * 3 + DATA + BODY)
    while wire.next() is not None:
        pass
    with pytest.raises(ValueError, match="replies"):
        wire.answer(*[OK] * count)


@pytest.mark.parametrize("body", [b"\n\r\n.\r\n", b"x" * 1500 + b"\r\n.\r\n", b"x\r\n" * 400 + b".\r\n"])
def test_lmtp_tells_each_recipient_of_a_fault(body: bytes) -> None:
    """§4.2 holds for what we refuse ourselves, in DATA and in BDAT."""
    limits = Limits(max_size=1000)
    first, *codes = three(greeted(lmtp=True, limits=limits)).codes(DATA + body)
    assert first == 354
    assert len(codes) == 3
    assert codes == codes[:1] * 3
    content = body.removesuffix(b".\r\n")
    assert (
        three(greeted(lmtp=True, limits=limits)).codes(b"BDAT %d LAST\r\n" % len(content) + content) == codes
    )


def test_lmtp_without_recipients_answers_once() -> None:
    """RFC 2033 §4.2: DATA with none is 503."""
    assert greeted(lmtp=True).codes(MAIL + DATA + b"BDAT 1 LAST\r\nx" + RSET) == [250, 503, 503, 250]


# --- RFC 3030: CHUNKING ---


@pytest.mark.parametrize(
    ("said", "codes", "taken"),
    [
        (b"BDAT 3 LAST\r\na\r\n", [250], [b"a\r\n"]),
        (b"BDAT 3\r\na\r\nBDAT 2 LAST\r\nbc", [250, 250], [b"a\r\nbc"]),
        (b"BDAT 0 LAST\r\n", [250], [b""]),
        (b"BDAT 0\r\nBDAT 0\r\nBDAT 0 LAST\r\nNOOP\r\n", [250, 250, 250, 250], [b""]),
        (b"BDAT 3\r\na\r\nBDAT 0 LAST\r\n", [250, 250], [b"a\r\n"]),
        (b"BDAT 2\r\na\rBDAT 1\r\n\nBDAT 0 last\r\n", [250, 250, 250], [b"a\r\n"]),
        (b"BDAT 2\r\na\rBDAT 0 LAST\r\n", [250, 550], []),
        (b"BDAT 2\r\na\rBDAT 1 LAST\r\nb", [250, 550], []),
        (b"bdat 5\r\n.\r\n.\r\nBDAT 1 LAST \r\n", [250, 500], []),
        (b"bdat  5  Last  \r\n.\r\n.\n", [550], []),
        (b"BDAT 5 LAST\r\nQUIT\n", [550], []),
        (b"BDAT 6 LAST\r\nQUIT\r\n", [250], [b"QUIT\r\n"]),
        (b"BDAT 3\r\na\nbBDAT 3\r\nc\r\nBDAT 1 LAST\r\ndNOOP\r\n", [550, 550, 550, 250], []),
        (b"BDAT 3\r\na\r\nRSET\r\nBDAT 1 LAST\r\nx", [250, 250, 503], []),
        (b"BDAT 3\r\na\r\nDATA\r\n", [250, 503], []),
        (
            b"BDAT 3\r\na\r\nMAIL FROM:<c@c>\r\nRCPT TO:<c@c>\r\nBDAT 0 LAST\r\n",
            [250, 503, 503, 250],
            [b"a\r\n"],
        ),
        (b"BDAT 3\r\na\r\nNOOP\r\nBDAT 0 LAST\r\n", [250, 250, 250], [b"a\r\n"]),
    ],
)
def test_chunks(said: bytes, codes: list[int], taken: list[bytes]) -> None:
    """§2: sizes are exact, LAST ends the message, a fault is told at each chunk, DATA is not mixed in."""
    for pieces in ([said], bytewise(said)):
        talk = ready()
        assert talk.codes(*pieces) == codes
        assert talk.taken == taken


@pytest.mark.parametrize(
    "line",
    [
        b"BDAT",
        b"BDAT ",
        b"BDAT x",
        b"BDAT -1",
        b"BDAT 1 FIRST",
        b"BDAT 1LAST",
        b"BDAT\t1",
        b"BDAT 1" + b"0" * 15,
    ],
)
def test_a_bdat_of_unknown_size_ends_the_connection(line: bytes) -> None:
    """What follows could be content, and must not be taken for commands."""
    talk = ready()
    assert talk.codes(line + b"\r\nNOOP\r\n") == [501]
    assert talk.wire.closing


def test_chunks_of_no_message_are_read_and_refused_until_rset() -> None:
    """§2: 503 without a recipient; what comes later is no part of a message either, to be taken for a whole."""
    talk = greeted()
    assert talk.codes(b"BDAT 6\r\nQUIT\r\n", MAIL, RCPT, b"BDAT 1\r\nx", b"AUTH PLAIN\r\n") == [
        503,
        503,
        503,
        503,
        500,
    ]
    assert talk.codes(RSET, ENVELOPE, b"BDAT 1 LAST\r\nx") == [250, 250, 250, 250]
    assert talk.taken == [b"x"]


def test_nobody_logs_in_while_a_chunk_is_open() -> None:
    """The answer to AUTH would be taken for the message's."""
    talk = greeted(mechanisms=("PLAIN",))
    assert talk.codes(b"BDAT 1\r\nx", b"AUTH PLAIN AGEAc2VjcmV0\r\n") == [503, 503]
    assert talk.happened == []


# --- RFC 1870: SIZE ---


def test_a_message_that_is_too_big_is_read_and_refused() -> None:
    """§6.3: 552 at its end, and the connection goes on."""
    talk = ready(limits=Limits(max_size=10))
    assert talk.codes(DATA, b"12345678\r\n", b"x\r\n", b"y\r\n.\r\n", ENVELOPE, DATA,
    b"12345678\r\n.\r\n") == [
        354, 552, 250, 250, 354, 250,
    ]  # fmt: skip
    assert talk.taken == [b"12345678\r\n"]


def test_a_size_that_is_declared_too_big_is_refused_at_once() -> None:
    """§6.1: 552 to MAIL."""
    assert greeted(limits=Limits(max_size=10)).codes(
        b"MAIL FROM:<> SIZE=11\r\n", b"MAIL FROM:<> SIZE=10\r\n"
    ) == [552, 250]


def test_while_the_server_is_busy_no_message_begins() -> None:
    """452 to MAIL, as often as it is asked, and no error of the client's."""
    talk = greeted(limits=Limits(max_errors=0))
    talk.wire.busy = True
    assert talk.codes(MAIL, MAIL, MAIL) == [452] * 3
    talk.wire.busy = False
    assert talk.codes(MAIL) == [250]


# --- RFC 6531: SMTPUTF8 ---


def test_smtputf8_holds_for_its_message_only() -> None:
    """§3.4: recipients beyond ASCII need it of this very MAIL."""
    talk = greeted()
    other = "RCPT TO:<ü@b>\r\n".encode()
    assert talk.codes("MAIL FROM:<ä@ö> SMTPUTF8\r\n".encode(), other, RSET, MAIL, other) == [
        250,
        250,
        250,
        250,
        553,
    ]


# --- the end ---


@pytest.mark.parametrize(
    ("said", "begun"),
    [
        (b"", 0),
        (ENVELOPE, 0),
        (ENVELOPE + DATA, 1),
        (ENVELOPE + DATA + b"x\r\ny", 1),
        (ENVELOPE + b"BDAT 9\r\nx", 1),
        (ENVELOPE + b"BDAT 1\r\nx", 1),
        (ENVELOPE + DATA + BODY, 1),
        (b"AUTH PLAIN\r\n", 0),
        (b"STARTTLS\r\n", 0),
    ],
)
def test_the_server_may_stop_at_any_time(said: bytes, begun: int) -> None:
    """421 and the end (§3.8); a message that has begun and has no end is abandoned, once."""
    talk = greeted(mechanisms=("PLAIN",), offer_tls=True)
    talk.say(said)
    assert talk.stop() == ["421 4.3.2 Shutting down"]
    assert talk.wire.closing
    assert talk.stop() == []
    assert talk.codes(b"NOOP\r\n") == []
    assert len(talk.messages) == begun
    assert talk.now is None


def test_an_answer_that_is_too_late_is_not_said() -> None:
    """The connection was ended while the message waited: 421, Abandoned, and no 250 behind it."""
    wire = Wire("mx", Limits())
    wire.feed(HELO + ENVELOPE + DATA + BODY)
    while wire.next() is not None:
        pass
    wire.out.clear()
    assert type(wire.stop(b"421 4.3.2 Bye\r\n")).__name__ == "Abandoned"
    wire.answer(OK)
    assert wire.out == [b"421 4.3.2 Bye\r\n"]
    assert wire.next() is None


@pytest.mark.parametrize(
    "end",
    [
        RSET, HELO, b"QUIT\r\n", b"\n" * 30, b"X\r\n" * 30, b"NOOP\r\n" * 200, b"x" * 3000, b"BDAT x\r\n",
        b"GET / HTTP/1.1\r\n",
        b"BDAT 1\r\n\n" + RSET, b"BDAT 1 LAST\r\n\n", b"BDAT 1\r\n\n" * 30, b"\xff\r\n" * 30,
        b"DATA\r\n" * 30,
    ],
)  # fmt: skip
def test_a_message_that_ends_without_an_answer_is_abandoned_once(end: bytes) -> None:
    """Between chunks anything can happen; whatever it is, who collects the message is told."""
    for pieces in ([end], bytewise(end)):
        talk = ready()
        talk.say(b"BDAT 3\r\nx\r\n")
        talk.say(*pieces)
        assert [(each.abandoned, each.ended) for each in talk.messages] == [(True, False)]


@pytest.mark.parametrize("fault", [b"\nx\r\n", b"x" * 1200 + b"\r\n", b"x\r\n" * 400])
def test_a_message_with_a_fault_is_abandoned_when_it_is_seen(fault: bytes) -> None:
    """Not only at its end: nobody goes on collecting what is refused."""
    talk = ready(limits=Limits(max_size=1000))
    assert talk.codes(DATA + fault) == [354]
    assert [each.abandoned for each in talk.messages] == [True]
    assert talk.codes(b"more\r\n.\r\n")[0] in (500, 550, 552)
    assert len(talk.messages) == 1


@pytest.mark.parametrize("lmtp", [False, True])
@pytest.mark.parametrize("rest", [b"", b"y\r\n", b"a\nb\r\n", b"x" * 1200 + b"\r\n", b"x\r\n" * 400])
def test_a_message_that_the_server_spoils_gets_that_answer(rest: bytes, lmtp: bool) -> None:
    """Whatever faults come behind; it is abandoned with the next of its bytes, and refused at its end."""
    spoilt = b"452 4.3.1 No room\r\n"
    for end in (rest + b".\r\n", b"\r\n" + rest + b".\r\n"):
        talk = ready(lmtp=lmtp, limits=Limits(max_size=1000))
        assert talk.codes(DATA + b"x\r\n") == [354]
        talk.wire.spoil(spoilt)
        assert talk.codes(*bytewise(end)) == [452]
        assert [each.abandoned for each in talk.messages] == [True]
    talk = ready(lmtp=lmtp)
    assert talk.codes(b"BDAT 3\r\nx\r\n") == [250]
    talk.wire.spoil(spoilt)
    assert talk.codes(b"BDAT %d\r\n" % len(rest) + rest + b"BDAT 1 LAST\r\nx") == [452, 452]
    assert [each.abandoned for each in talk.messages] == [True]


def test_an_idle_connection_holds_nothing() -> None:
    """What was read is not kept until more comes."""
    talk = ready()
    talk.say(DATA + b"x\r\n" * 100_000)
    assert talk.wire._buffer == b""


# --- smuggling: CVE-2023-51764, -51765, -51766 and their like ---

FALSE_ENDS = [
    b"\n.\r\n", b"\n.\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r", b"\r.\n", b"\r\n.\r\r\n",
    b"\r\r\n.\r\r\n",
    b"\0\r\n.\0\r\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\n\0.\r\n", b"\n.\0\n", b"\r\0\n.\r\0\n",
    b"\r\n.\r\0\n", b"\r\n .\r\n",
    b"\r\n. \r\n", b"\r\n.\t\r\n", b"\x85.\x85", b"\x0b.\x0b", b"\x0c.\r\n", b"\n\r.\n\r", b"\r\n..\r\n",
]  # fmt: skip
SECOND = b"MAIL FROM:<evil@a>\r\nRCPT TO:<victim@b>\r\nDATA\r\nevil\r\n"


@pytest.mark.parametrize("lmtp", [False, True])
@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("false", FALSE_ENDS)
def test_no_false_end_makes_a_second_message(false: bytes, normalise: bool, lmtp: bool) -> None:
    """Split at every place: one message, taken whole or refused, whose end is the true CRLF.CRLF only."""
    data = b"DATA\r\nfirst" + false + SECOND + b".\r\nNOOP\r\n"
    seen = set()
    for pieces in [[data], bytewise(data), *[[data[:at], data[at:]] for at in range(1, len(data))]]:
        talk = ready(lmtp=lmtp, limits=Limits(normalise=normalise))
        codes = talk.codes(*pieces)
        assert len(talk.messages) == 1
        assert codes[0] == 354
        assert codes[1] in (250, 550)
        assert codes[2:] == [250]
        assert all(b"evil@a" in content for content in talk.taken)
        seen.add((tuple(codes), *talk.taken))
    assert len(seen) == 1
    bare = false.replace(b"\r\n", b"")
    refused = not normalise and (b"\r" in bare or b"\n" in bare)
    assert codes[1] == (550 if refused else 250)


@pytest.mark.parametrize("false", FALSE_ENDS)
def test_no_false_end_is_one_in_a_chunk(false: bytes) -> None:
    """BDAT counts bytes: commands within are content, and a bare CR or LF is refused there, too."""
    body = b"first" + false + SECOND + b".\r\n"
    talk = ready()
    codes = talk.codes(b"BDAT %d LAST\r\n" % len(body) + body + b"NOOP\r\n")
    assert len(talk.messages) == 1
    assert codes[1:] == [250]
    assert talk.taken == ([body] if codes[0] == 250 else [])


def test_a_message_with_a_fault_ends_at_its_true_end() -> None:
    """Wherever a long line is cut, a dot alone behind the cut is content."""
    for length in range(990, 1010):
        data = b"x" * length + b".\r\nQUIT\r\n.\r\nNOOP\r\n"
        for place in range(980, 1016):
            talk = ready()
            talk.say(DATA)
            codes = talk.codes(data[:place], data[place:])
            assert codes == ([500, 250] if length + 3 > 1000 else [250, 250])


# --- any split of the bytes ---

FRAGMENTS = [
    HELO, b"LHLO a\r\n", MAIL, RCPT, MAIL + RCPT, ENVELOPE + DATA, DATA, BODY, b"\r\n.\r\n", RSET,
    b"NOOP\r\n", b"QUIT\r\n",
    b"BDAT 5\r\n", b"BDAT 0 LAST\r\n", b"BDAT 3 LAST\r\n", b"BDAT 0\r\n", b"STARTTLS\r\n",
    b"AUTH LOGIN\r\n", b"YQ==\r\n", b"*\r\n",
    b"AUTH PLAIN AGEAc2VjcmV0\r\n", b"RCPT TO:<no@b>\r\n", "MAIL FROM:<ä@b> SMTPUTF8\r\n".encode(),
    b"a\r\n", b".", b"..", b"\r",
    b"\n", b"\0", b"x" * 30, b"GET / HTTP/1.1\r\n", b"x" * 2100, b"\xff",
]  # fmt: skip
TALKS = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map(b"".join)
PLACES = st.lists(st.integers(0, 3000), max_size=6)


def after(pieces: list[bytes], flags: int) -> object:
    """All that can be seen of a conversation: replies, messages with their contents, other events, the end."""
    lmtp, normalise, ask = bool(flags & 1), bool(flags & 2), bool(flags & 4)
    talk = Talk(
        limits=Limits(
            max_size=60,
            max_line=25,
            max_recipients=2,
            max_errors=6,
            max_junk=12,
            normalise=normalise,
            ask_recipients=ask,
        ),
        lmtp=lmtp,
        offer_tls=bool(flags & 8),
        mechanisms=("PLAIN", "LOGIN"),
    )
    talk.say(b"LHLO a\r\n" if lmtp else HELO)
    replies, closing = talk.say(*pieces), talk.wire.closing
    talk.stop()
    assert talk.now is None  # each message has ended, or is abandoned by now
    return replies, talk.happened, closing


@settings(max_examples=300)
@given(TALKS, PLACES, st.integers(0, 15))
def test_any_split_gives_the_same_events_and_replies(data: bytes, places: list[int], flags: int) -> None:
    """Sound and unsound conversations, at once, in pieces, and byte by byte."""
    whole = after([data], flags)
    assert after(cut(data, places), flags) == whole
    assert after(bytewise(data), flags) == whole


@given(
    TALKS,
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), max_size=5),
    PLACES,
    st.integers(0, 15),
)
def test_changed_bytes_change_nothing_of_that(
    data: bytes, changes: list[tuple[int, int]], places: list[int], flags: int
) -> None:
    """The same with bytes changed anywhere."""
    changed = bytearray(ENVELOPE + DATA + data)
    for at, byte in changes:
        changed[at % len(changed)] = byte
    assert after([bytes(changed)], flags) == after(cut(bytes(changed), places), flags)


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4), PLACES)
def test_messages_come_as_they_were_sent(bodies: list[bytes], places: list[int]) -> None:
    """Any bytes, with lines of CRLF and doubled dots, several messages in one stream, by DATA and by BDAT."""
    contents = [body.replace(b"\r", b"").replace(b"\n", b"\r\n") + b"\r\n" for body in bodies]
    sent = b""
    for at, content in enumerate(contents):
        quoted = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
        sent += ENVELOPE + (
            b"BDAT %d LAST\r\n" % len(content) + content if at % 2 else DATA + quoted + b".\r\n"
        )
    talk = greeted()
    talk.say(*cut(sent, places))
    assert talk.taken == contents


def test_an_empty_feed_is_nothing() -> None:
    """No bytes are no event."""
    assert Talk().say(b"", b"") == []


def test_a_message_knows_nothing_of_the_next() -> None:
    """What Begun's wire had is the message's own: later recipients are in no earlier list."""
    wire = Wire("mx", Limits())
    wire.feed(HELO + ENVELOPE + DATA)
    wire.next()
    first = wire.recipients
    wire.feed(BODY + ENVELOPE)
    wire.next()
    wire.answer(OK)
    wire.next()
    assert len(first) == 1
    assert wire.recipients is not first
