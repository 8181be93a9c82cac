"""Who a client is, on the wire: STARTTLS, AUTH, and XCLIENT of a proxy."""

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.events_smtp import Auth, KeyWanted, Limits, Tls
from interfaces.email.scram import parsed, stored
from interfaces.email.wire_smtp import Wire
from tests.email.talks import GREETING, Talk, bytewise, greeted
from tests.email.test_scram import Client

HELO, MAIL, RCPT, DATA, RSET = (
    b"EHLO a\r\n",
    b"MAIL FROM:<a@a>\r\n",
    b"RCPT TO:<b@b>\r\n",
    b"DATA\r\n",
    b"RSET\r\n",
)

# --- RFC 3207: STARTTLS ---


def test_starttls_drops_what_was_sent_behind_it() -> None:
    """§6 and CVE-2011-0411: commands in the clear are not taken for encrypted ones."""
    talk = Talk(offer_tls=True)
    assert talk.codes(HELO + b"STARTTLS\r\n" + HELO + MAIL) == [250, 220]
    assert talk.codes(HELO, MAIL) == []  # what comes while the handshake is due is no command either
    assert talk.wire.pending == 0
    assert talk.happened == [Tls()]
    talk.wire.secured()
    assert talk.codes(MAIL) == [503]


def test_tls_begins_anew() -> None:
    """§4.2: what was said before is forgotten, and TLS is not offered again."""
    talk = greeted(offer_tls=True, mechanisms=("PLAIN",))
    assert talk.codes(b"AUTH PLAIN AGEAc2VjcmV0\r\n", b"STARTTLS\r\n") == [235, 220]
    talk.wire.secured()
    assert (talk.wire.secure, talk.wire.user, talk.wire.greeting) == (True, "", "")
    (reply,) = talk.say(HELO)
    assert "STARTTLS" not in reply
    assert "AUTH PLAIN" in reply
    assert talk.codes(b"STARTTLS\r\n") == [503]


@pytest.mark.parametrize("said", [MAIL, MAIL + RCPT, b"BDAT 1\r\nx", MAIL + RCPT + b"BDAT 1\r\nx"])
def test_tls_within_a_message_is_refused(said: bytes) -> None:
    """A message would begin in the clear and end encrypted."""
    assert greeted(offer_tls=True).codes(said, b"STARTTLS\r\n", RSET, b"STARTTLS\r\n")[-3:] == [503, 250, 220]


def test_starttls_takes_no_words() -> None:
    """§4: 501."""
    assert Talk(offer_tls=True).codes(b"STARTTLS now\r\n") == [501]


def test_tls_may_be_asked_for() -> None:
    """§4: 530 to MAIL and AUTH in the clear."""
    limits = Limits(require_tls=True)
    assert greeted(limits=limits, mechanisms=("PLAIN",)).codes(MAIL, b"AUTH PLAIN\r\n") == [530, 530]
    assert greeted(limits=limits, tls=True).codes(MAIL) == [250]


# --- RFC 4954: AUTH ---

RIGHT, WRONG = b64encode(b"\0ann\0secret"), b64encode(b"\0ann\0x")


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ([b"AUTH PLAIN " + RIGHT], [235]),
        ([b"auth plain " + RIGHT], [235]),
        ([b"AUTH PLAIN", RIGHT], [334, 235]),
        ([b"AUTH LOGIN", b64encode(b"ann"), b64encode(b"secret")], [334, 334, 235]),
        ([b"AUTH LOGIN " + b64encode(b"ann"), b64encode(b"secret")], [334, 235]),
        ([b"AUTH PLAIN " + WRONG, b"AUTH PLAIN " + RIGHT], [535, 235]),
        ([b"AUTH PLAIN", b"*", b"NOOP"], [334, 501, 250]),
        ([b"AUTH LOGIN", b64encode(b"ann"), b"*", b"NOOP"], [334, 334, 501, 250]),
        ([b"AUTH PLAIN", b"QUIT!", b"NOOP"], [334, 501, 250]),
        ([b"AUTH PLAIN", b"", b"NOOP"], [334, 535, 250]),
        ([b"AUTH PLAIN =", b"NOOP"], [535, 250]),
        ([b"AUTH PLAIN a\0b", b"NOOP"], [500, 250]),
        ([b"AUTH PLAIN", b"a\rb", b"NOOP"], [334, 500, 250]),
        ([b"AUTH PLAIN ***", b"AUTH", b"AUTH X", b"AUTH CRAM-MD5"], [501, 501, 504, 504]),
        ([b"AUTH PLAIN " + RIGHT, b"AUTH PLAIN " + RIGHT], [235, 503]),
        ([b"MAIL FROM:<>", b"AUTH PLAIN " + RIGHT], [250, 503]),
    ],
)
def test_auth(said: list[bytes], codes: list[int]) -> None:
    """§4 and §6: with words or asked for them, given up, malformed, twice, within a transaction."""
    data = b"".join(line + b"\r\n" for line in said)
    for pieces in ([data], bytewise(data)):
        talk = greeted(mechanisms=("PLAIN", "LOGIN"))
        assert talk.codes(*pieces) == codes
        assert talk.wire.user == ("ann" if 235 in codes else "")


def test_who_somebody_says_to_be_is_an_event() -> None:
    """It waits for its answer, and shows no password."""
    talk = greeted(mechanisms=("PLAIN",))
    talk.say(b"AUTH PLAIN " + RIGHT + b"\r\n")
    (event,) = talk.happened
    assert event == Auth("PLAIN", "ann", "secret")
    assert "secret" not in repr(event)
    assert "AUTH" not in talk.say(GREETING)[0]


def test_auth_needs_a_greeting() -> None:
    """§4: after EHLO."""
    assert Talk(mechanisms=("PLAIN",)).codes(b"AUTH PLAIN\r\n") == [503]


def test_auth_may_be_asked_for() -> None:
    """§6: 530 to MAIL before it."""
    talk = greeted(limits=Limits(require_auth=True), mechanisms=("PLAIN",))
    assert talk.codes(MAIL, b"AUTH PLAIN " + RIGHT + b"\r\n", MAIL) == [530, 235, 250]


def test_failed_logins_are_errors() -> None:
    """Whoever tries passwords is hung up on."""
    talk = greeted(limits=Limits(max_errors=2), mechanisms=("PLAIN",))
    assert talk.codes(*[b"AUTH PLAIN " + WRONG + b"\r\n"] * 5) == [535, 535, 421]


# --- XCLIENT ---


def proxy(talk: Talk) -> Talk:
    """A client that may say who is behind it."""
    talk.wire.xclient = True
    return talk


def test_a_proxys_client_begins_anew() -> None:
    """220 again; a transaction needs a new greeting, unless the proxy said that, too."""
    talk = proxy(greeted())
    assert talk.codes(b"XCLIENT ADDR=192.0.2.7\r\n" + MAIL + GREETING + MAIL) == [220, 503, 250, 250]
    assert talk.happened[-1].address == "192.0.2.7"
    talk = proxy(greeted())
    assert talk.codes(b"xclient HELO=c.example PROTO=ESMTP\r\nMAIL FROM:<> SIZE=1\r\n") == [220, 250]
    assert talk.wire.greeting == "c.example"
    talk = proxy(greeted())
    assert talk.codes(b"XCLIENT HELO=c.example PROTO=SMTP\r\nMAIL FROM:<> SIZE=1\r\n") == [220, 555]


def test_a_proxy_says_who_has_logged_in() -> None:
    """As AUTH would have, and takes it back."""
    talk = proxy(greeted(limits=Limits(require_auth=True)))
    assert talk.codes(MAIL + b"XCLIENT LOGIN=me HELO=a PROTO=ESMTP\r\n" + MAIL) == [530, 220, 250]
    assert talk.codes(b"RSET\r\nXCLIENT LOGIN=[UNAVAILABLE] HELO=a\r\n" + MAIL) == [250, 220, 530]


def test_xclient_is_for_proxies_between_messages() -> None:
    """Whoever is none has no such command; within a message it is refused; EHLO offers it to proxies."""
    assert greeted().codes(b"XCLIENT ADDR=192.0.2.7\r\n") == [500]
    assert proxy(greeted()).codes(MAIL + b"XCLIENT ADDR=192.0.2.7\r\n" + RCPT) == [250, 503, 250]
    assert proxy(greeted()).codes(b"XCLIENT ADDR=x\r\n" + MAIL) == [501, 250]
    offer = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"
    assert "XCLIENT" not in greeted().say(GREETING)[-1]
    assert proxy(greeted()).say(GREETING)[-1].rstrip().endswith(offer)


# --- RFC 7677: SCRAM ---

KEY = parsed(stored("secret", b"salt", 2))


def proving(password: str, pieces: int) -> tuple[list[bytes], list[object]]:
    """A client of SCRAM that says each line in ``pieces``; the replies, and what happened."""
    wire = Wire("mx.example", Limits())
    wire.mechanisms = ("SCRAM-SHA-256", "PLAIN")
    happened: list[object] = []

    def say(line: bytes) -> bytes:
        wire.out.clear()
        for at in range(0, len(line), max(1, len(line) // pieces)):
            wire.feed(line[at : at + max(1, len(line) // pieces)])
            while (event := wire.next()) is not None:
                happened.append(event)
                if isinstance(event, KeyWanted):
                    wire.key(KEY, "nonce")
                elif isinstance(event, Auth):
                    wire.answer(b"235 2.7.0 Ok\r\n" if event.proven else b"535 5.7.8 No\r\n")
        return b"".join(wire.out)

    client = Client("me", password)
    replies = [say(GREETING), say(b"AUTH SCRAM-SHA-256\r\n"), say(b64encode(client.first.encode()) + b"\r\n")]
    final = client.final(b64decode(replies[-1][4:]).decode())
    replies.append(say(b64encode(final.encode()) + b"\r\n"))
    if replies[-1].startswith(b"334"):
        replies.append(say(b"\r\n"))
    replies.append(say(MAIL))
    return replies, happened


@given(st.integers(1, 40))
def test_a_password_is_proven_in_three_lines(pieces: int) -> None:
    """334 with salt and iterations, 334 with our own proof, 235 behind an empty line; whatever the split."""
    replies, happened = proving("secret", pieces)
    assert [reply[:3] for reply in replies] == [b"250", b"334", b"334", b"334", b"235", b"250"]
    assert replies[1] == b"334 \r\n" and b64decode(replies[3][4:]).startswith(b"v=")
    assert happened == [KeyWanted("me"), Auth("SCRAM-SHA-256", "me", "", True)]


def test_what_does_not_prove_it_is_told_at_once() -> None:
    """The server proves nothing to who has no password."""
    replies, happened = proving("wrong", 1)
    assert [reply[:3] for reply in replies] == [b"250", b"334", b"334", b"535", b"250"]
    assert happened == [KeyWanted("me"), Auth("SCRAM-SHA-256", "me", "", False)]


@pytest.mark.parametrize(
    "line", [b"*", b"=", b"", b"!", b64encode(b"n,,n=me"), b64encode(b"p=x,,n=me,r=a"), b64encode(b"\xff")]
)
def test_a_login_that_begins_wrong_ends(line: bytes) -> None:
    """The next line is a command again, and nobody was asked for."""
    talk = greeted(mechanisms=("SCRAM-SHA-256",))
    assert talk.codes(b"AUTH SCRAM-SHA-256\r\n" + line + b"\r\n" + MAIL)[0] == 334
    assert talk.codes(b"NOOP\r\n") == [250]
    assert not [one for one in talk.happened if isinstance(one, KeyWanted)]


def test_an_answer_while_a_key_is_wanted_ends_the_login() -> None:
    """As 454 does when it cannot be had; a key that comes later is nobody's."""
    wire = Wire("mx.example", Limits())
    wire.mechanisms = ("SCRAM-SHA-256",)
    wire.feed(GREETING + b"AUTH SCRAM-SHA-256 " + b64encode(b"n,,n=me,r=a") + b"\r\nNOOP\r\n")
    assert wire.next() == KeyWanted("me")
    assert wire.waiting and wire.next() is None
    wire.out.clear()
    wire.answer(b"454 4.7.0 Later\r\n")
    wire.key(KEY, "nonce")
    assert wire.next() is None
    assert wire.out == [b"454 4.7.0 Later\r\n", b"250 2.0.0 Ok\r\n"]
